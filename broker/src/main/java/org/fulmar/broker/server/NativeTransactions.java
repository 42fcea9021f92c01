package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.HalfMessage;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.broker.transaction.HalfMessages.Outcome;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions of RocketMQ producers, of one message each: takes half messages and their outcomes. Owned by the broker's
 * core.
 *
 * <p>A half message is durable before its producer is answered, and has one outcome: the one record that says so is the
 * fact, a copy in the real topic for a commit. What comes later for the same message changes nothing.
 */
final class NativeTransactions {
    private static final Logger LOG = LoggerFactory.getLogger(NativeTransactions.class);
    private static final byte[] HALF_TOPIC = MessageProperties.name(HalfMessages.TOPIC);
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] REAL_QUEUE = MessageProperties.name(MessageProperties.REAL_QID);
    private static final byte[] GROUP = MessageProperties.name(MessageProperties.PGROUP);
    private static final byte[] IMMUNITY = MessageProperties.name(MessageProperties.CHECK_IMMUNITY_TIME);
    private static final String OF_JMS = new String(JmsNames.TRANSACTION, StandardCharsets.US_ASCII);
    private static final String OP_TAG = "d";

    /** By how much a copy may be larger than its half message: it names that, and how often it was checked. */
    private static final int ROOM_FOR_COPY = 96;

    private static final int TRANSACTION_BITS = SysFlag.TRANSACTION_ROLLBACK;
    private static final int UNKNOWN = 0;

    private final HalfMessages halves;
    private final MessageStore store;
    private final TopicService topics;
    private final ClientTable clients;
    private final LongSupplier clock;

    NativeTransactions(
            HalfMessages halves, MessageStore store, TopicService topics, ClientTable clients, LongSupplier clock) {
        this.halves = halves;
        this.store = store;
        this.topics = topics;
        this.clients = clients;
        this.clock = clock;
    }

    /** Whether a send prepares a transaction. */
    static boolean isPrepare(Map<String, String> properties, SendRequest send) {
        return "true".equals(properties.get(MessageProperties.TRAN_MSG))
                || SysFlag.transaction(send.sysFlag()) == SysFlag.TRANSACTION_PREPARED;
    }

    /**
     * Appends a half message.
     *
     * @param real where it goes when it is committed
     * @param properties of the message, with the broker's; they are changed
     * @param answer is told the half message's places
     */
    void prepare(
            Request request,
            SendRequest send,
            QueueLog real,
            Map<String, String> properties,
            byte[] bornHost,
            Appender.Listener answer)
            throws StoreException {
        String group = properties.getOrDefault(MessageProperties.PGROUP, send.producerGroup());
        if (group.isEmpty() || group.length() > ClientTable.MAX_NAME) {
            request.answer(
                    ResponseCode.MESSAGE_ILLEGAL,
                    "the producer group of a transactional message has 1 to " + ClientTable.MAX_NAME + " characters");
            return;
        }
        if (halves.isFull()) {
            request.answer(
                    ResponseCode.SYSTEM_BUSY,
                    halves.size() + " half messages wait for their outcome (option maxHalfMessages): end some, or wait"
                            + " until they are");
            return;
        }
        SendHandler.DELAYS.forEach(properties::remove);
        properties.remove(OF_JMS);
        properties.put(MessageProperties.TRAN_MSG, "true");
        properties.put(MessageProperties.PGROUP, group);
        properties.put(MessageProperties.REAL_TOPIC, real.topic());
        properties.put(MessageProperties.REAL_QID, Integer.toString(real.queueId()));
        String unique = properties.get(MessageProperties.UNIQ_KEY);
        if (unique != null) {
            properties.put(MessageProperties.TRANSACTION_ID, unique);
        }
        byte[] block = MessageProperties.format(properties).getBytes(StandardCharsets.UTF_8);
        checkCopy(real, block, request.body());
        int sysFlag = send.sysFlag() & ~SysFlag.OF_BROKERS & ~TRANSACTION_BITS;
        RecordDraft draft = new RecordDraft(HALF_TOPIC, 0, block, request.body())
                .born(send.bornTimestamp(), bornHost)
                .flags(send.flag(), sysFlag)
                .reconsumeTimes(send.reconsumeTimes());
        long now = clock.getAsLong();
        store.appender().time(now);
        QueueLog queue = store.queue(HalfMessages.TOPIC, 0);
        long queueOffset = queue.nextOffset();
        long logOffset = store.appender().append(queue, draft, tagHash(properties), true, answer);
        halves.prepared(logOffset, queueOffset, now, properties.get(MessageProperties.CHECK_IMMUNITY_TIME));
        // it need not have sent a heartbeat yet
        clients.producer(request.connection(), group);
    }

    /** What can't be committed later must not be prepared. */
    private void checkCopy(QueueLog real, byte[] block, ByteBuf body) throws StoreException {
        byte[] larger = Arrays.copyOf(block, block.length + ROOM_FOR_COPY);
        larger[larger.length - 1] = MessageProperties.VALUE_END;
        store.appender().check(new RecordDraft(real.topic(), real.queueId(), larger, body));
    }

    private static long tagHash(Map<String, String> properties) {
        return MessageProperties.tagHash(properties.get(MessageProperties.TAGS));
    }

    /** END_TRANSACTION: the producer's word, of its own accord or because it was asked. */
    void end(Request request) {
        Fields in = Fields.of(request.frame());
        int decision = in.integer("commitOrRollback");
        String group = in.text("producerGroup");
        long logOffset = in.number("commitLogOffset");
        long queueOffset = in.number("tranStateTableOffset");
        if (decision != UNKNOWN && decision != SysFlag.TRANSACTION_COMMIT && decision != SysFlag.TRANSACTION_ROLLBACK) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "commitOrRollback is 0 (unknown), 8 (commit) or 12 (rollback), not " + decision);
            return;
        }
        MessageRecord record = current(logOffset, queueOffset);
        String refusal = record == null
                ? "no half message begins at log offset " + logOffset
                : refusal(record, group, queueOffset);
        if (record == null || refusal != null) {
            LOG.debug("an outcome of group {} is refused: {}", group, refusal);
            request.answer(ResponseCode.SYSTEM_ERROR, refusal);
            return;
        }
        if (decision == UNKNOWN) {
            request.answer(ResponseCode.SUCCESS, (String) null);
            return;
        }
        if (!in.bool("fromTransactionCheck", false) && isLate(record)) {
            request.answer(
                    ResponseCode.ILLEGAL_OPERATION,
                    "the time that the message set for its outcome is over; its producer is asked for it");
            return;
        }
        decide(request, record, decision == SysFlag.TRANSACTION_COMMIT);
    }

    private static @Nullable String refusal(MessageRecord record, String group, long queueOffset) {
        if (!group.equals(record.property(GROUP))) {
            return "the half message at log offset " + record.physicalOffset() + " is none of producer group " + group;
        }
        return record.queueOffset() == queueOffset
                ? null
                : "the half message at log offset " + record.physicalOffset() + " has not the queue offset "
                        + queueOffset;
    }

    /** Whether the message set a time for its outcome, which is over. */
    private boolean isLate(MessageRecord record) {
        String seconds = record.property(IMMUNITY);
        return seconds != null
                && clock.getAsLong() - record.storeTimestamp() > halves.rules().immunityMillis(seconds);
    }

    /** The half message that was at a place when its producer was answered; it may have been put to another since. */
    private @Nullable MessageRecord current(long logOffset, long queueOffset) {
        QueueLog queue = store.queue(HalfMessages.TOPIC, 0);
        MessageRecord record = read(logOffset);
        boolean other = record != null && (record.queueOffset() != queueOffset || store.isCurrent(record));
        if (other || queueOffset < queue.minOffset() || queueOffset >= queue.visibleOffset()) {
            return record;
        }
        ByteBuffer entry = queue.index().entries(queueOffset, 1).slice();
        MessageRecord now = entry.remaining() < ConsumeQueue.ENTRY_BYTES ? null : read(entry.getLong(0));
        boolean moved = now != null
                && now.queueOffset() == queueOffset
                && (now.sysFlag() & SysFlag.RELOCATED) != 0
                && now.physicalOffset() > logOffset;
        return moved ? now : record;
    }

    /** The half message of a RocketMQ producer at a place that a client names; null if there is none. */
    private @Nullable MessageRecord read(long logOffset) {
        MessageRecord record = logOffset < 0 ? null : store.log().read(logOffset);
        boolean sound = record != null
                && record.physicalOffset() == logOffset
                && record.topicIs(HALF_TOPIC)
                && record.intact()
                && record.property(JmsNames.TRANSACTION) == null;
        return sound ? record : null;
    }

    /** Ends a half message and answers when that is durable; also one that has ended in the same way before. */
    void decide(Request request, MessageRecord record, boolean commit) {
        HalfMessage half = halves.find(record.physicalOffset());
        try {
            if (half == null) {
                repeated(request, record, commit ? Outcome.COMMITTED : Outcome.ROLLED_BACK);
            } else if (!commit) {
                rollBack(half, !request.frame().isOneWay(), new Ended(request, null));
            } else {
                commit(half, record, request);
            }
        } catch (StoreException e) {
            LOG.warn("the half message at {} could not be ended: {}", record.physicalOffset(), e.getMessage());
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    /** As {@link #decide}, in place of the producer. */
    void decide(Request request, long logOffset, boolean commit) {
        MessageRecord record = read(logOffset);
        if (record == null) {
            request.answer(ResponseCode.JMS_TRANSACTION_UNKNOWN, "no half message begins at log offset " + logOffset);
        } else {
            decide(request, record, commit);
        }
    }

    private void repeated(Request request, MessageRecord record, Outcome wanted) throws StoreException {
        Outcome outcome = halves.outcome(record.physicalOffset());
        if (outcome == wanted) {
            store.appender().confirm(true, new Ended(request, null));
            return;
        }
        String how = outcome == null
                ? "long ago, and how is not known any more"
                : switch (outcome) {
                    case COMMITTED -> "before: it is committed";
                    case ROLLED_BACK -> "before: it is rolled back";
                    case GIVEN_UP -> "before: it is in " + HalfMessages.GIVEN_UP_TOPIC;
                };
        request.answer(
                ResponseCode.SYSTEM_ERROR,
                "the half message at log offset " + record.physicalOffset() + " was ended " + how);
    }

    private void commit(HalfMessage half, MessageRecord record, Request request) throws StoreException {
        String name = Objects.requireNonNullElse(record.property(REAL_TOPIC), "");
        TopicConfig topic = topics.get(name);
        if (topic == null) {
            String why = "topic " + name + " does not exist any more: its half message at " + half.logOffset()
                    + " is rolled back";
            LOG.warn("{}", why);
            rollBack(half, !request.frame().isOneWay(), new Ended(request, why));
            return;
        }
        int wanted = Integer.parseInt(Objects.requireNonNullElse(record.property(REAL_QUEUE), "0"));
        int queues = Math.max(topic.readQueueNums(), topic.writeQueueNums());
        int queueId = wanted < queues ? wanted : wanted % queues;
        int sysFlag = record.sysFlag() & ~TRANSACTION_BITS & ~SysFlag.CONTINUED;
        RecordDraft copy = MovedRecord.copy(record, name, queueId, MovedRecord.ofHalf(half.logOffset()), Map.of())
                .flags(record.flag(), sysFlag | SysFlag.TRANSACTION_COMMIT | SysFlag.MOVED)
                .preparedTransactionOffset(half.logOffset());
        long tagHash = MessageProperties.tagHash(record.property(JmsNames.TAGS));
        store.appender().append(store.queue(name, queueId), copy, tagHash, true, new Ended(request, null));
        halves.ended(half.logOffset(), Outcome.COMMITTED);
        try {
            appendOp(half, false, false, new DelayedMessages.Moved());
        } catch (StoreException e) {
            // the copy says it; this is for RocketMQ's tools
            LOG.debug("the op topic lacks the half message at {}", half.logOffset(), e);
        }
    }

    private void rollBack(HalfMessage half, boolean durably, Appender.Listener answer) throws StoreException {
        appendOp(half, true, durably, answer);
        halves.ended(half.logOffset(), Outcome.ROLLED_BACK);
    }

    /**
     * Notes in the op topic that a half message has ended.
     *
     * @param fact whether nothing else says it
     */
    private void appendOp(HalfMessage half, boolean fact, boolean durably, Appender.Listener listener)
            throws StoreException {
        StringBuilder properties = new StringBuilder();
        if (fact) {
            String name = new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII);
            MessageProperties.append(properties, name, MovedRecord.ofHalf(half.logOffset()));
        }
        MessageProperties.append(properties, MessageProperties.TAGS, OP_TAG);
        byte[] body = Long.toString(half.queueOffset()).getBytes(StandardCharsets.US_ASCII);
        long now = clock.getAsLong();
        RecordDraft op = new RecordDraft(
                        HalfMessages.OP_TOPIC,
                        0,
                        properties.toString().getBytes(StandardCharsets.US_ASCII),
                        Unpooled.wrappedBuffer(body))
                .born(now, new byte[8])
                .flags(0, fact ? SysFlag.MOVED : 0)
                .preparedTransactionOffset(half.logOffset());
        QueueLog queue = store.queue(HalfMessages.OP_TOPIC, 0);
        store.appender().append(queue, op, MessageProperties.tagHash(OP_TAG), durably, listener);
    }

    /**
     * Answers when the end of a half message is as durable as it must be.
     *
     * @param refusal what is told if it has ended in another way than was wanted
     */
    private record Ended(Request request, @Nullable String refusal) implements Appender.Listener {
        @Override
        public void stored(long physicalOffset, long queueOffset) {
            request.answer(refusal == null ? ResponseCode.SUCCESS : ResponseCode.SYSTEM_ERROR, refusal);
        }

        @Override
        public void failed(StoreException cause) {
            request.answer(StoreErrors.nativeCode(cause), cause.getMessage());
        }
    }
}
