package org.fulmar.tck;

/** Where the broker of a run is. */
enum Mode {
    /** In a process of its own, one for all test classes. */
    PROCESS,
    /** Inside the JVM of each test class. */
    EMBEDDED
}
