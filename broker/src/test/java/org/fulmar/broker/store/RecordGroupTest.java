package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.fulmar.broker.Patience;
import org.fulmar.broker.store.StoreException.Reason;
import org.fulmar.broker.store.TestStore.Sent;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A group of records is in the log as a whole or not at all, and is shown as a whole. */
@Timeout(180)
class RecordGroupTest {
    private static final StoreOptions OPTIONS = TestStore.options(16 * 1024, 40 * 20);
    /** Each place is tried when there is time for it, as behind {@code -Pcrash-matrix}. */
    private static final int EVERY = Integer.getInteger("crash.rounds", 1) > 1 ? 1 : 3;

    /** So many facts need more than one record in files of this size. */
    private static final int MANY_FACTS = 500;

    /** What a log holds, by its queues and facts. */
    private static final class Content {
        final Map<String, List<Sent>> queues = new TreeMap<>();
        int facts;

        void add(Sent sent) {
            queues.computeIfAbsent(sent.topic + "/" + sent.queueId, q -> new ArrayList<>())
                    .add(sent);
        }

        void add(SentGroup group) {
            group.messages.forEach(this::add);
            facts += group.facts;
        }

        void assertShownBy(TestStore run) {
            run.assertShowsExactly(queues);
            assertThat(run.facts.facts())
                    .isEqualTo(LongStream.range(0, facts).boxed().toList());
        }
    }

    private static Sent single(TestStore run, Content content, String topic) throws StoreException {
        Sent sent = run.send(topic, 0, 60, false);
        content.add(sent);
        return sent;
    }

    /** A store whose log ends in a group, and what is before it. */
    private static final class Origin {
        final Content before = new Content();
        final FaultyDisk disk;
        final SentGroup last;
        final Path segment;
        final long base;

        Origin(boolean checkpoint) throws Exception {
            FaultyDisk live = FaultyDisk.withoutPowerLoss();
            TestStore run = TestStore.open(live, OPTIONS);
            single(run, before, "a");
            before.add(SentGroup.append(run, 3, List.of("a/0", "b/1", "a/0"), 80, true));
            single(run, before, "b");
            run.write();
            if (checkpoint) {
                run.checkpoint();
            }
            single(run, before, "a");
            last = SentGroup.append(run, MANY_FACTS, List.of("a/0", "b/1", "c/0"), 80, true);
            run.write();
            run.pumpUntil("the group is stored", () -> last.stored);
            assertThat(records(run, last)).as("records of facts").isGreaterThan(1 + 3);
            disk = live.afterKill();
            run.abandon();
            base = last.start / OPTIONS.segmentBytes() * OPTIONS.segmentBytes();
            segment = TestStore.LOG.resolve(LogSegment.fileName(base));
        }

        /** Opens a damaged copy: the group is not there. */
        TestStore openWithout(FaultyDisk damaged) throws Exception {
            TestStore run = TestStore.open(damaged, OPTIONS);
            assertThat(run.store.log().written()).isEqualTo(last.start);
            before.assertShownBy(run);
            return run;
        }

        /** As above, and the store goes on as if it had never been. */
        void assertWithout(FaultyDisk damaged) throws Exception {
            TestStore run = openWithout(damaged);
            Content now = new Content();
            before.queues.forEach((name, sent) -> now.queues.put(name, new ArrayList<>(sent)));
            now.facts = before.facts;
            single(run, now, "c");
            now.add(SentGroup.append(run, 2, List.of("b/1", "c/0"), 50, false));
            single(run, now, "a");
            run.write();
            now.assertShownBy(run);
            FaultyDisk again = damaged.afterKill();
            run.abandon();
            TestStore second = TestStore.open(again, OPTIONS);
            now.assertShownBy(second);
            second.abandon();
        }
    }

