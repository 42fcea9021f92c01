package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.FaultyDisk;
import org.fulmar.protocol.command.RequestCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Offsets of queues whose files are lost, or were deleted just before a kill, on a log whose beginning is deleted. */
@Timeout(180)
class RebuiltQueuesTest {
    private static final Path STORE = Path.of("/store");
    private static final String IDLE = "idle";
    private static final int QUEUE = 1;
    private static final int BUSY = 1400;
    private static final long HOUR = 3_600_000;
    private static final int FILE_BYTES = SmallFiles.LOG_BYTES;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private final Map<String, String> options = new TreeMap<>();
    private FaultyDisk disk = FaultyDisk.withoutPowerLoss();
    private Broker broker;
    private NativeProducer client;

    @BeforeEach
    void start() throws Exception {
        SmallFiles.addTo(options, STORE);
        options.put("flushDiskType", "ASYNC_FLUSH");
        options.put("checkpointIntervalMillis", "3600000");
        broker = new Broker(BrokerConfig.of(options), disk, clock::get, false).start();
        client = new NativeProducer(broker.address(), "g");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        broker.close();
    }

    private void restart() throws Exception {
        stop();
        start();
    }

    private void kill() throws Exception {
        FaultyDisk left = disk.afterKill();
        stop();
        disk = left;
        start();
    }

    private void send(String topic, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            Answer answer = client.send(topic, i + "x".repeat(100), 0, Map.of());
            assertThat(answer.code()).as(answer.remark()).isZero();
        }
    }

    private long min(String topic) throws Exception {
        Answer answer =
                client.ask(RequestCode.GET_MIN_OFFSET, Map.of("topic", topic, "queueId", Integer.toString(QUEUE)));
        return Long.parseLong(answer.fields().get("offset"));
    }

    /** What consumers find from the queue's first offset on: the numbers that bodies begin with. */
    private List<Integer> numbers(String topic) throws Exception {
        return IntStream.range((int) min(topic), (int) client.maxOffset(topic, QUEUE))
                .mapToObj(offset -> {
                    try {
                        byte[] body = Objects.requireNonNull(client.read(topic, QUEUE, offset))
                                .bodyBytes();
                        String text = new String(body, StandardCharsets.UTF_8);
                        return Integer.parseInt(text.substring(0, text.indexOf('x')));
                    } catch (Exception e) {
                        throw new AssertionError("offset " + offset, e);
                    }
                })
                .toList();
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    /** Messages 0 to 49 of the idle topic are gone, and most of the busy one's. */
    private int deleteTheBeginning() throws Exception {
        send(IDLE, 0, 50);
        send("busy", 0, 1300);
        restart();
        clock.addAndGet(73 * HOUR);
        send("busy", 1300, BUSY);
        await().untilAsserted(() -> assertThat(broker.retention().logStart()).isGreaterThanOrEqualTo(4L * FILE_BYTES));
        await().untilAsserted(() -> assertThat(queueFiles("busy")).hasSizeLessThan(8));
        assertThat(client.maxOffset(IDLE, QUEUE)).isEqualTo(50);
        return (int) min("busy");
    }

    private List<Path> queueFiles(String topic) throws IOException {
        return disk.list(STORE.resolve("consumequeue").resolve(topic).resolve(Integer.toString(QUEUE)));
    }

    private void assertGoesOn(int busyFrom) throws Exception {
        assertThat(client.maxOffset(IDLE, QUEUE)).isEqualTo(50);
        assertThat(numbers("busy")).isEqualTo(range(busyFrom, BUSY));
        send(IDLE, 50, 53);
        assertThat(client.read(IDLE, QUEUE, 50)).isNotNull();
        assertThat(numbers(IDLE)).isEqualTo(range(50, 53));
    }

    @Test
    void offsetsGoOnWhenQueueFilesAreTakenAwayThoughNoMessageOfTheQueueIsLeft() throws Exception {
        int from = deleteTheBeginning();
        stop();
        disk.delete(STORE.resolve("consumequeue"));
        start();
        assertGoesOn(from);
    }

    @Test
    void offsetsGoOnWhenTheTableIsTakenAwayAndItsCopyIsThere() throws Exception {
        int from = deleteTheBeginning();
        stop();
        disk.delete(STORE.resolve("config").resolve("queues.json"));
        start();
        assertGoesOn(from);
    }

    @Test
    void killAfterRetentionHasDeletedQueueFilesChangesNoOffset() throws Exception {
        int from = deleteTheBeginning();
        kill();
        assertGoesOn(from);
    }

    @Test
    void killAfterATopicWasDeletedChangesNoOffsetOfOthers() throws Exception {
        int from = deleteTheBeginning();
        send("gone", 0, 10);
        restart();
        delete("gone");
        kill();
        assertThat(client.maxOffset("gone", QUEUE)).isEqualTo(-1);
        assertGoesOn(from);
    }

    private void delete(String topic) throws Exception {
        Answer answer = client.ask(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", topic));
        assertThat(answer.code()).as(answer.remark()).isZero();
    }

    @Test
    void messagesOfADeletedTopicDoNotComeBackWithTheOneThatTookItsName() throws Exception {
        send("again", 0, 10);
        send("empty", 0, 10);
        restart();
        delete("again");
        delete("empty");
        send("again", 20, 23);
        Map<String, String> made = Map.of(
                "topic", "empty", "defaultTopic", "TBW102", "readQueueNums", "4", "writeQueueNums", "4", "perm", "6");
        assertThat(client.ask(RequestCode.UPDATE_AND_CREATE_TOPIC, made).code()).isZero();
        kill();
        assertThat(numbers("again")).isEqualTo(range(20, 23));
        assertThat(client.maxOffset("empty", QUEUE)).isZero();
        restart();
        assertThat(numbers("again")).isEqualTo(range(20, 23));
        assertThat(client.maxOffset("empty", QUEUE)).isZero();
    }

    @Test
    void aTruncatedQueueFileIsBuiltAgainAndTheOthersStay() throws Exception {
        int from = deleteTheBeginning();
        stop();
        List<Path> files = queueFiles("busy");
        disk.replace(files.get(files.size() - 1), new byte[20]);
        start();
        assertGoesOn(from);
    }
}
