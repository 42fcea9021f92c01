package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.NativeProducer.COMMIT;
import static org.fulmar.broker.server.NativeProducer.ROLLBACK;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.server.NativeProducer.Check;
import org.fulmar.broker.server.NativeProducer.Half;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.message.MessageBatch;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions of RocketMQ producers on the wire of a real broker, whose clock the test sets. */
@Timeout(180)
class NativeTransactionsTest {
    private static final String TOPIC = "orders";
    private static final int QUEUE = 1;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private final AtomicInteger checkBacks = new AtomicInteger();
    private final Probe probe = point -> {
        if (point == Probe.Point.CHECK_BACK) {
            checkBacks.incrementAndGet();
        }
    };
    private final Map<String, String> options = new TreeMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Broker broker;
    private NativeProducer producer;

    @BeforeEach
    void start() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        options.put("transactionCheckMax", "2");
        options.put("maxHalfMessages", "5");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false, probe).start();
        producer = producer("g");
        assertThat(producer.send(TOPIC, "makes the topic", 0, Map.of()).code()).isZero();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        broker.close();
    }

    private NativeProducer producer(String group) throws Exception {
        NativeProducer made = new NativeProducer(broker.address(), group);
        open.add(made);
        return made;
    }

    /** Once from the checkpoint, once from the log alone. */
    private void restartTwice() throws Exception {
        stop();
        open.clear();
        start();
        stop();
        open.clear();
        Path config = directory.resolve("config");
        assertThat(Files.deleteIfExists(config.resolve("halfMessages"))).isTrue();
        Files.deleteIfExists(config.resolve("halfMessages.bak"));
        start();
    }

    private long messages() throws Exception {
        return producer.maxOffset(TOPIC, QUEUE);
    }

    private static void told(Answer answer, int code, String part) {
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).as(answer.remark()).isEqualTo(code);
    }

    private JsonNode listed(String max, long after) throws Exception {
        Answer answer = producer.ask(JmsCode.ADMIN_HALF_MESSAGES, Map.of("max", max, "after", Long.toString(after)));
        assertThat(answer.code()).as(answer.remark()).isZero();
        return answer.json();
    }

    @Test
    void preparedMessageIsInTheHalfTopicAloneAndTheAnswerSaysWhere() throws Exception {
        long before = messages();
        Answer answer = producer.send(
                TOPIC,
                "m1",
                4,
                Map.of(
                        "TRAN_MSG",
                        "true",
                        "PGROUP",
                        "g",
                        "TAGS",
                        "t",
                        "DELAY",
                        "3",
                        "_jms_tx",
                        "1",
                        "TIMER_DELAY_MS",
                        "9"));
        assertThat(answer.code()).isZero();
        assertThat(answer.fields()).containsEntry("queueId", "1").containsEntry("transactionId", "m1");
        assertThat(messages()).isEqualTo(before);
        Half half = Half.of(answer);
        MessageRecord record = Objects.requireNonNull(producer.read(HalfMessages.TOPIC, 0, half.queueOffset()));
        assertThat(record.physicalOffset()).isEqualTo(half.logOffset());
        assertThat(SysFlag.transaction(record.sysFlag())).isZero();
        assertThat(MessageProperties.parse(record.propertyBytes()))
                .containsEntry("REAL_TOPIC", TOPIC)
                .containsEntry("REAL_QID", "1")
                .containsEntry("__transactionId__", "m1")
                .containsEntry("TAGS", "t")
                .doesNotContainKeys("DELAY", "TIMER_DELAY_MS", "_jms_tx");
    }

    @Test
    void preparedBitsAloneMakeAHalfMessageOfTheSendersGroup() throws Exception {
        Answer answer = producer.send(TOPIC, "m", 4, Map.of());
        assertThat(producer.end(Half.of(answer), COMMIT).code()).isZero();
        MessageRecord record = Objects.requireNonNull(producer.read(TOPIC, QUEUE, messages() - 1));
        assertThat(MessageProperties.parse(record.propertyBytes())).containsEntry("PGROUP", "g");
    }

    @Test
    void committedMessageIsThereOnceHoweverOftenItIsCommitted() throws Exception {
        long before = messages();
        Half half = producer.prepare(TOPIC, "m", Map.of("colour", "red"));
        List<CompletableFuture<Frame>> started = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            started.add(producer.start(
                    RequestCode.END_TRANSACTION, producer.ending(half, COMMIT, i % 2 == 0), new byte[0]));
        }
        for (CompletableFuture<Frame> each : started) {
            assertThat(NativeProducer.answer(each).code()).isZero();
        }
        told(producer.end(half, ROLLBACK), ResponseCode.SYSTEM_ERROR, "committed");
        assertThat(messages()).isEqualTo(before + 1);
        MessageRecord record = Objects.requireNonNull(producer.read(TOPIC, QUEUE, before));
        assertThat(SysFlag.transaction(record.sysFlag())).isEqualTo(SysFlag.TRANSACTION_COMMIT);
        assertThat(record.preparedTransactionOffset()).isEqualTo(half.logOffset());
        assertThat(new String(record.bodyBytes(), StandardCharsets.UTF_8)).isEqualTo("m");
        assertThat(MessageProperties.parse(record.propertyBytes()))
                .containsEntry("TRAN_MSG", "true")
                .containsEntry("PGROUP", "g")
                .containsEntry("__transactionId__", "m")
                .containsEntry("colour", "red")
                .doesNotContainKeys("REAL_TOPIC", "REAL_QID");
        restartTwice();
        assertThat(listed("10", -1).path("total").asInt()).isZero();
        producer.end(half, COMMIT);
        assertThat(messages()).as("two more are of the restarts").isEqualTo(before + 3);
    }

    @Test
    void rolledBackMessageStaysSoAlsoAfterARestart() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        long before = messages();
        assertThat(producer.end(half, ROLLBACK).code()).isZero();
        assertThat(producer.end(half, ROLLBACK).code()).isZero();
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "rolled back");
        assertThat(messages()).isEqualTo(before);
        MessageRecord op = Objects.requireNonNull(producer.read(HalfMessages.OP_TOPIC, 0, 0));
        assertThat(op.property(MessageProperties.name("TAGS"))).isEqualTo("d");
        assertThat(new String(op.bodyBytes(), StandardCharsets.UTF_8)).isEqualTo(Long.toString(half.queueOffset()));
        restartTwice();
        assertThat(listed("10", -1).path("total").asInt()).isZero();
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "ended");
    }

    @Test
    void oneWayOutcomesCountAsWell() throws Exception {
        long before = messages();
        producer.endOneWay(producer.prepare(TOPIC, "no"), ROLLBACK);
        producer.endOneWay(producer.prepare(TOPIC, "yes"), COMMIT);
        await().until(() -> messages() == before + 1);
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void outcomeOfAnotherGroupOrWithAnotherPlaceIsRefusedAndChangesNothing() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        Answer plain = producer.send(TOPIC, "plain", 0, Map.of());
        NativeProducer stranger = producer("other");
        told(stranger.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "none of producer group other");
        told(
                producer.end(new Half(half.logOffset(), half.queueOffset() + 1, ""), COMMIT),
                ResponseCode.SYSTEM_ERROR,
                "queue offset");
        for (long place : new long[] {
            -1,
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            half.logOffset() + 1,
            half.logOffset() - 4,
            Half.of(plain).logOffset(),
            0
        }) {
            told(producer.end(new Half(place, half.queueOffset(), ""), COMMIT), ResponseCode.SYSTEM_ERROR, "no half");
        }
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(1);
        assertThat(producer.end(half, 0).code()).as("unknown").isZero();
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(1);
        assertThat(producer.end(half, COMMIT).code()).isZero();
    }

    @Test
    void garbledOutcomesAreToldAndChangeNothing() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        Random random = new Random(7);
        String[] values = {"", "x", "4", "-1", "99999999999999999999", "8 ", "\u0001", "NaN", "1e3"};
        for (int i = 0; i < 200; i++) {
            Map<String, String> fields = producer.ending(half, COMMIT, false);
            List<String> names =
                    List.of("producerGroup", "commitLogOffset", "tranStateTableOffset", "commitOrRollback");
            String name = names.get(random.nextInt(names.size()));
            if (random.nextInt(4) == 0) {
                fields.remove(name);
            } else {
                fields.put(name, values[random.nextInt(values.length)]);
            }
            assertThat(producer.ask(RequestCode.END_TRANSACTION, fields).code())
                    .as("%s", fields)
                    .isIn(ResponseCode.INVALID_PARAMETER, ResponseCode.SYSTEM_ERROR);
        }
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(1);
        assertThat(producer.end(half, COMMIT).code()).isZero();
    }

    @Test
    void batchMayNotBeTransactional() throws Exception {
        byte[] transactional = "TRAN_MSG\u0001true\u0002".getBytes(StandardCharsets.US_ASCII);
        for (int kind = 0; kind < 3; kind++) {
            ByteBuf body = Unpooled.buffer();
            byte[] properties = kind == 0 ? transactional : new byte[0];
            MessageBatch.write(body, 0, properties, Unpooled.wrappedBuffer(new byte[] {1}));
            SendRequest send = new SendRequest(
                    "g",
                    TOPIC,
                    "TBW102",
                    4,
                    1,
                    kind == 1 ? SysFlag.TRANSACTION_PREPARED : 0,
                    1,
                    0,
                    kind == 2 ? new String(transactional, StandardCharsets.US_ASCII) : "",
                    0,
                    16,
                    true);
            Answer answer = NativeProducer.answer(
                    producer.start(RequestCode.SEND_BATCH_MESSAGE, send.fields(), ByteBufUtil.getBytes(body)));
            told(answer, ResponseCode.MESSAGE_ILLEGAL, "batch");
        }
        told(producer.send(TOPIC, "m", SysFlag.TRANSACTION_COMMIT, Map.of()), ResponseCode.MESSAGE_ILLEGAL, "prepared");
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void whatCouldNotBeCommittedIsNotPrepared() throws Exception {
        Map<String, String> large = new TreeMap<>(Map.of("TRAN_MSG", "true", "PGROUP", "g"));
        for (int size = 32_300; size < 32_767; size += 7) {
            large.put("x", "y".repeat(size));
            Answer answer = producer.send(TOPIC, "m", 4, large);
            if (answer.code() != 0) {
                told(answer, ResponseCode.MESSAGE_ILLEGAL, "properties");
                return;
            }
            assertThat(producer.end(Half.of(answer), COMMIT).code()).isZero();
        }
        throw new AssertionError("every size was taken");
    }

    @Test
    void noMoreHalfMessagesAreTakenThanTheOptionAllows() throws Exception {
        Half first = producer.prepare(TOPIC, "m0");
        for (int i = 1; i < 5; i++) {
            producer.prepare(TOPIC, "m" + i);
        }
        told(producer.send(TOPIC, "m5", 4, Map.of("TRAN_MSG", "true")), ResponseCode.SYSTEM_BUSY, "maxHalfMessages");
        assertThat(producer.end(first, ROLLBACK).code()).isZero();
        producer.prepare(TOPIC, "m5");
    }

    @Test
    void lateOutcomeOfAMessageThatSetATimeForItIsRefusedUnlessItWasAskedFor() throws Exception {
        Half half = producer.prepare(TOPIC, "m", Map.of("CHECK_IMMUNITY_TIME_IN_SECONDS", "30"));
        clock.addAndGet(29_000);
        assertThat(producer.end(half, 0).code()).isZero();
        assertThat(checkBacks).hasValue(0);
        clock.addAndGet(2_000);
        told(producer.end(half, COMMIT), ResponseCode.ILLEGAL_OPERATION, "time");
        Check check = producer.awaitCheck();
        assertThat(check.fields()).containsEntry("commitLogOffset", Long.toString(half.logOffset()));
        assertThat(producer.ask(RequestCode.END_TRANSACTION, producer.ending(half, COMMIT, true))
                        .code())
                .isZero();
    }

    @Test
    void committedMessageWhoseTopicIsGoneIsRolledBack() throws Exception {
        producer.send("passing", "makes the topic", 0, Map.of());
        Half half = producer.prepare("passing", "m");
        assertThat(producer.ask(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", "passing"))
                        .code())
                .isZero();
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "does not exist any more");
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void producersOfTheGroupAreAskedInTurnWithTheMessageAsItWasSent() throws Exception {
        NativeProducer second = producer("g");
        second.heartbeat();
        NativeProducer stranger = producer("other");
        stranger.heartbeat();
        Half half = producer.prepare(TOPIC, "m", Map.of("TAGS", "t"));
        clock.addAndGet(5_999);
        producer.heartbeat();
        assertThat(checkBacks).hasValue(0);
        List<NativeProducer> asked = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            clock.addAndGet(i == 1 ? 1 : 60_000);
            await().until(() -> !producer.checks.isEmpty() || !second.checks.isEmpty());
            NativeProducer who = producer.checks.isEmpty() ? second : producer;
            asked.add(who);
            Check check = who.awaitCheck();
            assertThat(checkBacks).hasValue(i);
            assertThat(check.fields())
                    .containsEntry("commitLogOffset", Long.toString(half.logOffset()))
                    .containsEntry("tranStateTableOffset", Long.toString(half.queueOffset()))
                    .containsEntry("msgId", "m")
                    .containsEntry("transactionId", "m")
                    .containsEntry("offsetMsgId", half.offsetId());
            assertThat(check.message().topic()).isEqualTo(TOPIC);
            assertThat(check.message().queueId()).isEqualTo(QUEUE);
            assertThat(check.message().queueOffset()).isEqualTo(half.queueOffset());
            assertThat(check.message().physicalOffset()).isEqualTo(half.logOffset());
            assertThat(check.message().property(MessageProperties.name("TAGS"))).isEqualTo("t");
            assertThat(check.message().intact()).isTrue();
        }
        assertThat(asked).containsExactlyInAnyOrder(producer, second);
        assertThat(stranger.checks).isEmpty();
    }

    @Test
    void checksAreCountedOverARestartAndTheMessageIsKeptAfterTheLast() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        clock.addAndGet(6_000);
        producer.awaitCheck();
        restartTwice();
        assertThat(listed("10", -1).path("halfMessages").path(0).path("checks").asInt())
                .isEqualTo(1);
        producer.heartbeat();
        clock.addAndGet(60_000);
        producer.awaitCheck();
        clock.addAndGet(59_000);
        producer.heartbeat();
        assertThat(producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0)).isZero();
        clock.addAndGet(1_000);
        await().until(() -> producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0) == 1);
        MessageRecord kept = Objects.requireNonNull(producer.read(HalfMessages.GIVEN_UP_TOPIC, 0, 0));
        assertThat(MessageProperties.parse(kept.propertyBytes()))
                .containsEntry("REAL_TOPIC", TOPIC)
                .containsEntry("REAL_QID", "1")
                .containsEntry("TRANSACTION_CHECK_TIMES", "2");
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, HalfMessages.GIVEN_UP_TOPIC);
        restartTwice();
        assertThat(listed("10", -1).path("total").asInt()).isZero();
        assertThat(producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0)).isEqualTo(1);
    }

    @Test
    void withoutAProducerNoCheckCountsUntilTheMessageIsTooOld() throws Exception {
        NativeProducer first = producer("lonely");
        first.prepare(TOPIC, "m");
        first.close();
        open.remove(first);
        await("the broker knows that it is gone")
                .until(() -> producer.ask(RequestCode.GET_PRODUCER_CONNECTION_LIST, Map.of("producerGroup", "lonely"))
                                .code()
                        != ResponseCode.SUCCESS);
        for (int hour = 0; hour < 71; hour++) {
            clock.addAndGet(3_600_000);
            producer.heartbeat();
        }
        assertThat(listed("10", -1).path("halfMessages").path(0).path("checks").asInt(-1))
                .isZero();
        NativeProducer heir = producer("lonely");
        heir.heartbeat();
        clock.addAndGet(60_000);
        heir.awaitCheck();
        clock.addAndGet(3_600_000);
        await().until(() -> producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0) == 1);
        assertThat(checkBacks).hasValue(1);
    }

    @Test
    void administratorSeesHalfMessagesPageByPageAndEndsThem() throws Exception {
        List<Half> halves = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            halves.add(producer.prepare(TOPIC, "m" + i));
        }
        clock.addAndGet(1_000);
        JsonNode page = listed("2", -1);
        assertThat(page.path("total").asInt()).isEqualTo(5);
        assertThat(page.path("halfMessages")).hasSize(2);
        JsonNode first = page.path("halfMessages").path(0);
        assertThat(first.path("logOffset").asLong()).isEqualTo(halves.get(0).logOffset());
        assertThat(first.path("queueOffset").asLong()).isEqualTo(halves.get(0).queueOffset());
        assertThat(first.path("topic").asText()).isEqualTo(TOPIC);
        assertThat(first.path("producerGroup").asText()).isEqualTo("g");
        assertThat(first.path("uniqueKey").asText()).isEqualTo("m0");
        assertThat(first.path("transactionId").asText()).isEqualTo("m0");
        assertThat(first.path("ageMillis").asLong()).isEqualTo(1_000);
        assertThat(first.path("nextCheckInMillis").asLong()).isEqualTo(5_000);
        assertThat(first.path("bodyBytes").asInt()).isEqualTo(2);
        assertThat(first.path("body").asText()).isEqualTo("6d30");
        JsonNode rest = listed("1000000", halves.get(1).logOffset()).path("halfMessages");
        assertThat(rest).hasSize(3);

        long before = messages();
        assertThat(adminEnd(halves.get(0), "true").code()).isZero();
        assertThat(adminEnd(halves.get(1), "false").code()).isZero();
        told(adminEnd(halves.get(2), "maybe"), ResponseCode.INVALID_PARAMETER, "true or false");
        told(adminEnd(new Half(3, 0, ""), "true"), ResponseCode.JMS_TRANSACTION_UNKNOWN, "no half message");
        assertThat(messages()).isEqualTo(before + 1);
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(3);
    }

    private Answer adminEnd(Half half, String commit) throws Exception {
        return producer.ask(
                JmsCode.ADMIN_END_HALF_MESSAGE, Map.of("logOffset", Long.toString(half.logOffset()), "commit", commit));
    }

    @Test
    void messageThatWasGivenUpIsAskedForAgainWhenToldTo() throws Exception {
        producer.prepare(TOPIC, "m");
        for (int i = 0; i < 2; i++) {
            clock.addAndGet(i == 0 ? 6_000 : 60_000);
            producer.awaitCheck();
        }
        clock.addAndGet(60_000);
        await().until(() -> producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0) == 1);
        MessageRecord kept = Objects.requireNonNull(producer.read(HalfMessages.GIVEN_UP_TOPIC, 0, 0));
        String id = new org.fulmar.protocol.message.MessageId(kept.storeHost(), kept.physicalOffset()).text();
        Answer resumed = producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", id));
        assertThat(resumed.code()).as(resumed.remark()).isZero();
        clock.addAndGet(6_000);
        Check check = producer.awaitCheck();
        long before = messages();
        Half half = new Half(
                Long.parseLong(check.fields().get("commitLogOffset")),
                Long.parseLong(check.fields().get("tranStateTableOffset")),
                "");
        assertThat(producer.end(half, COMMIT).code()).isZero();
        assertThat(messages()).isEqualTo(before + 1);
        told(
                producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", "0".repeat(32))),
                ResponseCode.SYSTEM_ERROR,
                "begins at log offset 0");
    }

    @Test
    void bodyThatLooksLikeAMessageThatWasGivenUpIsNotTakenForOne() throws Exception {
        Half before = Half.of(producer.send(TOPIC, "places", 0, Map.of()));
        MessageRecord plain = Objects.requireNonNull(producer.read(TOPIC, QUEUE, messages() - 1));
        // the next record begins behind this one, and its body at the same distance from its beginning
        long bodyAt = before.logOffset() + plain.size() + plain.body().arrayOffset();
        byte[] properties =
                "REAL_TOPIC\u0001rmq_sys_fulmar_facts\u0002REAL_QID\u00010\u0002".getBytes(StandardCharsets.US_ASCII);
        RecordDraft draft = new RecordDraft(HalfMessages.GIVEN_UP_TOPIC, 0, properties, Unpooled.EMPTY_BUFFER);
        ByteBuffer forged = ByteBuffer.allocate(draft.size(new byte[8]));
        draft.write(forged, 0, bodyAt, 0, new byte[8]);
        SendRequest send = new SendRequest("g", TOPIC, "TBW102", 4, 1, 0, 1, 0, "", 0, 16, false);
        Half there = Half.of(
                NativeProducer.answer(producer.start(RequestCode.SEND_MESSAGE_V2, send.fields(), forged.array())));
        assertThat(there.logOffset()).isEqualTo(before.logOffset() + plain.size());
        String id = there.offsetId().substring(0, 16) + String.format("%016X", bodyAt);
        byte[] log = Files.readAllBytes(directory.resolve("commitlog/" + "0".repeat(20)));
        assertThat(Arrays.copyOfRange(log, (int) bodyAt, (int) bodyAt + forged.capacity()))
                .as("a whole record stands there")
                .isEqualTo(forged.array());
        told(
                producer.ask(RequestCode.VIEW_MESSAGE_BY_ID, Map.of("offset", Long.toString(bodyAt))),
                ResponseCode.SYSTEM_ERROR,
                "no message begins at log offset " + bodyAt);
        told(
                producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", id)),
                ResponseCode.SYSTEM_ERROR,
                "neither a half message nor");
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void halfMessageIsAskedForAtOnceWhenToldTo() throws Exception {
        Half half = producer.prepare(TOPIC, "m", Map.of("CHECK_IMMUNITY_TIME_IN_SECONDS", "3600"));
        Answer resumed = producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", half.offsetId()));
        assertThat(resumed.code()).as(resumed.remark()).isZero();
        assertThat(producer.awaitCheck().fields()).containsEntry("offsetMsgId", half.offsetId());
    }

    @Test
    void topicsOfHalfMessagesCantBeChangedDeletedOrSentTo() throws Exception {
        for (String topic : List.of(HalfMessages.TOPIC, HalfMessages.OP_TOPIC, HalfMessages.GIVEN_UP_TOPIC)) {
            Map<String, String> change = Map.of("topic", topic, "readQueueNums", "4", "writeQueueNums", "4");
            told(producer.ask(RequestCode.UPDATE_AND_CREATE_TOPIC, change), ResponseCode.INVALID_PARAMETER, topic);
            told(
                    producer.ask(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", topic)),
                    ResponseCode.INVALID_PARAMETER,
                    topic);
            told(producer.send(topic, "m", 0, Map.of()), ResponseCode.NO_PERMISSION, topic);
            told(producer.send(topic, "m", 4, Map.of("TRAN_MSG", "true")), ResponseCode.NO_PERMISSION, topic);
        }
    }

    @Test
    void strangersAreRefusedWhereNobodyIsLetInWithoutAName() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        stop();
        open.clear();
        Path users = directory.resolve("users");
        Files.writeString(users, "somebody = " + PasswordHash.of("secret").text());
        options.put("usersFile", users.toString());
        options.put("anonymousAllowed", "false");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false, probe).start();
        producer = producer("g");
        told(producer.end(half, COMMIT), ResponseCode.NO_PERMISSION, "anonymous");
        told(adminEnd(half, "true"), ResponseCode.NO_PERMISSION, "anonymous");
        for (int code : new int[] {JmsCode.ADMIN_HALF_MESSAGES, RequestCode.RESUME_CHECK_HALF_MESSAGE}) {
            told(producer.ask(code, Map.of("msgId", half.offsetId())), ResponseCode.NO_PERMISSION, "anonymous");
        }
    }
}
