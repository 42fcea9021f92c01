package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.NativePeer.ackHeader;
import static org.fulmar.broker.server.NativePeer.answer;
import static org.fulmar.broker.server.NativePeer.popHeader;
import static org.fulmar.broker.server.NativePeer.popped;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.broker.server.NativePeer.Popped;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** POP on the wire of a real broker, whose clock the test sets, in both encodings of headers. */
@Timeout(60)
class PopWireTest {
    private static final String TOPIC = "orders";
    private static final String GROUP = "workers";
    private static final long INVISIBLE = 30_000;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private Broker broker;
    private NativePeer peer;

    @BeforeEach
    void start() throws Exception {
        Map<String, String> options = new TreeMap<>();
        options.put("listenPort", "0");
        options.put("brokerName", "broker-a");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        options.put("enablePropertyFilter", "true");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
    }

    @AfterEach
    void stop() throws Exception {
        peer.close();
        broker.close();
    }

    private void connect(HeaderEncoding encoding) throws Exception {
        peer = new NativePeer(broker.address(), encoding);
        peer.send(TOPIC, 0, "none", "makes the topic");
        pop("reader");
    }

    private void restart(HeaderEncoding encoding) throws Exception {
        stop();
        start();
        peer = new NativePeer(broker.address(), encoding);
    }

    private Map<String, String> header(String group) {
        return popHeader(group, TOPIC, INVISIBLE, clock.get());
    }

    private Answer pop(Map<String, String> header) throws Exception {
        return peer.ask(RequestCode.POP_MESSAGE, header);
    }

    private Answer pop(String group) throws Exception {
        return pop(header(group));
    }

    private List<Popped> messages(String group) throws Exception {
        Answer answer = pop(group);
        if (answer.code() == ResponseCode.POLLING_TIMEOUT) {
            assertThat(answer.fields()).containsKeys("popTime", "invisibleTime", "reviveQid", "restNum");
            return List.of();
        }
        assertThat(answer.code()).as(answer.remark()).isZero();
        return popped(answer);
    }

    /** A group that has seen what made the topic, and no more. */
    private void begin() throws Exception {
        for (Popped message : messages(GROUP)) {
            assertThat(acknowledge(message.handle()).code()).isZero();
        }
    }

    private Answer acknowledge(PopHandle handle) throws Exception {
        return peer.ask(RequestCode.ACK_MESSAGE, ackHeader(GROUP, TOPIC, handle));
    }

    private Answer change(PopHandle handle, long invisible) throws Exception {
        Map<String, String> fields = ackHeader(GROUP, TOPIC, handle);
        fields.put("invisibleTime", Long.toString(invisible));
        return peer.ask(RequestCode.CHANGE_MESSAGE_INVISIBLETIME, fields);
    }

