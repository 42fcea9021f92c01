package org.fulmar.broker.transaction.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.transaction.model.Work.Kind;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random transactions of eight sessions on a broker that is killed, loses its power and its connections, compared with a
 * simple model; run one again with {@code -Dfulmar.seed=N}, more with {@code -Dfulmar.transactions.seeds=N}.
 */
@Timeout(600)
class TransactionModelTest {
    private static final int SEEDS = 500;
    private static final int THREADS = 2;

    @Test
    void transactionsAreWholeOrNotAtAllWhateverDiesWhen() throws Exception {
        Long only = Long.getLong("fulmar.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? Integer.getInteger("fulmar.transactions.seeds", SEEDS) : only;
        Totals totals = new Totals();
        AtomicLong next = new AtomicLong(first);
        AtomicBoolean failed = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (Quiet quiet = new Quiet();
                RemotingClient client =
                        new RemotingClient("model", THREADS, FrameLimits.DEFAULT, ConnectionLimits.CLIENT)) {
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                done.add(threads.submit(() -> {
                    for (long seed = next.getAndIncrement();
                            seed <= last && !failed.get();
                            seed = next.getAndIncrement()) {
                        live(seed, client, totals, failed);
                    }
                    return null;
                }));
            }
            for (Future<?> thread : done) {
                thread.get();
            }
        } finally {
            threads.shutdown();
        }
        System.out.println(totals);
        if (only == null) {
            totals.check(last);
        }
    }

    private static void live(long seed, RemotingClient client, Totals totals, AtomicBoolean failed) throws Exception {
        try (Run run = new Run(seed, client)) {
            try {
                run.run();
            } catch (Exception | AssertionError e) {
                failed.set(true);
                throw new AssertionError("seed " + seed + ": " + e.getMessage() + ", after\n" + run.trace(), e);
            }
            totals.add(run);
        }
    }

    /** What all lives together have seen, without which they would show little. */
    private static final class Totals {
        long calls;
        long messages;
        long redeliveries;
        long deaths;
        long cuts;
        long committed;
        long rolledBack;
        long branches;
        long heuristics;

        synchronized void add(Run run) {
            calls += run.calls();
            messages += run.ledger().messageCount();
            redeliveries += run.ledger().redeliveries();
            deaths += run.deaths();
            cuts += run.cuts();
            for (Work work : run.ledger().works()) {
                if (work.kind == Kind.LOCAL || work.kind == Kind.BRANCH) {
                    committed += work.isCommitted() ? 1 : 0;
                    rolledBack += work.isRolledBack() ? 1 : 0;
                    branches += work.kind == Kind.BRANCH ? 1 : 0;
                    heuristics += work.heuristic ? 1 : 0;
                }
            }
        }

        void check(long seeds) {
            assertThat(committed).as("committed").isGreaterThan(5 * seeds);
            assertThat(rolledBack).as("rolled back").isGreaterThan(5 * seeds);
            assertThat(branches).as("branches").isGreaterThan(3 * seeds);
            assertThat(heuristics).as("heuristic").isGreaterThan(seeds / 10);
            assertThat(redeliveries).as("redeliveries").isGreaterThan(5 * seeds);
            assertThat(deaths).as("deaths").isGreaterThan(seeds);
            assertThat(cuts).as("lost connections").isGreaterThan(3 * seeds);
        }

        @Override
        public String toString() {
            return calls + " requests, " + messages + " messages, " + redeliveries + " redelivered, " + committed
                    + " committed, " + rolledBack + " rolled back, " + branches + " branches, " + heuristics
                    + " heuristic, " + deaths + " deaths, " + cuts + " lost connections";
        }
    }
}
