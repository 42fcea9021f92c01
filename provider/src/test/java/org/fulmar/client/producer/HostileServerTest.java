package org.fulmar.client.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientException.Kind;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.SendResult;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that answer wrongly, late, or not at all: each send ends, in time and with the right failure. */
@Timeout(120)
class HostileServerTest {
    private static final String STORED =
            "{\"msgId\":\"7F00000100002A9F0000000000000001\",\"queueId\":\"1\"," + "\"queueOffset\":\"5\"}";
    private static final Message MESSAGE = Message.of("T", new byte[] {1});

    private static ClientConfig config(ScriptedServer nameServer) {
        return ClientConfig.of(nameServer.address())
                .with(ClientConfig.REQUEST_TIMEOUT, Patience.MILLIS)
                .with(ClientConfig.MAX_FRAME, 1 << 16)
                .with(ClientConfig.RECOVER_DELAY, 50);
    }

    private static ProducerConfig sends(int retries) {
        return ProducerConfig.of("P")
                .with(ProducerConfig.RETRIES, retries)
                .with(ProducerConfig.ASYNC_RETRIES, retries)
                .with(ProducerConfig.RETRY_PAUSE, 1)
                .with(ProducerConfig.SEND_TIMEOUT, Patience.MILLIS);
    }

    static Stream<Arguments> answers() {
        Random random = new Random(4711);
        byte[] noise = new byte[5000];
        random.nextBytes(noise);
        noise[0] = 0;
        noise[1] = 0;
        noise[2] = 0x10;
        ScriptedServer.Script[] scripts = {
            (code, opaque) -> noise,
            (code, opaque) ->
                    ByteBuffer.allocate(18).putInt(Integer.MAX_VALUE).putInt(10).array(),
            (code, opaque) -> ByteBuffer.allocate(8).putInt(-1).putInt(-1).array(),
            (code, opaque) -> ScriptedServer.raw("{\"code\":0,", new byte[0]),
            (code, opaque) -> ScriptedServer.raw("[1,2,3]", new byte[0]),
            (code, opaque) -> new byte[0],
            (code, opaque) -> ScriptedServer.frame(0, opaque + 1, STORED, new byte[0]),
            (code, opaque) -> null,
            (code, opaque) -> ScriptedServer.frame(0, opaque, "{}", new byte[0]),
            (code, opaque) -> ScriptedServer.frame(
                    0, opaque, "{\"msgId\":\"1\",\"queueId\":\"99999999999\",\"queueOffset\":\"x\"}", new byte[0]),
            (code, opaque) -> ScriptedServer.frame(ResponseCode.MESSAGE_ILLEGAL, opaque, "{}", new byte[0]),
            (code, opaque) -> ScriptedServer.frame(12_345, opaque, "{}", "body".getBytes(UTF_8)),
            (code, opaque) -> ScriptedServer.frame(0, opaque, STORED, new byte[1 << 20]),
        };
        Kind[] kinds = {
            Kind.CONNECTION_LOST,
            Kind.CONNECTION_LOST,
            Kind.CONNECTION_LOST,
            Kind.CONNECTION_LOST,
            Kind.CONNECTION_LOST,
            Kind.CONNECTION_LOST,
            Kind.TIMED_OUT,
            Kind.TIMED_OUT,
            Kind.MALFORMED_ANSWER,
            Kind.MALFORMED_ANSWER,
            Kind.REFUSED,
            Kind.REFUSED,
            Kind.MALFORMED_ANSWER,
        };
        List<Arguments> all = new ArrayList<>();
        for (int i = 0; i < scripts.length; i++) {
            all.add(Arguments.of(i, scripts[i], kinds[i]));
        }
        return all.stream();
    }

