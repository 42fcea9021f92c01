package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.fulmar.broker.store.TestStore.Sent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A log that was cut or damaged anywhere near its end opens with every whole record before that place and with nothing
 * else, takes new records, and keeps what was cut off.
 */
@Timeout(300)
class TornTailTest {
    private static final int RECORDS = 200;
    private static final int TAIL_BYTES = 4096;
    /** Each place is tried when there is time for it, as behind {@code -Pcrash-matrix}. */
    private static final int EVERY = Integer.getInteger("crash.rounds", 1) > 1 ? 1 : 3;

    private static final StoreOptions OPTIONS = TestStore.options(32 * 1024, 40 * 20);

    /** How the store was left behind before its log was damaged. */
    enum LeftBehind {
        KILLED(EVERY),
        KILLED_WITH_CHECKPOINT_HALFWAY(3 * EVERY),
        KILLED_WITH_CHECKPOINT_AT_THE_END(EVERY),
        CLOSED(3 * EVERY);

        /** Every how many bytes, or bits, the log is cut or flipped. */
        final int stride;

        LeftBehind(int stride) {
            this.stride = stride;
        }
    }

    /** A log, and what is known to be in it. */
    private static final class Origin {
        final List<Sent> sent = new ArrayList<>();
        /** Log positions behind the records that hold the first, second, … fact. */
        final List<Long> factEnds = new ArrayList<>();

        final FaultyDisk disk;
        final int savedFacts;
        final long end;
        final Path segment;
        final int endInSegment;

        Origin(LeftBehind how) throws Exception {
            FaultyDisk live = FaultyDisk.withoutPowerLoss();
            TestStore run = TestStore.open(live, OPTIONS);
            Random random = new Random(7);
            int saved = how == LeftBehind.CLOSED ? RECORDS : 0;
            for (int i = 0; i < RECORDS; i++) {
                sent.add(run.send(
                        "topic" + random.nextInt(3), random.nextInt(2), random.nextInt(200), random.nextBoolean()));
                if (i % 7 == 0) {
                    run.fact(factEnds.size());
                    run.write();
                    factEnds.add(run.store.log().written());
                }
                if (i == RECORDS - 8 && how == LeftBehind.KILLED_WITH_CHECKPOINT_HALFWAY) {
                    run.write();
                    run.checkpoint();
                    saved = factEnds.size();
                }
            }
            run.write();
            run.settle(sent);
            if (how == LeftBehind.KILLED_WITH_CHECKPOINT_AT_THE_END) {
                run.checkpoint();
                saved = factEnds.size();
            }
            savedFacts = saved;
            end = run.store.log().written();
            assertThat(sent.get(RECORDS - 1).end()).isEqualTo(end);
            if (how == LeftBehind.CLOSED) {
                run.close();
                disk = live;
            } else {
                disk = live.afterKill();
                run.abandon();
            }
            // not the last file: the one behind it may have been made ahead
            long base = end / OPTIONS.segmentBytes() * OPTIONS.segmentBytes();
            segment = TestStore.LOG.resolve(LogSegment.fileName(base));
            endInSegment = (int) (end % OPTIONS.segmentBytes());
            assertThat(endInSegment).isGreaterThan(TAIL_BYTES);
        }

        long base() {
            return end - endInSegment;
        }

        /** The end of the whole records before a place in the last segment. */
        long wholeBefore(long position) {
            long whole = 0;
            for (Sent message : sent) {
                whole = message.end() <= position ? Math.max(whole, message.end()) : whole;
            }
            for (long factEnd : factEnds) {
                whole = factEnd <= position ? Math.max(whole, factEnd) : whole;
            }
            return whole;
        }

