package org.fulmar.samples.quickstart;

/** Waits a moment before the next attempt to connect. */
final class Retry {
    private static final long MILLIS = 100;

    private Retry() {}

    /** False if there is nothing to be done any more. */
    static boolean later(Ledger ledger) {
        try {
            ledger.awaitChange(MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return !ledger.ended();
    }
}
