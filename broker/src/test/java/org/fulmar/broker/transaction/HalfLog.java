package org.fulmar.broker.transaction;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;

/** A log in memory with what half messages leave there: real records and facts, which a restart replays. */
final class HalfLog implements FactSink {
    private static final byte[] HOST = {127, 0, 0, 1, 0, 0, 42, 42};
    /** Every record and fact takes as much room. */
    private static final long STEP = 1000;

    private final List<Consumer<HalfMessages>> log = new ArrayList<>();
    private long queueOffset;

    /** The place of what is appended next. */
    long end() {
        return log.size() * STEP;
    }

    long queueOffset() {
        return queueOffset;
    }

    @Override
    public void fact(Body body) {
        ByteBuf out = Unpooled.buffer();
        body.write(out);
        byte[] fact = ByteBufUtil.getBytes(out);
        log.add(halves -> halves.apply(ByteBuffer.wrap(fact)));
    }

    private MessageRecord append(RecordDraft draft, long offset, long now) {
        ByteBuffer buffer = ByteBuffer.allocate(draft.size(HOST));
        draft.write(buffer, offset, end(), now, HOST);
        MessageRecord record = Objects.requireNonNull(MessageRecord.wrap(buffer, 0, buffer.limit()));
        log.add(halves -> halves.message(record));
        return record;
    }

    /** A record of the half topic. */
    MessageRecord half(long now, @Nullable String immunity, boolean ofJms) {
        StringBuilder properties = new StringBuilder();
        MessageProperties.append(properties, MessageProperties.REAL_TOPIC, "real");
        MessageProperties.append(properties, MessageProperties.REAL_QID, "0");
        if (immunity != null) {
            MessageProperties.append(properties, MessageProperties.CHECK_IMMUNITY_TIME, immunity);
        }
        if (ofJms) {
            MessageProperties.append(properties, "_jms_tx", "17");
        }
        byte[] block = properties.toString().getBytes(StandardCharsets.US_ASCII);
        RecordDraft draft = new RecordDraft(HalfMessages.TOPIC, 0, block, Unpooled.EMPTY_BUFFER);
        return append(draft, queueOffset++, now);
    }

    /** The record that ends a half message. */
    void ending(MessageRecord half, HalfMessages.Outcome outcome, long now) {
        String topic = switch (outcome) {
            case COMMITTED -> "real";
            case ROLLED_BACK -> HalfMessages.OP_TOPIC;
            case GIVEN_UP -> HalfMessages.GIVEN_UP_TOPIC;
        };
        String origin = MovedRecord.ofHalf(half.physicalOffset());
        append(MovedRecord.copy(half, topic, 0, origin, Map.of()), 0, now);
    }

    /** What looks like an end, and is a client's message. */
    void imitation(MessageRecord half, long now) {
        String origin = MovedRecord.ofHalf(half.physicalOffset());
        RecordDraft draft = MovedRecord.copy(half, "real", 0, origin, Map.of());
        append(draft.flags(0, SysFlag.TRANSACTION_COMMIT), 0, now);
    }

    /** Replays from a place of the log. */
    void replay(long from, HalfMessages halves) {
        log.subList((int) (from / STEP), log.size()).forEach(entry -> entry.accept(halves));
    }
}
