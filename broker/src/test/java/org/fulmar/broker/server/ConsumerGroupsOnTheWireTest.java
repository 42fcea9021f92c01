package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Consumer groups and their queue locks on the wire of a real broker, whose clock the test sets. */
@Timeout(180)
class ConsumerGroupsOnTheWireTest {
    private static final String TOPIC = "orders";

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private final Map<String, String> options = new TreeMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Broker broker;

    @BeforeEach
    void start() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
        NativeProducer producer = new NativeProducer(broker.address(), "p");
        open.add(producer);
        assertThat(producer.send(TOPIC, "makes the topic", 0, Map.of()).code()).isZero();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        open.clear();
        broker.close();
    }

    private NativeConsumer consumer(String id) throws Exception {
        NativeConsumer made = new NativeConsumer(broker.address(), "g", id);
        open.add(made);
        return made;
    }

    /** A member of the group that has heard of its own coming. */
    private NativeConsumer member(String id) throws Exception {
        NativeConsumer made = consumer(id);
        assertThat(made.heartbeat(TOPIC).code()).isZero();
        assertThat(made.awaitTold()).isTrue();
        return made;
    }

    private static Answer put(NativeConsumer by, String json) throws Exception {
        return by.ask(
                RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
                Map.of(),
                json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static JsonNode listed(NativeConsumer by) throws Exception {
        return by.ask(RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, Map.of())
                .json()
                .path("subscriptionGroupTable");
    }

    @Test
    void firstHeartbeatMakesTheGroupAndARestartKeepsIt() throws Exception {
        NativeConsumer a = member("a");
        assertThat(listed(a).path("g").path("retryMaxTimes").asInt()).isEqualTo(16);
        assertThat(put(a, "{\"groupName\":\"g\",\"retryMaxTimes\":3,\"attributes\":{\"+x\":\"y\"}}")
                        .code())
                .isZero();
        assertThat(put(a, "{\"groupName\":\"other\"}").code()).isZero();
        assertThat(a.ask(RequestCode.DELETE_SUBSCRIPTIONGROUP, Map.of("groupName", "other"))
                        .code())
                .isZero();
        stop();
        start();
        NativeConsumer b = consumer("b");
        assertThat(listed(b).size()).isEqualTo(1);
        Answer one = b.ask(RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, Map.of("group", "g"));
        assertThat(one.json().path("retryMaxTimes").asInt()).isEqualTo(3);
        assertThat(one.json().path("attributes").path("x").asText()).isEqualTo("y");
        Answer none = b.ask(RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, Map.of("group", "other"));
        assertThat(none.code()).isEqualTo(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
        assertThat(none.remark()).contains("other");
    }

    @Test
    void groupIsNotMadeIfThatIsNotAllowed() throws Exception {
        stop();
        options.put("autoCreateSubscriptionGroup", "false");
        start();
        NativeConsumer a = consumer("a");
        assertThat(a.heartbeat(TOPIC).code()).isEqualTo(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
        assertThat(a.pull(TOPIC, 1, 0).code()).isEqualTo(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
        assertThat(put(a, "{\"groupName\":\"g\"}").code()).isZero();
        assertThat(a.heartbeat(TOPIC).code()).isZero();
        assertThat(a.pull(TOPIC, 1, 0).code()).isZero();
    }

    @Test
    void groupThatMayNotConsumeIsRefused() throws Exception {
        NativeConsumer a = member("a");
        assertThat(a.pull(TOPIC, 1, 0).code()).isZero();
        put(a, "{\"groupName\":\"g\",\"consumeEnable\":false}");
        Answer refused = a.pull(TOPIC, 1, 0);
        assertThat(refused.code()).isEqualTo(ResponseCode.NO_PERMISSION);
        assertThat(refused.remark()).contains("consumeEnable");
        put(a, "{\"groupName\":\"g\",\"consumeBroadcastEnable\":false}");
        assertThat(a.pull(TOPIC, 1, 0).code()).isZero();
        a.heartbeat(TOPIC, "BROADCASTING");
        Answer broadcast = a.pull(TOPIC, 1, 0);
        assertThat(broadcast.code()).isEqualTo(ResponseCode.NO_PERMISSION);
        assertThat(broadcast.remark()).contains("consumeBroadcastEnable");
    }

    @Test
    void unsuitableGroupsAreRefusedWithASentence() throws Exception {
        NativeConsumer a = consumer("a");
        for (String json : new String[] {
            "{\"groupName\":\"\",\"retryQueueNums\":-1}", "{\"groupName\":\"a b\"}", "{\"groupName\":\"../x\"}", "[]"
        }) {
            Answer answer = put(a, json);
            assertThat(answer.code()).as(json).isEqualTo(ResponseCode.INVALID_PARAMETER);
            assertThat(answer.remark()).isNotBlank();
        }
        assertThat(listed(a).size()).isZero();
    }

    @Test
    void offsetsAreShownCopiedAndGoWithTheGroupIfThatIsAsked() throws Exception {
        NativeConsumer a = member("a");
        a.ask(
                RequestCode.UPDATE_CONSUMER_OFFSET,
                Map.of("consumerGroup", "g", "topic", TOPIC, "queueId", "1", "commitOffset", "1"));
        assertThat(a.ask(RequestCode.CLONE_GROUP_OFFSET, Map.of("srcGroup", "g", "destGroup", "h"))
                        .code())
                .isZero();
        JsonNode table =
                a.ask(RequestCode.GET_ALL_CONSUMER_OFFSET, Map.of()).json().path("offsetTable");
        assertThat(table)
                .isEqualTo(JsonBody.parse("{\"orders@g\":{\"1\":1},\"orders@h\":{\"1\":1}}"
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        a.ask(RequestCode.DELETE_SUBSCRIPTIONGROUP, Map.of("groupName", "g", "cleanOffset", "true"));
        a.ask(RequestCode.DELETE_SUBSCRIPTIONGROUP, Map.of("groupName", "h", "cleanOffset", "false"));
        table = a.ask(RequestCode.GET_ALL_CONSUMER_OFFSET, Map.of()).json().path("offsetTable");
        assertThat(table.has("orders@g")).isFalse();
        assertThat(table.has("orders@h")).isTrue();
    }

    @Test
    void aQueueIsLockedByOneMemberAndOnlyIfThereIsOne() throws Exception {
        NativeConsumer a = member("a");
        NativeConsumer b = member("b");
        assertThat(a.lock(TOPIC, 0, 1)).containsExactly(0, 1);
        assertThat(b.lock(TOPIC, 1, 2)).containsExactly(2);
        assertThat(b.lock(TOPIC, 99, -1)).isEmpty();
        assertThat(b.lock("no such topic", 0)).isEmpty();
        NativeConsumer stranger = consumer("a");
        Answer refused = stranger.tryLock(TOPIC, 3);
        assertThat(refused.code()).isEqualTo(ResponseCode.CONSUMER_NOT_ONLINE);
        assertThat(stranger.unlock(TOPIC, 0).code()).isZero();
        assertThat(b.lock(TOPIC, 0)).as("not for the stranger to give up").isEmpty();
    }

    @Test
    void whoWaitsForAQueueIsToldWhenItIsGivenUp() throws Exception {
        NativeConsumer a = member("a");
        NativeConsumer b = member("b");
        assertThat(a.awaitTold()).as("of b's coming").isTrue();
        assertThat(a.lock(TOPIC, 0, 1)).hasSize(2);
        a.unlock(TOPIC, 1);
        assertThat(b.lock(TOPIC, 0)).isEmpty();
        assertThat(b.told).as("nobody wanted queue 1").isEmpty();
        a.unlock(TOPIC, 0);
        assertThat(b.awaitTold()).isTrue();
        assertThat(b.lock(TOPIC, 0)).containsExactly(0);
    }

    @Test
    void queuesOfWhoGoesAreFreeAtOnce() throws Exception {
        NativeConsumer a = member("a");
        NativeConsumer b = member("b");
        NativeConsumer c = member("c");
        assertThat(a.lock(TOPIC, 0)).hasSize(1);
        assertThat(c.lock(TOPIC, 1)).hasSize(1);
        assertThat(b.lock(TOPIC, 0, 1)).isEmpty();
        assertThat(b.awaitTold()).as("of c's coming").isTrue();
        a.close();
        open.remove(a);
        assertThat(b.awaitTold()).isTrue();
        assertThat(b.lock(TOPIC, 0, 1)).containsExactly(0);
        c.leave();
        assertThat(b.awaitTold()).isTrue();
        assertThat(b.lock(TOPIC, 0, 1)).containsExactly(0, 1);
    }

    @Test
    void aClientThatIsThereTwiceKeepsItsQueuesWhenOneConnectionGoes() throws Exception {
        NativeConsumer a = member("a");
        NativeConsumer again = member("a");
        NativeConsumer b = member("b");
        assertThat(a.lock(TOPIC, 0)).hasSize(1);
        a.close();
        open.remove(a);
        assertThat(b.awaitTold()).isTrue();
        assertThat(b.lock(TOPIC, 0)).isEmpty();
        assertThat(again.lock(TOPIC, 0)).hasSize(1);
    }

    @Test
    void aLockThatIsNotRenewedIsOverAndWhoWaitsIsTold() throws Exception {
        NativeConsumer a = member("a");
        NativeConsumer b = member("b");
        assertThat(a.lock(TOPIC, 0, 1)).hasSize(2);
        assertThat(b.lock(TOPIC, 0)).isEmpty();
        clock.addAndGet(59_000);
        assertThat(a.lock(TOPIC, 1)).hasSize(1);
        assertThat(b.lock(TOPIC, 0)).isEmpty();
        clock.addAndGet(1_000);
        assertThat(b.awaitTold()).isTrue();
        assertThat(b.lock(TOPIC, 0, 1)).containsExactly(0);
    }

    @Test
    void aMemberThatIsSilentForTwoMinutesIsRemovedAndTheOthersAreTold() throws Exception {
        NativeConsumer a = member("a");
        NativeConsumer b = member("b");
        assertThat(a.awaitTold()).isTrue();
        clock.addAndGet(60_000);
        assertThat(b.heartbeat(TOPIC).code()).isZero();
        clock.addAndGet(60_001);
        await().untilAsserted(() -> {
            Answer members = b.ask(RequestCode.GET_CONSUMER_LIST_BY_GROUP, Map.of("consumerGroup", "g"));
            assertThat(members.json().path("consumerIdList").toString()).isEqualTo("[\"b\"]");
        });
        assertThat(b.awaitTold()).isTrue();
        assertThat(a.heartbeat(TOPIC).code()).isZero();
        assertThat(b.awaitTold()).as("it is back").isTrue();
    }

    private static String consuming(String clientId, String... groups) {
        String consumers = Stream.of(groups)
                .map(group -> "{\"groupName\":\"" + group + "\",\"messageModel\":\"CLUSTERING\","
                        + "\"subscriptionDataSet\":[{\"topic\":\"" + TOPIC + "\",\"subString\":\"*\"}]}")
                .collect(Collectors.joining(","));
        return "{\"clientID\":\"" + clientId + "\",\"consumerDataSet\":[" + consumers + "],\"producerDataSet\":[]}";
    }

    private static Answer heartbeat(NativeConsumer by, String json) throws Exception {
        return by.ask(RequestCode.HEART_BEAT, Map.of(), json.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> members(NativeConsumer by, String group) throws Exception {
        List<String> ids = new ArrayList<>();
        Answer answer = by.ask(RequestCode.GET_CONSUMER_LIST_BY_GROUP, Map.of("consumerGroup", group));
        if (answer.code() == 0) {
            answer.json().path("consumerIdList").forEach(id -> ids.add(id.asText()));
        }
        return ids;
    }

    @Test
    void aGroupThatIsRefusedKeepsNoOtherOfItsHeartbeatOut() throws Exception {
        stop();
        options.put("autoCreateSubscriptionGroup", "false");
        start();
        NativeConsumer a = consumer("a");
        put(a, "{\"groupName\":\"known\"}");
        Answer answer = heartbeat(a, consuming("a", "unknown", "not a name", "known"));
        assertThat(answer.code()).isEqualTo(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST);
        assertThat(answer.remark()).contains("unknown");
        assertThat(members(a, "known")).containsExactly("a");
        for (String refused : List.of("unknown", "not a name")) {
            assertThat(members(a, refused)).isEmpty();
            assertThat(a.ask(RequestCode.GET_CONSUMER_CONNECTION_LIST, Map.of("consumerGroup", refused))
                            .code())
                    .isEqualTo(ResponseCode.CONSUMER_NOT_ONLINE);
        }
    }

    @Test
    void aClientThatIsThereTwiceIsOneMember() throws Exception {
        NativeConsumer a = member("a");
        member("a");
        member("b");
        assertThat(members(a, "g")).containsExactly("a", "b");
    }

    /** One group with subscriptions of about 16 kB each. */
    private static String large(String group, int subscriptions) {
        String tags = "a".repeat(8_000);
        StringBuilder set = new StringBuilder();
        for (int i = 0; i < subscriptions; i++) {
            set.append(i == 0 ? "" : ",").append("{\"topic\":\"t" + i + "\",\"subString\":\"" + tags + "\"}");
        }
        return "{\"clientID\":\"large\",\"producerDataSet\":[],\"consumerDataSet\":[{\"groupName\":\"" + group
                + "\",\"messageModel\":\"CLUSTERING\",\"subscriptionDataSet\":[" + set + "]}]}";
    }

    @Test
    void whatOneClientSubscribesToIsBoundedAndIsFreeWhenItGoes() throws Exception {
        NativeConsumer a = consumer("a");
        NativeConsumer b = consumer("b");
        assertThat(heartbeat(a, large("g1", 300)).code()).isZero();
        Answer refused = heartbeat(a, large("g2", 300));
        assertThat(refused.code()).isEqualTo(ResponseCode.INVALID_PARAMETER);
        assertThat(refused.remark()).contains("g2", Long.toString(HeartbeatRoom.MAX_OF_CONNECTION));
        // nothing of it was kept
        assertThat(members(a, "g2")).isEmpty();
        assertThat(listed(a).has("g2")).isFalse();
        assertThat(heartbeat(b, large("g2", 300)).code()).isZero();
        assertThat(heartbeat(a, large("g1", 300)).code()).isZero();
        a.ask(RequestCode.UNREGISTER_CLIENT, Map.of("clientID", "large", "consumerGroup", "g1"));
        assertThat(heartbeat(a, large("g2", 300)).code()).isZero();
    }

    @Test
    void whatAllClientsSubscribeToIsBounded() throws Exception {
        int taken = 0;
        NativeConsumer last = consumer("c");
        while (heartbeat(last, large("g" + taken, 450)).code() == 0 && taken < 30) {
            taken++;
            last = consumer("c" + taken);
        }
        assertThat(taken).isBetween(10, 20);
        assertThat(heartbeat(last, consuming("small", "small")).code()).isZero();
    }
}
