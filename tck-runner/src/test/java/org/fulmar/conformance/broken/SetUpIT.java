package org.fulmar.conformance.broken;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** None of its tests can begin. */
class SetUpIT {
    @BeforeAll
    static void fails() {
        throw new IllegalStateException("no set-up");
    }

    @Test
    void neverBegins() {}

    @Test
    void neverBeginsEither() {}
}
