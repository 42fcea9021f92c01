package org.fulmar.broker.server;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Supplier;
import org.fulmar.broker.delay.RecalledTimers;
import org.fulmar.broker.delay.TimerWheel;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.QueueLook;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages that wait for their delivery time: put into the timer topic, and copied to their own when they are due (D7).
 * Owned by the broker's core.
 *
 * <p>The sender of one is answered when the waiting record is as durable as the message asks; it is delivered once,
 * never before its time, whatever crashes meanwhile: the copy is the fact that it has been.
 */
final class DelayedMessages implements View, LiveRecords {
    /** RocketMQ's topic of messages that wait for any time. */
    static final String TOPIC = TimerWheel.TOPIC;

    private static final Logger LOG = LoggerFactory.getLogger(DelayedMessages.class);
    private static final byte[] TOPIC_BYTES = MessageProperties.name(TOPIC);
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] REAL_QUEUE = MessageProperties.name(MessageProperties.REAL_QID);
    private static final byte[] DUE = MessageProperties.name(MessageProperties.TIMER_OUT_MS);
    private static final int PER_TURN = 1024;
    private static final long AGAIN_MILLIS = 1000;
    /** Waiting messages that were put to another place and stand in timer files under the older one, at most. */
    private static final int MAX_DISPLACED = 500_000;

    private final TimerWheel wheel;
    private final RecalledTimers recalled;
    private @Nullable MessageStore store;
    private @Nullable TopicService topics;
    private long deliveredUntil;

    DelayedMessages(TimerWheel wheel, RecalledTimers recalled) {
        this.wheel = wheel;
        this.recalled = recalled;
    }

    /** Called once, before anything is appended. */
    void connect(MessageStore theStore, TopicService theTopics) {
        this.store = theStore;
        this.topics = theTopics;
    }

    private MessageStore store() {
        return java.util.Objects.requireNonNull(store);
    }

    /** Appends a message that waits. */
    void append(MessageIntake.Taken message, Appender.Listener listener) throws StoreException {
        long at = store().appender().append(queue(), draft(message), 0, message.isPersistent(), listener);
        appended(message.deliverAt(), at);
    }

    /**
     * Appends a message of a RocketMQ client that waits. It goes to the queue that it was sent to, not to a lane.
     *
     * @param deliverAt milliseconds since the epoch
     */
    void append(NativeMessage message, long deliverAt, Appender.Listener listener) throws StoreException {
        message.properties().put(MessageProperties.TIMER_OUT_MS, Long.toString(deliverAt));
        message.properties().put(MessageProperties.REAL_TOPIC, message.topic());
        message.properties().put(MessageProperties.REAL_QID, Integer.toString(message.queueId()));
        long at = store().appender().append(queue(), message.draft(TOPIC, 0), 0, true, listener);
        appended(deliverAt, at);
    }

    /** The message whose record lies there waits no more; the fact that says so is logged. */
    void recalled(long logOffset) {
        wheel.fired(logOffset);
    }

    /** What was due until then has been given, in milliseconds since the epoch. */
    long deliveredUntil() {
        return deliveredUntil;
    }

    /** Where messages wait. */
    QueueLog queue() {
        return store().queue(TOPIC, 0);
    }

    /** The record of a message that waits. */
    static RecordDraft draft(MessageIntake.Taken message) {
        StringBuilder more = new StringBuilder(64);
        MessageProperties.append(more, MessageProperties.TIMER_OUT_MS, Long.toString(message.deliverAt()));
        MessageProperties.append(
                more, MessageProperties.REAL_TOPIC, message.queue().topic());
        return message.draft(TOPIC_BYTES, more);
    }

    /** A record of one was put into the log. */
    void appended(long deliverAt, long position) {
        wheel.add(deliverAt, position);
    }

    /** When there is something to do next, in milliseconds since the epoch. */
    long nextDue() {
        return wheel.nextDue();
    }

    /** How many messages wait. */
    long waiting() {
        return wheel.waiting();
    }

    /** Copies what is due to its topic; more may be due afterwards. */
    void deliverDue(long now) {
        deliveredUntil = Math.max(deliveredUntil, now);
        if (wheel.nextDue() <= now) {
            wheel.due(now, PER_TURN, (deliverAt, logOffset) -> deliver(now, logOffset));
        }
    }

    private void deliver(long now, long logOffset) {
        MessageRecord record = store().log().read(logOffset);
        String real = record == null ? null : record.property(REAL_TOPIC);
        if (record == null || real == null || !record.intact()) {
            LOG.error("the delayed message at {} of the log is damaged and is not delivered", logOffset);
            wheel.fired(logOffset);
            return;
        }
        TopicService service = java.util.Objects.requireNonNull(topics);
        TopicConfig topic = service.get(real);
        if (topic == null) {
            LOG.info("a delayed message for {} is dropped: the destination was deleted", real);
            wheel.fired(logOffset);
            return;
        }
        try {
            int lane = queueOf(record, topic, service);
            RecordDraft copy = MovedRecord.copy(record, real, lane, MovedRecord.ofTimer(logOffset), Map.of());
            long tagHash = MessageProperties.tagHash(record.property(JmsNames.TAGS));
            QueueLog queue = store().queue(real, lane);
            store().appender().append(queue, copy, tagHash, JmsFlag.isPersistent(record.flag()), new Moved());
            wheel.fired(logOffset);
        } catch (StoreException e) {
            LOG.warn("a delayed message for {} has to wait longer: {}", real, e.getMessage());
            wheel.retryAt(logOffset, now + AGAIN_MILLIS);
        }
    }

    /** Messages of RocketMQ clients have been sent to a queue, JMS messages to a lane. */
    private static int queueOf(MessageRecord record, TopicConfig topic, TopicService service) throws StoreException {
        return record.property(REAL_QUEUE) == null
                ? service.lane(topic, JmsFlag.priority(record.flag()))
                : NativeDelays.realQueue(record) % Math.max(1, Math.max(topic.readQueueNums(), topic.writeQueueNums()));
    }

    /** Nobody waits for the copy; if it can't be written the store as a whole has failed, and says so. */
    static final class Moved implements Appender.Listener {
        @Override
        public void stored(long physicalOffset, long queueOffset) {
            // consumers see it now
        }

        @Override
        public void failed(StoreException cause) {
            LOG.debug("a moved message was not written", cause);
        }
    }

    @Override
    public void message(MessageRecord record) {
        if (record.topicIs(TOPIC_BYTES)) {
            String due = record.property(DUE);
            if (due != null) {
                wheel.add(Long.parseLong(due), record.physicalOffset());
            }
        } else {
            MovedRecord.tell(record, new MovedRecord.Origin() {
                @Override
                public void timer(long logOffset) {
                    wheel.firedBy(record.storeTimestamp());
                    wheel.fired(logOffset);
                }
            });
        }
    }

    @Override
    public void relocated(MessageRecord record, long from) {
        String due = record.topicIs(TOPIC_BYTES) ? record.property(DUE) : null;
        if (due != null && recalled.isRecalled(record.queueOffset())) {
            // in a replay it may be recalled only later, under the new place: at the older one nothing waits either way
            wheel.fired(from);
        } else if (due != null) {
            wheel.relocated(Long.parseLong(due), from, record.physicalOffset());
        }
    }

    @Override
    public boolean knowsMessagesAlone() {
        return wheel.knowsMessagesAlone();
    }

    @Override
    public Look before(long position) {
        QueueLook all = new QueueLook(queue(), position, offset -> offset);
        return found -> all.next(new Found() {
            @Override
            public boolean mayGoOn() {
                return found.mayGoOn();
            }

            @Override
            public void unknown(String why) {
                found.unknown(why);
            }

            @Override
            public void live(long logOffset, int size) {
                MessageRecord record = store().log().read(logOffset);
                String due = record == null ? null : record.property(DUE);
                if (record == null || due == null) {
                    return;
                }
                long at = Long.parseLong(due);
                if (recalled.isRecalled(record.queueOffset())) {
                    // the wheel forgets that one was fired before its time
                    return;
                }
                if (!wheel.knows(at, logOffset)) {
                    found.unknown("delayed messages in them are being loaded");
                } else if (wheel.displaced() > MAX_DISPLACED) {
                    found.unknown("many delayed messages were moved, and are not due yet");
                } else if (wheel.isWaiting(at, logOffset)) {
                    found.live(logOffset, size);
                }
            }
        });
    }

    @Override
    public void apply(ByteBuffer fact) {
        RecalledTimers.tell(fact, wheel::fired);
    }

    @Override
    public String fileName() {
        return wheel.fileName();
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        return wheel.capture(logPosition);
    }

    @Override
    public long restore(byte @Nullable [] content) {
        return wheel.restore(content);
    }

    @Override
    public void recovered(Ends ends) {
        wheel.recovered(ends);
    }
}
