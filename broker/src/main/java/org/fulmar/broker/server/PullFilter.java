package org.fulmar.broker.server;

import java.util.Set;
import org.fulmar.broker.filter.SqlFilter;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * What one look into a queue for one pull lets through: by the tag's hash, before the log is read, and by the properties,
 * after. Takes a bounded number of steps, so that no filter keeps the core long. Used by one look, on the core.
 */
final class PullFilter {
    /** Steps of a SQL filter in one look, some milliseconds of work. */
    private static final long MAX_STEPS = 400_000;

    private final Set<Integer> tagHashes;
    private final @Nullable SqlFilter filter;
    private long steps;

    private PullFilter(Set<Integer> tagHashes, @Nullable SqlFilter filter) {
        this.tagHashes = tagHashes;
        this.filter = filter;
    }

    static PullFilter ofTags(Set<Integer> tagHashes) {
        return new PullFilter(tagHashes, null);
    }

    static PullFilter of(SqlFilter filter) {
        return new PullFilter(filter.tagHashes(), filter);
    }

    /** Whether the log has to be read to find out. */
    boolean mayWant(long tagHash) {
        return tagHashes.isEmpty() || tagHashes.contains((int) tagHash);
    }

    boolean wants(MessageRecord record) {
        SqlFilter sql = filter;
        if (sql == null) {
            return true;
        }
        boolean wanted = sql.matches(record);
        steps += sql.steps();
        return wanted;
    }

    /** Whether the look has to end here, and another one to go on. */
    boolean exhausted() {
        return steps > MAX_STEPS;
    }
}
