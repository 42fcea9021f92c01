package org.fulmar.samples.quickstart;

import java.util.BitSet;

/**
 * What became of each order: sent and confirmed, received. Its monitor guards everything; any thread may use
 * it.
 */
final class Ledger {
    private final int wanted;
    private final BitSet confirmed = new BitSet();
    private final BitSet received = new BitSet();
    private int lastNumber = -1;
    private int redelivered;
    private int unflagged;
    private int invented;
    private boolean ended;

    Ledger(int wanted) {
        this.wanted = wanted;
    }

    /** The number of the next order; -1 when enough are sent. */
    synchronized int nextOrder() {
        return ended || confirmed.cardinality() >= wanted ? -1 : ++lastNumber;
    }

    synchronized void confirmed(int order) {
        confirmed.set(order);
    }

    synchronized void received(int order, boolean flagged) {
        if (order < 0 || order > lastNumber) {
            invented++;
            return;
        }
        if (flagged) {
            redelivered++;
        } else if (received.get(order)) {
            unflagged++;
        }
        received.set(order);
    }

    synchronized int confirmed() {
        return confirmed.cardinality();
    }

    synchronized int received() {
        return received.cardinality();
    }

    /** Whether enough orders are confirmed, and all those are received. */
    synchronized boolean complete() {
        return confirmed.cardinality() >= wanted && lost() == 0;
    }

    private int lost() {
        BitSet missing = (BitSet) confirmed.clone();
        missing.andNot(received);
        return missing.cardinality();
    }

    synchronized void end() {
        ended = true;
        notifyAll();
    }

    synchronized boolean ended() {
        return ended;
    }

    synchronized void awaitChange(long millis) throws InterruptedException {
        if (!ended) {
            wait(millis);
        }
    }

    /** Prints the outcome; whether every promise was kept. */
    synchronized boolean verdict(double seconds) {
        int lost = lost();
        boolean kept = lost == 0 && unflagged == 0 && invented == 0 && confirmed.cardinality() >= wanted;
        System.out.printf("%nsent         %,d orders, each confirmed by the broker%n", confirmed.cardinality());
        System.out.printf("received     %,d%n", received.cardinality());
        System.out.printf("lost         %,d%n", lost);
        System.out.printf("redelivered  %,d, each flagged; unflagged: %,d%n", redelivered, unflagged);
        System.out.printf("invented     %,d%n", invented);
        System.out.printf("time         %.1f s%n", seconds);
        System.out.println(kept ? "VERDICT: every order came out, none was lost" : "VERDICT: FAILED");
        return kept;
    }
}
