package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.LiveTree;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.message.MessageBatch;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Delay levels, timers and recalls on the wire of a real broker, whose clock the test sets. */
@Timeout(180)
class DelayOnTheWireTest {
    private static final String TOPIC = "orders";
    private static final int QUEUE = 1;
    private static final long DAY = 86_400_000;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private final Map<String, String> options = new TreeMap<>();
    private Broker broker;
    private NativeProducer producer;

    @BeforeEach
    void start() throws Exception {
        start("store");
        assertThat(producer.send(TOPIC, "makes the topic", 0, Map.of()).code()).isZero();
    }

    private void start(String store) throws Exception {
        start(store, "1048576", "65536");
    }

    private void start(String store, String fileBytes, String messageBytes) throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.resolve(store).toString());
        options.put("mappedFileSizeCommitLog", fileBytes);
        options.put("maxMessageSize", messageBytes);
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
        producer = new NativeProducer(broker.address(), "p");
    }

    @AfterEach
    void stop() throws Exception {
        producer.close();
        broker.close();
    }

    private Answer send(String body, String... properties) throws Exception {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            map.put(properties[i], properties[i + 1]);
        }
        return producer.send(TOPIC, body, 0, map);
    }

    private void sent(String body, String... properties) throws Exception {
        Answer answer = send(body, properties);
        assertThat(answer.code()).as(answer.remark()).isZero();
    }

    /** What consumers can see of the queue besides the first message, which made the topic. */
    private List<String> delivered() throws Exception {
        List<String> bodies = new ArrayList<>();
        long end = producer.maxOffset(TOPIC, QUEUE);
        for (long offset = 1; offset < end; offset++) {
            bodies.add(body(record(offset)));
        }
        return bodies;
    }

    private MessageRecord record(long offset) throws Exception {
        return Objects.requireNonNull(producer.read(TOPIC, QUEUE, offset));
    }

    private static String body(MessageRecord record) {
        return new String(record.bodyBytes(), StandardCharsets.UTF_8);
    }

    private void awaitDelivered(String... bodies) {
        await().untilAsserted(() -> assertThat(delivered()).containsExactly(bodies));
    }

    private void forget(String store, String file) throws IOException {
        Path config = directory.resolve(store).resolve("config");
        Files.deleteIfExists(config.resolve(file));
        Files.deleteIfExists(config.resolve(file + ".bak"));
    }

    @Test
    void aLevelMessageIsThereAtItsTimeAndNotBefore() throws Exception {
        sent("late", "DELAY", "2", "TAGS", "t", "own", "kept", "TIMER_DELAY_MS", "1");
        clock.addAndGet(4_999);
        sent("direct");
        assertThat(delivered()).containsExactly("direct");
        clock.addAndGet(1);
        awaitDelivered("direct", "late");
        MessageRecord record = record(2);
        assertThat(MessageProperties.parse(record.propertyBytes()))
                .containsEntry("DELAY", "2")
                .containsEntry("REAL_TOPIC", TOPIC)
                .containsEntry("REAL_QID", "1")
                .containsEntry("TAGS", "t")
                .containsEntry("UNIQ_KEY", "late")
                .containsEntry("own", "kept")
                .doesNotContainKeys("TIMER_OUT_MS", "TIMER_DELAY_MS");
        assertThat(record.storeTimestamp()).isEqualTo(clock.get());
        assertThat(record.bornTimestamp()).isEqualTo(1);
        assertThat(record.intact()).isTrue();
    }

    @Test
    void aDeliveredMessageIsFoundByItsTag() throws Exception {
        sent("tagged", "DELAY", "1", "TAGS", "wanted");
        sent("other", "DELAY", "1", "TAGS", "unwanted");
        clock.addAndGet(1_000);
        awaitDelivered("tagged", "other");
        Map<String, String> pull = new HashMap<>();
        pull.put("consumerGroup", "reader");
        pull.put("topic", TOPIC);
        pull.put("queueId", "1");
        pull.put("queueOffset", "1");
        pull.put("maxMsgNums", "32");
        pull.put("sysFlag", "4");
        pull.put("subscription", "wanted");
        byte[] found = producer.ask(RequestCode.PULL_MESSAGE, pull).body();
        MessageRecord record = Objects.requireNonNull(MessageRecord.wrap(ByteBuffer.wrap(found), 0, found.length));
        assertThat(body(record)).isEqualTo("tagged");
        assertThat(record.size()).isEqualTo(found.length);
    }

    @Test
    void levelsAreFirstInFirstOutEachAndDoNotWaitForEachOther() throws Exception {
        sent("a", "DELAY", "2");
        clock.addAndGet(1);
        sent("b", "DELAY", "2");
        sent("c", "DELAY", "1");
        clock.addAndGet(1_000);
        awaitDelivered("c");
        clock.addAndGet(3_999);
        awaitDelivered("c", "a");
        clock.addAndGet(1);
        awaitDelivered("c", "a", "b");
        assertThat(producer.ask(RequestCode.GET_ALL_DELAY_OFFSET, Map.of())
                        .json()
                        .path("offsetTable")
                        .toString())
                .isEqualTo("{\"1\":1,\"2\":2}");
    }

    @Test
    void aLevelAboveTheHighestIsTheHighest() throws Exception {
        sent("high", "DELAY", "200");
        sent("none", "DELAY", "0");
        sent("negative", "DELAY", "-1");
        clock.addAndGet(7_200_000 - 1);
        awaitDelivered("none", "negative");
        clock.addAndGet(1);
        awaitDelivered("none", "negative", "high");
        assertThat(MessageProperties.parse(record(3).propertyBytes())).containsEntry("DELAY", "18");
    }

    @Test
    void delaysThatCanNotBeAreRefusedWithASentence() throws Exception {
        String[][] all = {
            {"DELAY", "soon"},
            {"TIMER_DELAY_SEC", "x"},
            {"TIMER_DELAY_MS", "9223372036854775807"},
            {"TIMER_DELAY_SEC", "9223372036854775807"},
            {"TIMER_DELAY_MS", Long.toString(40 * DAY + 1)},
            {"TIMER_DELIVER_MS", Long.toString(clock.get() + 40 * DAY + 1)},
            {"TIMER_DEL_UNIQKEY", "orders+x"},
        };
        for (String[] each : all) {
            Answer answer = send("refused", each);
            assertThat(answer.code()).as(each[0] + " " + each[1]).isEqualTo(ResponseCode.MESSAGE_ILLEGAL);
            assertThat(answer.remark()).containsAnyOf(each[0], "40 days");
        }
        assertThat(delivered()).isEmpty();
    }

    @Test
    void aBatchTakesNoDelayedMessages() throws Exception {
        byte[] properties = "DELAY\u00011\u0002".getBytes(StandardCharsets.UTF_8);
        byte[] body = "x".getBytes(StandardCharsets.UTF_8);
        ByteBuffer batch = ByteBuffer.allocate(100);
        batch.putInt(4 + 4 + 4 + 4 + 4 + body.length + 2 + properties.length)
                .putInt(0)
                .putInt(0)
                .putInt(0);
        batch.putInt(body.length).put(body).putShort((short) properties.length).put(properties);
        byte[] bytes = new byte[batch.flip().remaining()];
        batch.get(bytes);
        assertThat(MessageBatch.parse(io.netty.buffer.Unpooled.wrappedBuffer(bytes)))
                .hasSize(1);
        SendRequest send = new SendRequest("p", TOPIC, "TBW102", 4, QUEUE, 0, 1, 0, "", 0, 16, true);
        Answer answer = NativeProducer.answer(producer.start(RequestCode.SEND_BATCH_MESSAGE, send.fields(), bytes));
        assertThat(answer.code()).isEqualTo(ResponseCode.MESSAGE_ILLEGAL);
        assertThat(answer.remark()).contains("batch", "DELAY");
    }

    @Test
    void aTimedMessageComesToItsQueueAtItsMillisecond() throws Exception {
        long now = clock.get();
        sent("seconds", "TIMER_DELAY_SEC", "3", "TIMER_DELAY_MS", "1", "TIMER_DELIVER_MS", "1");
        sent("millis", "TIMER_DELAY_MS", "1500", "TIMER_DELIVER_MS", "1");
        sent("deliver", "TIMER_DELIVER_MS", Long.toString(now + 700));
        sent("past", "TIMER_DELIVER_MS", Long.toString(now));
        sent("longest", "TIMER_DELAY_MS", Long.toString(40 * DAY));
        clock.addAndGet(699);
        awaitDelivered("past");
        clock.addAndGet(1);
        awaitDelivered("past", "deliver");
        clock.addAndGet(800);
        awaitDelivered("past", "deliver", "millis");
        clock.addAndGet(1_500);
        awaitDelivered("past", "deliver", "millis", "seconds");
        assertThat(MessageProperties.parse(record(4).propertyBytes())).doesNotContainKeys("TIMER_OUT_MS", "REAL_QID");
        clock.set(now + 40 * DAY);
        await().untilAsserted(() -> assertThat(delivered()).endsWith("longest"));
    }

    @Test
    void whatWaitsIsDeliveredOnceThoughTheBrokerRestartsAndForgets() throws Exception {
        sent("first", "DELAY", "1");
        sent("second", "DELAY", "2", "TAGS", "t");
        sent("third", "DELAY", "2");
        clock.addAndGet(1_000);
        awaitDelivered("first");
        stop();
        start("store");
        assertThat(delivered()).containsExactly("first");
        stop();
        for (String file : List.of("delayOffset.json", "queues.json", "topics.json")) {
            forget("store", file);
        }
        options.put("messageDelayLevel", "10s 1h");
        start("store");
        clock.addAndGet(3_999);
        assertThat(delivered()).containsExactly("first");
        clock.addAndGet(1);
        awaitDelivered("first", "second", "third");
        sent("as configured now", "DELAY", "1");
        clock.addAndGet(9_999);
        assertThat(delivered()).hasSize(3);
        clock.addAndGet(1);
        awaitDelivered("first", "second", "third", "as configured now");
    }

    @Test
    void moreLevelsThanBeforeHaveQueues() throws Exception {
        stop();
        options.put("messageDelayLevel", "1s ".repeat(19) + "2s");
        start("store");
        sent("twenty", "DELAY", "20");
        clock.addAndGet(2_000);
        awaitDelivered("twenty");
        stop();
        options.put("messageDelayLevel", "1s ".repeat(19) + "2s");
        start("store");
        sent("again", "DELAY", "20");
        stop();
        options.put("messageDelayLevel", "1s");
        start("store");
        clock.addAndGet(2_000);
        awaitDelivered("twenty", "again");
    }

    @Test
    void aMessageForATopicThatIsGoneIsPassedOver() throws Exception {
        assertThat(producer.send("doomed", "x", 0, Map.of("DELAY", "1")).code()).isZero();
        sent("behind it", "DELAY", "1");
        assertThat(producer.ask(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", "doomed"))
                        .code())
                .isZero();
        clock.addAndGet(1_000);
        awaitDelivered("behind it");
        stop();
        forget("store", "delayOffset.json");
        start("store");
        sent("later", "DELAY", "1");
        clock.addAndGet(1_000);
        awaitDelivered("behind it", "later");
    }

    @Test
    void aMessageThatWouldNotFitWhenItIsDeliveredIsNotTaken() throws Exception {
        String large = "v".repeat(32_640);
        for (String[] delay : new String[][] {{"DELAY", "1"}, {"TIMER_DELAY_MS", "5"}}) {
            Answer answer = send("x", delay[0], delay[1], "p", large);
            assertThat(answer.code()).isEqualTo(ResponseCode.MESSAGE_ILLEGAL);
        }
        sent("x", "DELAY", "1", "p", "v".repeat(32_300));
        clock.addAndGet(1_000);
        awaitDelivered("x");
    }

    private Answer recall(String topic, String handle) throws Exception {
        return producer.ask(RequestCode.RECALL_MESSAGE, Map.of("topic", topic, "recallHandle", handle));
    }

    private static void refused(Answer answer, String part) {
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).isEqualTo(ResponseCode.ILLEGAL_OPERATION);
    }

    @Test
    void aRecalledMessageIsNeverDeliveredAndASecondRecallIsRefused() throws Exception {
        String handle = send("recalled", "TIMER_DELAY_MS", "60000").fields().get("recallHandle");
        String near = send("soon", "TIMER_DELAY_MS", "1000").fields().get("recallHandle");
        sent("kept", "TIMER_DELAY_MS", "60000");
        String text = new String(Base64.getUrlDecoder().decode(handle), StandardCharsets.UTF_8);
        assertThat(text).startsWith("v1 orders broker-a " + (clock.get() + 60_000) + " recalled ");
        Answer answer = recall(TOPIC, handle);
        assertThat(answer.code()).as(answer.remark()).isZero();
        assertThat(answer.fields()).containsEntry("msgId", "recalled");
        assertThat(recall(TOPIC, near).code()).isZero();
        refused(recall(TOPIC, handle), "recalled before");
        stop();
        start("store");
        refused(recall(TOPIC, handle), "recalled before");
        stop();
        for (String file : List.of("recalledMessages.json", "timers.json")) {
            forget("store", file);
        }
        start("store");
        refused(recall(TOPIC, handle), "recalled before");
        clock.addAndGet(60_000);
        awaitDelivered("kept");
        refused(recall(TOPIC, handle), "time has come");
        assertThat(delivered()).containsExactly("kept");
    }

    @Test
    void whatCanNotBeRecalledIsRefusedWithTheReason() throws Exception {
        assertThat(send("level", "DELAY", "3").fields()).doesNotContainKey("recallHandle");
        assertThat(send("direct").fields()).doesNotContainKey("recallHandle");
        sent("another", "TIMER_DELAY_MS", "1000000");
        String handle = send("timed", "TIMER_DELAY_MS", "1000").fields().get("recallHandle");
        producer.send("another", "makes the topic", 0, Map.of());
        refused(recall("another", handle), "topic orders");
        assertThat(recall("no such topic", handle).code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
        refused(recall(TOPIC, "no handle!"), "none of this broker");
        String raw = new String(Base64.getUrlDecoder().decode(handle), StandardCharsets.UTF_8);
        String offset = raw.substring(raw.lastIndexOf(' ') + 1);
        assertThat(offset).isEqualTo("1");
        refused(recall(TOPIC, encoded(raw.replace("broker-a", "broker-b"))), "broker-b");
        refused(recall(TOPIC, encoded(raw.replace(" timed ", " other "))), "no message waits");
        refused(recall(TOPIC, encoded(placed(raw, " 0"))), "no message waits");
        refused(recall(TOPIC, encoded(placed(raw, " -5"))), "no message waits");
        refused(recall(TOPIC, encoded(placed(raw, " 99999999999"))), "no message waits");
        refused(recall(TOPIC, encoded(placed(raw, ""))), "none of this broker");
        clock.addAndGet(1_000);
        await().untilAsserted(() -> assertThat(delivered()).contains("timed"));
        refused(recall(TOPIC, handle), "time has come");
        clock.addAndGet(-1);
        refused(recall(TOPIC, handle), "time has come");
    }

    @Test
    void whatWaitsOutlivesTheLogFileThatItWasIn() throws Exception {
        stop();
        options.put("messageDelayLevel", "1s 30d");
        options.put("fileReservedTime", "1");
        start("small", "65536", "16384");
        sent("makes the topic");
        sent("level", "DELAY", "2");
        sent("timed", "TIMER_DELAY_MS", Long.toString(30 * DAY));
        String handle = send("recalled", "TIMER_DELAY_MS", Long.toString(30 * DAY))
                .fields()
                .get("recallHandle");
        for (int i = 0; i < 20; i++) {
            sent("filler" + i, "p", "v".repeat(8_000));
        }
        Path first = directory.resolve("small/commitlog/00000000000000000000");
        assertThat(first).exists();
        clock.addAndGet(DAY);
        assertThat(producer.ask(RequestCode.DELETE_EXPIRED_COMMITLOG, Map.of()).code())
                .isZero();
        await().untilAsserted(() -> assertThat(first).doesNotExist());
        assertThat(recall(TOPIC, handle).code()).isZero();
        stop();
        forget("small", "delayOffset.json");
        forget("small", "recalledMessages.json");
        start("small", "65536", "16384");
        refused(recall(TOPIC, handle), "recalled before");
        assertThat(producer.maxOffset(TOPIC, QUEUE)).isEqualTo(21);
        clock.addAndGet(29 * DAY);
        await().until(() -> producer.maxOffset(TOPIC, QUEUE) >= 23);
        assertThat(List.of(body(record(21)), body(record(22)))).containsExactlyInAnyOrder("level", "timed");
        assertThat(producer.maxOffset(TOPIC, QUEUE)).isEqualTo(23);
    }

    private static String placed(String raw, String place) {
        return raw.substring(0, raw.lastIndexOf(' ')) + place;
    }

    private static String encoded(String raw) {
        return Base64.getUrlEncoder().encodeToString(raw.getBytes(StandardCharsets.UTF_8));
    }

    /** The store as a kill would leave it; what is newer in the log than in the rest is replayed. */
    private void copyStore(String to) throws IOException {
        Path from = directory.resolve("store");
        for (String part : List.of("config", "consumequeue", "checkpoint", "timer", "written", "abort", "commitlog")) {
            Path source = from.resolve(part);
            if (!Files.exists(source)) {
                continue;
            }
            for (Path file : LiveTree.files(source)) {
                // what replaces a file is renamed to it once it is written
                if (!file.toString().endsWith(".tmp")) {
                    Path target =
                            directory.resolve(to).resolve(from.relativize(file).toString());
                    Files.createDirectories(target.getParent());
                    LiveTree.copy(file, target);
                }
            }
        }
    }

    @Test
    void everyWaitingMessageIsDeliveredOnceWheneverTheBrokerIsKilled() throws Exception {
        long seed = 20261121;
        Random random = new Random(seed);
        options.put("checkpointIntervalMillis", "50");
        stop();
        start("store");
        List<String> all = new ArrayList<>();
        List<String> copies = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            String body = "m" + i;
            switch (random.nextInt(3)) {
                case 0 -> sent(body, "DELAY", Integer.toString(1 + random.nextInt(3)));
                case 1 -> sent(body, "TIMER_DELAY_MS", Integer.toString(1 + random.nextInt(12_000)));
                default -> sent(body);
            }
            all.add(body);
            clock.addAndGet(random.nextInt(300));
            if (i % 30 == 29) {
                copyStore("copy" + i);
                copies.add(i + " " + clock.get());
            }
        }
        long end = clock.get() + 20_000;
        for (String copy : copies) {
            int count = Integer.parseInt(copy.substring(0, copy.indexOf(' ')));
            stop();
            clock.set(Long.parseLong(copy.substring(copy.indexOf(' ') + 1)));
            start("copy" + count);
            clock.set(end);
            await("seed " + seed + ", killed after " + count)
                    .untilAsserted(() ->
                            assertThat(delivered()).containsExactlyInAnyOrderElementsOf(all.subList(0, count + 1)));
        }
    }
}
