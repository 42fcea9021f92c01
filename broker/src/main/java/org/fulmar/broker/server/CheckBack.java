package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.HalfMessage;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks RocketMQ producers for the outcome of half messages, and gives up those that were asked for in vain. Runs at the
 * end of the core's turns.
 *
 * <p>A check is logged before it leaves, and only if there is a producer of the group to send it to. What is given up is
 * copied to a topic of its own, where it can be looked at; the copy is the fact.
 */
final class CheckBack {
    private static final Logger LOG = LoggerFactory.getLogger(CheckBack.class);
    private static final byte[] CRC = MessageProperties.name("__CRC32#");
    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] REAL_QUEUE = MessageProperties.name(MessageProperties.REAL_QID);
    private static final byte[] GROUP = MessageProperties.name(MessageProperties.PGROUP);
    private static final int PER_TURN = 256;
    private static final int BYTES_PER_TURN = 4 << 20;
    private static final long AGAIN_MILLIS = 1000;

    private final HalfMessages halves;
    private final MessageStore store;
    private final ClientTable clients;
    private final Probe probe;

    CheckBack(HalfMessages halves, MessageStore store, ClientTable clients, Probe probe) {
        this.halves = halves;
        this.store = store;
        this.clients = clients;
        this.probe = probe;
    }

    /** When there is something to do next, in milliseconds since the epoch. */
    long nextDue() {
        return halves.nextDue();
    }

    /** Sees to what is due and is written; more may be due afterwards. */
    void seeToDue(long now, TurnEnd turn) {
        int bytes = 0;
        for (int i = 0; i < PER_TURN && bytes < BYTES_PER_TURN; i++) {
            HalfMessage half = halves.firstDue(now);
            if (half == null) {
                return;
            }
            bytes += seeTo(half, now, turn);
        }
    }

    /** Returns the bytes that are to be sent. */
    private int seeTo(HalfMessage half, long now, TurnEnd turn) {
        MessageRecord record = store.log().read(half.logOffset());
        if (record == null || !record.intact()) {
            LOG.error("the half message at {} of the log is damaged and has no outcome", half.logOffset());
            halves.ended(half.logOffset(), HalfMessages.Outcome.GIVEN_UP);
            return 0;
        }
        if (halves.isSpent(half, now)) {
            giveUp(half, record, now);
            return 0;
        }
        String group = record.property(GROUP);
        Connection producer = group == null ? null : clients.nextProducer(group);
        if (producer == null) {
            halves.missed(half, now);
            return 0;
        }
        probe.at(Probe.Point.CHECK_BACK);
        halves.checked(half, now, store.appender());
        Frame check = check(record);
        turn.afterLog(logged -> {
            if (logged) {
                producer.oneWay(check);
            } else {
                check.release();
            }
        });
        return record.size();
    }

    private void giveUp(HalfMessage half, MessageRecord record, long now) {
        try {
            Map<String, String> more = new TreeMap<>();
            more.put(MessageProperties.REAL_TOPIC, text(record, REAL_TOPIC));
            more.put(MessageProperties.REAL_QID, text(record, REAL_QUEUE));
            more.put(MessageProperties.TRANSACTION_CHECK_TIMES, Integer.toString(half.checks()));
            String origin = MovedRecord.ofHalf(half.logOffset());
            store.appender()
                    .append(
                            store.queue(HalfMessages.GIVEN_UP_TOPIC, 0),
                            MovedRecord.copy(record, HalfMessages.GIVEN_UP_TOPIC, 0, origin, more),
                            MessageProperties.tagHash(record.property(JmsNames.TAGS)),
                            true,
                            new DelayedMessages.Moved());
            halves.ended(half.logOffset(), HalfMessages.Outcome.GIVEN_UP);
            LOG.warn(
                    "the half message at {} of producer group {} for {} has no outcome after {} checks and {} ms: it goes"
                            + " to {}",
                    half.logOffset(),
                    text(record, GROUP),
                    text(record, REAL_TOPIC),
                    half.checks(),
                    now - half.storedAt(),
                    HalfMessages.GIVEN_UP_TOPIC);
        } catch (StoreException e) {
            LOG.warn("a half message for {} can't be given up now: {}", text(record, REAL_TOPIC), e.getMessage());
            halves.postponed(half, now + AGAIN_MILLIS);
        }
    }

    private static String text(MessageRecord record, byte[] property) {
        return Objects.requireNonNullElse(record.property(property), "");
    }

    private static Frame check(MessageRecord record) {
        String offsetId = new MessageId(record.storeHost(), record.physicalOffset()).text();
        @Nullable String unique = record.property(JmsNames.UNIQ_KEY);
        Map<String, String> fields = Fields.write()
                .put("topic", HalfMessages.TOPIC)
                .put("tranStateTableOffset", record.queueOffset())
                .put("commitLogOffset", record.physicalOffset())
                .put("msgId", unique == null ? offsetId : unique)
                .put("transactionId", unique == null ? offsetId : unique)
                .put("offsetMsgId", offsetId)
                .map();
        return Frame.request(RequestCode.CHECK_TRANSACTION_STATE, fields, asSent(record), HeaderEncoding.JSON);
    }

    /** The whole record, under the topic and queue that it was sent to. */
    private static ByteBuf asSent(MessageRecord record) {
        byte[] block = record.propertyBytes();
        byte[] properties = MessageProperties.without(block, block.length, CRC, REAL_TOPIC, REAL_QUEUE);
        int queueId = Integer.parseInt(Objects.requireNonNullElse(record.property(REAL_QUEUE), "0"));
        RecordDraft draft = new RecordDraft(
                        text(record, REAL_TOPIC), queueId, properties, Unpooled.wrappedBuffer(record.body()))
                .born(record.bornTimestamp(), record.bornHost())
                .flags(record.flag(), record.sysFlag())
                .reconsumeTimes(record.reconsumeTimes());
        byte[] storeHost = record.storeHost();
        ByteBuffer out = ByteBuffer.allocate(draft.size(storeHost));
        draft.write(out, record.queueOffset(), record.physicalOffset(), record.storeTimestamp(), storeHost);
        return Unpooled.wrappedBuffer(out.flip());
    }
}
