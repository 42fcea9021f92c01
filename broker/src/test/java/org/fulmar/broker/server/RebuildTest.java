package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.FilterWire.Wanted;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.LiveTree;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker whose view files somebody has taken away, or cut, while it was down. */
@Timeout(180)
class RebuildTest {
    private static final int MESSAGES = 260;

    @TempDir
    Path directory;

    private final Map<String, String> options = new TreeMap<>();
    private final Map<String, List<String>> sent = new HashMap<>();
    private final List<String> offsetIds = new ArrayList<>();
    private Broker broker;
    private NativeProducer producer;
    private FilterWire consumer;

    @BeforeEach
    void fill() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "8388608");
        options.put("maxMessageSize", "1048576");
        options.put("mappedFileSizeConsumeQueue", "2000");
        options.put("maxHashSlotNum", "100");
        options.put("maxIndexNum", "100");
        options.put("flushDiskType", "ASYNC_FLUSH");
        start();
        send(0, MESSAGES);
        // what has been looked for is indexed
        assertAllIsThere("the beginning");
    }

    private void start() throws Exception {
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

    private void send(int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            String topic = i % 2 == 0 ? "even" : "odd";
            String body = "m" + i;
            Answer answer = producer.send(topic, body, 0, Map.of("KEYS", "key" + i + " half" + i / 2, "TAGS", "t"));
            assertThat(answer.code()).as(answer.remark()).isZero();
            sent.computeIfAbsent(topic, t -> new ArrayList<>()).add(body);
            offsetIds.add(answer.fields().get("msgId"));
        }
    }

    private List<String> byKey(String topic, String key, Map<String, String> more) throws Exception {
        Map<String, String> fields = new HashMap<>(more);
        fields.put("topic", topic);
        fields.put("key", key);
        fields.put("maxNum", "32");
        fields.put("beginTimestamp", "0");
        fields.put("endTimestamp", Long.toString(Long.MAX_VALUE));
        Answer answer = producer.ask(RequestCode.QUERY_MESSAGE, fields);
        assertThat(answer.code()).as(answer.remark()).isIn(0, ResponseCode.QUERY_NOT_FOUND);
        return FilterWire.bodies(answer);
    }

    private void assertAllIsThere(String after) throws Exception {
        for (Map.Entry<String, List<String>> topic : sent.entrySet()) {
            assertThat(consumer.drain("g", Wanted.sql(topic.getKey(), "TAGS = 't'", -1), 1))
                    .as("%s of %s", topic.getKey(), after)
                    .isEqualTo(topic.getValue());
        }
        for (int i = offsetIds.size() % 2; i < offsetIds.size(); i += 3) {
            String topic = i % 2 == 0 ? "even" : "odd";
            assertThat(byKey(topic, "key" + i, Map.of())).as(after).containsExactly("m" + i);
            if (i % 7 == 0) {
                assertThat(byKey(topic, "half" + i / 2, Map.of())).as(after).containsExactly("m" + i);
                assertThat(byKey(topic, "m" + i, Map.of("_UNIQUE_KEY_QUERY", "true")))
                        .as(after)
                        .containsExactly("m" + i);
                Answer byId = view(offsetIds.get(i));
                assertThat(FilterWire.bodies(byId)).as(after).containsExactly("m" + i);
            }
        }
    }

    private Answer view(String offsetId) throws Exception {
        long offset = Long.parseUnsignedLong(offsetId.substring(16), 16);
        return producer.ask(RequestCode.VIEW_MESSAGE_BY_ID, Map.of("offset", Long.toString(offset)));
    }

    private List<Path> filesBelow(String name) throws IOException {
        return LiveTree.files(directory.resolve(name)).stream()
                .filter(file -> file.getFileName().toString().matches("\\d{20}"))
                .sorted()
                .toList();
    }

    private static void cut(Path file, long bytes) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(bytes);
        }
    }

    private void deleteTree(String name) throws IOException {
        new NioDisk().delete(directory.resolve(name));
    }

    /** Does harm while the broker is down; everything is there afterwards, and more can be sent. */
    private void harm(String what, Harm harm) throws Exception {
        stop();
        harm.run();
        start();
        send(offsetIds.size(), offsetIds.size() + 4);
        assertAllIsThere(what);
    }

    private interface Harm {
        void run() throws Exception;
    }

    @Test
    void anyConsumeQueueFileThatIsMissingIsBuiltAgain() throws Exception {
        harm("all consume queues", () -> deleteTree("consumequeue"));
        harm("one queue", () -> deleteTree("consumequeue/even/1"));
        for (int i = 0; i < 2; i++) {
            int number = i;
            harm(
                    "file " + i + " of a queue",
                    () -> Files.delete(filesBelow("consumequeue/odd").get(number)));
        }
        harm("a cut file", () -> cut(filesBelow("consumequeue/even").get(0), 1990));
        harm("an empty file", () -> cut(filesBelow("consumequeue/odd").get(1), 0));
        harm("the table of queues", () -> Files.delete(directory.resolve("config/queues.json")));
    }

    @Test
    void anyIndexFileThatIsMissingIsBuiltAgain() throws Exception {
        assertThat(filesBelow("index")).hasSizeGreaterThan(6);
        harm("all index files", () -> deleteTree("index"));
        harm("the names of index files", () -> Files.delete(directory.resolve("index/files")));
        harm("the first index file", () -> Files.delete(filesBelow("index").get(0)));
        harm(
                "an index file between others",
                () -> Files.delete(filesBelow("index").get(3)));
        harm("the newest index file", () -> {
            List<Path> files = filesBelow("index");
            Files.delete(files.get(files.size() - 1));
        });
        harm("two index files", () -> {
            Files.delete(filesBelow("index").get(4));
            Files.delete(filesBelow("index").get(1));
        });
        harm("a cut index file", () -> cut(filesBelow("index").get(2), 500));
        harm("an index file of zeros", () -> {
            Path file = filesBelow("index").get(2);
            long size = Files.size(file);
            cut(file, 0);
            cut(file, size);
        });
        harm("index files of another size", () -> options.put("maxIndexNum", "150"));
        harm("everything but the log and config", () -> {
            deleteTree("index");
            deleteTree("consumequeue");
            Files.delete(directory.resolve("checkpoint"));
        });
    }

    @Test
    void anyChoiceOfFilesIsBuiltAgain() throws Exception {
        long seed = Long.getLong("fulmar.seed", 20261121);
        Random random = new Random(seed);
        for (int round = 0; round < 4; round++) {
            harm("seed " + seed + ", round " + round, () -> {
                for (String name : List.of("index", "consumequeue")) {
                    for (Path file : filesBelow(name)) {
                        int choice = random.nextInt(6);
                        if (choice == 0) {
                            Files.delete(file);
                        } else if (choice == 1) {
                            cut(file, random.nextInt(1000));
                        }
                    }
                }
            });
        }
    }

    @Test
    void aQueryTellsKeysFromUniqueKeysAndKeepsTheLogsOrder() throws Exception {
        assertThat(byKey("even", "half1", Map.of("indexType", "K"))).containsExactly("m2");
        assertThat(byKey("even", "half1", Map.of("indexType", "U"))).isEmpty();
        assertThat(byKey("even", "m2", Map.of("indexType", "K"))).isEmpty();
        assertThat(byKey("even", "m2", Map.of("indexType", "U", "lastKey", "x")))
                .containsExactly("m2");
        assertThat(byKey("even", "m2", Map.of("_UNIQUE_KEY_QUERY", "false"))).containsExactly("m2");
        assertThat(byKey("even", "half1", Map.of("indexType", "T"))).isEmpty();
        assertThat(byKey("odd", "m2", Map.of())).isEmpty();
        for (int i = 0; i < 40; i++) {
            producer.send("even", "same" + i, 0, Map.of("KEYS", "same"));
        }
        List<String> newest = new ArrayList<>();
        for (int i = 8; i < 40; i++) {
            newest.add("same" + i);
        }
        assertThat(byKey("even", "same", Map.of())).isEqualTo(newest);
    }
}
