package org.fulmar.samples.quickstart;

/** Prints a line of progress each second, on the main thread. */
final class Progress {
    private final Ledger ledger;
    private final long begin;
    private long lastConfirmed;
    private long lastReceived;
    private long lastTime;

    Progress(Ledger ledger, long begin) {
        this.ledger = ledger;
        this.begin = begin;
        this.lastTime = begin;
    }

    void waitAndPrint() throws InterruptedException {
        ledger.awaitChange(1000);
        long now = System.nanoTime();
        if (now - lastTime < 900_000_000L && !ledger.complete()) {
            return;
        }
        double seconds = (now - lastTime) / 1e9;
        long confirmed = ledger.confirmed();
        long received = ledger.received();
        System.out.printf(
                "%5.1f s  sent %,7d (%,6.0f/s)  received %,7d (%,6.0f/s)%n",
                (now - begin) / 1e9,
                confirmed,
                (confirmed - lastConfirmed) / seconds,
                received,
                (received - lastReceived) / seconds);
        lastConfirmed = confirmed;
        lastReceived = received;
        lastTime = now;
    }
}
