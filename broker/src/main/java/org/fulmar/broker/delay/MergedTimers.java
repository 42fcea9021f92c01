package org.fulmar.broker.delay;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several sorted walks as one. Goes no further in any of them than to the timer that is to come next from it. */
final class MergedTimers implements SortedTimers {
    private final List<SortedTimers> sources;
    private boolean started;
    private @Nullable SortedTimers current;

    MergedTimers(List<? extends SortedTimers> sources) {
        this.sources = new ArrayList<>(sources);
    }

    @Override
    public boolean next() throws IOException {
        if (!started) {
            started = true;
            for (int i = sources.size() - 1; i >= 0; i--) {
                if (!sources.get(i).next()) {
                    sources.remove(i);
                }
            }
        } else if (current != null && !current.next()) {
            sources.remove(current);
        }
        SortedTimers first = null;
        long at = 0;
        long offset = 0;
        for (int i = 0; i < sources.size(); i++) {
            SortedTimers source = sources.get(i);
            if (first == null || TimerHeap.before(source.deliverAt(), source.logOffset(), at, offset)) {
                first = source;
                at = source.deliverAt();
                offset = source.logOffset();
            }
        }
        current = first;
        return first != null;
    }

    private SortedTimers current() {
        SortedTimers source = current;
        if (source == null) {
            throw new IllegalStateException("there is no timer here");
        }
        return source;
    }

    @Override
    public long deliverAt() {
        return current().deliverAt();
    }

    @Override
    public long logOffset() {
        return current().logOffset();
    }
}
