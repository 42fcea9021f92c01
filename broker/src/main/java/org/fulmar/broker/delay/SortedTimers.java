package org.fulmar.broker.delay;

import java.io.IOException;

/** A walk over timers in order of due time, then of log offset. */
interface SortedTimers {
    /** Goes to the next timer, first to the first; false behind the last. */
    boolean next() throws IOException;

    long deliverAt();

    long logOffset();
}
