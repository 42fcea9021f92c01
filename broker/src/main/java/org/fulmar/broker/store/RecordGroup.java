package org.fulmar.broker.store;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;

/**
 * Records that are in the log all or none: facts first, then messages, side by side in one file. Each but the last says
 * that it counts only with the next one, so that the last is the decision; a recovery that finds a group torn cuts the
 * log before it.
 *
 * <p>Owned by the broker's core, for one append.
 */
public final class RecordGroup implements FactSink {
    /** What a record of facts has besides them, at most. */
    private static final int RECORD_BYTES = 256;

    /** Is told where a message of the group lies in the log. */
    public interface Place {
        void at(long position, int size);
    }

    private record Item(QueueLog queue, RecordDraft draft, long tagHash, Place place) {}

    /** A message of the group in the log. */
    record Placed(QueueLog queue, QueueLog.Entry entry, long queueOffset) {}

    private final CommitLog log;
    private final int factLimit;
    private final List<Item> items = new ArrayList<>();
    private final List<ByteBuf> facts = new ArrayList<>();
    private int bytes;

    RecordGroup(CommitLog log, int maxRecordBytes) {
        this.log = log;
        this.factLimit = Math.min(1 << 20, maxRecordBytes / 2);
    }

    /**
     * Adds a message.
     *
     * @param place is told its place in the log
     * @throws StoreException if it is too large; the group is unchanged then
     */
    public void add(QueueLog queue, RecordDraft draft, long tagHash, Place place) throws StoreException {
        bytes += log.checkedSize(draft);
        items.add(new Item(queue, draft, tagHash, place));
    }

    /** Whether it has no messages. */
    public boolean isEmpty() {
        return items.isEmpty();
    }

    /** Of its messages in the log. */
    public int bytes() {
        return bytes;
    }

    /** Whether so many bytes of facts and its messages can be in one file. */
    public boolean fits(int factBytes) {
        return bytes + factRecordBytes(factBytes) <= log.largestGroup();
    }

    int factRecordBytes(int factBytes) {
        return factBytes == 0 ? 0 : factBytes + RECORD_BYTES * (2 + factBytes / factLimit * 2);
    }

    @Override
    public void fact(Body body) {
        ByteBuf last = facts.isEmpty() ? null : facts.get(facts.size() - 1);
        if (last == null || last.readableBytes() > factLimit / 2) {
            last = Unpooled.buffer(256);
            facts.add(last);
        }
        int start = last.writerIndex();
        last.writeInt(0);
        body.write(last);
        last.setInt(start, last.writerIndex() - start - 4);
    }

    List<Placed> write(long now) throws StoreException {
        int left = facts.size() + items.size();
        for (ByteBuf of : facts) {
            left--;
            RecordDraft draft = new RecordDraft(Facts.TOPIC, 0, new byte[0], of).born(now, new byte[8]);
            log.append(left > 0 ? draft.continued() : draft, 0, now, true);
        }
        List<Placed> placed = new ArrayList<>(items.size());
        for (Item item : items) {
            left--;
            long queueOffset = item.queue.nextOffset();
            long start = log.append(left > 0 ? item.draft.continued() : item.draft, queueOffset, now, true);
            placed.add(new Placed(
                    item.queue, item.queue.appended(start, (int) (log.end() - start), item.tagHash), queueOffset));
            item.place.at(start, (int) (log.end() - start));
        }
        return placed;
    }

    /** Whether a record counts only with the one behind it. */
    static boolean goesOn(MessageRecord record) {
        return (record.sysFlag() & SysFlag.CONTINUED) != 0;
    }
}
