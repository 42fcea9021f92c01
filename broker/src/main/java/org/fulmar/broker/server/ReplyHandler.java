package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replies to requests of RocketMQ producers: each is handed to the client that it is for, and kept in the reply topic if
 * the broker is configured so. Runs on the core; the answer leaves from elsewhere, when the client has taken the reply.
 */
final class ReplyHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ReplyHandler.class);
    private static final String REPLY_TO_CLIENT = "REPLY_TO_CLIENT";
    private static final String PUSH_REPLY_TIME = "PUSH_REPLY_TIME";
    /** How long the client may take; who replies waits no longer for its own answer. */
    private static final long PUSH_MILLIS = 3000;

    private final BrokerConfig config;
    private final TopicService topics;
    private final MessageStore store;
    private final ClientTable clients;
    private final LongSupplier clock;
    private volatile byte[] storeHost = new byte[8];

    ReplyHandler(
            BrokerConfig config, TopicService topics, MessageStore store, ClientTable clients, LongSupplier clock) {
        this.config = config;
        this.topics = topics;
        this.store = store;
        this.clients = clients;
        this.clock = clock;
    }

    /** The address and port that offset message ids carry. */
    void storeHost(byte[] host) {
        storeHost = host;
    }

    /** Where a reply is kept; the answer says it. */
    private record Kept(String id, long queueOffset) {
        /** As RocketMQ has it for one that is not. */
        static final Kept NOT = new Kept("0", 0);
    }

    void handle(Request request) {
        SendRequest reply = SendRequest.decode(request.frame());
        String name = DestinationNames.checked(reply.topic());
        TopicConfig topic = topics.get(name);
        if (topic == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "topic " + name + " does not exist");
            return;
        }
        if (!topic.writable()
                || (config.brokerPermission() & TopicConfig.WRITE) == 0
                || SendHandler.FORBIDDEN.contains(name)) {
            request.answer(ResponseCode.NO_PERMISSION, "topic " + name + " may not be written to");
            return;
        }
        int queueId = Math.max(0, reply.queueId());
        if (queueId >= topic.writeQueueNums()) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "queue " + queueId + " of " + name + ", which has " + topic.writeQueueNums());
            return;
        }
        if (request.body().readableBytes() > config.maxMessageBytes()) {
            request.answer(
                    ResponseCode.MESSAGE_ILLEGAL,
                    "a reply of " + request.body().readableBytes() + " bytes; at most " + config.maxMessageBytes());
            return;
        }
        Map<String, String> properties = MessageProperties.parse(reply.properties() == null ? "" : reply.properties());
        properties.put(PUSH_REPLY_TIME, Long.toString(clock.getAsLong()));
        String text = MessageProperties.format(properties);
        CompletableFuture<String> pushed = push(request, reply, properties.get(REPLY_TO_CLIENT), text);
        keep(request, reply, queueId, text, properties.get(MessageProperties.TAGS))
                .thenAcceptBoth(pushed, (kept, failure) -> answer(request, queueId, kept, failure));
    }

    private static void answer(Request request, int queueId, Kept kept, String failure) {
        if (!failure.isEmpty()) {
            request.answer(ResponseCode.SYSTEM_ERROR, failure);
            return;
        }
        Map<String, String> fields = new SendRequest.Result(kept.id, queueId, kept.queueOffset, null).fields();
        request.answer(ResponseCode.SUCCESS, fields);
    }

    /** Hands the reply over; why that failed, or empty. */
    private CompletableFuture<String> push(
            Request request, SendRequest reply, @Nullable String clientId, String properties) {
        if (clientId == null) {
            return CompletableFuture.completedFuture("the reply has no property " + REPLY_TO_CLIENT);
        }
        Connection client = clients.producerClient(clientId);
        if (client == null || !client.isOpen()) {
            return CompletableFuture.completedFuture("push reply message fail, channel of <" + clientId
                    + "> not found: the client has sent no" + " heartbeat with producers to this broker, or is gone");
        }
        if (!client.isWritable()) {
            return CompletableFuture.completedFuture("push reply message to " + clientId + " fail: it does not read");
        }
        Frame frame = Frame.request(
                RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT,
                fields(request, reply, properties),
                request.body().retainedDuplicate(),
                HeaderEncoding.JSON);
        return client.request(frame, PUSH_MILLIS).handle((response, failure) -> {
            if (failure != null) {
                return "push reply message to " + clientId + " fail: " + failure.getMessage();
            }
            int code = response.code();
            String remark = response.remark();
            response.release();
            return code == ResponseCode.SUCCESS
                    ? ""
                    : "push reply message to " + clientId + " fail: it answers " + code + " " + remark;
        });
    }

    private Map<String, String> fields(Request request, SendRequest reply, String properties) {
        return Fields.write()
                .put("producerGroup", reply.producerGroup())
                .put("topic", reply.topic())
                .put("defaultTopic", reply.defaultTopic())
                .put("defaultTopicQueueNums", reply.defaultTopicQueueNums())
                .put("queueId", reply.queueId())
                .put("sysFlag", reply.sysFlag())
                .put("bornTimestamp", reply.bornTimestamp())
                .put("flag", reply.flag())
                .put("properties", properties)
                .put("reconsumeTimes", reply.reconsumeTimes())
                .put("unitMode", false)
                .put("bornHost", host(request.connection().remoteAddress()))
                .put("storeHost", host(request.connection().localAddress()))
                .put("storeTimestamp", clock.getAsLong())
                .map();
    }

    private static String host(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : "127.0.0.1:0";
    }

    private CompletableFuture<Kept> keep(
            Request request, SendRequest reply, int queueId, String properties, @Nullable String tags) {
        CompletableFuture<Kept> kept = new CompletableFuture<>();
        if (!config.storeReplies()) {
            kept.complete(Kept.NOT);
            return kept;
        }
        byte[] host = request.connection().remoteAddress() instanceof InetSocketAddress inet
                ? MessageId.hostBytes(inet)
                : new byte[8];
        ByteBuf body = request.body();
        RecordDraft draft = new RecordDraft(reply.topic(), queueId, properties.getBytes(StandardCharsets.UTF_8), body)
                .born(reply.bornTimestamp(), host)
                .flags(reply.flag(), reply.sysFlag() & ~SysFlag.OF_BROKERS)
                .reconsumeTimes(reply.reconsumeTimes());
        try {
            store.admit();
            store.appender()
                    .append(
                            store.queue(reply.topic(), queueId),
                            draft,
                            MessageProperties.tagHash(tags),
                            true,
                            new Keeping(kept));
        } catch (StoreException e) {
            LOG.warn("a reply is handed on, but can't be kept: {}", e.getMessage());
            kept.complete(Kept.NOT);
        }
        return kept;
    }

    /** Notes that a reply is kept; that it can't be is no reason to refuse it. */
    private final class Keeping implements Appender.Listener {
        private final CompletableFuture<Kept> kept;

        Keeping(CompletableFuture<Kept> kept) {
            this.kept = kept;
        }

        @Override
        public void stored(long physicalOffset, long queueOffset) {
            kept.complete(new Kept(new MessageId(storeHost, physicalOffset).text(), queueOffset));
        }

        @Override
        public void failed(StoreException cause) {
            LOG.warn("a reply was handed on, but could not be kept: {}", cause.getMessage());
            kept.complete(Kept.NOT);
        }
    }
}
