package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.fulmar.client.Patience.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.PullRequest;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.message.MessageProperties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What consumers make of all that a broker can answer and ask, against one that says what it is told to. */
@Timeout(120)
class BrokerAnswersTest {
    private final Received received = new Received();
    private final List<AutoCloseable> open = new ArrayList<>();
    private ScriptedBroker broker;
    private ClientInstance client;

    @BeforeEach
    void start() throws Exception {
        broker = new ScriptedBroker();
        client = broker.client();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        client.close();
        broker.close();
    }

    private PushConsumer.Builder builder(ConsumerOptions options) {
        return PushConsumer.builder(client, "G")
                .subscribe(ScriptedBroker.TOPIC, "*")
                .options(options.startAt(StartPosition.FIRST));
    }

    private PushConsumer consumer(ConsumerOptions options) throws Exception {
        PushConsumer consumer = builder(options).concurrent(received).start();
        open.add(consumer);
        return consumer;
    }

    /** Messages 0 to {@code end}, as far as a pull asks; then it waits. */
    private static void upTo(org.fulmar.protocol.transport.Request request, long end) {
        long from = PullRequest.decode(request.frame()).queueOffset();
        if (from < end) {
            ScriptedBroker.found(request, from, (int) (end - from), 0);
        } else {
            request.park();
        }
    }

    @Test
    void aBrokerWithoutLocksIsConsumedAllTheSame() throws Exception {
        broker.on(RequestCode.LOCK_BATCH_MQ, request -> request.answer(3, "no such request"))
                .on(RequestCode.PULL_MESSAGE, request -> upTo(request, 3));
        consumer(new ConsumerOptions());
        await().until(() -> received.messages.size() == 3);
        assertThat(received.bodies()).containsExactlyInAnyOrder("0", "1", "2");
    }

