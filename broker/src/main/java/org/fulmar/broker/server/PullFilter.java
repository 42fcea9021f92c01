package org.fulmar.broker.server;

import java.util.Set;
import org.fulmar.broker.filter.SqlFilter;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * What one look into a queue for one pull lets through: by the tag's hash, and by the bits of filters before the
 * log is read, by the properties after. Takes a bounded number of steps, so that no filter keeps the core long. Used by one look, on the core.
 */
final class PullFilter {
    /** Steps of a SQL filter in one look, some milliseconds of work. */
    private static final long MAX_STEPS = 400_000;

    private final Set<Integer> tagHashes;
    private final @Nullable SqlFilter filter;
    private final FilterBits.@Nullable Bits bits;
    private final Runnable onRead;
    private long steps;

    private PullFilter(
            Set<Integer> tagHashes, @Nullable SqlFilter filter, FilterBits.@Nullable Bits bits, Runnable onRead) {
        this.tagHashes = tagHashes;
        this.filter = filter;
        this.bits = bits;
        this.onRead = onRead;
    }

    static PullFilter ofTags(Set<Integer> tagHashes) {
        return new PullFilter(tagHashes, null, null, () -> {});
    }

    static PullFilter of(SqlFilter filter, QueueLog queue, FilterBits bits) {
        return new PullFilter(filter.tagHashes(), filter, bits.use(queue, filter), bits::countRead);
    }

    /**
     * Whether the log has to be read to find out.
     *
     * @param offset of the message in its queue
     * @param physicalOffset its place in the log
     */
    boolean mayWant(long offset, long physicalOffset, long tagHash) {
        if (!tagHashes.isEmpty() && !tagHashes.contains((int) tagHash)) {
            return false;
        }
        return bits == null || !bits.refuse(offset, physicalOffset);
    }

    boolean wants(MessageRecord record) {
        SqlFilter sql = filter;
        if (sql == null) {
            return true;
        }
        onRead.run();
        boolean wanted = sql.matches(record);
        steps += sql.steps();
        return wanted;
    }

    /** Whether the look has to end here, and another one to go on. */
    boolean exhausted() {
        return steps > MAX_STEPS;
    }
}