        /** Opens a damaged copy twice, with new records in between, and checks what it shows. */
        void assertSurvives(FaultyDisk damaged, long whole, byte[] tail) throws Exception {
            TestStore run = TestStore.open(damaged, OPTIONS);
            Map<String, List<Sent>> queues = new TreeMap<>();
            for (Sent message : sent) {
                List<Sent> queue =
                        queues.computeIfAbsent(message.topic + "/" + message.queueId, q -> new ArrayList<>());
                if (message.end() <= whole) {
                    queue.add(message);
                }
            }
            assertThat(run.store.log().written()).isEqualTo(whole);
            run.assertShowsExactly(queues);
            List<Long> facts = new ArrayList<>(run.facts.facts());
            int wholeFacts = (int) factEnds.stream().filter(e -> e <= whole).count();
            // what a checkpoint has saved of a view stays, though the log has lost it
            assertThat(facts.size()).isBetween(wholeFacts, Math.max(wholeFacts, savedFacts));
            assertThat(facts)
                    .isEqualTo(LongStream.range(0, facts.size()).boxed().toList());
            assertKeptAside(damaged, whole, tail);

            for (int i = 0; i < 6; i++) {
                Sent more = run.send("topic" + i % 3, i / 3, 150, false);
                queues.get(more.topic + "/" + more.queueId).add(more);
            }
            run.fact(1000);
            facts.add(1000L);
            run.write();
            run.assertShowsExactly(queues);
            FaultyDisk again = damaged.afterKill();
            run.abandon();
            TestStore second = TestStore.open(again, OPTIONS);
            second.assertShowsExactly(queues);
            assertThat(second.facts.facts().equals(facts))
                    .as("facts after another restart")
                    .isTrue();
            assertKeptAside(again, whole, tail);
            second.abandon();
        }

        private void assertKeptAside(FaultyDisk damaged, long whole, byte[] tail) {
            byte[] expected = withoutTrailingZeros(tail);
            List<Path> aside = damaged.list(TestStore.ASIDE);
            if (expected.length == 0) {
                assertThat(aside).isEmpty();
                return;
            }
            assertThat(aside).containsExactly(TestStore.ASIDE.resolve(LogSegment.fileName(whole) + ".tail"));
            assertThat(withoutTrailingZeros(damaged.bytes(aside.get(0)))).isEqualTo(expected);
        }

