package org.fulmar.conformance.broken;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Fails in the ways in which a test may. */
class FailingIT {
    @Test
    void passes() {}

    @Test
    void failsWithTwoLines() {
        throw new IllegalStateException("the first <line>\nthe second line");
    }

    @Test
    void failsWithoutAMessage() {
        throw new UnsupportedOperationException();
    }

    @Test
    void failsForAKnownCause() throws Exception {
        System.err.println("the gate is shut");
        throw new Exception("failsForAKnownCause");
    }

    @Test
    void isSkipped() {
        Assumptions.abort("not here");
    }
}