    @ParameterizedTest(name = "answer {0}: {2}")
    @MethodSource("answers")
    void wrongAnswerFailsTheSendAndNothingElse(int number, ScriptedServer.Script script, Kind kind) throws Exception {
        AtomicInteger wrong = new AtomicInteger(1);
        ScriptedServer.Script once = (code, opaque) -> wrong.getAndDecrement() > 0
                ? script.answer(code, opaque)
                : ScriptedServer.frame(0, opaque, STORED, new byte[0]);
        try (ScriptedServer broker = new ScriptedServer(once);
                ScriptedServer nameServer = ScriptedServer.nameServerOf(broker);
                ClientInstance client = ClientInstance.start(config(nameServer));
                Producer producer = Producer.start(client, sends(0))) {
            assertThat(producer.queues("T")).isNotEmpty();
            // enough for the send to arrive; what is not answered rightly is given up then
            int timeout = kind == Kind.TIMED_OUT ? 4000 : Patience.MILLIS;
            assertThatThrownBy(() -> producer.send(MESSAGE, timeout))
                    .isInstanceOfSatisfying(
                            ClientException.class, e -> assertThat(e.kind()).isEqualTo(kind));
            assertThat(producer.send(MESSAGE).offset()).isEqualTo(5);
            assertThat(broker.sends.get()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 14, 16, 17, 204, 205, 1500})
    void codesThatAnotherBrokerMayDoBetterAreTriedAgain(int code) throws Exception {
        AtomicInteger wrong = new AtomicInteger(2);
        try (ScriptedServer broker = new ScriptedServer((request, opaque) -> wrong.getAndDecrement() > 0
                        ? ScriptedServer.frame(code, opaque, "{}", new byte[0])
                        : ScriptedServer.frame(0, opaque, STORED, new byte[0]));
                ScriptedServer nameServer = ScriptedServer.nameServerOf(broker);
                ClientInstance client = ClientInstance.start(config(nameServer));
                Producer producer = Producer.start(client, sends(2))) {
            assertThat(producer.send(MESSAGE).offset()).isEqualTo(5);
            assertThat(broker.sends.get()).isEqualTo(3);
            wrong.set(2);
            assertThat(producer.sendAsync(MESSAGE).get().offset()).isEqualTo(5);
            wrong.set(3);
            assertThatThrownBy(() -> producer.send(MESSAGE))
                    .isInstanceOfSatisfying(
                            ClientException.class, e -> assertThat(e.code()).isEqualTo(code));
            wrong.set(1);
            assertThatThrownBy(() -> producer.send(MESSAGE, producer.queues("T").get(0)))
                    .isInstanceOfSatisfying(
                            ClientException.class, e -> assertThat(e.code()).isEqualTo(code));
        }
    }

    @Test
    void onlyBrokerIsGivenTimeBeforeItIsTriedAgain() throws Exception {
        ProducerConfig config = sends(2).with(ProducerConfig.RETRY_PAUSE, 100);
        try (ScriptedServer broker =
                        new ScriptedServer((code, opaque) -> ScriptedServer.frame(2, opaque, "{}", new byte[0]));
                ScriptedServer nameServer = ScriptedServer.nameServerOf(broker);
                ClientInstance client = ClientInstance.start(config(nameServer));
                Producer producer = Producer.start(client, config)) {
            long start = System.nanoTime();
            assertThatThrownBy(() -> producer.send(MESSAGE)).isInstanceOf(ClientException.class);
            assertThat((System.nanoTime() - start) / 1_000_000).isGreaterThanOrEqualTo(290);
            assertThat(broker.sends.get()).isEqualTo(3);
        }
    }

    @Test
    void sendThatPausesAndRequestThatWaitsEndWhenTheClientIsClosed() throws Exception {
        ProducerConfig config =
                sends(2).with(ProducerConfig.RETRY_PAUSE, 60_000).with(ProducerConfig.SEND_TIMEOUT, 60_000);
        try (ScriptedServer broker =
                        new ScriptedServer((code, opaque) -> ScriptedServer.frame(2, opaque, "{}", new byte[0]));
                ScriptedServer nameServer = ScriptedServer.nameServerOf(broker);
                ClientInstance client = ClientInstance.start(config(nameServer));
                Producer producer = Producer.start(client, config)) {
            CompletableFuture<SendResult> pausing = producer.sendAsync(MESSAGE);
            await().until(() -> broker.sends.get() == 1);
            CompletableFuture<ReceivedMessage> waiting = client.awaitReply("nobody", 60_000);
            client.close();
            assertKind(pausing, Kind.CLOSED);
            assertThatThrownBy(waiting::get)
                    .satisfies(e -> assertThat(ClientException.of(e).kind()).isEqualTo(Kind.CLOSED));
        }
    }

    @Test
    void attemptsTogetherKeepTheTimeOfTheSend() throws Exception {
        ProducerConfig config =
                sends(100).with(ProducerConfig.SEND_TIMEOUT, 6000).with(ProducerConfig.ATTEMPT_TIMEOUT, 500);
        try (ScriptedServer broker = new ScriptedServer((code, opaque) -> null);
                ScriptedServer nameServer = ScriptedServer.nameServerOf(broker);
                ClientInstance client = ClientInstance.start(config(nameServer));
                Producer producer = Producer.start(client, config)) {
            long start = System.nanoTime();
            assertThatThrownBy(() -> producer.send(MESSAGE))
                    .isInstanceOfSatisfying(
                            ClientException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMED_OUT));
            // all 101 attempts would take 50 s
            assertThat((System.nanoTime() - start) / 1_000_000).isBetween(5900L, 29_000L);
            assertThat(broker.sends.get()).isBetween(2, 13);
        }
    }

    @Test
    void unsafelyStoredMessageIsAResultAndIsSentAgainOnlyOnDemand() throws Exception {
        try (ScriptedServer broker =
                        new ScriptedServer((code, opaque) -> ScriptedServer.frame(10, opaque, STORED, new byte[0]));
                ScriptedServer nameServer = ScriptedServer.nameServerOf(broker);
                ClientInstance client = ClientInstance.start(config(nameServer))) {
            try (Producer producer = Producer.start(client, sends(2))) {
                assertThat(producer.send(MESSAGE).status().name()).isEqualTo("FLUSH_DISK_TIMEOUT");
                assertThat(broker.sends.get()).isEqualTo(1);
            }
            try (Producer producer = Producer.start(client, sends(2).with(ProducerConfig.RETRY_NOT_SAFE, "true"))) {
                assertThat(producer.send(MESSAGE).status().name()).isEqualTo("FLUSH_DISK_TIMEOUT");
                assertThat(broker.sends.get()).isEqualTo(4);
            }
        }
    }