    private long committed(int queueId) throws Exception {
        Answer answer = peer.ask(
                RequestCode.QUERY_CONSUMER_OFFSET,
                Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", Integer.toString(queueId)));
        return answer.number("offset");
    }

    private static List<String> bodies(List<Popped> messages) {
        return messages.stream().map(Popped::body).toList();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void messagesOfAllQueuesArePoppedOnceAndSettledByTheirHandles(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 6; i++) {
            peer.send(TOPIC, i % 2, "t", "m" + i);
        }
        Answer answer = pop(GROUP);
        assertThat(answer.number("popTime")).isEqualTo(clock.get());
        assertThat(answer.number("restNum")).isZero();
        assertThat(answer.fields().get("startOffsetInfo").split(";")).containsExactlyInAnyOrder("0 0 1", "0 1 0");
        assertThat(answer.fields().get("msgOffsetInfo").split(";")).containsExactlyInAnyOrder("0 0 1,2,3", "0 1 0,1,2");
        assertThat(answer.fields()).doesNotContainKey("orderCountInfo");
        List<Popped> got = popped(answer);
        assertThat(bodies(got)).containsExactlyInAnyOrder("m0", "m1", "m2", "m3", "m4", "m5");
        assertThat(messages(GROUP)).as("they are invisible").isEmpty();
        for (Popped message : got) {
            assertThat(acknowledge(message.handle()).code()).isZero();
            assertThat(acknowledge(message.handle()).code()).as("once more").isZero();
        }
        assertThat(committed(0)).isEqualTo(4);
        assertThat(committed(1)).isEqualTo(3);
        clock.addAndGet(10 * INVISIBLE);
        assertThat(messages(GROUP)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void messageComesAgainAfterItsTimeNotBeforeAndItsOldHandleCountsNoMore(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        Popped first = messages(GROUP).get(0);
        assertThat(first.reconsumeTimes()).isZero();
        clock.addAndGet(INVISIBLE - 1);
        assertThat(messages(GROUP)).isEmpty();
        clock.addAndGet(1);
        peer.send(TOPIC, 1, "t", "newer");
        List<Popped> again = messages(GROUP);
        assertThat(bodies(again)).containsExactly("m", "newer");
        assertThat(again).extracting(Popped::reconsumeTimes).containsExactly(1, 0);
        Answer stale = acknowledge(first.handle());
        assertThat(stale.code()).isEqualTo(ResponseCode.NO_MESSAGE);
        assertThat(stale.remark()).contains("given again");
        assertThat(change(first.handle(), 1000).code()).isEqualTo(ResponseCode.NO_MESSAGE);
        assertThat(committed(1)).isZero();
        assertThat(acknowledge(again.get(0).handle()).code()).isZero();
        assertThat(committed(1)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void handleOfAMessageWhoseTimeIsOverCountsUntilItIsGivenAgain(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        Popped message = messages(GROUP).get(0);
        clock.addAndGet(2 * INVISIBLE);
        assertThat(acknowledge(message.handle()).code()).isZero();
        assertThat(messages(GROUP)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void anotherInvisibleTimeMakesAnotherHandle(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        PopHandle old = messages(GROUP).get(0).handle();
        clock.addAndGet(1000);
        Answer changed = change(old, 2 * INVISIBLE);
        assertThat(changed.code()).as(changed.remark()).isZero();
        assertThat(changed.number("popTime")).isEqualTo(clock.get());
        assertThat(changed.number("invisibleTime")).isEqualTo(2 * INVISIBLE);
        assertThat(acknowledge(old).code()).isEqualTo(ResponseCode.NO_MESSAGE);
        clock.addAndGet(2 * INVISIBLE - 1);
        assertThat(messages(GROUP)).isEmpty();
        PopHandle fresh = new PopHandle(
                old.startOffset(), changed.number("popTime"), 2 * INVISIBLE, 0, "0", "broker-a", 1, old.queueOffset());
        assertThat(change(fresh, 0).code()).isZero();
        assertThat(messages(GROUP)).extracting(Popped::reconsumeTimes).containsExactly(1);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void batchSettlesTheMessagesWhoseBitsAreSet(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 4; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        PopHandle handle = messages(GROUP).get(0).handle();
        BitSet bits = new BitSet();
        bits.set(0);
        bits.set(1);
        bits.set(3);
        String part =
                "{\"c\":\"%s\",\"t\":\"%s\",\"r\":\"0\",\"so\":%d,\"q\":1,\"rq\":0,\"pt\":%d,\"it\":%d,\"b\":\"%s\"}"
                        .formatted(
                                GROUP,
                                TOPIC,
                                handle.startOffset(),
                                handle.popTime(),
                                handle.invisibleTime(),
                                Base64.getEncoder().encodeToString(bits.toByteArray()));
        Answer done = peer.ask(RequestCode.BATCH_ACK_MESSAGE, "{\"brokerName\":\"broker-a\",\"acks\":[" + part + "]}");
        assertThat(done.code()).as(done.remark()).isZero();
        assertThat(committed(1)).isEqualTo(2);
        clock.addAndGet(INVISIBLE);
        assertThat(bodies(messages(GROUP))).containsExactly("m2");
        Answer empty = peer.ask(RequestCode.BATCH_ACK_MESSAGE, "{\"brokerName\":\"broker-a\",\"acks\":[]}");
        assertThat(empty.code()).isEqualTo(ResponseCode.NO_MESSAGE);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void waitingPopIsAnsweredWhenAMessageIsVisibleOrComesBack(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        Map<String, String> waiting = header(GROUP);
        waiting.put("pollTime", "15000");
        CompletableFuture<Frame> first = peer.start(RequestCode.POP_MESSAGE, waiting, new byte[0]);
        awaitPolling(1);
        assertThat(first).isNotDone();
        peer.send(TOPIC, 1, "t", "m");
        assertThat(bodies(popped(answer(first)))).containsExactly("m");
        CompletableFuture<Frame> second = peer.start(RequestCode.POP_MESSAGE, waiting, new byte[0]);
        awaitPolling(1);
        waiting.put("bornTime", Long.toString(clock.addAndGet(10_000)));
        CompletableFuture<Frame> notified = peer.start(RequestCode.NOTIFICATION, waiting, new byte[0]);
        awaitPolling(2);
        // the second has waited long enough before the message comes back
        clock.addAndGet(5_000);
        assertThat(answer(second).code()).isEqualTo(ResponseCode.POLLING_TIMEOUT);
        clock.addAndGet(5_000);
        CompletableFuture<Frame> third = peer.start(RequestCode.POP_MESSAGE, renewed(waiting), new byte[0]);
        clock.addAndGet(10_000);
        assertThat(answer(third).fields()).containsEntry("msgOffsetInfo", "0 1 0");
        assertThat(answer(notified).fields()).containsKey("hasMsg");
        awaitPolling(0);
    }

    private Map<String, String> renewed(Map<String, String> header) {
        Map<String, String> copy = new TreeMap<>(header);
        copy.put("bornTime", Long.toString(clock.get()));
        return copy;
    }

    private void awaitPolling(int count) {
        await().until(() ->
                peer.ask(RequestCode.POLLING_INFO, Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", "-1"))
                                .number("pollingNum")
                        == count);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void notificationTellsOfAMessageAndTakesNone(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        Map<String, String> header = header(GROUP);
        Answer none = peer.ask(RequestCode.NOTIFICATION, header);
        assertThat(none.fields()).containsEntry("hasMsg", "false").containsEntry("pollingFull", "false");
        header.put("pollTime", "15000");
        CompletableFuture<Frame> waiting = peer.start(RequestCode.NOTIFICATION, header, new byte[0]);
        awaitPolling(1);
        peer.send(TOPIC, 1, "t", "m");
        assertThat(answer(waiting).fields()).containsEntry("hasMsg", "true");
        Answer peeked = peer.ask(RequestCode.PEEK_MESSAGE, header(GROUP));
        assertThat(peeked.code()).isZero();
        assertThat(peeked.body()).isNotEmpty();
        assertThat(bodies(messages(GROUP))).containsExactly("m");
        assertThat(peer.ask(RequestCode.PEEK_MESSAGE, header(GROUP)).code()).isEqualTo(ResponseCode.PULL_NOT_FOUND);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void filterByTagsPassesOverTheOthersForGood(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 4; i++) {
            peer.send(TOPIC, 1, i % 2 == 0 ? "even" : "odd", "m" + i);
        }
        Map<String, String> header = header(GROUP);
        header.put("exp", "even || other");
        List<Popped> got = popped(pop(header));
        assertThat(bodies(got)).containsExactly("m0", "m2");
        for (Popped message : got) {
            acknowledge(message.handle());
        }
        assertThat(committed(1)).isEqualTo(4);
        header.put("expType", "SQL92");
        header.put("exp", "TAGS = (");
        assertThat(pop(header).code()).isEqualTo(ResponseCode.SUBSCRIPTION_PARSE_FAILED);
        peer.send(TOPIC, 1, "even", "m4");
        peer.send(TOPIC, 1, "odd", "m5");
        header.put("exp", "TAGS = 'odd'");
        assertThat(bodies(popped(pop(header)))).containsExactly("m5");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void waitingPopLooksPastAnyNumberOfMessagesThatItDoesNotWant(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        List<CompletableFuture<Frame>> sent = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            sent.add(peer.startSend(TOPIC, 1, i == 1999 ? "last" : "other", "m" + i));
        }
        for (CompletableFuture<Frame> each : sent) {
            assertThat(answer(each).code()).isZero();
        }
        Map<String, String> header = header(GROUP);
        header.put("exp", "last");
        header.put("pollTime", "15000");
        assertThat(bodies(popped(pop(header)))).containsExactly("m1999");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void administratorsResetMovesTheGroupOnce(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 3; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        for (Popped message : messages(GROUP)) {
            acknowledge(message.handle());
        }
        assertThat(committed(1)).isEqualTo(3);
        reset(1);
        List<Popped> again = messages(GROUP);
        assertThat(bodies(again)).containsExactly("m1", "m2");
        for (Popped message : again) {
            assertThat(acknowledge(message.handle()).code()).isZero();
        }
        assertThat(messages(GROUP)).isEmpty();
        assertThat(committed(1)).isEqualTo(3);
    }

    private void reset(long offset) throws Exception {
        Map<String, String> to = Map.of(
                "group",
                GROUP,
                "topic",
                TOPIC,
                "queueId",
                "1",
                "offset",
                "" + offset,
                "timestamp",
                "-1",
                "isForce",
                "true");
        Answer done = peer.ask(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, to);
        assertThat(done.code()).as(done.remark()).isZero();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void waitingPopHearsOfTheAdministratorsReset(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        for (Popped message : messages(GROUP)) {
            acknowledge(message.handle());
        }
        Map<String, String> waiting = header(GROUP);
        waiting.put("pollTime", "15000");
        CompletableFuture<Frame> pop = peer.start(RequestCode.POP_MESSAGE, waiting, new byte[0]);
        awaitPolling(1);
        reset(0);
        assertThat(bodies(popped(answer(pop)))).containsExactly("m");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void whatIsUnderWayStaysInvisibleOverARestartAndItsHandleCounts(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 3; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        List<Popped> got = messages(GROUP);
        assertThat(acknowledge(got.get(1).handle()).code()).isZero();
        restart(encoding);
        assertThat(messages(GROUP)).isEmpty();
        assertThat(acknowledge(got.get(2).handle()).code()).isZero();
        // once from the log alone
        peer.close();
        broker.close();
        assertThat(Files.deleteIfExists(directory.resolve("config").resolve("popGroups.json")))
                .isTrue();
        Files.deleteIfExists(directory.resolve("config").resolve("popGroups.json.bak"));
        start();
        peer = new NativePeer(broker.address(), encoding);
        assertThat(committed(1)).isZero();
        clock.addAndGet(INVISIBLE);
        List<Popped> again = messages(GROUP);
        assertThat(bodies(again)).containsExactly("m0");
        assertThat(again.get(0).reconsumeTimes()).isEqualTo(1);
        assertThat(acknowledge(again.get(0).handle()).code()).isZero();
        assertThat(committed(1)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void messagePoppedInVainTooOftenIsInTheDeadLetterQueueOnce(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "poison");
        peer.send(TOPIC, 1, "t", "good");
        for (int i = 0; i <= GroupConfig.RETRY_MAX_TIMES; i++) {
            List<Popped> got = messages(GROUP);
            assertThat(got.get(0).body()).isEqualTo("poison");
            assertThat(got.get(0).reconsumeTimes()).isEqualTo(i);
            if (i == 0) {
                acknowledge(got.get(1).handle());
            }
            clock.addAndGet(INVISIBLE);
        }
        assertThat(messages(GROUP)).isEmpty();
        restart(encoding);
        assertThat(messages(GROUP)).isEmpty();
        List<Popped> dead = popped(pop(popHeader("undertaker", "%DLQ%" + GROUP, INVISIBLE, clock.get())));
        assertThat(bodies(dead)).containsExactly("poison");
        assertThat(dead.get(0).reconsumeTimes()).isEqualTo(GroupConfig.RETRY_MAX_TIMES);
        assertThat(committed(1)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void orderedPopHasOneBatchOfAQueueUnderWay(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 4; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        Map<String, String> header = header(GROUP);
        header.put("order", "true");
        header.put("maxMsgNums", "2");
        header.put("queueId", "1");
        header.put("attemptId", "try-1");
        Answer first = pop(header);
        assertThat(first.number("reviveQid")).isEqualTo(PopHandle.ORDERED);
        assertThat(first.fields().get("orderCountInfo").split(";"))
                .containsExactlyInAnyOrder("0 1 0", "0 qo1%0 0", "0 qo1%1 0");
        Answer repeated = pop(header);
        List<Popped> batch = popped(repeated);
        assertThat(bodies(batch)).as("the same try").containsExactly("m0", "m1");
        assertThat(batch.get(0).reconsumeTimes()).isZero();
        header.put("attemptId", "try-2");
        assertThat(pop(header).code()).isEqualTo(ResponseCode.POLLING_TIMEOUT);
        header.put("pollTime", "15000");
        CompletableFuture<Frame> next = peer.start(RequestCode.POP_MESSAGE, header, new byte[0]);
        awaitPolling(1);
        assertThat(acknowledge(batch.get(0).handle()).code()).isZero();
        assertThat(next).isNotDone();
        assertThat(acknowledge(batch.get(1).handle()).code()).isZero();
        List<Popped> second = popped(answer(next));
        assertThat(bodies(second)).containsExactly("m2", "m3");
        assertThat(acknowledge(second.get(0).handle()).code()).isZero();
        peer.send(TOPIC, 1, "t", "m4");
        clock.addAndGet(INVISIBLE);
        header.put("attemptId", "try-3");
        Answer later = pop(renewed(header));
        assertThat(bodies(popped(later))).containsExactly("m3", "m4");
        assertThat(later.fields().get("orderCountInfo")).contains("0 qo1%3 1").contains("0 qo1%4 0");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void groupGoesOnWherePullersHaveCommitted(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 5; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        Map<String, String> commit =
                Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", "1", "commitOffset", "3");
        assertThat(peer.ask(RequestCode.UPDATE_CONSUMER_OFFSET, commit).code()).isZero();
        List<Popped> got = messages(GROUP);
        assertThat(bodies(got)).containsExactly("m3", "m4");
        assertThat(committed(1)).as("the floor").isEqualTo(3);
        Map<String, String> back = Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", "1", "commitOffset", "1");
        assertThat(peer.ask(RequestCode.UPDATE_CONSUMER_OFFSET, back).code()).isZero();
        assertThat(bodies(messages(GROUP))).containsExactly("m1", "m2", "m3", "m4");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void modeIsKeptAndDecidesTheAssignment(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        peer.heartbeat("client-1", "", GROUP);
        assertThat(assignments("client-1", "AVG"))
                .extracting(each -> each.path("mode").asText())
                .containsOnly("PULL");
        assertThat(assignments("client-1", "AVG")).hasSize(4);
        try (NativePeer other = new NativePeer(broker.address(), encoding)) {
            other.heartbeat("client-2", "", GROUP);
            assertThat(queueIds("client-1", "AVG")).containsExactly(0, 1);
            assertThat(queueIds("client-2", "AVG")).containsExactly(2, 3);
            assertThat(queueIds("client-1", "AVG_BY_CIRCLE")).containsExactly(0, 2);
            assertThat(queueIds("nobody", "AVG")).isEmpty();
            assertThat(ask("client-1", "HASH").has("messageQueueAssignments")).isFalse();
        }
        String mode = "{\"topic\":\"%s\",\"consumerGroup\":\"%s\",\"mode\":\"POP\",\"popShareQueueNum\":0}";
        Answer set = peer.ask(RequestCode.SET_MESSAGE_REQUEST_MODE, mode.formatted(TOPIC, GROUP));
        assertThat(set.code()).as(set.remark()).isZero();
        Answer retry = peer.ask(RequestCode.SET_MESSAGE_REQUEST_MODE, mode.formatted("%RETRY%" + GROUP, GROUP));
        assertThat(retry.code()).isEqualTo(ResponseCode.NO_PERMISSION);
        Answer unknown = peer.ask(RequestCode.SET_MESSAGE_REQUEST_MODE, mode.formatted("unknown", GROUP));
        assertThat(unknown.code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
        restart(encoding);
        peer.heartbeat("client-1", "", GROUP);
        List<JsonNode> popped = assignments("client-1", "AVG");
        assertThat(popped).hasSize(1);
        assertThat(popped.get(0).path("mode").asText()).isEqualTo("POP");
        assertThat(popped.get(0).path("messageQueue").path("queueId").asInt()).isEqualTo(-1);
        assertThat(popped.get(0).path("messageQueue").path("brokerName").asText())
                .isEqualTo("broker-a");
        JsonNode all =
                peer.ask(RequestCode.GET_ALL_MESSAGE_REQUEST_MODE, Map.of()).json();
        assertThat(all.path("messageRequestModeMap")
                        .path(TOPIC)
                        .path(GROUP)
                        .path("mode")
                        .asText())
                .isEqualTo("POP");
    }

    private JsonNode ask(String clientId, String strategy) throws Exception {
        String body = ("{\"topic\":\"%s\",\"consumerGroup\":\"%s\",\"clientId\":\"%s\",\"strategyName\":\"%s\","
                        + "\"messageModel\":\"CLUSTERING\"}")
                .formatted(TOPIC, GROUP, clientId, strategy);
        return peer.ask(RequestCode.QUERY_ASSIGNMENT, body).json();
    }

    private List<JsonNode> assignments(String clientId, String strategy) throws Exception {
        List<JsonNode> all = new ArrayList<>();
        ask(clientId, strategy).path("messageQueueAssignments").forEach(all::add);
        return all;
    }

    private List<Integer> queueIds(String clientId, String strategy) throws Exception {
        return assignments(clientId, strategy).stream()
                .map(each -> each.path("messageQueue").path("queueId").asInt())
                .toList();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void whatCannotBePoppedOrAcknowledgedIsRefusedWithItsReason(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        refused(ResponseCode.INVALID_PARAMETER, "maxMsgNums", "33", "1 to 32");
        refused(ResponseCode.INVALID_PARAMETER, "queueId", "99", "which has 4");
        refused(ResponseCode.INVALID_PARAMETER, "invisibleTime", "0", "40 days");
        refused(ResponseCode.INVALID_PARAMETER, "consumerGroup", "g".repeat(256), "1 to 255");
        refused(ResponseCode.INVALID_PARAMETER, "consumerGroup", "a b", "character");
        refused(ResponseCode.TOPIC_NOT_EXIST, "topic", "unknown", "does not exist");
        PopHandle handle = new PopHandle(0, 1, 2, 0, "0", "broker-a", 1, 77);
        assertThat(acknowledge(handle).code()).isEqualTo(ResponseCode.NO_MESSAGE);
        Map<String, String> wrong = ackHeader(GROUP, TOPIC, handle);
        wrong.put("queueId", "99");
        assertThat(peer.ask(RequestCode.ACK_MESSAGE, wrong).code()).isEqualTo(ResponseCode.MESSAGE_ILLEGAL);
        wrong.put("extraInfo", "1 2 3");
        assertThat(peer.ask(RequestCode.ACK_MESSAGE, wrong).remark()).contains("8 parts");
        wrong.put("topic", "unknown");
        wrong.put("extraInfo", handle.text());
        assertThat(peer.ask(RequestCode.ACK_MESSAGE, wrong).code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
    }

    private void refused(int code, String field, String value, String part) throws Exception {
        Map<String, String> header = header(GROUP);
        header.put(field, value);
        Answer answer = pop(header);
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).isEqualTo(code);
    }
}
