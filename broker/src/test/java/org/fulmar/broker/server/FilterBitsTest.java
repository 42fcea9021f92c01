package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.FilterWire.Wanted;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.message.MessageProperties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bits of filters: what they spare, and that they never hide a message. */
@Timeout(180)
class FilterBitsTest {
    private static final String TOPIC = "orders";
    private static final int QUEUE = 1;

    @TempDir
    Path directory;

    private final Map<String, String> options = new TreeMap<>();
    private final List<Integer> sent = new ArrayList<>();
    private Broker broker;
    private NativeProducer producer;
    private FilterWire consumer;

    @BeforeEach
    void start() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "16777216");
        options.put("flushDiskType", "ASYNC_FLUSH");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), System::currentTimeMillis, false).start();
        producer = new NativeProducer(broker.address(), "p");
        consumer = new FilterWire(broker.address(), "c");
    }

    @AfterEach
    void stop() throws Exception {
        producer.close();
        consumer.close();
        broker.close();
    }

    private void restart() throws Exception {
        stop();
        start();
    }

    /** Messages of which each is wanted by one of ten. */
    private void send(int count) throws Exception {
        List<CompletableFuture<Frame>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = sent.size();
            sent.add(number);
            Map<String, String> properties = Map.of("n", Integer.toString(number), "who", "w" + number % 10);
            answers.add(producer.start(
                    RequestCode.SEND_MESSAGE_V2,
                    new SendRequest(
                                    "g",
                                    TOPIC,
                                    "TBW102",
                                    4,
                                    QUEUE,
                                    0,
                                    1,
                                    0,
                                    MessageProperties.format(properties),
                                    0,
                                    16,
                                    false)
                            .fields(),
                    ("m" + number).getBytes(StandardCharsets.UTF_8)));
        }
        for (CompletableFuture<Frame> answer : answers) {
            Answer done = NativeProducer.answer(answer);
            assertThat(done.code()).as(done.remark()).isZero();
        }
    }

    private static Wanted of(int who) {
        return Wanted.sql(TOPIC, "who = 'w" + who + "'", -1);
    }

    private List<String> expected(int who) {
        return sent.stream()
                .filter(number -> number % 10 == who)
                .map(number -> "m" + number)
                .toList();
    }

    private void assertAllGetTheirs() throws Exception {
        for (int who = 0; who < 10; who++) {
            assertThat(consumer.drain("g" + who, of(who), QUEUE)).isEqualTo(expected(who));
        }
    }

    private FilterBits.Counts counts() {
        return broker.onCore(broker.filterBits()::counts);
    }

    private FilterBits.Counts since(FilterBits.Counts before) {
        FilterBits.Counts now = counts();
        return new FilterBits.Counts(
                now.refused() - before.refused(), now.read() - before.read(), now.tried() - before.tried());
    }

    @Test
    void messagesThatFiltersRefuseAreNotReadFromTheLog() throws Exception {
        send(10);
        assertAllGetTheirs();
        FilterBits.Counts before = counts();
        send(1_000);
        assertThat(since(before).tried()).isEqualTo(10_000);
        before = counts();
        assertAllGetTheirs();
        // of the first ten nothing is known: they are older than the filters
        assertThat(since(before)).isEqualTo(new FilterBits.Counts(9_000, 1_000 + 100, 0));
    }

    @Test
    void aBacklogThatIsLargerThanWhatMemoryKeepsHasItsBitsInFiles() throws Exception {
        send(10);
        assertAllGetTheirs();
        send(5_490);
        FilterBits.Counts before = counts();
        assertAllGetTheirs();
        assertThat(since(before)).isEqualTo(new FilterBits.Counts(9 * 5_490, 5_490 + 100, 0));
        restart();
        before = counts();
        assertAllGetTheirs();
        assertThat(since(before)).isEqualTo(new FilterBits.Counts(9 * 5_490, 5_490 + 100, 0));
    }

    @Test
    void bitsAreKeptOverARestartAndAreMadeFurtherOn() throws Exception {
        send(10);
        assertAllGetTheirs();
        send(500);
        restart();
        FilterBits.Counts before = counts();
        assertAllGetTheirs();
        assertThat(since(before)).isEqualTo(new FilterBits.Counts(4_500, 500 + 100, 0));
        send(500);
        before = counts();
        assertAllGetTheirs();
        assertThat(since(before)).isEqualTo(new FilterBits.Counts(9_000, 1_000 + 100, 0));
    }

    @Test
    void withoutItsFilesOrAfterAnUncleanStopEverythingIsRead() throws Exception {
        send(10);
        assertAllGetTheirs();
        send(200);
        stop();
        new NioDisk().delete(directory.resolve("consumequeue_ext"));
        start();
        FilterBits.Counts before = counts();
        assertAllGetTheirs();
        assertThat(since(before).refused()).isZero();
        send(200);
        restart();
        before = counts();
        assertAllGetTheirs();
        assertThat(since(before).refused()).isEqualTo(1_800);
        stop();
        // as if it had been killed before the last checkpoint
        Path saved = directory.resolve("config/consumerFilter.json");
        Files.writeString(saved, Files.readString(saved).replaceFirst("\"logPosition\" : ", "\"logPosition\" : 1"));
        start();
        assertThat(directory.resolve("consumequeue_ext")).doesNotExist();
        before = counts();
        assertAllGetTheirs();
        assertThat(since(before).refused()).isZero();
        send(10);
        assertAllGetTheirs();
    }

    @Test
    void withoutAFilterNothingIsTriedAndWhereItIsSwitchedOffNeither() throws Exception {
        send(20);
        consumer.pullText("g", Wanted.tag(TOPIC, "*", 0), QUEUE, 0);
        consumer.pullText("g", Wanted.sql("other", "who = 'w1'", 0), QUEUE, 0);
        send(20);
        assertThat(counts()).isEqualTo(new FilterBits.Counts(0, 0, 0));
        stop();
        options.put("enableCalcFilterBitMap", "false");
        start();
        assertAllGetTheirs();
        send(20);
        assertAllGetTheirs();
        assertThat(counts().tried()).isZero();
        assertThat(counts().refused()).isZero();
    }

    @Test
    void aDeletedTopicThatIsMadeAgainHasNoOldBits() throws Exception {
        send(10);
        assertAllGetTheirs();
        send(50);
        for (int round = 0; round < 2; round++) {
            assertThat(producer.ask(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", TOPIC))
                            .code())
                    .isZero();
            sent.clear();
            // the other way round, so that old bits would be wrong
            sent.add(0);
            send(7);
            sent.remove(0);
            assertAllGetTheirs();
            send(50);
            assertAllGetTheirs();
            restart();
            assertAllGetTheirs();
        }
    }

    @Test
    void aCostlyFilterIsNotTriedInAdvanceAndStillFindsItsMessages() throws Exception {
        Wanted costly = Wanted.sql(TOPIC, "w LIKE '%" + "_".repeat(100) + "y%' OR n = 3", -1);
        send(1);
        consumer.drain("g", costly, QUEUE);
        assertThat(producer.send(TOPIC, "wide", 0, Map.of("w", "x".repeat(3_000)))
                        .code())
                .isZero();
        send(5);
        assertThat(consumer.drain("g", costly, QUEUE)).containsExactly("m3");
        assertThat(counts().tried()).isEqualTo(1);
    }

    /** Random filters come and go, messages with random properties, restarts and lost files: never is one missing. */
    @Test
    void noMessageIsEverHidden() throws Exception {
        long seed = Long.getLong("fulmar.seed", 20261121);
        Random random = new Random(seed);
        options.put("checkpointIntervalMillis", "50");
        restart();
        List<String> bodies = new ArrayList<>();
        List<Map<String, String>> properties = new ArrayList<>();
        for (int step = 0; step < 80; step++) {
            switch (random.nextInt(12)) {
                case 0 -> harm(random);
                case 1, 2, 3, 4, 5 -> {
                    for (int i = random.nextInt(20); i >= 0; i--) {
                        Map<String, String> some = new HashMap<>();
                        some.put("a", Integer.toString(random.nextInt(6)));
                        some.put("b", "b" + random.nextInt(3));
                        String body = "s" + bodies.size();
                        assertThat(producer.send(TOPIC, body, 0, some).code()).isZero();
                        bodies.add(body);
                        properties.add(some);
                    }
                }
                default -> {
                    int a = random.nextInt(6);
                    String b = "b" + random.nextInt(3);
                    List<String> wanted = new ArrayList<>();
                    for (int i = 0; i < bodies.size(); i++) {
                        if (Integer.parseInt(properties.get(i).get("a")) < a
                                || properties.get(i).get("b").equals(b)) {
                            wanted.add(bodies.get(i));
                        }
                    }
                    if (!bodies.isEmpty()) {
                        assertThat(consumer.drain(
                                        "g", Wanted.sql(TOPIC, "a < " + a + " OR b = '" + b + "'", -1), QUEUE))
                                .as("seed %s, step %s", seed, step)
                                .isEqualTo(wanted);
                    }
                }
            }
        }
    }

    /** Ends the broker in some way, with what was saved lost or older than the rest, and starts it again; or does nothing. */
    private void harm(Random random) throws Exception {
        Path saved = directory.resolve("config/consumerFilter.json");
        byte[] earlier = Files.exists(saved) ? Files.readAllBytes(saved) : null;
        int harm = random.nextInt(8);
        if (harm == 0) {
            stop();
            new NioDisk().delete(directory.resolve("consumequeue_ext"));
            start();
        } else if (harm == 1) {
            stop();
            new NioDisk().delete(saved);
            start();
        } else if (harm == 2 && earlier != null) {
            // as after a kill: what was saved is older than the files
            stop();
            Files.write(saved, earlier);
            start();
        } else if (harm < 5) {
            restart();
        }
    }

    @Test
    void theUnitsOfAQueueAreSavedAtACheckpoint() throws Exception {
        options.put("checkpointIntervalMillis", "50");
        restart();
        send(10);
        assertAllGetTheirs();
        send(100);
        Path file = directory.resolve("consumequeue_ext/orders/1/00000000000000000000");
        await().until(() -> Files.exists(file) && Files.size(file) == 110 * 36);
    }
}
