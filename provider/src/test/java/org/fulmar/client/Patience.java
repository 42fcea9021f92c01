package org.fulmar.client;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** How long tests wait for what must come: longer than a machine stalls, since only a failure waits so long. Stateless. */
public final class Patience {
    /** In milliseconds. */
    public static final int MILLIS = 30_000;

    public static final Duration LIMIT = Duration.ofMillis(MILLIS);

    private Patience() {}

    /** In place of Awaitility's, which gives up after ten seconds. */
    public static ConditionFactory await() {
        return Awaitility.await().atMost(LIMIT);
    }
}