    private static int records(TestStore run, SentGroup group) {
        int count = 0;
        for (long at = group.start; at < group.end; count++) {
            MessageRecord record = Objects.requireNonNull(run.store.log().read(at));
            at += record.size();
            assertThat((record.sysFlag() & SysFlag.CONTINUED) != 0)
                    .as("only the last record stands for itself")
                    .isEqualTo(at < group.end);
        }
        return count;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGroupTornAtAnyByteIsNotThereAtAll(boolean checkpoint) throws Exception {
        Origin origin = new Origin(checkpoint);
        byte[] content = origin.disk.bytes(origin.segment);
        int start = (int) (origin.last.start - origin.base);
        int end = (int) (origin.last.end - origin.base);
        for (int cut = start; cut < end; cut += checkpoint ? 7 : EVERY) {
            FaultyDisk damaged = origin.disk.afterKill();
            damaged.put(origin.segment, Arrays.copyOf(content, cut));
            try {
                if (cut % 16 == 0 || end - cut < 32) {
                    origin.assertWithout(damaged);
                } else {
                    origin.openWithout(damaged).abandon();
                }
            } catch (Exception | AssertionError e) {
                throw new AssertionError("cut at " + cut + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void aGroupWithAnyByteDamagedIsNotThereAtAll() throws Exception {
        Origin origin = new Origin(false);
        for (long at = origin.last.start - origin.base; at < origin.last.end - origin.base; at += 5) {
            FaultyDisk damaged = origin.disk.afterKill();
            damaged.flip(origin.segment, at * 8 + at % 8);
            try {
                origin.assertWithout(damaged);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("byte " + at + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void aWholeGroupIsThereAfterAKill() throws Exception {
        Origin origin = new Origin(false);
        origin.before.add(origin.last);
        TestStore run = TestStore.open(origin.disk, OPTIONS);
        origin.before.assertShownBy(run);
        run.abandon();
    }

    @Test
    void groupsThatDoNotFitBehindOthersBeginANewFile() throws Exception {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        TestStore run = TestStore.open(disk, OPTIONS);
        Content content = new Content();
        List<SentGroup> groups = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            SentGroup group = SentGroup.append(run, i % 3 * 40, List.of("a/0", "b/0", "a/0"), 40 + i * 17 % 900, false);
            groups.add(group);
            content.add(group);
            if (i % 4 == 0) {
                single(run, content, "b");
                run.write();
            }
        }
        run.write();
        content.assertShownBy(run);
        for (SentGroup group : groups) {
            assertThat(group.start / OPTIONS.segmentBytes()).isEqualTo((group.end - 1) / OPTIONS.segmentBytes());
            assertThat(records(run, group)).isGreaterThanOrEqualTo(3);
        }
        assertThat(run.store.log().written()).isGreaterThan(10L * OPTIONS.segmentBytes());
        FaultyDisk again = disk.afterKill();
        run.abandon();
        TestStore second = TestStore.open(again, OPTIONS);
        content.assertShownBy(second);
        second.close();
        TestStore third = TestStore.open(again, OPTIONS);
        content.assertShownBy(third);
        third.abandon();
    }

    @Test
    void aGroupOfWhichABatchWasWrittenInItsMiddleIsNotThereAfterAKill() throws Exception {
        FaultyDisk disk = FaultyDisk.withoutPowerLoss();
        StoreOptions options = TestStore.options(512 * 1024, 40 * 20);
        TestStore run = TestStore.open(disk, options);
        Content content = new Content();
        for (int i = 0; i < 66; i++) {
            content.add(run.send("a", 0, 900, false));
        }
        List<String> queues = Collections.nCopies(20, "b/0");
        SentGroup group = SentGroup.append(run, 5, queues, 900, true);
        long written = run.store.log().written();
        assertThat(written).as("the batch was full").isBetween(group.start + 1, group.end - 1);
        assertThat(run.store.queue("b", 0).visibleOffset()).isZero();
        FaultyDisk killed = disk.afterKill();
        run.store.log().force();
        run.pump();
        assertThat(run.store.queue("b", 0).visibleOffset()).isZero();
        run.abandon();
        TestStore second = TestStore.open(killed, options);
        assertThat(second.store.log().written()).isEqualTo(group.start);
        content.assertShownBy(second);
        second.abandon();
    }

    @Test
    void messagesOfAGroupAreShownTogetherWhenAllOfItIsForced() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        disk.holdForces();
        SentGroup group = SentGroup.append(run, 2, List.of("a/0", "b/0", "a/0"), 100, true);
        run.write();
        assertThat(disk.forceWaiting().await(Patience.SECONDS, TimeUnit.SECONDS))
                .isTrue();
        run.pump();
        assertThat(group.stored).isFalse();
        assertThat(run.store.queue("a", 0).visibleOffset()).isZero();
        assertThat(run.store.queue("b", 0).visibleOffset()).isZero();
        disk.releaseForces();
        run.pumpUntil("the group is stored", () -> group.stored);
        run.assertShows("a", 0, List.of(group.messages.get(0), group.messages.get(2)));
        run.assertShows("b", 0, List.of(group.messages.get(1)));
        run.abandon();
    }

    @Test
    void aGroupThatAsksForNoDurabilityIsShownWhenItIsWritten() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        disk.holdForces();
        Sent waits = run.send("b", 0, 50, true);
        SentGroup group = SentGroup.append(run, 2, List.of("a/0", "b/0"), 100, false);
        assertThat(group.stored).isFalse();
        assertThat(run.store.queue("a", 0).visibleOffset()).isZero();
        run.write();
        assertThat(group.stored).isTrue();
        run.assertShows("a", 0, List.of(group.messages.get(0)));
        assertThat(run.store.queue("b", 0).visibleOffset())
                .as("not before the one that waits")
                .isZero();
        disk.releaseForces();
        run.settle(List.of(waits));
        run.assertShows("b", 0, List.of(waits, group.messages.get(1)));
        run.abandon();
    }

    @Test
    void aGroupThatFindsNoRoomChangesNothingAndOneThatComesLaterIsTaken() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        Content content = new Content();
        disk.roomLeft(64 * 1024);
        StoreException full = null;
        for (int i = 0; i < 1000 && full == null; i++) {
            try {
                content.add(SentGroup.append(run, 1, List.of("a/0", "b/0"), 700, true));
                run.write();
            } catch (StoreException e) {
                full = e;
            }
        }
        assertThat(full).isNotNull();
        assertThat(full.reason()).isEqualTo(Reason.DISK_FULL);
        run.pumpUntil(
                "all are shown",
                () -> run.store.queue("b", 0).visibleOffset()
                        == Objects.requireNonNull(content.queues.get("b/0")).size());
        assertThat(run.store.queue("a", 0).nextOffset())
                .isEqualTo(Objects.requireNonNull(content.queues.get("a/0")).size());
        content.assertShownBy(run);
        content.add(SentGroup.append(run, 40, List.of(), 0, true));
        run.write();
        assertThat(run.failures).as("facts find room").isEmpty();
        disk.roomLeft(-1);
        SentGroup later = SentGroup.append(run, 3, List.of("a/0", "b/0"), 700, true);
        content.add(later);
        run.write();
        run.pumpUntil("the later one is stored", () -> later.stored);
        content.assertShownBy(run);
        FaultyDisk killed = disk.afterKill();
        run.abandon();
        TestStore second = TestStore.open(killed);
        content.assertShownBy(second);
        second.abandon();
    }

    @Test
    void aGroupLargerThanGoesIntoOneFileIsRefusedAndChangesNothing() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk, OPTIONS);
        Content content = new Content();
        single(run, content, "a");
        assertThatThrownBy(() -> SentGroup.append(run, 0, Collections.nCopies(30, "a/0"), 300, true))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE))
                .hasMessageContaining("belong together");
        assertThat(run.store.queue("a", 0).nextOffset()).isEqualTo(1);
        RecordGroup group = run.store.appender().group();
        run.add(group, "a", 0, 300);
        int bytes = group.bytes();
        assertThatThrownBy(() -> run.add(group, "a", 0, OPTIONS.segmentBytes()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
        assertThat(group.bytes()).as("as before").isEqualTo(bytes);
        assertThat(group.fits(100)).isTrue();
        assertThat(group.fits(OPTIONS.segmentBytes())).isFalse();
        content.add(SentGroup.append(run, 1, List.of("a/0"), 300, false));
        run.write();
        content.assertShownBy(run);
        run.abandon();
    }

    @Test
    void whenTheDiskFailsUnderAGroupWhoWaitsIsToldAndNothingOfItIsShown() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk);
        disk.fail(FaultyDisk.Operation.FORCE, 1, file -> file.startsWith(TestStore.LOG));
        SentGroup group = SentGroup.append(run, 2, List.of("a/0", "b/0"), 100, true);
        run.write();
        run.pumpUntil("the group is told", () -> group.failure != null);
        assertThat(group.stored).isFalse();
        assertThat(run.store.queue("a", 0).visibleOffset()).isZero();
        assertThatThrownBy(() -> SentGroup.append(run, 1, List.of(), 0, false))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.FAILED));
        run.abandon();
    }
}
