package org.fulmar.broker.server;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;

/** Offsets of RocketMQ consumer groups, and of queues by place and time. Runs on the core. */
final class OffsetHandler {
    private final TopicService topics;
    private final MessageStore store;
    private final ConsumerOffsets offsets;
    private final TurnEnd turn;

    OffsetHandler(TopicService topics, MessageStore store, ConsumerOffsets offsets, TurnEnd turn) {
        this.topics = topics;
        this.store = store;
        this.offsets = offsets;
        this.turn = turn;
    }

    private QueueLog queue(Fields in) {
        String topic = in.text("topic");
        int queueId = in.integer("queueId");
        TopicConfig config = topics.get(topic);
        if (config == null || queueId < 0 || queueId >= Math.max(config.readQueueNums(), config.writeQueueNums())) {
            throw new FrameException("queue " + queueId + " of topic " + topic + " does not exist");
        }
        return store.queue(topic, queueId);
    }

    /**
     * The committed offset. A new group on a queue that still has its first message begins there; an empty queue
     * answers 0 too, so that a message which arrives meanwhile is not skipped.
     */
    void query(Request request) {
        Fields in = Fields.of(request.frame());
        long committed = offsets.query(in.text("topic"), in.text("consumerGroup"), in.integer("queueId"));
        if (committed < 0 && in.bool("setZeroIfNotFound", true)) {
            TopicConfig config = topics.get(in.text("topic"));
            committed = config != null && queue(in).minOffset() == 0 ? 0 : -1;
        }
        if (committed >= 0) {
            answer(request, committed);
        } else {
            request.answer(ResponseCode.QUERY_NOT_FOUND, "no offset of this group, and the queue's beginning is gone");
        }
    }

    void update(Request request) {
        Fields in = Fields.of(request.frame());
        long offset = in.number("commitOffset");
        QueueLog queue = queue(in);
        if (offset < 0) {
            request.answer(ResponseCode.INVALID_PARAMETER, "offset " + offset + " of topic " + queue.topic());
            return;
        }
        boolean taken = offsets.commit(queue.topic(), in.text("consumerGroup"), queue.queueId(), offset);
        request.answer(
                taken ? ResponseCode.SUCCESS : ResponseCode.SYSTEM_BUSY,
                taken ? null : "there are too many consumer groups already");
    }

    void max(Request request) {
        answer(request, queue(Fields.of(request.frame())).visibleOffset());
    }

    void min(Request request) {
        answer(request, queue(Fields.of(request.frame())).minOffset());
    }

    void earliestTime(Request request) {
        QueueLog queue = queue(Fields.of(request.frame()));
        long time = queue.visibleOffset() > queue.minOffset() ? storeTime(queue, queue.minOffset()) : -1;
        request.answer(
                ResponseCode.SUCCESS, Fields.write().put("timestamp", time).map());
    }

    /** The first offset stored at or after a time, or with UPPER the last one stored at or before it. */
    void byTime(Request request) {
        Fields in = Fields.of(request.frame());
        QueueLog queue = queue(in);
        long time = in.number("timestamp");
        boolean upper = in.text("boundaryType", "LOWER").equalsIgnoreCase("UPPER");
        long low = queue.minOffset();
        long high = queue.visibleOffset();
        while (low < high) {
            long middle = (low + high) >>> 1;
            long there = queue.index().firstThere(middle, high, store.log().start());
            long stored = there < high ? storeTime(queue, there) : Long.MAX_VALUE;
            if (upper ? stored <= time : stored < time) {
                low = there + 1;
            } else {
                high = middle;
            }
        }
        answer(request, upper && low > queue.minOffset() ? low - 1 : low);
    }

    private long storeTime(QueueLog queue, long offset) {
        ByteBuffer entry = queue.index().entries(offset, 1);
        MessageRecord record = entry.remaining() < ConsumeQueue.ENTRY_BYTES
                ? null
                : store.log().read(entry.getLong());
        return record == null ? 0 : record.storeTimestamp();
    }

    private static void answer(Request request, long offset) {
        request.answer(
                ResponseCode.SUCCESS, Fields.write().put("offset", offset).map());
    }

    /** GET_ALL_CONSUMER_OFFSET. */
    void all(Request request) {
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(offsets.toJson()));
    }

    /** CLONE_GROUP_OFFSET: a group begins where another one is, of one topic or of all. */
    void copy(Request request) {
        Fields in = Fields.of(request.frame());
        String from = in.text("srcGroup");
        String to = in.text("destGroup");
        String topic = in.text("topic", "");
        boolean taken = true;
        for (String each : topic.isBlank() ? offsets.topics(from) : List.of(topic)) {
            if (topics.get(each) != null) {
                taken &= offsets.copy(each, from, to, store.appender());
            }
        }
        if (taken) {
            turn.successAfterLog(request);
        } else {
            request.answer(
                    ResponseCode.SYSTEM_BUSY,
                    "there are too many consumer groups already, or too many offsets are set anew");
        }
    }
}
