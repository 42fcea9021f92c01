package org.fulmar.broker.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Predicate;
import org.fulmar.broker.transaction.Branch.State;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.TransactionId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is known of transactions after a restart is what was known before it, wherever the log ends. */
@Timeout(180)
class TransactionTableTest {
    private static final int SEEDS = 60;
    private static final int STEPS = 80;

    private static BranchXid xid(int number) {
        return new BranchXid(1, new byte[] {(byte) number, 5}, new byte[] {(byte) (number >> 8)});
    }

    private static TransactionId branchId(int number) {
        return new TransactionId(xid(number), 77, number);
    }

    private static TransactionId local(int number) {
        return new TransactionId(null, 88, number);
    }

    /** Everything that the broker knows of each transaction that outlives a restart. */
    private static List<String> known(TransactionTable table) {
        List<String> all = new ArrayList<>();
        for (Branch branch : table.all()) {
            TransactionId id = branch.id();
            if (branch.state() == State.ACTIVE || id == null) {
                continue;
            }
            all.add(branch.number() + " " + id + " " + branch.state() + " " + branch.isHeuristic() + " "
                    + branch.since()
                    + " " + branch.owner() + " " + branch.messages() + " " + branch.bytes() + " " + branch.nextHalf()
                    + " " + (id.xid() == null || table.find(id.xid()) == branch));
        }
        return all;
    }

    private static TransactionTable rebuilt(TableLog log, byte @Nullable [] checkpoint, int from, int to) {
        TransactionTable table = new TransactionTable();
        table.restore(checkpoint);
        log.replay(from, to, table);
        table.recovered((topic, queueId) -> 0);
        return table;
    }

    /** Random work on a table, with its log, and what was known after each thing that was logged. */
    private static final class Life {
        final Random random;
        final TransactionTable table = new TransactionTable();
        final TableLog log = new TableLog();
        final List<byte[]> checkpoints = new ArrayList<>();
        final List<List<String>> known = new ArrayList<>();
        int xids;

        Life(long seed) {
            random = new Random(seed * 0x9E3779B97F4A7C15L);
        }

        void run() {
            note();
            for (int step = 0; step < STEPS; step++) {
                step();
                note();
            }
        }

        private void note() {
            while (known.size() <= log.size()) {
                known.add(known(table));
                checkpoints.add(table.capture(log.end()).get());
            }
        }

        private @Nullable Branch any(Predicate<Branch> which) {
            List<Branch> found = table.all().stream().filter(which).toList();
            return found.isEmpty() ? null : found.get(random.nextInt(found.size()));
        }

        private void step() {
            Branch active = any(branch -> branch.state() == State.ACTIVE);
            Branch prepared = any(branch -> branch.state() == State.PREPARED);
            Branch committing = any(branch -> branch.state() == State.COMMITTING);
            Branch heuristic = any(branch -> branch.isHeuristic() && branch.state() != State.COMMITTING);
            switch (random.nextInt(12)) {
                case 0, 1 -> log.half(table, table.open(random.nextBoolean() ? branchId(++xids) : local(++xids)), 10);
                case 2, 3 -> {
                    if (active != null) {
                        log.half(table, active, random.nextInt(50));
                    }
                }
                case 4 -> log.other();
                case 5 -> prepare(active);
                case 6 -> {
                    if (active != null && random.nextBoolean()) {
                        table.drop(active);
                    } else if (active != null) {
                        table.decide(active, true, false, log);
                    }
                }
                case 7 -> {
                    if (prepared != null) {
                        table.decide(prepared, random.nextBoolean(), random.nextBoolean(), log);
                    }
                }
                case 8, 9, 10 -> {
                    if (committing != null && committing.nextHalf() >= 0) {
                        log.reappend(committing);
                    } else if (committing != null) {
                        table.done(committing, log);
                    }
                }
                default -> {
                    if (heuristic != null) {
                        table.forget(heuristic, log);
                    }
                }
            }
        }

        private void prepare(@Nullable Branch active) {
            TransactionId id = active == null ? branchId(++xids) : active.id();
            if (id != null && id.xid() != null) {
                Branch branch = active == null ? table.open(id) : active;
                table.prepare(branch, id, 1000 + xids, "who " + xids, "", log);
            }
        }
    }

