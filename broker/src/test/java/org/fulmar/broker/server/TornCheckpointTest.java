package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fulmar.broker.server.NativePeer.Popped;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.FaultyDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Brokers that are killed between any two files of a checkpoint, with topics, groups and subscriptions that were deleted
 * and made anew; run one life again with {@code -Dfulmar.seed=N}.
 */
@Timeout(300)
class TornCheckpointTest {
    private static final Path CONFIG = Path.of("/store/config");
    private static final long START = 1_700_000_000_000L;
    private static final long HOUR = 3_600_000;
    private static final int SEEDS = Integer.getInteger("fulmar.torn.seeds", 3);

    /** What a kill leaves, and what had been answered by then. */
    private record Image(String before, FaultyDisk disk, long now, TornModel model) {}

    private static List<Image> live(long seed, Random random) {
        try {
            return live(random);
        } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private static List<Image> live(Random random) throws Exception {
        List<Image> images = new ArrayList<>();
        TornModel model = new TornModel();
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, Map.of())) {
            TornLife life = new TornLife(on, model, random);
            life.begin();
            life.some(60);
            model.saveBegins();
            on.save(file -> lives(life, random));
            model.saveEnds();
            life.some(30);
            on.save(file -> {
                lives(life, random);
                if (random.nextInt(file.startsWith("/") ? 8 : 3) == 0) {
                    images.add(new Image(file, on.disk.afterKill(), on.clock.get(), model.copy()));
                }
            });
            images.add(new Image("nothing more", on.disk.afterKill(), on.clock.get(), model.copy()));
        }
        return images;
    }

    private static void lives(TornLife life, Random random) {
        try {
            if (random.nextInt(3) == 0) {
                life.someWhileSaving(1 + random.nextInt(2));
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatWasAnsweredIsThereAfterAKillBetweenAnyTwoFilesOfACheckpoint() throws Exception {
        Long only = Long.getLong("fulmar.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? SEEDS : only;
        List<String> wrong = new ArrayList<>();
        for (long seed = first; seed <= last; seed++) {
            // neighbouring seeds begin alike
            Random random = new Random(seed * 0x9E3779B97F4A7C15L);
            for (Image image : live(seed, random)) {
                try (TornBroker on = new TornBroker(image.disk, image.now, Map.of())) {
                    new TornLife(on, image.model, random).verify();
                } catch (Exception | AssertionError e) {
                    wrong.add("seed " + seed + ", killed before " + image.before + ": " + e);
                }
            }
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError(String.join("\n", wrong));
        }
    }

    /** Files of an older checkpoint take the place of some. */
    private static void mix(FaultyDisk disk, Map<String, byte[]> older, Random random) throws Exception {
        for (Map.Entry<String, byte[]> each : older.entrySet()) {
            if (random.nextBoolean()) {
                disk.replace(CONFIG.resolve(each.getKey()), each.getValue());
            }
        }
    }

    private static Map<String, byte[]> views(FaultyDisk disk) {
        Map<String, byte[]> views = new TreeMap<>();
        for (Path file : disk.list(CONFIG)) {
            String name = file.getFileName().toString();
            if (!name.endsWith(".bak")) {
                views.put(name, Objects.requireNonNull(disk.read(file)));
            }
        }
        return views;
    }

    @Test
    void anyChoiceOfFilesOfTwoCheckpointsOrNoneIsAsGoodAsThoseOfOne() throws Exception {
        long seed = Long.getLong("fulmar.seed", 20261121);
        Random random = new Random(seed);
        TornModel model = new TornModel();
        FaultyDisk last;
        Map<String, byte[]> older;
        long now;
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, Map.of())) {
            TornLife life = new TornLife(on, model, random);
            life.begin();
            life.some(60);
            model.saveBegins();
            on.save();
            model.saveEnds();
            older = views(on.disk);
            life.some(60);
            on.save();
            life.some(30);
            last = on.disk.afterKill();
            now = on.clock.get();
        }
        for (int round = 0; round < 8; round++) {
            FaultyDisk disk = last.afterKill();
            mix(disk, older, random);
            String lost = List.copyOf(older.keySet()).get(random.nextInt(older.size()));
            // of what can't be built again there is the copy
            if (round % 2 == 0) {
                disk.delete(CONFIG.resolve(lost));
            }
            try (TornBroker on = new TornBroker(disk, now, Map.of())) {
                new TornLife(on, model.copy(), random).verify();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + ", round " + round + " with " + lost, e);
            }
        }
    }

    // ---- by example

    /** Kills the broker before each file of a checkpoint, and after it, then looks at what comes back. */
    private static void eachKill(TornBroker on, Look look) throws Exception {
        List<Image> images = new ArrayList<>();
        on.save(file -> images.add(new Image(file, on.disk.afterKill(), on.clock.get(), new TornModel())));
        images.add(new Image("nothing more", on.disk.afterKill(), on.clock.get(), new TornModel()));
        assertThat(images).hasSizeGreaterThan(15);
        for (Image image : images) {
            try (TornBroker after = new TornBroker(image.disk, image.now, Map.of("fileReservedTime", "2400"))) {
                look.at(after);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("killed before " + image.before, e);
            }
        }
    }

    private interface Look {
        void at(TornBroker after) throws Exception;
    }

    private static List<String> read(TornBroker on, String topic, int queueId) throws Exception {
        List<String> bodies = new ArrayList<>();
        long end = on.producer.maxOffset(topic, queueId);
        for (long offset = 0; offset < end; offset++) {
            MessageRecord record = on.producer.read(topic, queueId, offset);
            bodies.add(record == null ? "nothing" : new String(record.bodyBytes(), StandardCharsets.UTF_8));
        }
        return bodies;
    }

    private static Answer timer(TornBroker on, String body, long millis) throws Exception {
        Answer answer = on.producer.send("timed", body, 0, Map.of("TIMER_DELAY_MS", Long.toString(millis)));
        assertThat(answer.code()).as(answer.remark()).isZero();
        return answer;
    }

    @Test
    void aRecalledMessageThatRetentionHasMovedIsNeverDelivered() throws Exception {
        Map<String, String> options = new TreeMap<>();
        options.put("cleanResourceInterval", "20");
        options.put("fileReservedTime", "72");
        options.put("deleteWhen", "00;01;02;03;04;05;06;07;08;09;10;11;12;13;14;15;16;17;18;19;20;21;22;23");
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, options)) {
            on.admin.putTopic("timed", 4, 4, 6, "");
            on.admin.putTopic("fill", 1, 1, 6, "");
            String handle = timer(on, "recalled", 100 * HOUR).fields().get("recallHandle");
            timer(on, "kept", 100 * HOUR + 1);
            for (int i = 0; i < 150; i++) {
                on.admin.send("fill", 0, "x".repeat(1000));
            }
            assertThat(on.save()).isTrue();
            // it moves what is old, and can't delete it
            on.disk.hook((operation, file) -> {
                if (operation == FaultyDisk.Operation.REPLACE && TornBroker.isView(file)) {
                    throw new IOException("Input/output error");
                }
            });
            on.clock.addAndGet(73 * HOUR);
            on.admin.send("fill", 0, "new");
            await().until(() -> on.broker.retention().movedMessages() >= 2
                    && !on.broker.retention().kept().isEmpty());
            on.disk.heal();
            Answer recalled = on.producer.ask(
                    RequestCode.RECALL_MESSAGE,
                    Map.of("topic", "timed", "recallHandle", Objects.requireNonNull(handle)));
            assertThat(recalled.code()).as(recalled.remark()).isZero();
            eachKill(on, after -> {
                after.clock.addAndGet(28 * HOUR);
                await().untilAsserted(() -> assertThat(read(after, "timed", 1)).containsExactly("kept"));
            });
        }
    }

    private static List<String> consume(TornBroker on, String queue, int count) throws Exception {
        try (JmsWire jms = new JmsWire(on.broker.address())) {
            jms.consume(DestinationKind.QUEUE, queue, null, 100);
            List<String> bodies = new ArrayList<>();
            for (JmsWire.Delivered message : jms.await(count)) {
                bodies.add(message.body());
                jms.acknowledge(message);
            }
            return bodies;
        }
    }

    @Test
    void aTopicThatIsMadeAnewHasAllThatIsItsOwnAndNothingOfTheOldOne() throws Exception {
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, Map.of())) {
            for (String life : List.of("old", "new")) {
                on.admin.putTopic("orders", 2, 2, 6, "");
                on.admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", "work");
                try (JmsWire jms = new JmsWire(on.broker.address())) {
                    jms.open(DestinationKind.QUEUE, "work");
                }
                int count = life.equals("old") ? 8 : 4;
                for (int i = 0; i < count; i++) {
                    on.admin.send("orders", 0, life + i);
                    on.admin.send("work", 0, life + i);
                }
                assertThat(consume(on, "work", 2)).containsExactly(life + 0, life + 1);
                acknowledge(on, pop(on, 1).get(0));
                if (life.equals("old")) {
                    on.admin.send("orders", 1, "only the old one has this");
                    on.admin.commit("gone", "orders", 0, 8);
                    on.admin.commit("g", "orders", 0, 8);
                    on.save();
                    on.admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", "orders");
                } else {
                    on.admin.commit("g", "orders", 0, 3);
                }
            }
            eachKill(on, after -> {
                assertThat(read(after, "orders", 0)).containsExactly("new0", "new1", "new2", "new3");
                assertThat(read(after, "orders", 1)).isEmpty();
                assertThat(after.committed("orders", "gone")).isEmpty();
                assertThat(after.committed("orders", "g")).isIn(Map.of(), Map.of(0, 3L));
                assertThat(pop(after, 32)).extracting(Popped::body).containsExactly("new1", "new2", "new3");
                after.admin.send("work", 0, "last");
                assertThat(consume(after, "work", 3)).containsExactly("new2", "new3", "last");
            });
        }
    }

    private static List<Popped> pop(TornBroker on, int most) throws Exception {
        Map<String, String> header = NativePeer.popHeader("workers", "orders", 60_000, on.clock.get());
        header.put("maxMsgNums", Integer.toString(most));
        NativePeer.Answer answer = on.peer.ask(RequestCode.POP_MESSAGE, header);
        return answer.code() == 0 ? NativePeer.popped(answer) : List.of();
    }

    private static void acknowledge(TornBroker on, Popped message) throws Exception {
        assertThat(on.peer
                        .ask(RequestCode.ACK_MESSAGE, NativePeer.ackHeader("workers", "orders", message.handle()))
                        .code())
                .isZero();
    }

    @Test
    void whatIsPoppedAndAcknowledgedAroundATornCheckpointIsNeitherLostNorGivenAgain() throws Exception {
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, Map.of())) {
            on.admin.putTopic("orders", 1, 1, 6, "");
            for (int i = 0; i < 30; i++) {
                on.admin.send("orders", 0, "m" + i);
            }
            List<Popped> first = pop(on, 8);
            for (Popped message : first.subList(0, 4)) {
                acknowledge(on, message);
            }
            on.save();
            acknowledge(on, first.get(4));
            acknowledge(on, first.get(6));
            List<Popped> second = pop(on, 8);
            acknowledge(on, second.get(0));
            Set<String> left = new TreeSet<>(List.of("m5", "m7"));
            for (int i = 9; i < 30; i++) {
                left.add("m" + i);
            }
            eachKill(on, after -> {
                assertThat(after.committed("orders", "workers")).isEqualTo(Map.of(0, 5L));
                after.clock.addAndGet(60_001);
                List<String> again = new ArrayList<>();
                for (List<Popped> some = pop(after, 32); !some.isEmpty(); some = pop(after, 32)) {
                    some.forEach(message -> again.add(message.body()));
                }
                assertThat(again).containsExactlyInAnyOrderElementsOf(left);
            });
        }
    }

    @Test
    void aTopicThatIsMadeAnewHasNothingOfTheOldOneWhenItsQueuesAreBuiltAgain() throws Exception {
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, Map.of())) {
            on.admin.putTopic("orders", 2, 2, 6, "");
            for (int i = 0; i < 5; i++) {
                on.admin.send("orders", i % 2, "old" + i);
            }
            on.admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", "orders");
            on.admin.putTopic("orders", 2, 2, 6, "");
            on.admin.send("orders", 0, "new");
            on.admin.send("orders", 1, "also new");
            on.admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", "orders");
            on.admin.putTopic("orders", 2, 2, 6, "");
            on.admin.send("orders", 0, "newest");
            on.save();
            for (List<String> lost : List.of(
                    List.of("config/queues.json", "config/queues.json.bak"),
                    List.of("consumequeue/orders/0"),
                    List.of("consumequeue"))) {
                FaultyDisk disk = on.disk.afterKill();
                for (String each : lost) {
                    disk.delete(Path.of("/store").resolve(each));
                }
                try (TornBroker after = new TornBroker(disk, START, Map.of())) {
                    assertThat(read(after, "orders", 0)).as("without " + lost).containsExactly("newest");
                    assertThat(read(after, "orders", 1)).as("without " + lost).isEmpty();
                }
            }
        }
    }

    @Test
    void committedOffsetsOfAnEarlierReleaseAreTakenAndThoseOfADeletedTopicGo() throws Exception {
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, Map.of())) {
            on.admin.putTopic("orders", 1, 1, 6, "");
            on.admin.putTopic("kept", 1, 1, 6, "");
            on.admin.commit("g", "orders", 0, 7);
            on.admin.commit("g", "kept", 0, 8);
            on.save();
            on.admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", "orders");
            on.admin.putTopic("orders", 1, 1, 6, "");
            FaultyDisk disk = on.disk.afterKill();
            disk.replace(
                    CONFIG.resolve("consumerOffset.json"),
                    "{\"offsetTable\":{\"kept@g\":{\"0\":8},\"orders@g\":{\"0\":7}}}"
                            .getBytes(StandardCharsets.US_ASCII));
            try (TornBroker after = new TornBroker(disk, START, Map.of())) {
                assertThat(after.committed("orders", "g")).isEmpty();
                assertThat(after.committed("kept", "g")).isEqualTo(Map.of(0, 8L));
            }
        }
    }

    @Test
    void anOffsetThatAnAdministratorHasSetAndAConsumerTakenSurvivesAKill() throws Exception {
        try (TornBroker on = new TornBroker(FaultyDisk.withoutPowerLoss(), START, Map.of())) {
            on.admin.putTopic("orders", 1, 1, 6, "");
            for (int i = 0; i < 5; i++) {
                on.admin.send("orders", 0, "m" + i);
            }
            on.admin.commit("g", "orders", 0, 5);
            on.admin.commit("other", "orders", 0, 5);
            on.save();
            assertThat(on.admin.reset("g", "orders", 0, 0).code()).isZero();
            // it is told of it
            on.admin.pull("g", "orders", 0, 5);
            on.admin.ask(RequestCode.DELETE_SUBSCRIPTIONGROUP, "", "groupName", "other", "cleanOffset", "true");
            eachKill(on, after -> {
                assertThat(after.committed("orders", "g")).isEqualTo(Map.of(0, 0L));
                assertThat(after.committed("orders", "other")).isEmpty();
            });
        }
    }
}
