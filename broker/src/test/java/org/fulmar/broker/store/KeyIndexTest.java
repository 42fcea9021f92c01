package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.fulmar.broker.store.TestStore.Sent;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class KeyIndexTest {
    private static final Path FILE = Path.of("/store/index/00000000000000000000");
    private static final String TOPIC = "orders";
    private static final byte[] KEYS = MessageProperties.name(MessageProperties.KEYS);

    // ---- one file

    private record Put(int hash, long physicalOffset, long time) {}

    private static List<Long> expected(List<Put> puts, int hash, long begin, long end, int max) {
        List<Long> found = new ArrayList<>();
        long first = puts.isEmpty() ? 0 : puts.get(0).time;
        for (int i = puts.size() - 1; i >= 0 && found.size() < max; i--) {
            Put put = puts.get(i);
            // the file keeps whole seconds since its first entry
            long second = first + Math.max(0, (put.time - first) / 1000) * 1000;
            if (put.hash == hash && second + 1000 > begin && second <= end) {
                found.add(put.physicalOffset);
            }
        }
        return found;
    }

    private static void assertFinds(KeyIndex index, List<Put> puts, Random random) {
        for (int i = 0; i < 50; i++) {
            int hash = random.nextInt(60);
            long begin = random.nextBoolean() ? 0 : TestStore.TIME + random.nextInt(20_000);
            long end = random.nextBoolean() ? Long.MAX_VALUE : begin + random.nextInt(20_000);
            int max = 1 + random.nextInt(40);
            List<Long> found = new ArrayList<>();
            index.find(hash, begin, end, max, found);
            assertThat(found).isEqualTo(expected(puts, hash, begin, end, max));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aFileFindsWhatWasPutNewestFirstAlsoWhenRebuilt(int seed) throws IOException {
        Random random = new Random(seed);
        int slots = 1 + random.nextInt(40);
        int entries = 2 + random.nextInt(500);
        FaultyDisk disk = new FaultyDisk();
        KeyIndex index = KeyIndex.open(disk, FILE, slots, entries);
        List<Put> puts = new ArrayList<>();
        long time = TestStore.TIME;
        long physical = 0;
        while (!index.full()) {
            Put put = new Put(random.nextInt(60), physical, time);
            index.put(put.hash, put.physicalOffset, put.time);
            puts.add(put);
            time += random.nextInt(300);
            physical += random.nextInt(3) == 0 ? 0 : 100;
            if (random.nextInt(20) == 0) {
                assertFinds(index, puts, random);
            }
        }
        assertThat(puts).hasSize(entries - 1);
        assertFinds(index, puts, random);
        index.force();
        KeyIndex reopened = KeyIndex.open(disk.afterPowerLoss(random), FILE, slots, entries);
        assertFinds(reopened, puts, random);

        long logEnd = random.nextBoolean() ? Long.MAX_VALUE : puts.get(random.nextInt(puts.size())).physicalOffset;
        int trusted = 1 + random.nextInt(entries);
        reopened.rebuild(trusted, logEnd);
        List<Put> kept = new ArrayList<>();
        for (Put put : puts.subList(0, Math.min(trusted - 1, puts.size()))) {
            if (put.physicalOffset >= logEnd) {
                break;
            }
            kept.add(put);
        }
        assertThat(reopened.count()).isEqualTo(kept.size() + 1);
        assertFinds(reopened, kept, random);
        while (!reopened.full()) {
            Put put = new Put(random.nextInt(60), physical++, time++);
            reopened.put(put.hash, put.physicalOffset, put.time);
            kept.add(put);
        }
        assertFinds(reopened, kept, random);
    }

    @Test
    void aFileOfNoiseIsRebuiltAndSearchedWithoutHarm() throws IOException {
        Random random = new Random(4);
        for (int i = 0; i < 500; i++) {
            FaultyDisk disk = new FaultyDisk();
            byte[] noise = new byte[40 + 16 * 4 + 50 * 20];
            random.nextBytes(noise);
            disk.put(FILE, noise);
            KeyIndex index = KeyIndex.open(disk, FILE, 16, 50);
            index.rebuild(random.nextInt(60), random.nextLong() >>> 1);
            for (int hash = 0; hash < 40; hash++) {
                index.find(hash, 0, Long.MAX_VALUE, 10, new ArrayList<>());
            }
            if (!index.full()) {
                index.put(7, 1000, TestStore.TIME);
            }
        }
    }

    @Test
    void theHashIsThatOfRocketMq() {
        assertThat(KeyIndex.hash("TopicA", "key")).isEqualTo(Math.abs("TopicA#key".hashCode()));
        assertThat(KeyIndex.hash("", "")).isNotNegative();
    }

    // ---- the service

    private static StoreOptions options(int entries) {
        return TestStore.withIndex(TestStore.options(), 16, entries);
    }

    private static Sent send(TestStore run, int number, Random random) throws StoreException {
        StringBuilder keys = new StringBuilder("key" + number);
        for (int i = random.nextInt(3); i > 0; i--) {
            keys.append(" more").append(number).append('-').append(i);
        }
        return run.send(TOPIC, 0, new byte[random.nextInt(300)], "tag", keys.toString(), true);
    }

    private static void assertFindsEach(TestStore run, List<Sent> sent) throws IOException {
        for (Sent message : sent) {
            for (String key : message.key.split(" ")) {
                List<Long> found = run.store.index().find(TOPIC, key, 32, 0, Long.MAX_VALUE);
                if (!found.contains(message.physicalOffset)) {
                    fail("%s is not found by %s of %d messages", message, key, sent.size());
                }
                for (long place : found) {
                    MessageRecord record = run.store.log().read(place);
                    if (record == null
                            || !List.of(record.property(KEYS).split(" ")).contains(key)) {
                        fail("%s leads to %d, which has another key", key, place);
                    }
                }
                assertThat(found).as("places of %s", key).doesNotHaveDuplicates();
            }
        }
    }

    @Test
    void aMessageIsFoundByEachOfItsKeysAsSoonAsItIsAnswered() throws Exception {
        TestStore run = TestStore.open(new FaultyDisk(), options(50));
        Random random = new Random(1);
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            sent.add(send(run, i, random));
            run.write();
            run.settle(sent.subList(i, i + 1));
            assertFindsEach(run, sent.subList(i, i + 1));
        }
        assertFindsEach(run, sent);
        assertThat(run.store.index().find(TOPIC, "missing", 32, 0, Long.MAX_VALUE))
                .isEmpty();
        assertThat(run.store.index().find("other", "key1", 32, 0, Long.MAX_VALUE))
                .isEmpty();
        run.close();
    }

    @Test
    void messagesOfOneKeyAreFoundNewestFirstWithinTheTimeAskedFor() throws Exception {
        TestStore run = TestStore.open(new FaultyDisk(), options(7));
        List<Long> places = new ArrayList<>();
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            sent.add(run.send(TOPIC, 0, new byte[10], "tag", "same", true));
            places.add(0, sent.get(i).physicalOffset);
        }
        run.write();
        run.settle(sent);
        assertThat(run.store.index().find(TOPIC, "same", 100, 0, Long.MAX_VALUE))
                .isEqualTo(places);
        assertThat(run.store.index().find(TOPIC, "same", 9, 0, Long.MAX_VALUE)).isEqualTo(places.subList(0, 9));
        assertThat(run.store.index().find(TOPIC, "same", 100, TestStore.TIME + 3_600_000, Long.MAX_VALUE))
                .isEmpty();
        assertThat(run.store.index().find(TOPIC, "same", 100, 0, TestStore.TIME - 1))
                .isEmpty();
        run.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void afterAnUncleanStopEveryMessageIsFound(boolean powerLoss) throws Exception {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            StoreOptions options = options(random.nextBoolean() ? 30 : 2000);
            FaultyDisk disk = new FaultyDisk();
            List<Sent> sent = new ArrayList<>();
            int number = 0;
            for (int life = 0; life < 3; life++) {
                TestStore run = TestStore.open(disk, options);
                try {
                    assertFindsEach(run, sent);
                } catch (AssertionError e) {
                    throw new AssertionError("seed " + seed + ", life " + life + ": " + e.getMessage(), e);
                }
                int count = random.nextInt(80);
                for (int i = 0; i < count; i++) {
                    sent.add(send(run, number++, random));
                    if (random.nextInt(5) == 0) {
                        run.write();
                        run.settle(sent);
                        if (random.nextInt(3) == 0) {
                            run.store.index().find(TOPIC, "brings it up to date", 1, 0, Long.MAX_VALUE);
                        }
                        if (random.nextInt(5) == 0) {
                            run.checkpoint();
                        }
                    }
                }
                run.write();
                run.settle(sent);
                run.store.index().find(TOPIC, "brings it up to date", 1, 0, Long.MAX_VALUE);
                disk = powerLoss ? disk.afterPowerLoss(random) : disk.afterKill();
                run.abandon();
            }
        }
    }

    @Test
    void afterAClosedLogWasDamagedNoKeyLeadsToAnotherMessage() throws Exception {
        StoreOptions options = options(2000);
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk, options);
        Random random = new Random(1);
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            sent.add(send(run, i, random));
        }
        run.write();
        run.settle(sent);
        run.store.index().find(TOPIC, "brings it up to date", 1, 0, Long.MAX_VALUE);
        run.close();
        Sent victim = sent.get(40);
        disk.flip(disk.list(TestStore.LOG).get(0), (victim.physicalOffset + 50) * 8);

        TestStore second = TestStore.open(disk, options);
        List<Sent> now = new ArrayList<>(sent.subList(0, 40));
        for (int i = 100; i < 140; i++) {
            now.add(send(second, i, random));
        }
        second.write();
        second.settle(now);
        assertFindsEach(second, now);
        for (Sent lost : sent.subList(40, 60)) {
            assertThat(second.store.index().find(TOPIC, lost.key.split(" ")[0], 32, 0, Long.MAX_VALUE))
                    .isEmpty();
        }
        second.close();
    }

    @Test
    void whatAnIndexSwitchedOffMissedIsFoundWhenItIsOnAgain() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        TestStore run = TestStore.open(disk, TestStore.options());
        Random random = new Random(1);
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            sent.add(send(run, i, random));
        }
        run.write();
        run.settle(sent);
        run.close();
        TestStore second = TestStore.open(disk, options(50));
        assertFindsEach(second, sent);
        second.close();
    }
}
