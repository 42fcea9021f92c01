package org.fulmar.broker.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delay.RecalledTimers;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Takes back messages of RocketMQ producers that wait for their time. Runs on the core.
 *
 * <p>The handle that a producer is given names the message and the place where it waits. A recall is a fact, and is
 * answered when that is durable: from then on no crash brings the message back. One that is delivered, or was recalled
 * before, is refused.
 */
final class RecallHandler {
    private static final String VERSION = "v1";
    private static final byte[] TIMER_TOPIC = MessageProperties.name(DelayedMessages.TOPIC);
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] REAL_QUEUE = MessageProperties.name(MessageProperties.REAL_QID);
    private static final byte[] DUE = MessageProperties.name(MessageProperties.TIMER_OUT_MS);

    private final BrokerConfig config;
    private final TopicService topics;
    private final MessageStore store;
    private final DelayedMessages timers;
    private final RecalledTimers recalled;
    private final LongSupplier clock;

    RecallHandler(
            BrokerConfig config,
            TopicService topics,
            MessageStore store,
            DelayedMessages timers,
            RecalledTimers recalled,
            LongSupplier clock) {
        this.config = config;
        this.topics = topics;
        this.store = store;
        this.timers = timers;
        this.recalled = recalled;
        this.clock = clock;
    }

    /**
     * What a handle says. RocketMQ's have no place; its clients pass over what is behind the unique key.
     *
     * @param offset of the waiting message in the timer topic's queue
     */
    record Handle(String topic, String brokerName, long deliverAt, String uniqueKey, long offset) {
        String text() {
            String raw = String.join(
                    " ", VERSION, topic, brokerName, Long.toString(deliverAt), uniqueKey, Long.toString(offset));
            return Base64.getUrlEncoder().encodeToString(raw.getBytes(StandardCharsets.UTF_8));
        }

        /** Null if it is none of ours. */
        static @Nullable Handle parse(String text) {
            try {
                String raw = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
                String[] parts = raw.split(" ");
                return parts.length != 6 || !parts[0].equals(VERSION)
                        ? null
                        : new Handle(parts[1], parts[2], Long.parseLong(parts[3]), parts[4], Long.parseLong(parts[5]));
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }

    /** RECALL_MESSAGE. */
    void recall(Request request) {
        Fields in = Fields.of(request.frame());
        String topic = in.text("topic");
        if (topics.get(topic) == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "topic " + topic + " does not exist");
            return;
        }
        Handle handle = Handle.parse(in.text("recallHandle"));
        long now = clock.getAsLong();
        MessageRecord record = handle == null ? null : read(handle);
        String refusal =
                handle == null ? "the recall handle is none of this broker" : refusal(topic, handle, record, now);
        if (handle == null || record == null || refusal != null) {
            request.answer(ResponseCode.ILLEGAL_OPERATION, "recall failed: " + refusal);
            return;
        }
        if (!recalled.hasRoom(now)) {
            request.answer(
                    ResponseCode.SYSTEM_BUSY,
                    "too many recalled messages are remembered until their time; recall this one again later");
            return;
        }
        recalled.recall(handle.deliverAt, handle.offset, record.physicalOffset(), store.appender());
        timers.recalled(record.physicalOffset());
        try {
            store.appender().orderFacts();
            store.appender().confirm(true, new Answer(request, handle.uniqueKey));
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    /** The message at the place that a handle names; null if it is not the one that the handle was given for. */
    private @Nullable MessageRecord read(Handle handle) {
        QueueLog queue = timers.queue();
        if (handle.offset < queue.minOffset() || handle.offset >= queue.visibleOffset()) {
            return null;
        }
        ByteBuffer entry = queue.index().entries(handle.offset, 1);
        MessageRecord record = entry.remaining() < ConsumeQueue.ENTRY_BYTES
                ? null
                : store.log().read(entry.getLong(entry.position()));
        boolean same = record != null
                && record.topicIs(TIMER_TOPIC)
                && record.intact()
                && record.property(REAL_QUEUE) != null
                && handle.topic.equals(record.property(REAL_TOPIC))
                && handle.uniqueKey.equals(record.property(JmsNames.UNIQ_KEY))
                && Long.toString(handle.deliverAt).equals(record.property(DUE));
        return same ? record : null;
    }

    private @Nullable String refusal(String topic, Handle handle, @Nullable MessageRecord record, long now) {
        if (!handle.topic.equals(topic)) {
            return "the handle is of topic " + handle.topic;
        }
        if (!handle.brokerName.equals(config.brokerName())) {
            return "the message waits at broker " + handle.brokerName + ", and this is " + config.brokerName();
        }
        if (record == null) {
            return "no message waits where the handle says";
        }
        if (handle.deliverAt <= Math.max(now, timers.deliveredUntil())) {
            return "the message's time has come, and it is delivered";
        }
        return recalled.isRecalled(handle.offset) ? "the message was recalled before" : null;
    }

    /** Answers when the recall is durable. */
    private record Answer(Request request, String uniqueKey) implements Appender.Listener {
        @Override
        public void stored(long physicalOffset, long queueOffset) {
            request.answer(
                    ResponseCode.SUCCESS,
                    Fields.write()
                            .put("msgId", uniqueKey)
                            .put("MSG_REGION", "DefaultRegion")
                            .map());
        }

        @Override
        public void failed(StoreException cause) {
            request.answer(StoreErrors.nativeCode(cause), cause.getMessage());
        }
    }
}
