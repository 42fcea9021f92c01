package org.fulmar.broker.transaction;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;

/** A log in memory of facts, half messages and copies of them, which a table of transactions can be built from. */
final class TableLog implements FactSink {
    /** What lies at a place of the log; a fact or a record. */
    private record Entry(byte[] bytes, boolean isFact) {}

    private static final byte[] HOST = new byte[8];

    private final List<Entry> entries = new ArrayList<>();
    private long end;

    /** How many things are in it. */
    int size() {
        return entries.size();
    }

    /** The log position behind them. */
    long end() {
        return end;
    }

    @Override
    public void fact(Body body) {
        ByteBuf out = Unpooled.buffer();
        body.write(out);
        entries.add(new Entry(ByteBufUtil.getBytes(out), true));
        end += 200;
    }

    /** Appends a half message and tells the table, as a broker does. */
    void half(TransactionTable table, Branch branch, int bodyBytes) {
        int size = append(
                HalfMessages.TOPIC, property(JmsNames.TRANSACTION, Long.toString(branch.number())), 0, bodyBytes);
        table.half(branch, end - size, size);
    }

    /** Appends the copy of the next half message to its own topic. */
    void reappend(Branch branch) {
        long at = branch.nextHalf();
        long next = at + sizeAt(at);
        append(
                "real",
                property(JmsNames.MOVED_FROM, MovedRecord.ofTransaction(branch.number(), next)),
                SysFlag.MOVED,
                9);
        branch.reappended(next);
    }

    /** Appends a message of nobody's transaction, so that half messages do not lie side by side. */
    void other() {
        append("other", "", 0, 5);
    }

    /** The half message at a place. */
    private int sizeAt(long position) {
        for (Entry entry : entries) {
            if (!entry.isFact && record(entry).physicalOffset() == position) {
                return entry.bytes.length;
            }
        }
        throw new AssertionError("no record begins at " + position);
    }

    private static String property(byte[] name, String value) {
        StringBuilder text = new StringBuilder();
        MessageProperties.append(text, new String(name, StandardCharsets.US_ASCII), value);
        return text.toString();
    }

    private int append(String topic, String properties, int sysFlag, int bodyBytes) {
        RecordDraft draft = new RecordDraft(
                        topic, 0, MessageProperties.name(properties), Unpooled.wrappedBuffer(new byte[bodyBytes]))
                .flags(0, sysFlag);
        ByteBuffer bytes = ByteBuffer.allocate(draft.size(HOST));
        draft.write(bytes, 0, end, 0, HOST);
        entries.add(new Entry(bytes.array(), false));
        end += bytes.capacity();
        return bytes.capacity();
    }

    private static MessageRecord record(Entry entry) {
        return Objects.requireNonNull(MessageRecord.wrap(ByteBuffer.wrap(entry.bytes), 0, entry.bytes.length));
    }

    /** Shows a view what lies between two places, counted in things. */
    void replay(int from, int to, View view) {
        for (Entry entry : entries.subList(from, to)) {
            if (entry.isFact) {
                view.apply(ByteBuffer.wrap(entry.bytes).asReadOnlyBuffer());
            } else {
                view.message(record(entry));
            }
        }
    }
}
