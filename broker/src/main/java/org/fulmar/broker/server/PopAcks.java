package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Base64;
import java.util.BitSet;
import java.util.function.LongSupplier;
import org.fulmar.broker.pop.PopEngine;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * What consumers do with messages that they have popped: acknowledge them, or give them another time. Runs on the core.
 *
 * <p>A handle counts until its message is given again. One that does not count any more is answered with {@link
 * ResponseCode#NO_MESSAGE}, which clients show as "not there"; one of a settled message with success.
 */
final class PopAcks {
    private static final long MAX_INVISIBLE_MILLIS = 40L * 24 * 3600 * 1000;
    /** Bytes of the set of offsets in one part of a batch. */
    private static final int MAX_BITS = 8192;

    private final TopicService topics;
    private final MessageStore store;
    private final PopEngine engine;
    private final TurnEnd turn;
    private final LongSupplier clock;

    PopAcks(TopicService topics, MessageStore store, PopEngine engine, TurnEnd turn, LongSupplier clock) {
        this.topics = topics;
        this.store = store;
        this.engine = engine;
        this.turn = turn;
        this.clock = clock;
    }

    void acknowledge(Request request) {
        Fields in = Fields.of(request.frame());
        PopHandle handle = PopHandle.parse(in.text("extraInfo"));
        QueueLog queue = queue(request, in);
        if (queue == null) {
            return;
        }
        PopEngine.Outcome outcome = engine.acknowledge(
                in.text("consumerGroup"),
                queue.topic(),
                queue.queueId(),
                in.number("offset"),
                handle.popTime(),
                handle.invisibleTime());
        if (outcome == PopEngine.Outcome.STALE) {
            request.answer(ResponseCode.NO_MESSAGE, stale(queue, in.number("offset")));
        } else {
            turn.successAfterLog(request);
        }
    }

    private static String stale(QueueLog queue, long offset) {
        return "the handle of message " + offset + " of " + queue.topic() + " queue " + queue.queueId()
                + " does not count: the message was given again since, or never";
    }

    /** The queue, if the message may be there; else the request is answered. */
    private @Nullable QueueLog queue(Request request, Fields in) {
        String name = in.text("topic");
        int queueId = in.integer("queueId");
        TopicConfig topic = topics.get(name);
        if (topic == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "topic " + name + " does not exist");
            return null;
        }
        int queues = Math.max(topic.readQueueNums(), topic.writeQueueNums());
        if (queueId < 0 || queueId >= queues) {
            request.answer(ResponseCode.MESSAGE_ILLEGAL, "queue " + queueId + " of " + name + ", which has " + queues);
            return null;
        }
        QueueLog queue = store.queue(name, queueId);
        long offset = in.number("offset");
        if (offset < queue.minOffset() || offset >= queue.visibleOffset()) {
            request.answer(
                    ResponseCode.NO_MESSAGE,
                    "message " + offset + " of " + name + " queue " + queueId + ", which has " + queue.minOffset()
                            + " to " + (queue.visibleOffset() - 1));
            return null;
        }
        return queue;
    }

    void acknowledgeBatch(Request request) {
        JsonNode json = JsonBody.parse(request.body());
        int good = 0;
        for (JsonNode part : json.path("acks")) {
            good += acknowledge(part);
        }
        if (good > 0) {
            turn.successAfterLog(request);
        } else {
            request.answer(ResponseCode.NO_MESSAGE, "none of the handles counts");
        }
    }

    /** How many of a part's handles count. */
    private int acknowledge(JsonNode part) {
        long start = number(part, "so", "startOffset");
        String group = text(part, "c", "consumerGroup");
        String topic = text(part, "t", "topic");
        int queueId = (int) number(part, "q", "queueId");
        long popTime = number(part, "pt", "popTime");
        long invisible = number(part, "it", "invisibleTime");
        BitSet bits = bits(text(part, "b", "bitSet"));
        int good = 0;
        for (int bit = bits.nextSetBit(0); bit >= 0; bit = bits.nextSetBit(bit + 1)) {
            PopEngine.Outcome outcome = engine.acknowledge(group, topic, queueId, start + bit, popTime, invisible);
            good += outcome == PopEngine.Outcome.STALE ? 0 : 1;
        }
        return good;
    }

    private static BitSet bits(String base64) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new FrameException("the offsets of a batch are no base64", e);
        }
        if (bytes.length > MAX_BITS) {
            throw new FrameException("the offsets of a batch are " + bytes.length + " bytes, at most " + MAX_BITS);
        }
        return BitSet.valueOf(bytes);
    }

    private static String text(JsonNode node, String brief, String name) {
        JsonNode value = node.has(brief) ? node.path(brief) : node.path(name);
        return value.asText();
    }

    private static long number(JsonNode node, String brief, String name) {
        JsonNode value = node.has(brief) ? node.path(brief) : node.path(name);
        if (!value.isIntegralNumber()) {
            throw new FrameException("an acknowledgement in a batch has no number " + brief);
        }
        return value.asLong();
    }

    void change(Request request) {
        Fields in = Fields.of(request.frame());
        PopHandle handle = PopHandle.parse(in.text("extraInfo"));
        long invisible = in.number("invisibleTime");
        if (invisible < 0 || invisible > MAX_INVISIBLE_MILLIS) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER, "invisibleTime is 0 ms to 40 days, not " + invisible + " ms");
            return;
        }
        QueueLog queue = queue(request, in);
        if (queue == null) {
            return;
        }
        long offset = in.number("offset");
        long popTime = engine.change(
                in.text("consumerGroup"),
                queue.topic(),
                queue.queueId(),
                offset,
                handle.popTime(),
                handle.invisibleTime(),
                invisible,
                clock.getAsLong());
        if (popTime < 0) {
            request.answer(ResponseCode.NO_MESSAGE, stale(queue, offset));
            return;
        }
        turn.afterLog(logged -> {
            if (logged) {
                request.answer(
                        ResponseCode.SUCCESS,
                        Fields.write()
                                .put("popTime", popTime)
                                .put("invisibleTime", invisible)
                                .put("reviveQid", handle.reviveQid())
                                .map());
            } else {
                request.answer(ResponseCode.SERVICE_NOT_AVAILABLE, "the broker's store has failed");
            }
        });
    }
}
