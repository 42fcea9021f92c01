package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.retention.DiskLevel;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.server.NativeProducer.Half;
import org.fulmar.broker.store.LiveTree;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Old files go, and RocketMQ's clients are told where queues begin; the disk's levels. */
@Timeout(180)
class LogDeletionTest {
    private static final String TOPIC = "old";
    private static final int QUEUE = 1;
    private static final long HOUR = 3_600_000;
    private static final int FILE_BYTES = SmallFiles.LOG_BYTES;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private final Map<String, String> options = new TreeMap<>();
    private final FillingDisk disk = new FillingDisk();
    private Broker broker;
    private NativeProducer client;
    private int sent;

    @BeforeEach
    void start() throws Exception {
        SmallFiles.addTo(options, directory);
        options.put("fileReservedTime", "72");
        broker = new Broker(BrokerConfig.of(options), disk, clock::get, false).start();
        client = new NativeProducer(broker.address(), "g");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        broker.close();
    }

    private Answer send() throws Exception {
        return client.send(TOPIC, sent++ + "x".repeat(1000), 0, Map.of());
    }

    private void send(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            Answer answer = send();
            assertThat(answer.code()).as(answer.remark()).isZero();
        }
    }

    private void awaitStart(long start) {
        // the log has its new beginning a moment before its queues have theirs; files count when they have
        await().untilAsserted(() -> assertThat(broker.retention()).satisfies(state -> {
            assertThat(state.logStart()).isGreaterThanOrEqualTo(start);
            assertThat(state.deletedFiles()).isPositive();
        }));
    }

    private long min() throws Exception {
        Answer answer =
                client.ask(RequestCode.GET_MIN_OFFSET, Map.of("topic", TOPIC, "queueId", Integer.toString(QUEUE)));
        return Long.parseLong(answer.fields().get("offset"));
    }

    private long files(String below) throws IOException {
        return LiveTree.files(directory.resolve(below)).stream()
                .filter(path -> path.getFileName().toString().matches("\\d+"))
                .count();
    }

    /** What clients see of a queue whose beginning is deleted. */
    private long assertBegins() throws Exception {
        long min = min();
        assertThat(min).isPositive();
        Answer below = client.pull(TOPIC, QUEUE, min - 1);
        assertThat(below.code()).isEqualTo(ResponseCode.PULL_OFFSET_MOVED);
        assertThat(below.fields())
                .containsEntry("nextBeginOffset", Long.toString(min))
                .containsEntry("minOffset", Long.toString(min));
        assertThat(client.read(TOPIC, QUEUE, min))
                .isNotNull()
                .satisfies(first -> assertThat(first.queueOffset()).isEqualTo(min));
        Map<String, String> queue = Map.of("topic", TOPIC, "queueId", Integer.toString(QUEUE), "consumerGroup", "new");
        assertThat(client.ask(RequestCode.QUERY_CONSUMER_OFFSET, queue).code()).isEqualTo(ResponseCode.QUERY_NOT_FOUND);
        long max = client.maxOffset(TOPIC, QUEUE);
        assertThat(max).isEqualTo(sent);
        for (long offset = min; offset < max; offset++) {
            MessageRecord record = client.read(TOPIC, QUEUE, offset);
            assertThat(record).as("%d of %d to %d", offset, min, max).isNotNull();
            assertThat(new String(record.bodyBytes(), StandardCharsets.UTF_8)).startsWith(offset + "x");
        }
        return min;
    }

    @Test
    void queuesBeginWhereTheirFirstMessageIsAlsoAfterARestart() throws Exception {
        send(300);
        clock.addAndGet(71 * HOUR);
        send(100);
        clock.addAndGet(HOUR + 1);
        awaitStart(4L * FILE_BYTES);
        await().until(() -> files("commitlog") < 7);
        long min = assertBegins();
        assertThat(min).isBetween(200L, 300L);
        await().untilAsserted(() -> assertThat(files("consumequeue/" + TOPIC))
                .as("queue files of 100 entries")
                .isLessThan(4));
        await().untilAsserted(() -> assertThat(files("index")).isLessThan(4));
        stop();
        start();
        assertThat(assertBegins()).isEqualTo(min);
        send(200);
        assertThat(assertBegins()).isEqualTo(min);
        clock.addAndGet(100 * HOUR);
        send(1);
        await().until(() -> min() > 500);
        stop();
        start();
        assertBegins();
    }

    @Test
    void consumeQueuesAreBuiltAgainFromWhatIsLeftOfTheLog() throws Exception {
        send(300);
        clock.addAndGet(73 * HOUR);
        send(100);
        awaitStart(4L * FILE_BYTES);
        long min = assertBegins();
        stop();
        Files.delete(directory.resolve("config").resolve("queues.json"));
        start();
        assertThat(assertBegins()).isEqualTo(min);
    }

    @Test
    void damagedStateIsReplacedByItsCopyAndWithoutThatTheBrokerDoesNotStart() throws Exception {
        send(300);
        clock.addAndGet(73 * HOUR);
        send(10);
        awaitStart(4L * FILE_BYTES);
        stop();
        Path topics = directory.resolve("config").resolve("topics.json");
        byte[] whole = Files.readAllBytes(topics);
        Files.writeString(topics, "{");
        start();
        assertBegins();
        stop();
        Files.writeString(topics, "{");
        Files.writeString(directory.resolve("config").resolve("topics.json.bak"), "{");
        Broker refused = new Broker(BrokerConfig.of(options), disk, clock::get, false);
        assertThatThrownBy(refused::start)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("topics.json is missing, damaged or newer than the log")
                .hasMessageContaining("put the file back from a backup");
        Files.write(topics, whole);
        start();
        assertBegins();
    }

    @Test
    void filesGoAtTheirHourUnlessTheDiskIsFullOrAnAdministratorAsks() throws Exception {
        stop();
        int hour =
                Instant.ofEpochMilli(clock.get()).atZone(ZoneId.systemDefault()).getHour();
        options.put("deleteWhen", Integer.toString((hour + 12) % 24));
        start();
        send(100);
        clock.addAndGet(96 * HOUR);
        send(100);
        disk.usedPercent(74);
        await().until(() -> broker.retention().usedRatio() > 0.7);
        assertThat(broker.retention().logStart()).isZero();
        disk.usedPercent(75);
        awaitStart(FILE_BYTES);
        disk.usedPercent(0);
        await().until(() -> broker.retention().level() == DiskLevel.NORMAL);
        long start = broker.retention().logStart();
        clock.addAndGet(96 * HOUR);
        send(1);
        assertThat(broker.retention().logStart()).isEqualTo(start);
        assertThat(client.ask(RequestCode.DELETE_EXPIRED_COMMITLOG, Map.of()).code())
                .isZero();
        awaitStart(start + 2L * FILE_BYTES);
        assertThat(client.ask(RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, Map.of()).code())
                .isZero();
    }

    @Test
    void aFullDiskTakesYoungFilesThenRefusesMessagesAndTakesThemAgainWithRoomToSpare() throws Exception {
        send(300);
        disk.usedPercent(84);
        await().until(() -> broker.retention().level() == DiskLevel.HIGH);
        assertThat(broker.retention().logStart()).isZero();
        disk.usedPercent(86);
        awaitStart(FILE_BYTES);
        assertBegins();
        disk.usedPercent(90);
        await().until(() -> broker.retention().level() == DiskLevel.REFUSING);
        Answer refused = send();
        sent--;
        assertThat(refused.code()).isEqualTo(ResponseCode.SERVICE_NOT_AVAILABLE);
        assertThat(refused.remark()).startsWith("disk full: ");
        assertThat(client.pull(TOPIC, QUEUE, sent - 1).code()).as("reads go on").isZero();
        disk.usedPercent(89);
        await().until(() -> broker.retention().usedRatio() < 0.895);
        assertThat(send().code()).isEqualTo(ResponseCode.SERVICE_NOT_AVAILABLE);
        sent--;
        disk.usedPercent(87);
        await().until(() -> broker.retention().level() == DiskLevel.FORCED);
        send(1);
    }

    @Test
    void filesOfWhichLittleCountsGoThoughTheDiskIsNearlyFull() throws Exception {
        options.put("transactionTimeOut", "86400000");
        stop();
        start();
        send(1);
        client.prepare(TOPIC, "half");
        send(300);
        disk.usedPercent(96);
        awaitStart(FILE_BYTES);
        assertThat(broker.retention().movedMessages()).isPositive();
        disk.usedPercent(50);
        await().until(() -> broker.retention().level() == DiskLevel.NORMAL);
        send(1);
    }

    @Test
    void anOldHalfMessageIsCommittedByThePlaceThatItsProducerWasTold() throws Exception {
        options.put("transactionMaxAge", Long.toString(1000 * HOUR));
        options.put("transactionTimeOut", "86400000");
        stop();
        start();
        send(1);
        Half half = client.prepare(TOPIC, "half");
        Half other = client.prepare(TOPIC, "other");
        send(100);
        clock.addAndGet(73 * HOUR);
        send(10);
        awaitStart(FILE_BYTES);
        assertThat(broker.retention().movedMessages()).isEqualTo(2);
        assertThat(client.end(half, NativeProducer.COMMIT).code()).isZero();
        assertThat(client.end(half, NativeProducer.COMMIT).code()).as("again").isZero();
        MessageRecord committed = client.read(TOPIC, QUEUE, sent);
        assertThat(committed).isNotNull();
        assertThat(committed.bodyBytes()).isEqualTo("half".getBytes(StandardCharsets.US_ASCII));
        stop();
        start();
        assertThat(client.end(other, NativeProducer.ROLLBACK).code()).isZero();
        assertThat(client.maxOffset(TOPIC, QUEUE)).isEqualTo(sent + 1);
    }
}
