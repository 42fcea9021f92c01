package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.NativePeer.answer;
import static org.fulmar.broker.server.NativePeer.popHeader;
import static org.fulmar.broker.server.NativePeer.popped;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.Patience;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls and pops that wait at a real broker, whose clock stands still unless the test sets it: no wait ends by itself. */
@Timeout(120)
class ParkedRequestsTest {
    private static final String TOPIC = "orders";
    private static final String GROUP = "workers";
    private static final int QUEUES = 512;
    private static final int OTHERS = 300;
    private static final int LARGE_BYTES = 250_000;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private Broker broker;
    private NativePeer peer;
    private NativePeer sender;

    @BeforeEach
    void start() throws Exception {
        Map<String, String> options = new TreeMap<>();
        options.put("listenPort", "0");
        options.put("brokerName", "broker-a");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
        peer = new NativePeer(broker.address(), HeaderEncoding.JSON);
        sender = new NativePeer(broker.address(), HeaderEncoding.JSON);
        topic(6);
    }

    @AfterEach
    void stop() throws Exception {
        peer.close();
        sender.close();
        broker.close();
    }

    private void topic(int perm) throws Exception {
        Map<String, String> fields = new TreeMap<>();
        fields.put("topic", TOPIC);
        fields.put("readQueueNums", Integer.toString(QUEUES));
        fields.put("writeQueueNums", Integer.toString(QUEUES));
        fields.put("perm", Integer.toString(perm));
        assertThat(sender.ask(RequestCode.UPDATE_AND_CREATE_TOPIC, fields).code())
                .isZero();
    }

    private Map<String, String> pop(String group, int queueId) {
        Map<String, String> header = popHeader(group, TOPIC, 30_000, clock.get());
        header.put("queueId", Integer.toString(queueId));
        header.put("pollTime", "15000");
        return header;
    }

    private Map<String, String> pull(String group, int queueId) {
        Map<String, String> header = new TreeMap<>();
        header.put("consumerGroup", group);
        header.put("topic", TOPIC);
        header.put("queueId", Integer.toString(queueId));
        header.put("queueOffset", "0");
        header.put("maxMsgNums", "32");
        header.put("sysFlag", "6");
        header.put("suspendTimeoutMillis", "15000");
        header.put("subscription", "*");
        return header;
    }

    /** Begins to wait; the broker has it when this returns. */
    private CompletableFuture<Frame> waits(int code, Map<String, String> header) throws Exception {
        CompletableFuture<Frame> started = peer.start(code, header, new byte[0]);
        waiting(GROUP);
        assertThat(started).isNotDone();
        return started;
    }

    private long waiting(String group) throws Exception {
        return peer.ask(RequestCode.POLLING_INFO, Map.of("consumerGroup", group, "topic", TOPIC, "queueId", "-1"))
                .number("pollingNum");
    }

    private static Answer soon(CompletableFuture<Frame> waiting) throws Exception {
        return answer(CompletableFuture.completedFuture(waiting.get(Patience.SECONDS, TimeUnit.SECONDS)));
    }

    private static List<String> bodies(Answer answer) {
        assertThat(answer.code()).as(answer.remark()).isZero();
        return popped(answer).stream().map(NativePeer.Popped::body).toList();
    }

    @Test
    void popIsReachedHoweverManyOfItsGroupWaitForOtherQueues() throws Exception {
        List<CompletableFuture<Frame>> others = new ArrayList<>();
        for (int i = 0; i < OTHERS; i++) {
            others.add(peer.start(RequestCode.POP_MESSAGE, pop(GROUP, 2 + i), new byte[0]));
        }
        CompletableFuture<Frame> last = waits(RequestCode.POP_MESSAGE, pop(GROUP, 1));
        CompletableFuture<Frame> otherGroup = waits(RequestCode.POP_MESSAGE, pop("others", 1));
        assertThat(waiting(GROUP)).isEqualTo(OTHERS + 1);
        sender.send(TOPIC, 1, "t", "m");
        assertThat(bodies(soon(last))).containsExactly("m");
        assertThat(bodies(soon(otherGroup))).containsExactly("m");
        assertThat(waiting(GROUP)).isEqualTo(OTHERS);
        sender.send(TOPIC, 2, "t", "of the first");
        assertThat(bodies(soon(others.get(0)))).containsExactly("of the first");
        sender.send(TOPIC, 1 + OTHERS, "t", "of the last");
        assertThat(bodies(soon(others.get(OTHERS - 1)))).containsExactly("of the last");
    }