    @Test
    void asynchronousSendsAreBounded() throws Exception {
        ProducerConfig bounded =
                sends(0).with(ProducerConfig.MAX_ASYNC_MESSAGES, 2).with(ProducerConfig.MAX_ASYNC_BYTES, 1 << 16);
        Message large = Message.of("T", new byte[60_000]);
        AtomicBoolean answers = new AtomicBoolean();
        try (ScriptedServer broker = new ScriptedServer(
                        (code, opaque) -> answers.get() ? ScriptedServer.frame(0, opaque, STORED, new byte[0]) : null);
                ScriptedServer nameServer = ScriptedServer.nameServerOf(broker);
                ClientInstance client = ClientInstance.start(config(nameServer))) {
            ProducerConfig failing =
                    bounded.with(ProducerConfig.WHEN_FULL, "fail").with(ProducerConfig.COMPRESSION, "none");
            try (Producer producer = Producer.start(client, failing)) {
                CompletableFuture<SendResult> first = producer.sendAsync(MESSAGE, 4000);
                producer.sendAsync(MESSAGE, 4000);
                assertKind(producer.sendAsync(MESSAGE), Kind.OVERLOADED);
                assertThat(producer.sendsUnderWay()).isEqualTo(2);
                assertKind(first, Kind.TIMED_OUT);
                await().until(() -> producer.sendsUnderWay() == 0);
                CompletableFuture<SendResult> alone = producer.sendAsync(large, 4000);
                assertKind(producer.sendAsync(large), Kind.OVERLOADED);
                assertKind(alone, Kind.TIMED_OUT);
            }
            try (Producer producer = Producer.start(client, bounded)) {
                CompletableFuture<SendResult> first = producer.sendAsync(MESSAGE, 1500);
                CompletableFuture<SendResult> second = producer.sendAsync(MESSAGE, 1500);
                await().until(() -> broker.sends.get() >= 5);
                answers.set(true);
                // waits until those have run out of time, and so has its turn
                assertThat(producer.sendAsync(MESSAGE).get().offset()).isEqualTo(5);
                assertKind(first, Kind.TIMED_OUT);
                assertKind(second, Kind.TIMED_OUT);
            }
        }
    }

    private static void assertKind(CompletableFuture<SendResult> sent, Kind kind) {
        assertThatThrownBy(sent::get)
                .satisfies(e -> assertThat(ClientException.of(e).kind()).isEqualTo(kind));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "not json",
                "[]",
                "{\"brokerDatas\":5}",
                "{\"brokerDatas\":[{\"brokerAddrs\":{\"zero\":\"127.0.0.1:1\"},\"brokerName\":\"x\"}]}",
                "{\"brokerDatas\":[{\"brokerAddrs\":{\"0\":\"127.0.0.1:1\"}}]}",
                "{\"brokerDatas\":[{\"brokerAddrs\":{\"0\":\"nowhere\"},\"brokerName\":\"x\"}],"
                        + "\"queueDatas\":[{\"brokerName\":\"x\",\"perm\":6,\"readQueueNums\":1,\"writeQueueNums\":1}]}",
                "{\"queueDatas\":[{\"brokerName\":\"x\",\"perm\":6,\"readQueueNums\":-1,\"writeQueueNums\":1}]}",
                "{\"queueDatas\":[{\"brokerName\":\"x\",\"perm\":6,\"readQueueNums\":1,\"writeQueueNums\":2000000000}]}",
            })
    void wrongRouteFailsTheSendAndIsAskedForAgain(String wrong) throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedServer broker =
                        new ScriptedServer((code, opaque) -> ScriptedServer.frame(0, opaque, STORED, new byte[0]));
                ScriptedServer nameServer = new ScriptedServer((code, opaque) -> {
                    String right = "{\"brokerDatas\":[{\"brokerAddrs\":{0:\"" + broker.address()
                            + "\"},\"brokerName\":\"x\"}],\"queueDatas\":[{\"brokerName\":\"x\",\"perm\":6,"
                            + "\"readQueueNums\":1,\"writeQueueNums\":1}]}";
                    String body = asked.getAndIncrement() == 0 ? wrong : right;
                    assertThat(code).isEqualTo(RequestCode.GET_ROUTEINFO_BY_TOPIC);
                    return ScriptedServer.frame(0, opaque, "{}", body.getBytes(UTF_8));
                });
                ClientInstance client =
                        ClientInstance.start(config(nameServer).with(ClientConfig.ROUTE_POLL_INTERVAL, 50));
                Producer producer = Producer.start(client, sends(0).with(ProducerConfig.DEFAULT_TOPIC, ""))) {
            assertThatThrownBy(() -> producer.send(MESSAGE)).isInstanceOf(ClientException.class);
            await().ignoreExceptions().until(() -> producer.send(MESSAGE).offset() == 5);
        }
    }
}
