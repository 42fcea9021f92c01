package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that consumers send back, on the wire of a real broker, whose clock the test sets. */
@Timeout(180)
class SendBackTest {
    private static final String TOPIC = "orders";
    private static final String RETRY = "%RETRY%g";
    private static final String DEAD = "%DLQ%g";

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private final Map<String, String> options = new TreeMap<>();
    private Broker broker;
    private NativeProducer producer;

    @BeforeEach
    void start() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "1048576");
        options.put("maxMessageSize", "65536");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
        producer = new NativeProducer(broker.address(), "p");
    }

    @AfterEach
    void stop() throws Exception {
        producer.close();
        broker.close();
    }

    private MessageRecord sent(String body, Map<String, String> properties) throws Exception {
        Answer answer = producer.send(TOPIC, body, 0, properties);
        assertThat(answer.code()).as(answer.remark()).isZero();
        return Objects.requireNonNull(
                producer.read(TOPIC, 1, Long.parseLong(answer.fields().get("queueOffset"))));
    }

    private Answer back(long offset, int level, String... more) throws Exception {
        Map<String, String> fields = new HashMap<>();
        fields.put("offset", Long.toString(offset));
        fields.put("group", "g");
        fields.put("delayLevel", Integer.toString(level));
        fields.put("originTopic", TOPIC);
        for (int i = 0; i < more.length; i += 2) {
            fields.put(more[i], more[i + 1]);
        }
        return producer.ask(RequestCode.CONSUMER_SEND_MSG_BACK, fields);
    }

    private void taken(Answer answer) {
        assertThat(answer.code()).as(answer.remark()).isZero();
    }

    private MessageRecord awaitRecord(String topic, long offset) {
        await().until(() -> producer.maxOffset(topic, 0) > offset);
        try {
            assertThat(producer.maxOffset(topic, 0)).isEqualTo(offset + 1);
            return Objects.requireNonNull(producer.read(topic, 0, offset));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> properties(MessageRecord record) {
        return MessageProperties.parse(record.propertyBytes());
    }

    @Test
    void aMessageComesAgainLaterEachTimeAndThenIsADeadLetter() throws Exception {
        MessageRecord first = sent("bad", Map.of("TAGS", "t", "own", "kept", "TIMER_DELAY_MS", "0"));
        MessageRecord last = first;
        long[] waits = {10_000, 30_000, 60_000};
        for (int i = 0; i < 3; i++) {
            taken(back(last.physicalOffset(), 0, "maxReconsumeTimes", "3"));
            clock.addAndGet(waits[i] - 1);
            assertThat(producer.maxOffset(RETRY, 0)).isEqualTo(i);
            clock.addAndGet(1);
            last = awaitRecord(RETRY, i);
            assertThat(last.reconsumeTimes()).isEqualTo(i + 1);
            assertThat(properties(last))
                    .containsEntry("DELAY", Integer.toString(3 + i))
                    .containsEntry("RETRY_TOPIC", TOPIC)
                    .containsEntry("ORIGIN_MESSAGE_ID", new MessageId(first.storeHost(), first.physicalOffset()).text())
                    .containsEntry("REAL_TOPIC", RETRY)
                    .containsEntry("REAL_QID", "0")
                    .containsEntry("WAIT", "false")
                    .containsEntry("UNIQ_KEY", "bad")
                    .containsEntry("TAGS", "t")
                    .containsEntry("own", "kept")
                    .doesNotContainKeys("TIMER_OUT_MS", "TIMER_DELAY_MS");
        }
        taken(back(last.physicalOffset(), 0, "maxReconsumeTimes", "3"));
        MessageRecord dead = awaitRecord(DEAD, 0);
        assertThat(new String(dead.bodyBytes(), StandardCharsets.UTF_8)).isEqualTo("bad");
        assertThat(dead.reconsumeTimes()).isEqualTo(4);
        assertThat(dead.bornTimestamp()).isEqualTo(first.bornTimestamp());
        assertThat(dead.flag()).isEqualTo(first.flag());
        assertThat(properties(dead)).containsEntry("DELAY", "0").containsEntry("RETRY_TOPIC", TOPIC);
        clock.addAndGet(7_200_000);
        assertThat(producer.maxOffset(RETRY, 0)).isEqualTo(3);
    }

    @Test
    void sixteenTriesAreRocketMqsDefaultAndTheLadderEndsAtItsTop() throws Exception {
        MessageRecord last = sent("bad", Map.of());
        for (int i = 0; i < 16; i++) {
            taken(back(last.physicalOffset(), 0));
            clock.addAndGet(7_200_000);
            last = awaitRecord(RETRY, i);
            assertThat(properties(last)).containsEntry("DELAY", Integer.toString(Math.min(18, 3 + i)));
        }
        assertThat(producer.maxOffset(DEAD, 0)).isEqualTo(-1);
        taken(back(last.physicalOffset(), 0));
        awaitRecord(DEAD, 0);
    }

    @Test
    void theClientMayNameTheLevelOrGiveUp() throws Exception {
        MessageRecord message = sent("m", Map.of());
        taken(back(message.physicalOffset(), 1));
        clock.addAndGet(1_000);
        assertThat(properties(awaitRecord(RETRY, 0))).containsEntry("DELAY", "1");
        taken(back(message.physicalOffset(), -1));
        awaitRecord(DEAD, 0);
    }

    @Test
    void theGroupSaysHowOftenAndWhetherAtAll() throws Exception {
        MessageRecord message = sent("m", Map.of());
        byte[] none = "{\"groupName\":\"g\",\"retryMaxTimes\":0}".getBytes(StandardCharsets.UTF_8);
        NativeProducer.answer(producer.start(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, Map.of(), none));
        taken(back(message.physicalOffset(), 0));
        awaitRecord(DEAD, 0);
        byte[] dropped = "{\"groupName\":\"g\",\"retryQueueNums\":0}".getBytes(StandardCharsets.UTF_8);
        NativeProducer.answer(producer.start(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, Map.of(), dropped));
        taken(back(message.physicalOffset(), 0));
        clock.addAndGet(7_200_000);
        assertThat(producer.maxOffset(RETRY, 0)).isEqualTo(-1);
        assertThat(producer.maxOffset(DEAD, 0)).isEqualTo(1);
    }

    @Test
    void whatWasSentBackSurvivesARestart() throws Exception {
        MessageRecord message = sent("m", Map.of());
        taken(back(message.physicalOffset(), 0));
        stop();
        start();
        clock.addAndGet(10_000);
        assertThat(awaitRecord(RETRY, 0).reconsumeTimes()).isEqualTo(1);
    }

    @Test
    void whatIsNoMessageOfAConsumerIsRefused() throws Exception {
        MessageRecord message = sent("m", Map.of());
        NativeProducer.Half half = producer.prepare(TOPIC, "half");
        for (long offset : new long[] {-1, 99_999_999, message.physicalOffset() + 1, half.logOffset(), 0}) {
            Answer answer = back(offset, 0);
            assertThat(answer.code()).as("offset " + offset).isEqualTo(ResponseCode.SYSTEM_ERROR);
            assertThat(answer.remark()).contains(Long.toString(offset));
        }
        stop();
        options.put("autoCreateSubscriptionGroup", "false");
        start();
        Answer unknown = back(message.physicalOffset(), 0, "group", "unknown");
        assertThat(unknown.code()).isEqualTo(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
        assertThat(unknown.remark()).contains("unknown");
    }

    /** As a consumer whose request 36 has failed, and one that consumes in order. */
    private Answer sendRetry(int times, int max, Map<String, String> more) throws Exception {
        Map<String, String> properties = new LinkedHashMap<>(more);
        properties.put("RETRY_TOPIC", TOPIC);
        SendRequest send = new SendRequest(
                "CLIENT_INNER_PRODUCER",
                RETRY,
                "TBW102",
                4,
                0,
                0,
                1,
                0,
                MessageProperties.format(properties),
                times,
                max,
                false);
        return NativeProducer.answer(
                producer.start(RequestCode.SEND_MESSAGE_V2, send.fields(), "again".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aConsumersOwnSendToTheRetryTopicWaitsOrIsADeadLetter() throws Exception {
        taken(sendRetry(3, 3, Map.of("DELAY", "5")));
        clock.addAndGet(60_000);
        assertThat(awaitRecord(RETRY, 0).reconsumeTimes()).isEqualTo(3);
        taken(sendRetry(4, 3, Map.of("DELAY", "6", "TIMER_DELAY_MS", "5000")));
        MessageRecord dead = awaitRecord(DEAD, 0);
        assertThat(dead.reconsumeTimes()).isEqualTo(4);
        assertThat(properties(dead)).containsEntry("DELAY", "0");
        assertThat(producer.maxOffset(RETRY, 0)).isEqualTo(1);
    }

    @Test
    void theLastTryOfAConsumerInOrderIsADeadLetter() throws Exception {
        sent("makes the topic", Map.of());
        try (NativeConsumer ordered = new NativeConsumer(broker.address(), "g", "c")) {
            ordered.heartbeat(TOPIC);
            assertThat(ordered.lock(TOPIC, 0)).hasSize(1);
            taken(sendRetry(2, 3, Map.of("DELAY", "1")));
            clock.addAndGet(1_000);
            awaitRecord(RETRY, 0);
            taken(sendRetry(3, 3, Map.of("DELAY", "6")));
            awaitRecord(DEAD, 0);
            ordered.unlock(TOPIC, 0);
            taken(sendRetry(3, 3, Map.of("DELAY", "1")));
            clock.addAndGet(1_000);
            awaitRecord(RETRY, 1);
        }
    }
}
