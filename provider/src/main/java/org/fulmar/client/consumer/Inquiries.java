package org.fulmar.client.consumer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What brokers ask of a consumer for their administrators: to begin elsewhere (220), how far it is (221), how it is doing
 * (307), and to process one message now (309). Requests come on the event loop and are answered from the consumer's loop,
 * or from a callback thread when a listener is called.
 */
final class Inquiries {
    private static final Logger LOG = LoggerFactory.getLogger(Inquiries.class);

    private final ClientInstance client;
    private final ConsumerOptions options;
    private final Loop loop;
    private final Membership membership;
    private final Map<String, Subscription> subscriptions;
    private final Delivery delivery;
    private final @Nullable MessageListener listener;
    private final long started;

    Inquiries(
            ClientInstance client,
            ConsumerOptions options,
            Loop loop,
            Membership membership,
            Map<String, Subscription> subscriptions,
            Delivery delivery,
            @Nullable MessageListener listener) {
        this.client = client;
        this.options = options;
        this.loop = loop;
        this.membership = membership;
        this.subscriptions = subscriptions;
        this.delivery = delivery;
        this.listener = listener;
        this.started = client.clock().getAsLong();
    }

    void answer(Request request) {
        switch (request.frame().code()) {
            case RequestCode.RESET_CONSUMER_CLIENT_OFFSET -> reset(request);
            case RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT ->
                onLoop(request, () -> status(Fields.of(request.frame()).text("topic", "")));
            case RequestCode.GET_CONSUMER_RUNNING_INFO -> {
                boolean stacks = Fields.of(request.frame()).bool("jstackEnable", false);
                onLoop(request, () -> runningInfo(stacks));
            }
            case RequestCode.CONSUME_MESSAGE_DIRECTLY -> consume(request);
            default ->
                request.answer(
                        ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
                        "a consumer does not know request " + request.frame().code());
        }
    }

    /** An answer in the making. */
    private interface Text {
        String write();
    }

    private void onLoop(Request request, Text text) {
        loop.ask(text::write).whenComplete((body, failure) -> {
            if (failure != null) {
                request.answer(ResponseCode.SYSTEM_ERROR, "the consumer can't say: " + failure.getMessage());
            } else {
                request.answer(ResponseCode.SUCCESS, null, Map.of(), buffer(body));
            }
        });
    }

    private static ByteBuf buffer(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    }

    private void reset(Request request) {
        byte[] body = new byte[request.body().readableBytes()];
        request.body().getBytes(request.body().readerIndex(), body);
        Map<MessageQueue, Long> offsets = QueueNames.offsets(body);
        LOG.info("an administrator sets the offsets {}", offsets);
        loop.execute(() -> offsets.forEach((queue, offset) -> {
            if (offset >= 0) {
                membership.reset(queue, offset);
            }
        }));
        request.answer(ResponseCode.SUCCESS, Map.of());
    }

    private String status(String topic) {
        Map<MessageQueue, LongNode> table = new TreeMap<>();
        for (HeldQueue held : membership.held()) {
            if (held.isServing() && (topic.isEmpty() || held.queue.topic().equals(topic))) {
                table.put(held.queue, LongNode.valueOf(held.messages.commitPoint()));
            }
        }
        return "{\"consumerTable\":{},\"messageQueueTable\":" + QueueNames.table(table) + "}";
    }

    ObjectNode json(Subscription subscription) {
        ObjectNode json = JsonBody.object();
        json.put("classFilterMode", false);
        ArrayNode codes = json.putArray("codeSet");
        ArrayNode tags = json.putArray("tagsSet");
        for (String tag : new TreeSet<>(subscription.tags())) {
            codes.add(tag.hashCode());
            tags.add(tag);
        }
        return json.put("expressionType", subscription.type())
                .put("subString", subscription.expression())
                .put("subVersion", subscription.version())
                .put("topic", subscription.topic());
    }