    @Test
    void popWhoseConnectionWasNotReadGetsItsMessageWhenItIsReadAgain() throws Exception {
        sendLarge(2);
        try (UnreadPeer unread = new UnreadPeer(broker.address())) {
            unread.heartbeat(GROUP);
            Connection connection = Objects.requireNonNull(broker.clients().change(GROUP))
                    .members()
                    .iterator()
                    .next();
            int waits = unread.start(RequestCode.POP_MESSAGE, pop(GROUP, 1));
            for (int i = 0; i < 120; i++) {
                unread.start(RequestCode.PULL_MESSAGE, pull("reader", 2));
            }
            await().until(() -> !connection.isWritable());
            sender.send(TOPIC, 1, "t", "m");
            await().until(() -> visible(1) == 1);
            // what the turn of the message has left is done when the next one is answered
            assertThat(waiting(GROUP)).isEqualTo(1);
            assertThat(unread.readUntil(waits, Patience.SECONDS)).contains("msgOffsetInfo");
        }
    }

    private void sendLarge(int queueId) throws Exception {
        SendRequest send = new SendRequest("producer", TOPIC, "TBW102", 4, queueId, 0, 1, 0, "", 0, 16, false);
        Answer answer = answer(sender.start(RequestCode.SEND_MESSAGE_V2, send.fields(), new byte[LARGE_BYTES]));
        assertThat(answer.code()).as(answer.remark()).isZero();
    }

    private long visible(int queueId) throws Exception {
        return sender.ask(RequestCode.GET_MAX_OFFSET, Map.of("topic", TOPIC, "queueId", Integer.toString(queueId)))
                .number("offset");
    }

    private void withdraw(String what) throws Exception {
        if (what.equals("perm")) {
            topic(2);
            return;
        }
        Answer answer = what.equals("brokerPermission")
                ? sender.ask(RequestCode.UPDATE_BROKER_CONFIG, "brokerPermission=2")
                : sender.ask(
                        RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
                        "{\"groupName\":\"" + GROUP + "\",\"consumeEnable\":false}");
        assertThat(answer.code()).as(answer.remark()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"perm", "brokerPermission", "consumeEnable"})
    void whoWaitsWhenItIsForbiddenGetsNoMessage(String what) throws Exception {
        CompletableFuture<Frame> pull = waits(RequestCode.PULL_MESSAGE, pull(GROUP, 1));
        CompletableFuture<Frame> pop = waits(RequestCode.POP_MESSAGE, pop(GROUP, 1));
        withdraw(what);
        sender.send(TOPIC, 1, "t", "m");
        for (CompletableFuture<Frame> each : List.of(pull, pop)) {
            Answer answer = soon(each);
            assertThat(answer.code()).as(answer.remark()).isEqualTo(ResponseCode.NO_PERMISSION);
            assertThat(answer.body()).isEmpty();
        }
    }

    @Test
    void withoutLongPollingWhoFindsNothingWaitsForASecond() throws Exception {
        assertThat(sender.ask(RequestCode.UPDATE_BROKER_CONFIG, "longPollingEnable=false")
                        .code())
                .isZero();
        CompletableFuture<Frame> pull = waits(RequestCode.PULL_MESSAGE, pull(GROUP, 1));
        CompletableFuture<Frame> pop = waits(RequestCode.POP_MESSAGE, pop(GROUP, 1));
        CompletableFuture<Frame> brief = waits(RequestCode.PULL_MESSAGE, shorter(pull(GROUP, 1)));
        clock.addAndGet(200);
        assertThat(soon(brief).code()).isEqualTo(ResponseCode.PULL_NOT_FOUND);
        assertThat(pull).isNotDone();
        clock.addAndGet(800);
        assertThat(soon(pull).code()).isEqualTo(ResponseCode.PULL_NOT_FOUND);
        assertThat(soon(pop).code()).isEqualTo(ResponseCode.POLLING_TIMEOUT);
        CompletableFuture<Frame> served = waits(RequestCode.PULL_MESSAGE, pull(GROUP, 1));
        sender.send(TOPIC, 1, "t", "m");
        assertThat(soon(served).code()).isZero();
    }

    private static Map<String, String> shorter(Map<String, String> pull) {
        pull.put("suspendTimeoutMillis", "200");
        return pull;
    }
}
