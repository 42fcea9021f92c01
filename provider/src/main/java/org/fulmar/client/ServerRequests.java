package org.fulmar.client;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes what brokers ask of this client to who it is for. On the event loop of each connection; keeps nothing. */
final class ServerRequests implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ServerRequests.class);

    private final Heartbeats groups;
    private final Replies replies;
    private final int maxBodyBytes;
    private final Consumer<Connection> lost;
    private final Runnable writable;

    ServerRequests(Heartbeats groups, Replies replies, int maxBodyBytes, Consumer<Connection> lost, Runnable writable) {
        this.groups = groups;
        this.replies = replies;
        this.maxBodyBytes = maxBodyBytes;
        this.lost = lost;
        this.writable = writable;
    }

    @Override
    public void writable(Connection connection) {
        writable.run();
    }

    @Override
    public void closed(Connection connection) {
        lost.accept(connection);
    }

    @Override
    public void handle(Request request) {
        switch (request.frame().code()) {
            case RequestCode.NOTIFY_CONSUMER_IDS_CHANGED -> {
                ConsumerMember consumer = consumer(request);
                if (consumer != null) {
                    consumer.membersChanged();
                }
                request.answer(ResponseCode.SUCCESS, Map.of());
            }
            case RequestCode.CHECK_TRANSACTION_STATE -> {
                checkTransaction(request);
                request.answer(ResponseCode.SUCCESS, Map.of());
            }
            case RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT -> reply(request);
            case RequestCode.RESET_CONSUMER_CLIENT_OFFSET,
                    RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT,
                    RequestCode.GET_CONSUMER_RUNNING_INFO,
                    RequestCode.CONSUME_MESSAGE_DIRECTLY -> {
                ConsumerMember consumer = consumer(request);
                if (consumer == null) {
                    request.answer(
                            ResponseCode.SYSTEM_ERROR,
                            "the group " + group(request) + " has no consumer in this client");
                } else {
                    consumer.asked(request);
                }
            }
            default ->
                request.answer(
                        ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
                        "this client does not know request " + request.frame().code());
        }
    }

    private static @Nullable String group(Request request) {
        Fields in = Fields.of(request.frame());
        String group = in.optional("consumerGroup");
        return group == null ? in.optional("group") : group;
    }

    private @Nullable ConsumerMember consumer(Request request) {
        String group = group(request);
        return group == null ? null : groups.consumer(group);
    }

    private void checkTransaction(Request request) {
        Fields in = Fields.of(request.frame());
        List<ReceivedMessage> messages = ReceivedMessage.decode(
                request.body(),
                in.text("bname", String.valueOf(request.connection().remoteAddress())),
                maxBodyBytes);
        if (messages.size() != 1) {
            throw new FrameException("the question after a transaction holds " + messages.size() + " messages");
        }
        ReceivedMessage message = messages.get(0);
        String group = message.property(MessageProperties.PGROUP);
        ProducerMember producer = group == null ? null : groups.producer(group);
        if (producer == null) {
            LOG.info("no producer here knows what became of {}, of group {}", message, group);
            return;
        }
        producer.asked(new TransactionCheck(
                message,
                in.number("tranStateTableOffset"),
                in.number("commitLogOffset"),
                in.text("msgId", message.messageId()),
                in.text("transactionId", message.messageId()),
                request.connection()));
    }

    private void reply(Request request) {
        Map<String, String> properties =
                MessageProperties.parse(Fields.of(request.frame()).text("properties", ""));
        String correlationId = properties.get(Message.CORRELATION_ID);
        CompletableFuture<ReceivedMessage> waiting = correlationId == null ? null : replies.find(correlationId);
        if (waiting == null) {
            LOG.info("nobody waits for the reply with correlation id {} (any more)", correlationId);
        } else {
            waiting.complete(decodeReply(request, properties));
        }
        request.answer(ResponseCode.SUCCESS, Map.of());
    }

    private ReceivedMessage decodeReply(Request request, Map<String, String> properties) {
        Fields in = Fields.of(request.frame());
        int sysFlag = in.integer("sysFlag", 0);
        ByteBuf raw = request.body();
        byte[] body = new byte[raw.readableBytes()];
        raw.getBytes(raw.readerIndex(), body);
        String damage = null;
        if ((sysFlag & SysFlag.COMPRESSED) != 0) {
            try {
                body = Compression.ofSysFlag(sysFlag).decompress(body, maxBodyBytes);
            } catch (java.io.IOException e) {
                damage = "the body can't be decompressed: " + e.getMessage();
            }
        }
        return new ReceivedMessage(
                in.text("topic"),
                String.valueOf(request.connection().remoteAddress()),
                in.integer("queueId", 0),
                0,
                0,
                in.integer("flag", 0),
                sysFlag,
                in.number("bornTimestamp", 0),
                host(in.text("bornHost", "")),
                in.number("storeTimestamp", 0),
                host(in.text("storeHost", "")),
                in.integer("reconsumeTimes", 0),
                0,
                body.length,
                Collections.unmodifiableMap(properties),
                body,
                damage);
    }

    /** RocketMQ writes a slash before the address at times. */
    private static InetSocketAddress host(String text) {
        String address = text.substring(text.lastIndexOf('/') + 1);
        if (Addresses.isValid(address)) {
            try {
                InetSocketAddress numeric = Addresses.numeric(address);
                if (numeric != null) {
                    return numeric;
                }
            } catch (UnknownHostException e) {
                LOG.debug("a reply came from {}", address, e);
            }
        }
        return new InetSocketAddress(0);
    }
}
