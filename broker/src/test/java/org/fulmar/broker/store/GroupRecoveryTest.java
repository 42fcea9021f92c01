package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.fulmar.broker.store.TestStore.Sent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random lives of a store with groups and single messages, each ended by a kill or a loss of power at any operation of
 * the disk; run one again with {@code -Dfulmar.seed=N}.
 */
@Timeout(300)
class GroupRecoveryTest {
    private static final int SEEDS = Integer.getInteger("fulmar.recovery.seeds", 150);

    /** A single message or a group, as it lies in the log. */
    private static final class Item {
        final List<Sent> messages;
        final long start;
        final long end;
        final boolean durably;
        final int facts;
        final boolean[] stored;

        Item(Sent sent, boolean[] stored) {
            this.messages = List.of(sent);
            this.start = sent.physicalOffset;
            this.end = sent.end();
            this.durably = sent.durably;
            this.facts = 0;
            this.stored = stored;
        }

        Item(SentGroup group) {
            this.messages = group.messages;
            this.start = group.start;
            this.end = group.end;
            this.durably = group.durably;
            this.facts = group.facts;
            this.stored = new boolean[1];
        }
    }

    /** What a crash has left, and what had been promised by then. */
    private record Remains(FaultyDisk disk, boolean power, List<Item> promised) {}

    private static final class Lives {
        final long seed;
        final Random random;
        final StoreOptions options;
        final List<Item> log = new ArrayList<>();
        final Map<Item, SentGroup> groups = new java.util.IdentityHashMap<>();
        final Map<Item, Sent> singles = new java.util.IdentityHashMap<>();
        FaultyDisk disk = new FaultyDisk();
        int survivors;

        Lives(long seed) {
            this.seed = seed;
            // neighbouring seeds begin alike
            this.random = new Random(seed * 0x9E3779B97F4A7C15L);
            this.options =
                    TestStore.options(16 * 1024 << random.nextInt(3), 40 * 20).withSyncFlush(random.nextInt(4) > 0);
        }

        void run() throws Exception {
            for (int life = 0; life < 3; life++) {
                Remains remains = live();
                disk = remains.disk;
                TestStore after = TestStore.open(disk, options);
                check(after, remains);
                if (life == 2) {
                    // once more from what this restart has left
                    FaultyDisk again = disk.afterKill();
                    after.abandon();
                    TestStore second = TestStore.open(again, options);
                    check(second, new Remains(again, false, log));
                    second.abandon();
                    return;
                }
                after.abandon();
            }
        }

        private Remains live() throws Exception {
            disk = disk.afterKill();
            AtomicReference<Remains> remains = new AtomicReference<>();
            TestStore run = TestStore.open(disk, options);
            boolean power = random.nextBoolean();
            AtomicInteger left = new AtomicInteger(1 + random.nextInt(60));
            FaultyDisk live = disk;
            live.hook((operation, file) -> {
                if (left.decrementAndGet() == 0) {
                    synchronized (log) {
                        remains.set(crash(live, power));
                    }
                }
            });
            for (int step = 0; step < 120 && remains.get() == null; step++) {
                step(run);
            }
            if (remains.get() == null) {
                remains.set(crash(live, power));
            }
            run.abandon();
            return remains.get();
        }

        private Remains crash(FaultyDisk live, boolean power) {
            List<Item> promised = log.stream()
                    .filter(item -> item.stored[0] && (!power || item.durably && options.syncFlush()))
                    .toList();
            return new Remains(
                    power ? live.afterPowerLoss(new Random(seed * 0x9E3779B97F4A7C15L + log.size())) : live.afterKill(),
                    power,
                    List.copyOf(promised));
        }

        private void step(TestStore run) throws Exception {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> group(run);
                case 3, 4 -> {
                    Sent sent = run.send("t" + random.nextInt(3), 0, random.nextInt(600), random.nextBoolean());
                    synchronized (log) {
                        Item item = new Item(sent, new boolean[1]);
                        log.add(item);
                        singles.put(item, sent);
                    }
                }
                case 5, 6 -> {
                    run.write();
                    run.pump();
                    notePromises();
                }
                default -> {
                    run.write();
                    run.checkpoint();
                }
            }
        }

        private void group(TestStore run) throws Exception {
            List<String> queues = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                queues.add("t" + random.nextInt(3) + "/" + random.nextInt(2));
            }
            int facts = queues.isEmpty() ? 1 + random.nextInt(5) : random.nextInt(300);
            SentGroup group = SentGroup.append(run, facts, queues, random.nextInt(500), random.nextBoolean());
            synchronized (log) {
                Item item = new Item(group);
                log.add(item);
                groups.put(item, group);
            }
        }

        private void notePromises() {
            synchronized (log) {
                groups.forEach((item, group) -> item.stored[0] |= group.stored);
                singles.forEach((item, sent) -> item.stored[0] |= sent.stored);
            }
        }

        private void check(TestStore after, Remains remains) {
            long end = after.store.log().written();
            for (Item item : remains.promised) {
                assertThat(item.end).as("what was promised at %d", item.start).isLessThanOrEqualTo(end);
            }
            log.removeIf(item -> item.end > end);
            groups.keySet().removeIf(item -> item.end > end);
            singles.keySet().removeIf(item -> item.end > end);
            survivors += log.size();
            Map<String, List<Sent>> queues = new TreeMap<>();
            long facts = 0;
            for (Item item : log) {
                facts += item.facts;
                for (Sent sent : item.messages) {
                    queues.computeIfAbsent(sent.topic + "/" + sent.queueId, q -> new ArrayList<>())
                            .add(sent);
                }
            }
            for (int topic = 0; topic < 3; topic++) {
                queues.computeIfAbsent("t" + topic + "/0", q -> new ArrayList<>());
                queues.computeIfAbsent("t" + topic + "/1", q -> new ArrayList<>());
            }
            after.assertShowsExactly(queues);
            assertThat(after.facts.facts())
                    .isEqualTo(LongStream.range(0, facts).boxed().toList());
        }
    }

    @Test
    void groupsAreThereAsAWholeOrNotAtAllWheneverTheMachineDies() {
        Long only = Long.getLong("fulmar.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? SEEDS : only;
        long survivors = 0;
        for (long seed = first; seed <= last; seed++) {
            Lives lives = new Lives(seed);
            try {
                lives.run();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
            survivors += lives.survivors;
        }
        assertThat(survivors).isGreaterThan(20 * (last - first));
    }
}
