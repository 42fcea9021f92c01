package org.fulmar.conformance.broken;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Its JVM ends before any test, each time. */
class HaltingSetUpIT {
    @BeforeAll
    static void halts() {
        Runtime.getRuntime().halt(7);
    }

    @Test
    void neverBegins() {}

    @Test
    void neverBeginsEither() {}
}
