package org.fulmar.tck;

/**
 * How long tests may take.
 *
 * @param testSeconds of a test, and of what a class does between and after its tests; before the first, a minute more
 * @param classSeconds of all tests of a class
 */
record Limits(long testSeconds, long classSeconds) {
    Limits {
        if (testSeconds < 1 || classSeconds < 1) {
            throw new IllegalArgumentException("a limit must be a second at least");
        }
    }
}
