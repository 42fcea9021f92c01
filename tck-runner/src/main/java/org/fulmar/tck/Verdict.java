package org.fulmar.tck;

/** How a test ended. */
enum Verdict {
    PASSED,
    FAILED,
    SKIPPED
}