    @Test
    void anOrderedConsumerWaitsForALock() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicLong pulledBefore = new AtomicLong();
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 3)).on(RequestCode.LOCK_BATCH_MQ, request -> {
            if (asked.incrementAndGet() < 3) {
                ScriptedBroker.json(request, "{\"lockOKMQSet\":[]}");
            } else {
                pulledBefore.set(broker.count(RequestCode.PULL_MESSAGE));
                ScriptedBroker.json(
                        request, "{\"lockOKMQSet\":[{\"brokerName\":\"a\",\"queueId\":0,\"topic\":\"T\"}]}");
            }
        });
        open.add(builder(new ConsumerOptions()).ordered(received).start());
        await().until(() -> received.messages.size() == 3);
        assertThat(pulledBefore).hasValue(0);
        assertThat(received.bodies()).containsExactly("0", "1", "2");
    }

    @Test
    void aQueueGoesOnWhereTheBrokerMovesIt() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> {
            long from = PullRequest.decode(request.frame()).queueOffset();
            if (from < 500) {
                ScriptedBroker.pulled(request, ResponseCode.PULL_OFFSET_MOVED, 500, 0, Unpooled.EMPTY_BUFFER);
            } else {
                upTo(request, 502);
            }
        });
        consumer(new ConsumerOptions());
        await().until(() -> received.messages.size() == 2);
        assertThat(received.bodies()).containsExactlyInAnyOrder("500", "501");
    }

    @Test
    void aReplicaThatIsBehindDoesNotMoveTheQueue() throws Exception {
        AtomicInteger pulls = new AtomicInteger();
        broker.on(RequestCode.PULL_MESSAGE, request -> {
            switch (pulls.incrementAndGet()) {
                case 1 -> ScriptedBroker.found(request, 0, 1, 1);
                case 2 -> ScriptedBroker.pulled(request, ResponseCode.PULL_OFFSET_MOVED, 0, 0, Unpooled.EMPTY_BUFFER);
                default -> upTo(request, 3);
            }
        });
        consumer(new ConsumerOptions());
        await().until(() -> received.messages.size() == 3);
        assertThat(received.bodies()).containsExactlyInAnyOrder("0", "1", "2");
    }

    @Test
    void whatTheFilterPassedOverIsCommittedToo() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> {
            if (PullRequest.decode(request.frame()).queueOffset() < 40) {
                ScriptedBroker.pulled(request, ResponseCode.PULL_RETRY_IMMEDIATELY, 40, 0, Unpooled.EMPTY_BUFFER);
            } else {
                request.park();
            }
        });
        consumer(new ConsumerOptions().commitEvery(Duration.ofMillis(20)));
        await().until(() -> broker.committed.get() == 40);
    }

    @Test
    void aBrokerThatLetsNoPullWaitIsNotAskedWithoutPause() throws Exception {
        broker.on(
                RequestCode.PULL_MESSAGE,
                request -> ScriptedBroker.pulled(request, ResponseCode.PULL_NOT_FOUND, 0, 0, Unpooled.EMPTY_BUFFER));
        long start = System.nanoTime();
        consumer(new ConsumerOptions());
        await().pollDelay(Duration.ofMillis(500)).until(() -> broker.count(RequestCode.PULL_MESSAGE) > 2);
        long pulls = broker.count(RequestCode.PULL_MESSAGE);
        // there are 200 ms between two, or 50 where the answer took so long that the pull may have waited
        assertThat(pulls).isLessThan(3 + (System.nanoTime() - start) / 50_000_000);
    }

    @Test
    void aBrokerThatForgotTheGroupIsToldOfItAgain() throws Exception {
        AtomicInteger pulls = new AtomicInteger();
        broker.on(RequestCode.PULL_MESSAGE, request -> {
            if (pulls.incrementAndGet() == 1) {
                broker.codes.clear();
            }
            if (broker.codes.contains(RequestCode.HEART_BEAT)) {
                upTo(request, 1);
            } else {
                request.answer(ResponseCode.SUBSCRIPTION_NOT_EXIST, "who are you?");
            }
        });
        consumer(new ConsumerOptions());
        await().until(() -> received.messages.size() == 1);
    }

    @Test
    void whatABrokerCannotTakeBackIsSentToTheRetryTopic() throws Exception {
        List<SendRequest> sent = new CopyOnWriteArrayList<>();
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 1))
                .on(RequestCode.CONSUMER_SEND_MSG_BACK, request -> request.answer(1, "no such message"))
                .on(RequestCode.SEND_MESSAGE_V2, request -> {
                    sent.add(SendRequest.decode(request.frame()));
                    request.answer(0, Map.of());
                });
        PushConsumer consumer = builder(new ConsumerOptions())
                .concurrent((messages, context) -> ConsumeResult.RETRY_LATER)
                .start();
        open.add(consumer);
        await().until(() -> sent.size() == 1 && consumer.held() == 0);
        SendRequest retry = sent.get(0);
        assertThat(retry.topic()).isEqualTo("%RETRY%G");
        assertThat(retry.reconsumeTimes()).isOne();
        assertThat(MessageProperties.parse(String.valueOf(retry.properties())))
                .containsEntry(MessageProperties.RETRY_TOPIC, "T")
                .containsEntry(MessageProperties.DELAY, "3")
                .containsEntry(MessageProperties.UNIQ_KEY, "U0");
    }

    @Test
    void aListenerThatTakesTooLongHasItsMessageSentBackWithoutHoldingUpTheQueue() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        List<Long> back = new CopyOnWriteArrayList<>();
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 2))
                .on(RequestCode.CONSUMER_SEND_MSG_BACK, request -> {
                    back.add(Fields.of(request.frame()).number("offset"));
                    request.answer(0, Map.of());
                });
        PushConsumer consumer = builder(new ConsumerOptions().consumeTimeout(Duration.ofMillis(100)))
                .concurrent((messages, context) -> {
                    if (Received.body(messages.get(0)).equals("0")) {
                        never.await();
                    }
                    return ConsumeResult.SUCCESS;
                })
                .start();
        open.add(consumer);
        await().until(() -> back.contains(0L) && consumer.held() == 0);
        never.countDown();
        consumer.close();
        assertThat(broker.committed).hasValue(2);
        // the other one's listener seems slow too, if it is looked after while this machine stalls
        assertThat(back).containsOnlyOnce(0L);
    }

    @Test
    void aLostLockEndsWhatHasNotBegunAndTheQueueGoesOnWhenItIsBack() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 20));
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        PushConsumer consumer = builder(new ConsumerOptions().threads(2, 2).queueMessages(20))
                .concurrent((messages, context) -> {
                    begun.countDown();
                    go.await();
                    return received.consume(messages, context);
                })
                .start();
        open.add(consumer);
        begun.await();
        // no pull is under way that could tell of it: 20 is all that may be held
        broker.disconnect();
        await().until(() -> consumer.held() == 2);
        go.countDown();
        await().until(() -> received.messages.size() == 20);
        assertThat(received.bodies()).doesNotHaveDuplicates();
    }

    @Test
    void anOffsetThatAnotherCommittedMeanwhileIsNotTakenBack() throws Exception {
        AtomicLong end = new AtomicLong(2);
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, end.get()));
        // it does not commit by itself what was committed here for it
        consumer(new ConsumerOptions().commitEvery(Duration.ofMinutes(5)));
        await().until(() -> received.messages.size() == 2);
        broker.committed.set(10);
        end.set(12);
        broker.disconnect();
        await().until(() -> received.messages.size() == 4);
        assertThat(received.bodies()).containsExactlyInAnyOrder("0", "1", "10", "11");
    }

    private static Stream<Arguments> bounds() {
        return Stream.of(
                Arguments.of("queueMessages", new ConsumerOptions().queueMessages(5), 5),
                Arguments.of("queueBytes", new ConsumerOptions().queueBytes(5), 5),
                Arguments.of("queueSpan", new ConsumerOptions().queueSpan(5), 6),
                Arguments.of("topicMessages", new ConsumerOptions().topicMessages(5), 5),
                Arguments.of("topicBytes", new ConsumerOptions().topicBytes(5), 5));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bounds")
    void noMoreIsPulledThanTheBoundAllowsAndItGoesOnWhenThereIsRoom(String name, ConsumerOptions options, int most)
            throws Exception {
        // one message with each pull, of one byte
        broker.on(RequestCode.PULL_MESSAGE, request -> {
            long from = PullRequest.decode(request.frame()).queueOffset();
            upTo(request, Math.min(from + 1, 9));
        });
        CountDownLatch go = new CountDownLatch(1);
        PushConsumer consumer = builder(options.threads(1, 1))
                .concurrent((messages, context) -> {
                    go.await();
                    return received.consume(messages, context);
                })
                .start();
        open.add(consumer);
        await().until(() -> consumer.held() == most);
        await().during(Duration.ofMillis(50)).until(() -> consumer.held() == most);
        go.countDown();
        await().until(() -> received.messages.size() == 9);
    }

    // --- What brokers ask --------------------------------------------------------------------------------------

    private JsonNode askForJson(int code, Map<String, String> fields, byte[] body) throws Exception {
        Frame answer = broker.ask(code, fields, body);
        assertThat(answer.code()).as(String.valueOf(answer.remark())).isZero();
        byte[] text = new byte[answer.body().readableBytes()];
        answer.body().readBytes(text);
        answer.release();
        return JsonBody.parse(
                QueueNames.rewritten(new String(text, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void anAdministratorsResetMovesTheQueue() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 10));
        consumer(new ConsumerOptions());
        await().until(() -> received.messages.size() == 10);
        for (String table : List.of(
                "{\"offsetTable\":{{\"brokerName\":\"a\",\"queueId\":0,\"topic\":\"T\"}:7}}",
                "{\"offsetTable\":[{\"brokerName\":\"a\",\"queueId\":0,\"topic\":\"T\",\"offset\":7}]}")) {
            received.messages.clear();
            broker.ask(
                            RequestCode.RESET_CONSUMER_CLIENT_OFFSET,
                            Map.of("topic", "T", "group", "G", "timestamp", "0", "isForce", "true"),
                            table.getBytes(StandardCharsets.UTF_8))
                    .release();
            await().until(() -> received.messages.size() == 3);
            assertThat(received.bodies()).containsExactlyInAnyOrder("7", "8", "9");
        }
    }

    @Test
    void administratorsSeeHowFarAConsumerIsAndHowItIsDoing() throws Exception {
        broker.on(RequestCode.PULL_MESSAGE, request -> upTo(request, 10));
        PushConsumer consumer = consumer(new ConsumerOptions());
        await().until(() -> received.messages.size() == 10 && consumer.held() == 0);
        JsonNode status = askForJson(
                RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, Map.of("topic", "T", "group", "G"), new byte[0]);
        assertThat(status.path("messageQueueTable").elements().next().asLong()).isEqualTo(10);

        JsonNode info = askForJson(
                RequestCode.GET_CONSUMER_RUNNING_INFO,
                Map.of("consumerGroup", "G", "clientId", "me", "jstackEnable", "true"),
                new byte[0]);
        assertThat(info.path("properties").path("PROP_CONSUME_TYPE").asText()).isEqualTo("CONSUME_PASSIVELY");
        assertThat(info.path("jstack").asText()).contains("fulmar-consumer-G");
        assertThat(info.path("subscriptionSet")).hasSize(2);
        JsonNode rates = info.path("statusTable").path("T");
        assertThat(rates.path("consumeOKTPS").asDouble()).isCloseTo(10 / 60.0, within(1e-9));
        assertThat(rates.path("pullTPS").asDouble()).isCloseTo(10 / 60.0, within(1e-9));
        assertThat(rates.path("consumeRT").asDouble()).isPositive();
        assertThat(rates.path("pullRT").asDouble()).isPositive();
        assertThat(rates.path("consumeFailedMsgs").asLong(-1)).isZero();
        JsonNode queue = info.path("mqTable").elements().next();
        assertThat(queue.path("commitOffset").asLong()).isEqualTo(10);
        assertThat(queue.path("locked").asBoolean()).isTrue();
    }

    @Test
    void anAdministratorHasAMessageConsumedNow() throws Exception {
        consumer(new ConsumerOptions());
        Map<String, String> fields = Fields.write()
                .put("consumerGroup", "G")
                .put("clientId", "me")
                .put("brokerName", "a")
                .put("msgId", "x")
                .map();
        byte[] record = new byte[ScriptedBroker.record(42).remaining()];
        ScriptedBroker.record(42).get(record);
        JsonNode result = askForJson(RequestCode.CONSUME_MESSAGE_DIRECTLY, fields, record);
        assertThat(result.path("consumeResult").asText()).isEqualTo("CR_SUCCESS");
        assertThat(received.bodies()).containsExactly("42");
        Frame refused = broker.ask(RequestCode.CONSUME_MESSAGE_DIRECTLY, fields, new byte[] {1, 2, 3});
        assertThat(refused.code()).isEqualTo(ResponseCode.INVALID_PARAMETER);
        refused.release();
    }

    @Test
    void tablesWithQueuesForNamesAreReadHoweverTheyAreWritten() {
        MessageQueue odd = new MessageQueue("T{}\"\\,:", "b{", 3);
        String table = "{ \"x\" : [ { \"y\" : \"{\" } ] , \"offsetTable\" : "
                + QueueNames.table(Map.of(odd, com.fasterxml.jackson.databind.node.LongNode.valueOf(5))) + " }";
        assertThat(QueueNames.offsets(table.getBytes(StandardCharsets.UTF_8))).containsExactly(Map.entry(odd, 5L));
    }
}
