package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.broker.store.StoreException.Reason;
import org.fulmar.broker.store.TestStore.Sent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A message is shown and its sender answered when it is as durable as was promised, and not before. */
@Timeout(180)
class VisibilityTest {
    private static final String QUEUE = "orders";

    private static long visible(TestStore run, String topic) {
        return run.store.queue(topic, 0).visibleOffset();
    }

    private static void awaitForce(FaultyDisk disk) throws InterruptedException {
        assertThat(disk.forceWaiting().await(Patience.SECONDS, TimeUnit.SECONDS))
                .as("a force began")
                .isTrue();
    }

    // ---- when

    @Test
    void aDurableMessageIsNeitherShownNorAnsweredBeforeTheForceReturned() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        disk.holdForces();
        Sent sent = run.send(QUEUE, 0, 100, true);
        assertThat(run.store.queue(QUEUE, 0).nextOffset()).isEqualTo(1);
        run.write();
        awaitForce(disk);
        run.pump();

        assertThat(sent.stored).isFalse();
        assertThat(visible(run, QUEUE)).isZero();
        assertThat(run.shown).isEmpty();
        assertThat(run.store.log().durable()).isLessThan(sent.end());

        disk.releaseForces();
        run.settle(List.of(sent));
        assertThat(visible(run, QUEUE)).isEqualTo(1);
        assertThat(run.shown).hasSize(1);
        assertThat(run.store.log().durable()).isGreaterThanOrEqualTo(sent.end());
        run.assertShows(QUEUE, 0, List.of(sent));
        run.abandon();
    }

    @Test
    void aForceAnswersOnlyThoseWhoWroteBeforeItBegan() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        disk.holdForces();
        Sent first = run.send(QUEUE, 0, 100, true);
        Sent withFirst = run.send("other", 0, 100, true);
        run.write();
        awaitForce(disk);
        Sent late = run.send(QUEUE, 0, 100, true);
        run.write();
        disk.releaseOneForce();
        run.settle(List.of(first, withFirst));
        awaitForce(disk);
        run.pump();

        assertThat(late.stored).isFalse();
        assertThat(visible(run, QUEUE)).isEqualTo(1);

        disk.releaseForces();
        run.settle(List.of(late));
        assertThat(visible(run, QUEUE)).isEqualTo(2);
        run.abandon();
    }

    @Test
    void aMessageThatDoesNotWaitIsNotShownBeforeOneThatDoes() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        disk.holdForces();
        Sent waiting = run.send(QUEUE, 0, 100, true);
        Sent behind = run.send(QUEUE, 0, 100, false);
        Sent elsewhere = run.send("other", 0, 100, false);
        Sent otherLane = run.send(QUEUE, 1, 100, false);
        run.write();
        awaitForce(disk);
        Sent later = run.send(QUEUE, 0, 100, false);
        run.write();
        run.pump();

        assertThat(visible(run, QUEUE)).isZero();
        assertThat(visible(run, "other")).isEqualTo(1);
        assertThat(run.store.queue(QUEUE, 1).visibleOffset()).isEqualTo(1);
        assertThat(behind.stored).as("its sender waits for nothing").isTrue();
        assertThat(elsewhere.stored && otherLane.stored && later.stored).isTrue();
        assertThat(waiting.stored).isFalse();

        disk.releaseForces();
        run.settle(List.of(waiting));
        run.assertShows(QUEUE, 0, List.of(waiting, behind, later));
        run.abandon();
    }

    @Test
    void aMessageInFrontOfAWaitingOneIsShownAtOnce() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        disk.holdForces();
        Sent front = run.send(QUEUE, 0, 100, false);
        Sent waiting = run.send(QUEUE, 0, 100, true);
        run.write();
        awaitForce(disk);
        run.pump();
        run.assertShows(QUEUE, 0, List.of(front));
        disk.releaseForces();
        run.settle(List.of(waiting));
        run.abandon();
    }

    @Test
    void nothingIsShownOrAnsweredBeforeTheBatchIsWritten() throws Exception {
        TestStore run = TestStore.open(new FaultyDisk());
        Sent sent = run.send(QUEUE, 0, 100, false);
        run.pump();
        assertThat(sent.stored).isFalse();
        assertThat(visible(run, QUEUE)).isZero();
        run.write();
        assertThat(sent.stored).isTrue();
        assertThat(visible(run, QUEUE)).isEqualTo(1);
        run.abandon();
    }

    @Test
    void underAsynchronousFlushNobodyWaitsForTheDevice() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk, TestStore.options().withSyncFlush(false));
        disk.holdForces();
        Sent sent = run.send(QUEUE, 0, 100, true);
        run.write();
        assertThat(sent.stored).isTrue();
        run.assertShows(QUEUE, 0, List.of(sent));
        run.abandon();
    }

    @Test
    void whatNobodyWaitsForIsForcedWithinTheInterval() throws Exception {
        StoreOptions slow = TestStore.options();
        StoreOptions options = new StoreOptions(
                slow.root(),
                slow.segmentBytes(),
                slow.queueFileBytes(),
                slow.maxMessageBytes(),
                false,
                10,
                1000,
                slow.batchBytes(),
                slow.allocateAheadBytes(),
                64,
                300,
                false);
        TestStore run = TestStore.open(new FaultyDisk(), options);
        Sent sent = run.send(QUEUE, 0, 100, true);
        run.write();
        run.pumpUntil("the log is forced", () -> run.store.log().durable() >= sent.end());
        run.close();
    }

    @Test
    void aCheckpointThatForcesTheLogKeepsNobodyWaiting() throws Exception {
        for (int i = 0; i < 200; i++) {
            TestStore run = TestStore.open(FaultyDisk.withoutPowerLoss());
            Sent sent = run.send(QUEUE, 0, 100, true);
            run.write();
            run.checkpoint();
            run.settle(List.of(sent));
            run.abandon();
        }
    }

    // ---- a device that fails

    @Test
    void afterAFailedForceEveryoneWaitingIsToldAndNothingMoreIsTaken() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        Sent before = run.send(QUEUE, 0, 100, true);
        run.write();
        run.settle(List.of(before));
        disk.fail(FaultyDisk.Operation.FORCE, 1, file -> true);
        Sent first = run.send(QUEUE, 0, 100, true);
        Sent second = run.send("other", 0, 100, true);
        run.write();
        run.settle(List.of(first, second));
        disk.heal();

        assertThat(first.stored || second.stored).isFalse();
        assertThat(first.failure).hasMessageContaining("Input/output error");
        assertThat(first.failure.reason()).isEqualTo(Reason.FAILED);
        assertThat(run.failures).hasSize(1);
        assertThat(run.store.appender().failed()).isTrue();
        assertThat(visible(run, QUEUE)).isEqualTo(1);
        assertThat(visible(run, "other")).isZero();
        for (boolean durably : new boolean[] {true, false}) {
            assertThatThrownBy(() -> run.send(QUEUE, 0, 100, durably))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FAILED));
        }
        run.fact(1);
        run.write();
        assertThatThrownBy(() -> run.store.appender().orderFacts()).isInstanceOf(StoreException.class);
        assertThat(run.failures).as("told once").hasSize(1);
        run.assertShows(QUEUE, 0, List.of(before));
        run.close();
    }

    @Test
    void afterAFailedForceNoLaterForceSucceeds() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        Sent sent = run.send(QUEUE, 0, 100, false);
        run.write();
        disk.fail(FaultyDisk.Operation.FORCE, 1, file -> true);
        assertThatThrownBy(run::checkpoint).isInstanceOf(IOException.class);
        disk.heal();
        assertThatThrownBy(run::checkpoint).isInstanceOf(IOException.class);
        assertThat(run.store.log().durable()).isLessThan(sent.end());
        Sent waiting = run.send(QUEUE, 0, 100, true);
        run.write();
        run.settle(List.of(waiting));
        assertThat(waiting.stored).isFalse();
        run.abandon();
    }

    @Test
    void afterAFailedWriteEveryoneOfTheBatchIsToldAndNothingMoreIsTaken() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        Sent first = run.send(QUEUE, 0, 100, true);
        Sent second = run.send(QUEUE, 0, 100, false);
        disk.fail(FaultyDisk.Operation.WRITE, 1, file -> file.startsWith(TestStore.LOG));
        run.write();
        disk.heal();
        assertThat(first.failure).isNotNull();
        assertThat(second.failure).isNotNull();
        assertThat(run.failures).hasSize(1);
        assertThat(visible(run, QUEUE)).isZero();
        assertThatThrownBy(() -> run.send(QUEUE, 0, 100, false)).isInstanceOf(StoreException.class);
        run.close();
        TestStore second2 = TestStore.open(disk);
        second2.assertShows(QUEUE, 0, List.of());
        second2.close();
    }

    @Test
    void aWriteThatFailsInTheMiddleOfABatchIsToldToEveryone() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        // the file that is written to, not the next one, which is made ahead
        disk.fail(FaultyDisk.Operation.WRITE, 1, file -> file.equals(TestStore.LOG.resolve(LogSegment.fileName(0))));
        List<Sent> sent = new ArrayList<>();
        StoreException refused = null;
        for (int i = 0; i < 200 && refused == null; i++) {
            try {
                sent.add(run.send(QUEUE, 0, 1000, i % 2 == 0));
            } catch (StoreException e) {
                refused = e;
            }
        }
        assertThat(refused).isNotNull();
        assertThat(refused.reason()).isEqualTo(Reason.FAILED);
        assertThat(sent).isNotEmpty().allMatch(message -> message.failure != null && !message.stored);
        run.abandon();
    }

    @Test
    void whicheverForceFailsNothingIsAnsweredAfterItAndNothingAnsweredIsLost() throws Exception {
        for (int ordinal = 1; ordinal <= 50; ordinal++) {
            FaultyDisk disk = new FaultyDisk();
            TestStore run = TestStore.open(disk);
            int failing = ordinal;
            disk.fail(FaultyDisk.Operation.FORCE, ordinal, file -> true);
            Random random = new Random(ordinal);
            List<Sent> all = new ArrayList<>();
            try {
                for (int i = 0; i < 1000; i++) {
                    all.add(run.send("topic" + random.nextInt(3), 0, random.nextInt(600), random.nextInt(4) != 0));
                    if (random.nextInt(3) == 0) {
                        run.write();
                    }
                    if (random.nextInt(8) == 0) {
                        run.write();
                        run.settle(all);
                    }
                    if (random.nextInt(40) == 0) {
                        run.write();
                        try {
                            run.checkpoint();
                        } catch (IOException e) {
                            assertThat(e).hasMessageContaining("Input/output error");
                        }
                    }
                }
                run.write();
            } catch (StoreException e) {
                assertThat(e.reason()).isEqualTo(Reason.FAILED);
            }
            run.settle(all);
            // the first force that is not of the log may fail without consequence
            boolean logFailed = run.store.appender().failed();
            if (!logFailed) {
                assertThat(all).as("force %d", failing).allMatch(message -> message.stored);
            }
            List<Sent> answered = List.copyOf(run.answered);
            FaultyDisk left = disk.afterPowerLoss(random);
            run.abandon();
            TestStore second = TestStore.open(left);
            long end = second.store.log().written();
            for (Sent message : answered) {
                if (message.durably) {
                    assertThat(message.end())
                            .as("force %d: the end of %s", failing, message)
                            .isLessThanOrEqualTo(end);
                    second.assertHolds(message, message.queueOffset);
                }
            }
            second.abandon();
        }
    }

    // ---- a disk that is full

    /** Sends until the disk is full; the messages that were taken. */
    private static List<Sent> fill(TestStore run, int bytes) {
        List<Sent> taken = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            try {
                taken.add(run.send(QUEUE, 0, bytes, true));
            } catch (StoreException e) {
                assertThat(e.reason()).as(e.getMessage()).isEqualTo(Reason.DISK_FULL);
                run.write();
                run.settle(taken);
                assertThat(taken).allMatch(message -> message.stored);
                return taken;
            }
            if (i % 10 == 0) {
                run.write();
            }
        }
        return fail("the disk was never full");
    }

    @Test
    void aFullDiskRefusesMessagesAndTakesThemAgainWhenThereIsRoom() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk, TestStore.options(4 << 20, 4000));
        disk.roomLeft(500_000);
        List<Sent> all = fill(run, 10_000);
        long next = run.store.queue(QUEUE, 0).nextOffset();
        assertThat(next).isEqualTo(all.size());
        run.assertShows(QUEUE, 0, all);
        assertThat(run.failures).isEmpty();

        disk.roomLeft(-1);
        for (int i = 0; i < 500; i++) {
            all.add(run.send(QUEUE, 0, 10_000, true));
            run.write();
        }
        run.settle(all);
        run.assertShows(QUEUE, 0, all);
        run.assertShowsReopened(disk.afterKill(), QUEUE, 0, all);
    }

    @Test
    void onAFullDiskFactsStillFitInTheRoomKeptForThem() throws Exception {
        StoreOptions options = TestStore.options(8 << 20, 4000);
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk, options);
        disk.roomLeft(0);
        List<Sent> all = fill(run, 10_000);
        for (int i = 0; i < 900_000 / 12; i++) {
            run.fact(i);
            if (i % 500 == 0) {
                run.write();
            }
        }
        run.write();
        assertThat(run.failures).isEmpty();
        FaultyDisk left = disk.afterKill();
        run.abandon();

        TestStore second = TestStore.open(left, options);
        second.assertShows(QUEUE, 0, all);
        assertThat(second.facts.facts().equals(run.facts.facts())).isTrue();
        assertThatThrownBy(() -> second.send(QUEUE, 0, 10_000, true))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.DISK_FULL));
        left.roomLeft(-1);
        all.add(second.send(QUEUE, 0, 10_000, true));
        second.write();
        second.settle(all.subList(all.size() - 1, all.size()));
        second.assertShows(QUEUE, 0, all);
        second.abandon();
    }

    @Test
    void onAFullDiskFactsStillFitWhenTheirFileIsFullToo() throws Exception {
        StoreOptions options = TestStore.options(2 << 20, 4000);
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk, options);
        // the first file is allocated as a whole, and there is no room for a second one
        disk.roomLeft(0);
        fill(run, 10_000);
        for (int i = 0; i < 600_000 / 12; i++) {
            run.fact(i);
        }
        run.write();
        assertThat(run.failures).isEmpty();
        run.abandon();
    }

    @Test
    void howeverFullTheDiskIsNothingFailsForGoodAndNothingIsLost() throws Exception {
        for (int blocks = 0; blocks < 60; blocks++) {
            FaultyDisk disk = new FaultyDisk();
            TestStore run = TestStore.open(disk);
            disk.roomLeft((long) blocks * FaultyDisk.BLOCK);
            List<Sent> all = new ArrayList<>(fill(run, 3000));
            assertThat(run.failures).as("with %d blocks left", blocks).isEmpty();
            try {
                run.checkpoint();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space left");
            }
            run.assertShows(QUEUE, 0, all);
            FaultyDisk whileFull = disk.afterKill();

            disk.roomLeft(-1);
            for (int i = 0; i < 60; i++) {
                all.add(run.send(QUEUE, 0, 3000, true));
                run.write();
            }
            run.settle(all);
            run.checkpoint();
            run.assertShows(QUEUE, 0, all);
            run.assertShowsReopened(disk.afterKill(), QUEUE, 0, all);

            TestStore onFullDisk = TestStore.open(whileFull);
            onFullDisk.assertShows(QUEUE, 0, all.subList(0, all.size() - 60));
            onFullDisk.abandon();
        }
    }

    // ---- limits

    @Test
    void aMessageThatIsTooLargeIsRefusedAndChangesNothing() throws Exception {
        TestStore run = TestStore.open(new FaultyDisk());
        assertThatThrownBy(() -> run.send(QUEUE, 0, 200_000, true))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
        assertThatThrownBy(() -> run.send(QUEUE, 0, new byte[0], "t", "k".repeat(33_000), true))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
        assertThat(run.store.queue(QUEUE, 0).nextOffset()).isZero();
        Sent sent = run.send(QUEUE, 0, 100, true);
        run.write();
        run.settle(List.of(sent));
        run.assertShows(QUEUE, 0, List.of(sent));
        run.close();
    }
}
