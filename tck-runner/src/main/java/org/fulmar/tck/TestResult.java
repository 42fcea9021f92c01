package org.fulmar.tck;

/**
 * What became of a test.
 *
 * @param millis how long it ran
 * @param reason why it failed or was skipped, in one line; empty if it passed
 */
record TestResult(TestName name, Verdict verdict, long millis, String reason) {}
