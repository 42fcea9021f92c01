package org.fulmar.conformance.broken;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Fails when its tests have passed. */
class TearDownIT {
    @AfterAll
    static void fails() {
        throw new IllegalStateException("no tear-down");
    }

    @Test
    void passes() {}
}