        private static byte[] withoutTrailingZeros(byte[] bytes) {
            int length = bytes.length;
            while (length > 0 && bytes[length - 1] == 0) {
                length--;
            }
            return Arrays.copyOf(bytes, length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLogCutAtAnyByteOpensWithEveryWholeRecordBeforeTheCut(LeftBehind how) throws Exception {
        Origin origin = new Origin(how);
        byte[] content = origin.disk.bytes(origin.segment);
        for (int cut = origin.endInSegment - TAIL_BYTES; cut <= origin.endInSegment; cut += how.stride) {
            FaultyDisk damaged = origin.disk.afterKill();
            damaged.put(origin.segment, Arrays.copyOf(content, cut));
            long whole = origin.wholeBefore(origin.base() + cut);
            byte[] tail = Arrays.copyOfRange(content, (int) (whole - origin.base()), cut);
            check(how + ", cut at " + cut, () -> origin.assertSurvives(damaged, whole, tail));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLogWithAnyBitOfItsLastRecordFlippedOpensWithoutThatRecord(LeftBehind how) throws Exception {
        Origin origin = new Origin(how);
        Sent last = origin.sent.get(RECORDS - 1);
        int start = (int) (last.physicalOffset - origin.base());
        for (long bit = start * 8L; bit < origin.endInSegment * 8L; bit += how.stride) {
            FaultyDisk damaged = origin.disk.afterKill();
            damaged.flip(origin.segment, bit);
            byte[] tail = Arrays.copyOfRange(damaged.bytes(origin.segment), start, origin.endInSegment);
            check(how + ", bit " + bit, () -> origin.assertSurvives(damaged, last.physicalOffset, tail));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLogWithAnyByteOfItsTailOverwrittenOpensWithEveryRecordBeforeIt(LeftBehind how) throws Exception {
        Origin origin = new Origin(how);
        Random random = new Random(11);
        for (int at = origin.endInSegment - TAIL_BYTES; at < origin.endInSegment; at += 1 + random.nextInt(9)) {
            byte[] content = origin.disk.bytes(origin.segment);
            int length = Math.min(1 + random.nextInt(600), origin.endInSegment - at);
            for (int i = 0; i < length; i++) {
                content[at + i] ^= (byte) (1 + random.nextInt(255));
            }
            FaultyDisk damaged = origin.disk.afterKill();
            damaged.put(origin.segment, content);
            long whole = origin.wholeBefore(origin.base() + at);
            byte[] tail = Arrays.copyOfRange(content, (int) (whole - origin.base()), origin.endInSegment);
            check(how + ", overwritten at " + at, () -> origin.assertSurvives(damaged, whole, tail));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLogWhoseLastFileIsGoneOpensWithWhatTheOthersHold(LeftBehind how) throws Exception {
        Origin origin = new Origin(how);
        FaultyDisk damaged = origin.disk.afterKill();
        damaged.delete(origin.segment);
        origin.assertSurvives(damaged, origin.base(), new byte[0]);
    }

    @Test
    void aDamagedRecordInAnEarlierFilePutsTheLaterFilesAsideWhole() throws Exception {
        Origin origin = new Origin(LeftBehind.KILLED);
        Path first = origin.disk.list(TestStore.LOG).get(0);
        assertThat(first).isNotEqualTo(origin.segment);
        byte[] second = origin.disk.bytes(origin.segment);
        Sent victim = origin.sent.get(40);
        FaultyDisk damaged = origin.disk.afterKill();
        damaged.flip(first, (victim.physicalOffset + 60) * 8);

        TestStore run = TestStore.open(damaged, OPTIONS);

        assertThat(run.store.log().written()).isEqualTo(victim.physicalOffset);
        assertThat(damaged.bytes(TestStore.ASIDE.resolve(origin.segment.getFileName())))
                .isEqualTo(second);
        assertThat(damaged.list(TestStore.LOG)).containsExactly(first);
        run.abandon();
    }

    @Test
    void aViewThatKnowsMoreThanADamagedLogIsBuiltAgainFromTheLog() throws Exception {
        Origin origin = new Origin(LeftBehind.KILLED_WITH_CHECKPOINT_AT_THE_END);
        FaultyDisk damaged = origin.disk.afterKill();
        long whole = origin.wholeBefore(origin.end - 2000);
        damaged.put(origin.segment, Arrays.copyOf(origin.disk.bytes(origin.segment), (int) (whole - origin.base())));

        TestStore run = TestStore.open(damaged, OPTIONS);

        long wholeFacts = origin.factEnds.stream().filter(e -> e <= whole).count();
        assertThat(run.facts.facts()).hasSize((int) wholeFacts);
        run.abandon();
    }

    @Test
    void aLogFileBehindAGapIsPutAside() throws Exception {
        Origin origin = new Origin(LeftBehind.KILLED);
        FaultyDisk damaged = origin.disk.afterKill();
        Path stray = TestStore.LOG.resolve(LogSegment.fileName(9L * OPTIONS.segmentBytes()));
        byte[] content = origin.disk.bytes(origin.segment);
        damaged.put(stray, content);

        TestStore run = TestStore.open(damaged, OPTIONS);

        assertThat(run.store.log().written()).isEqualTo(origin.end);
        assertThat(damaged.bytes(TestStore.ASIDE.resolve(stray.getFileName()))).isEqualTo(content);
        run.abandon();
    }

    @Test
    void aStoreOpenedWithAnotherFileSizeIsRefusedAndLeftUntouched() throws Exception {
        Origin origin = new Origin(LeftBehind.CLOSED);
        for (int size : new int[] {OPTIONS.segmentBytes() / 2, OPTIONS.segmentBytes() * 2}) {
            FaultyDisk disk = origin.disk.afterKill();
            List<byte[]> before =
                    disk.list(TestStore.LOG).stream().map(disk::bytes).toList();
            try {
                TestStore run = TestStore.open(disk, TestStore.options(size, 40 * 20));
                run.abandon();
                fail("a log of files of %d bytes was opened with files of %d", OPTIONS.segmentBytes(), size);
            } catch (IOException refused) {
                assertThat(refused).hasMessageContaining("commitlog");
            }
            List<byte[]> after =
                    disk.list(TestStore.LOG).stream().map(disk::bytes).toList();
            assertThat(after).hasSameSizeAs(before);
            IntStream.range(0, before.size())
                    .forEach(i -> assertThat(after.get(i)).isEqualTo(before.get(i)));
        }
    }

    private interface Check {
        void run() throws Exception;
    }

    private static void check(String what, Check check) {
        try {
            check.run();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(what + ": " + e.getMessage(), e);
        }
    }
}
