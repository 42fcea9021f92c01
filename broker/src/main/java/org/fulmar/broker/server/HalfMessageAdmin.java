package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.HalfMessage;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Half messages as administrators see them: listed, ended, asked for once more. Runs on the core. */
final class HalfMessageAdmin {
    private static final int LISTED = 100;
    private static final int MAX_LISTED = 1000;
    private static final int SHOWN_BODY_BYTES = 256;
    private static final byte[] GIVEN_UP_TOPIC = MessageProperties.name(HalfMessages.GIVEN_UP_TOPIC);
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] GROUP = MessageProperties.name(MessageProperties.PGROUP);
    private static final byte[] TRANSACTION_ID = MessageProperties.name(MessageProperties.TRANSACTION_ID);
    private static final byte[] IMMUNITY = MessageProperties.name(MessageProperties.CHECK_IMMUNITY_TIME);
    private static final byte[] CRC = MessageProperties.name("__CRC32#");
    private static final byte[] CHECK_TIMES = MessageProperties.name(MessageProperties.TRANSACTION_CHECK_TIMES);

    private final HalfMessages halves;
    private final NativeTransactions transactions;
    private final MessageStore store;
    private final TurnEnd turn;
    private final LongSupplier clock;

    HalfMessageAdmin(
            HalfMessages halves,
            NativeTransactions transactions,
            MessageStore store,
            TurnEnd turn,
            LongSupplier clock) {
        this.halves = halves;
        this.transactions = transactions;
        this.store = store;
        this.turn = turn;
        this.clock = clock;
    }

    /**
     * The half messages without an outcome behind a place of the log: the field {@code after}, by default from the
     * first, at most {@code max}, by default 100, no more than 1000.
     */
    void list(Request request) {
        Fields in = Fields.of(request.frame());
        int max = Math.max(1, Math.min(MAX_LISTED, in.integer("max", LISTED)));
        long after = in.number("after", -1);
        if (after == Long.MAX_VALUE) {
            request.answer(ResponseCode.INVALID_PARAMETER, "after is a place of the log, not " + after);
            return;
        }
        ObjectNode json = JsonBody.object().put("total", halves.size());
        ArrayNode list = json.putArray("halfMessages");
        long now = clock.getAsLong();
        halves.after(after, max).forEach(half -> describe(list.addObject(), half, now));
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    private void describe(ObjectNode json, HalfMessage half, long now) {
        json.put("logOffset", half.logOffset());
        json.put("queueOffset", half.queueOffset());
        json.put("ageMillis", now - half.storedAt());
        json.put("checks", half.checks());
        json.put("nextCheckInMillis", half.next() - now);
        MessageRecord record = store.log().read(half.logOffset());
        if (record == null) {
            // it came in this very turn
            return;
        }
        json.put("topic", record.property(REAL_TOPIC));
        json.put("producerGroup", record.property(GROUP));
        json.put("uniqueKey", record.property(JmsNames.UNIQ_KEY));
        json.put("transactionId", record.property(TRANSACTION_ID));
        json.put("bodyBytes", record.bodyLength());
        ByteBuffer body = record.body();
        byte[] shown = new byte[Math.min(SHOWN_BODY_BYTES, body.remaining())];
        body.get(shown);
        json.put("body", HexFormat.of().formatHex(shown));
    }

    /** Commits or rolls back in place of the producer: the fields {@code logOffset} and {@code commit}. */
    void end(Request request) {
        Fields in = Fields.of(request.frame());
        long logOffset = in.number("logOffset");
        String commit = in.text("commit");
        if (!commit.equals("true") && !commit.equals("false")) {
            request.answer(ResponseCode.INVALID_PARAMETER, "commit is true or false");
            return;
        }
        transactions.decide(request, logOffset, commit.equals("true"));
    }

    /**
     * RESUME_CHECK_HALF_MESSAGE: the producer is asked for a message again from now on, as if it had not been before.
     * The field {@code msgId} names a half message, or one that was given up, of which a half message is made again.
     */
    void resume(Request request) {
        long place = MessageId.parse(Fields.of(request.frame()).text("msgId")).physicalOffset();
        HalfMessage half = halves.find(place);
        if (half != null) {
            halves.resumed(half, clock.getAsLong(), store.appender());
            turn.afterLog(logged -> request.answer(
                    logged ? ResponseCode.SUCCESS : ResponseCode.SERVICE_NOT_AVAILABLE,
                    logged ? null : "the store has failed"));
            return;
        }
        MessageRecord record = place < 0 ? null : store.log().read(place);
        boolean givenUp = record != null
                && record.physicalOffset() == place
                && record.topicIs(GIVEN_UP_TOPIC)
                && record.intact()
                && isInQueue(record);
        if (record == null || !givenUp) {
            request.answer(
                    ResponseCode.SYSTEM_ERROR,
                    "neither a half message nor one of " + HalfMessages.GIVEN_UP_TOPIC + " begins at log offset "
                            + place);
            return;
        }
        if (halves.isFull()) {
            request.answer(
                    ResponseCode.SYSTEM_BUSY,
                    halves.size() + " half messages wait for their outcome (option maxHalfMessages): end some first");
            return;
        }
        try {
            prepareAgain(record, new Answer(request));
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    /** A body may hold what looks like a record; the queue knows the real ones. */
    private boolean isInQueue(MessageRecord record) {
        QueueLog queue = store.queue(HalfMessages.GIVEN_UP_TOPIC, 0);
        long offset = record.queueOffset();
        if (offset < queue.minOffset() || offset >= queue.visibleOffset()) {
            return false;
        }
        ByteBuffer entry = queue.index().entries(offset, 1).slice();
        return entry.remaining() >= ConsumeQueue.ENTRY_BYTES && entry.getLong(0) == record.physicalOffset();
    }

    private void prepareAgain(MessageRecord record, Appender.Listener answer) throws StoreException {
        byte[] block = record.propertyBytes();
        byte[] properties =
                MessageProperties.without(block, block.length, CRC, CHECK_TIMES, IMMUNITY, JmsNames.MOVED_FROM);
        RecordDraft draft = new RecordDraft(HalfMessages.TOPIC, 0, properties, Unpooled.wrappedBuffer(record.body()))
                .born(record.bornTimestamp(), record.bornHost())
                .flags(record.flag(), record.sysFlag() & ~SysFlag.OF_BROKERS)
                .reconsumeTimes(record.reconsumeTimes());
        long now = clock.getAsLong();
        store.appender().time(now);
        QueueLog queue = store.queue(HalfMessages.TOPIC, 0);
        long queueOffset = queue.nextOffset();
        long tagHash = MessageProperties.tagHash(record.property(JmsNames.TAGS));
        long logOffset = store.appender().append(queue, draft, tagHash, true, answer);
        halves.prepared(logOffset, queueOffset, now, null);
    }

    private record Answer(Request request) implements Appender.Listener {
        @Override
        public void stored(long physicalOffset, long queueOffset) {
            request.answer(ResponseCode.SUCCESS, (@Nullable String) null);
        }

        @Override
        public void failed(StoreException cause) {
            request.answer(StoreErrors.nativeCode(cause), cause.getMessage());
        }
    }
}