    private String runningInfo(boolean stacks) {
        ObjectNode properties = JsonBody.object()
                .put("PROP_CONSUME_ORDERLY", Boolean.toString(delivery.isOrdered()))
                .put("PROP_CONSUME_TYPE", listener == null ? "CONSUME_ACTIVELY" : "CONSUME_PASSIVELY")
                .put("PROP_THREADPOOL_CORE_SIZE", listener == null ? "0" : Integer.toString(options.threadsMax))
                .put("PROP_NAMESERVER_ADDR", client.config().text(ClientConfig.NAME_SERVERS))
                .put("PROP_CONSUMER_START_TIMESTAMP", Long.toString(started))
                .put("PROP_CLIENT_VERSION", "V5_4_0")
                .put("handOver", options.handOver.name());
        ArrayNode subscribed = JsonBody.object().putArray("subscriptionSet");
        new TreeMap<>(subscriptions).values().forEach(subscription -> subscribed.add(json(subscription)));
        Map<MessageQueue, ObjectNode> table = new TreeMap<>();
        membership.held().forEach(held -> table.put(held.queue, describe(held)));
        String text = "{\"mqTable\":" + QueueNames.table(table) + ",\"mqPopTable\":{},\"properties\":"
                + QueueNames.text(properties) + ",\"statusTable\":"
                + QueueNames.text(membership.rates().json(System.nanoTime())) + ",\"subscriptionSet\":"
                + QueueNames.text(subscribed);
        if (stacks) {
            text += ",\"jstack\":" + QueueNames.quoted(stacks());
        }
        return text + "}";
    }

    private ObjectNode describe(HeldQueue held) {
        long now = client.clock().getAsLong();
        ProcessQueue messages = held.messages;
        return JsonBody.object()
                .put("cachedMsgCount", messages.count())
                .put("cachedMsgMaxOffset", messages.count() == 0 ? 0 : messages.pulledTo() - 1)
                .put("cachedMsgMinOffset", messages.count() == 0 ? 0 : messages.commitPoint())
                .put("cachedMsgSizeInMiB", (int) (messages.bytes() >> 20))
                .put("commitOffset", messages.commitPoint())
                .put("droped", !held.isServing())
                .put("lastConsumeTimestamp", time(now, held.lastMessageNanos))
                .put("lastPullTimestamp", time(now, held.lastPullNanos))
                .put("locked", held.isLockedAt(System.nanoTime()))
                .put("state", held.state.name());
    }

    private static long time(long now, long nanos) {
        return nanos == 0 ? 0 : now - (System.nanoTime() - nanos) / 1_000_000;
    }

    private static String stacks() {
        StringBuilder text = new StringBuilder();
        Thread.getAllStackTraces().forEach((thread, frames) -> {
            text.append(thread.getName()).append(' ').append(thread.getState()).append('\n');
            for (StackTraceElement frame : frames) {
                text.append("    ").append(frame).append('\n');
            }
        });
        return text.toString();
    }

    private void consume(Request request) {
        MessageListener called = listener;
        if (called == null) {
            request.answer(ResponseCode.SYSTEM_ERROR, "the consumer polls: it has no listener to give a message to");
            return;
        }
        String broker = Fields.of(request.frame()).text("brokerName", "");
        List<ReceivedMessage> messages =
                ReceivedMessage.decode(request.body(), broker, client.config().number(ClientConfig.MAX_BODY));
        if (messages.size() != 1) {
            throw new FrameException("one message is consumed directly, not " + messages.size());
        }
        ReceivedMessage message = messages.get(0);
        String origin = message.property(MessageProperties.RETRY_TOPIC);
        ReceivedMessage given = origin == null ? message : message.withTopic(origin);
        client.callback(() -> consume(request, called, given, message.queue()));
    }

    private void consume(Request request, MessageListener called, ReceivedMessage message, MessageQueue queue) {
        long start = System.nanoTime();
        String result;
        String remark = null;
        try {
            ConsumeResult said = called.consume(List.of(message), new ConsumeContext(queue));
            result = said == null ? "CR_RETURN_NULL" : said == ConsumeResult.SUCCESS ? "CR_SUCCESS" : "CR_LATER";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result = "CR_LATER";
            remark = "interrupted";
        } catch (Exception e) {
            result = "CR_THROW_EXCEPTION";
            remark = e.toString();
        }
        ObjectNode body = JsonBody.object()
                .put("autoCommit", true)
                .put("consumeResult", result)
                .put("order", delivery.isOrdered())
                .put("remark", remark)
                .put("spentTimeMills", (System.nanoTime() - start) / 1_000_000);
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(body));
    }
}