    @Test
    void replayOfAnyPrefixFromAnyCheckpointKnowsWhatWasKnownLive() {
        int kept = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Life life = new Life(seed);
            life.run();
            for (int to = 0; to <= life.log.size(); to++) {
                List<String> expected = life.known.get(to);
                kept += expected.size();
                assertThat(known(rebuilt(life.log, null, 0, to)))
                        .as("seed %d, %d things from the beginning", seed, to)
                        .isEqualTo(expected);
                for (int from = to % 3; from <= to; from += 3) {
                    assertThat(known(rebuilt(life.log, life.checkpoints.get(from), from, to)))
                            .as("seed %d, things %d to %d", seed, from, to)
                            .isEqualTo(expected);
                }
            }
        }
        assertThat(kept).isGreaterThan(SEEDS * STEPS / 2);
    }

    @Test
    void numbersAreNeverGivenAgain() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Life life = new Life(seed);
            life.run();
            long highest = life.table.open(local(9999)).number();
            int all = life.log.size();
            assertThat(rebuilt(life.log, life.checkpoints.get(all / 2), all / 2, all)
                            .open(local(1))
                            .number())
                    .as("seed %d", seed)
                    .isEqualTo(highest);
        }
    }

    @Test
    void anOpenBranchIsGoneAfterARestartAndItsNameIsFree() {
        TransactionTable table = new TransactionTable();
        TableLog log = new TableLog();
        Branch open = table.open(branchId(1));
        log.half(table, open, 10);
        byte[] checkpoint = table.capture(log.end()).get();
        log.half(table, open, 10);
        for (TransactionTable after :
                List.of(rebuilt(log, null, 0, log.size()), rebuilt(log, checkpoint, 1, log.size()))) {
            assertThat(after.size()).isZero();
            assertThat(after.find(xid(1))).isNull();
        }
    }

    @Test
    void whatAnAdministratorDecidedIsKeptUntilItIsForgotten() {
        for (boolean commit : new boolean[] {true, false}) {
            TransactionTable table = new TransactionTable();
            TableLog log = new TableLog();
            Branch branch = table.open(branchId(1));
            log.half(table, branch, 10);
            table.prepare(branch, branchId(1), 5, "me", "", log);
            table.decide(branch, commit, true, log);
            if (commit) {
                log.reappend(branch);
                table.done(branch, log);
            }
            byte[] checkpoint = table.capture(log.end()).get();
            int decided = log.size();
            for (TransactionTable after :
                    List.of(rebuilt(log, null, 0, decided), rebuilt(log, checkpoint, decided, decided))) {
                Branch there = Objects.requireNonNull(after.find(xid(1)));
                assertThat(there.state()).isEqualTo(commit ? State.COMMITTED : State.ROLLED_BACK);
                assertThat(there.isHeuristic()).isTrue();
                assertThat(there.nextHalf()).isEqualTo(-1);
                assertThat(there.messages()).isEqualTo(1);
            }
            table.forget(branch, log);
            TransactionTable after = rebuilt(log, checkpoint, decided, log.size());
            assertThat(after.size()).isZero();
            assertThat(after.find(xid(1))).isNull();
        }
    }

    @Test
    void aCommitGoesOnBehindTheLastHalfMessageThatWasReappended() {
        TransactionTable table = new TransactionTable();
        TableLog log = new TableLog();
        Branch branch = table.open(local(1));
        for (int i = 0; i < 6; i++) {
            log.half(table, branch, i);
            if (i % 2 == 0) {
                log.other();
            }
        }
        table.decide(branch, true, false, log);
        int decided = log.size();
        byte[] checkpoint = table.capture(log.end()).get();
        for (int done = 0; done < 6; done++) {
            TransactionTable after = rebuilt(log, checkpoint, decided, log.size());
            Branch there = Objects.requireNonNull(after.find(branch.number()));
            assertThat(there.nextHalf()).isEqualTo(branch.nextHalf()).isNotNegative();
            log.reappend(branch);
        }
        assertThat(branch.nextHalf()).isEqualTo(-1);
        TransactionTable after = rebuilt(log, checkpoint, decided, log.size());
        assertThat(Objects.requireNonNull(after.find(branch.number())).nextHalf())
                .isEqualTo(-1);
    }

    @Test
    void halfMessagesThatLieSideBySideAreOneRange() {
        TransactionTable table = new TransactionTable();
        Branch branch = table.open(local(1));
        long at = 0;
        for (int part = 0; part < 100; part++) {
            for (int i = 0; i < 1000; i++) {
                table.half(branch, at, 150);
                at += 150;
            }
            // others have written between the parts
            at += 1000;
        }
        assertThat(branch.messages()).isEqualTo(100_000);
        assertThat(branch.bytes()).isEqualTo(15_000_000);
        assertThat(branch.halves()).hasSize(100);
        long found = 0;
        for (long half = branch.halfBehind(0); half >= 0; half = branch.halfBehind(half + 150)) {
            found++;
        }
        assertThat(found).isEqualTo(100_000);
    }
}
