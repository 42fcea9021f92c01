package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.AdminPeer.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.broker.server.AdminPeer.Asked;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What RocketMQ's administrators do, on the wire of a real broker, whose clock the test sets. */
@Timeout(180)
class AdministrationTest {
    private static final String TOPIC = "orders";
    private static final String GROUP = "readers";
    private static final long START = 1_700_000_000_000L;
    private static final int READ = 4;
    private static final int WRITE = 2;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(START);
    private final Map<String, String> options = new TreeMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Broker broker;
    private AdminPeer admin;

    @BeforeEach
    void start() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
        admin = peer(asked -> "{}");
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        open.clear();
        broker.close();
    }

    private AdminPeer peer(Function<Asked, String> answers) throws Exception {
        AdminPeer made = new AdminPeer(broker.address(), answers);
        open.add(made);
        return made;
    }

    /** Without what was saved of a view, so that it is built from the log alone. */
    private void restartWithout(String file) throws Exception {
        stop();
        assertThat(Files.deleteIfExists(directory.resolve("config").resolve(file)))
                .isTrue();
        Files.deleteIfExists(directory.resolve("config").resolve(file + ".bak"));
        start();
    }

    private static void succeeds(Answer answer) {
        assertThat(answer.code()).as(answer.remark()).isZero();
    }

    private static void refused(Answer answer, int code, String part) {
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).as(answer.remark()).isEqualTo(code);
    }

    /** A topic of four queues, each with three messages that the group has read. */
    private void readTopic() throws Exception {
        succeeds(admin.putTopic(TOPIC, 4, 4, READ | WRITE, ""));
        for (int queue = 0; queue < 4; queue++) {
            for (int i = 0; i < 3; i++) {
                succeeds(admin.send(TOPIC, queue, "m" + i));
            }
            succeeds(admin.commit(GROUP, TOPIC, queue, 3));
        }
    }

    @Test
    void aQueueThatAGroupHasNotReadStaysReadable() throws Exception {
        readTopic();
        succeeds(admin.send(TOPIC, 3, "unread"));

        refused(admin.putTopic(TOPIC, 3, 3, READ | WRITE, ""), ResponseCode.INVALID_PARAMETER, "group readers has not");
        succeeds(admin.putTopic(TOPIC, 4, 3, READ | WRITE, ""));
        refused(admin.putTopic(TOPIC, 3, 3, READ | WRITE, ""), ResponseCode.INVALID_PARAMETER, "1 messages");
        assertThat(admin.pull(GROUP, TOPIC, 3, 3).code()).isZero();

        succeeds(admin.commit(GROUP, TOPIC, 3, 4));
        succeeds(admin.putTopic(TOPIC, 3, 3, READ | WRITE, ""));
        refused(admin.pull(GROUP, TOPIC, 3, 0), ResponseCode.INVALID_PARAMETER, "does not exist");

        succeeds(admin.putTopic(TOPIC, 6, 6, READ | WRITE, ""));
        assertThat(admin.pull(GROUP, TOPIC, 3, 0).code())
                .as("what was hidden is there again")
                .isZero();
    }

    @Test
    void whatNobodyWouldReadCannotBeWritten() throws Exception {
        refused(admin.putTopic(TOPIC, 4, 8, READ | WRITE, ""), ResponseCode.INVALID_PARAMETER, "readQueueNums must be");
        refused(admin.putTopic(TOPIC, 0, 0, READ | WRITE, ""), ResponseCode.INVALID_PARAMETER, "at least one queue");
        refused(admin.putTopic(TOPIC, 4, 4, 8, ""), ResponseCode.INVALID_PARAMETER, "perm is a sum");
    }

    @Test
    void aJmsDestinationKeepsItsLanes() throws Exception {
        succeeds(admin.putTopic(TOPIC, 4, 4, READ | WRITE, "+fulmar.kind=queue"));
        refused(admin.putTopic(TOPIC, 4, 2, READ | WRITE, ""), ResponseCode.INVALID_PARAMETER, "lanes of priorities");
        refused(
                admin.putTopic(TOPIC, 4, 4, READ | WRITE, "-fulmar.kind"),
                ResponseCode.INVALID_PARAMETER,
                "unchangeable");
        succeeds(admin.putTopic(TOPIC, 8, 8, READ | WRITE, "+fulmar.maxRedeliveries=3"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+no.such=1",
                "+message.type=ODD",
                "+message.type=MIXED",
                "+queue.type=BatchCQ",
                "message.type=NORMAL",
                "+message.type",
                "-message.type",
                "+message.type=FIFO,+message.type=NORMAL"
            })
    void anAttributeThatThereIsNotIsRefused(String attributes) throws Exception {
        Answer answer = admin.putTopic(TOPIC, 4, 4, READ | WRITE, attributes);
        assertThat(answer.code()).as(answer.remark()).isEqualTo(ResponseCode.INVALID_PARAMETER);
        assertThat(admin.ask(RequestCode.GET_TOPIC_CONFIG, "", "topic", TOPIC).code())
                .isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
    }

    @Test
    void permissionsCountAtOnceAndWithCode16() throws Exception {
        readTopic();
        succeeds(admin.putTopic(TOPIC, 4, 4, READ, ""));
        refused(admin.send(TOPIC, 0, "no"), ResponseCode.NO_PERMISSION, "may not be written");
        assertThat(admin.pull(GROUP, TOPIC, 0, 0).code()).isZero();
        succeeds(admin.putTopic(TOPIC, 4, 4, WRITE, ""));
        refused(admin.pull(GROUP, TOPIC, 0, 0), ResponseCode.NO_PERMISSION, "may not be read");
        succeeds(admin.send(TOPIC, 0, "yes"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TBW102", "DefaultCluster", "broker-a", "BenchmarkTest", "rmq_sys_anything"})
    void systemTopicsStayAsTheyAre(String topic) throws Exception {
        refused(admin.putTopic(topic, 4, 4, READ, ""), ResponseCode.INVALID_PARAMETER, "conflict with system topic");
        refused(
                admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", topic),
                ResponseCode.INVALID_PARAMETER,
                "conflict with system topic");
    }

    @Test
    void aListOfTopicsIsMadeAsAWholeOrNotAtAll() throws Exception {
        String good = "{\"topicName\":\"one\",\"readQueueNums\":2,\"writeQueueNums\":2,\"perm\":6}";
        String bad = "{\"topicName\":\"two\",\"readQueueNums\":2,\"writeQueueNums\":3,\"perm\":6}";
        refused(
                admin.ask(RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, "{\"topicConfigList\":[" + good + "," + bad + "]}"),
                ResponseCode.INVALID_PARAMETER,
                "topic two");
        assertThat(admin.ask(RequestCode.GET_TOPIC_CONFIG, "", "topic", "one").code())
                .isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
        succeeds(admin.ask(RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, "{\"topicConfigList\":[" + good + "]}"));
        Answer made = admin.ask(RequestCode.GET_TOPIC_CONFIG, "", "topic", "one");
        assertThat(made.json().path("readQueueNums").asInt()).isEqualTo(2);
    }

    @Test
    void aDeletedTopicTakesItsOffsetsAlong() throws Exception {
        readTopic();
        succeeds(admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", TOPIC));
        succeeds(admin.putTopic(TOPIC, 4, 4, READ | WRITE, ""));
        assertThat(admin.committed(GROUP, TOPIC, 0)).isZero();
        assertThat(text(admin.ask(RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, "", "topic", TOPIC)))
                .isEqualTo("{\"groupList\":[]}");
    }

    @Test
    void aDeletedTopicLeavesTheRetryTopicOfAGroupWithALikeNameAlone() throws Exception {
        readTopic();
        String retry = "%RETRY%" + GROUP + "_" + TOPIC;
        succeeds(admin.putTopic(retry, 1, 1, READ | WRITE, ""));
        succeeds(admin.ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", TOPIC));
        succeeds(admin.ask(RequestCode.GET_TOPIC_CONFIG, "", "topic", retry));
    }

    @Test
    void committedOffsetsComeFromTheirCopyIfTheFileIsDamagedOrGone() throws Exception {
        readTopic();
        stop();
        start();
        stop();
        Path file = directory.resolve("config").resolve("consumerOffset.json");
        Files.writeString(file, "{\"offsetTable\":{\"");
        start();
        assertThat(admin.committed(GROUP, TOPIC, 2)).isEqualTo(3);
        // the damaged one is the copy now, until the next is written
        stop();
        start();
        stop();
        Files.delete(file);
        start();
        assertThat(admin.committed(GROUP, TOPIC, 2)).isEqualTo(3);
    }

    @Test
    void aResetWithoutConsumersIsKeptOverARestartAndToldOnce() throws Exception {
        readTopic();
        admin.heartbeat("c", GROUP, TOPIC);
        stop();
        clock.addAndGet(1000);
        start();
        succeeds(admin.send(TOPIC, 0, "later"));
        succeeds(admin.commit(GROUP, TOPIC, 0, 4));
        Answer answer = admin.reset(GROUP, TOPIC, 0, START + 500);
        succeeds(answer);
        assertThat(text(answer))
                .isEqualTo("{\"offsetTable\":{{\"brokerName\":\"broker-a\",\"queueId\":0,\"topic\":\"orders\"}:3}}");
        restartWithout("offsetResets.json");

        assertThat(admin.committed(GROUP, TOPIC, 0)).isEqualTo(3);
        succeeds(admin.commit(GROUP, TOPIC, 0, 4));
        assertThat(admin.committed(GROUP, TOPIC, 0))
                .as("a commit of what came before the reset changes nothing")
                .isEqualTo(3);
        Answer moved = admin.pull(GROUP, TOPIC, 0, 4);
        assertThat(moved.code()).isEqualTo(ResponseCode.PULL_OFFSET_MOVED);
        assertThat(moved.fields()).containsEntry("nextBeginOffset", "3");
        assertThat(admin.pull(GROUP, TOPIC, 0, 3).code()).isZero();
        succeeds(admin.commit(GROUP, TOPIC, 0, 4));
        assertThat(admin.committed(GROUP, TOPIC, 0)).isEqualTo(4);
        assertThat(admin.pull(GROUP, TOPIC, 1, 3).code())
                .as("another queue was not reset")
                .isEqualTo(ResponseCode.PULL_NOT_FOUND);
    }

    @Test
    void consumersThatAreThereSetTheirOffsetsThemselves() throws Exception {
        readTopic();
        AdminPeer consumer = peer(asked -> "{}");
        consumer.heartbeat("c", GROUP, TOPIC);
        Answer answer = admin.reset(GROUP, TOPIC, -1, -1);
        succeeds(answer);
        Asked told = consumer.awaitAsked();
        assertThat(told.code()).isEqualTo(RequestCode.RESET_CONSUMER_CLIENT_OFFSET);
        assertThat(told.fields()).containsEntry("group", GROUP).containsEntry("topic", TOPIC);
        assertThat(told.body()).isEqualTo(text(answer)).contains("\"queueId\":3,\"topic\":\"orders\"}:3");
        assertThat(admin.pull(GROUP, TOPIC, 0, 3).code())
                .as("the broker has nothing to tell besides")
                .isEqualTo(ResponseCode.PULL_NOT_FOUND);
    }

    @Test
    void consumersThatPullByThemselvesAreResetByTheBroker() throws Exception {
        readTopic();
        AdminPeer consumer = peer(asked -> "{}");
        consumer.heartbeat("c", GROUP, TOPIC, "CONSUME_ACTIVELY");
        succeeds(admin.reset(GROUP, TOPIC, -1, 0));
        assertThat(admin.committed(GROUP, TOPIC, 2)).isZero();
        assertThat(admin.pull(GROUP, TOPIC, 2, 3).fields()).containsEntry("nextBeginOffset", "0");
    }

    @Test
    void clonedOffsetsCountAlsoForAGroupThatWasResetAndSurviveAKill() throws Exception {
        readTopic();
        succeeds(admin.commit("other", TOPIC, 0, 2));
        succeeds(admin.reset("other", TOPIC, 0, 0));
        succeeds(
                admin.ask(RequestCode.CLONE_GROUP_OFFSET, "", "srcGroup", GROUP, "destGroup", "other", "topic", TOPIC));
        assertThat(admin.committed("other", TOPIC, 0)).isEqualTo(3);
        restartWithout("offsetResets.json");
        assertThat(admin.committed("other", TOPIC, 0)).isEqualTo(3);
    }

    @Test
    void aListOfTopicsForWhichThereIsNoRoomIsRefusedAsAWhole() throws Exception {
        stop();
        options.put("maxTopics", "40");
        start();
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            list.append(i == 0 ? "" : ",")
                    .append("{\"topicName\":\"t")
                    .append(i)
                    .append("\",\"readQueueNums\":2,\"writeQueueNums\":2,\"perm\":6}");
        }
        refused(
                admin.ask(RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, "{\"topicConfigList\":[" + list + "]}"),
                ResponseCode.SYSTEM_BUSY,
                "no room for 40 more topics");
        assertThat(admin.ask(RequestCode.GET_TOPIC_CONFIG, "", "topic", "t0").code())
                .isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
    }

    @Test
    void popsFollowAResetOnceAndGoOn() throws Exception {
        readTopic();
        stop();
        start();
        admin.heartbeat("c", GROUP, TOPIC);
        assertThat(admin.pop(GROUP, TOPIC, 0).code()).isNotZero();
        succeeds(admin.reset(GROUP, TOPIC, 0, 0));
        Answer popped = admin.pop(GROUP, TOPIC, 0);
        succeeds(popped);
        clock.addAndGet(1);
        assertThat(admin.pop(GROUP, TOPIC, 0).code())
                .as("what is popped is not reset again")
                .isNotZero();
        assertThat(admin.pull(GROUP, TOPIC, 0, 3).code())
                .as("nobody else has to be told")
                .isEqualTo(ResponseCode.PULL_NOT_FOUND);
    }

    @Test
    void aResetOfWhatIsNotThereSaysSo() throws Exception {
        refused(admin.reset(GROUP, "none", 0, 0), ResponseCode.TOPIC_NOT_EXIST, "none");
        succeeds(admin.putTopic(TOPIC, 4, 4, READ | WRITE, ""));
        refused(admin.reset("nobody", TOPIC, 0, 0), ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, "nobody");
        admin.heartbeat("c", GROUP, TOPIC);
        refused(admin.reset(GROUP, TOPIC, 4, 0), ResponseCode.INVALID_PARAMETER, "no queue 4");
    }

    @Test
    void whatAConsumerSaysIsPassedOn() throws Exception {
        readTopic();
        String table = "{{\"brokerName\":\"broker-a\",\"queueId\":0,\"topic\":\"or}de\\\"rs\"}:3}";
        AdminPeer consumer = peer(asked -> "{\"consumerTable\":{},\"messageQueueTable\":" + table + "}");
        consumer.heartbeat("c", GROUP, TOPIC);
        Answer status = admin.ask(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, "", "topic", TOPIC, "group", GROUP);
        succeeds(status);
        assertThat(text(status)).isEqualTo("{\"consumerTable\":{\"c\":" + table + "}}");

        Answer info = admin.ask(
                RequestCode.GET_CONSUMER_RUNNING_INFO,
                "",
                "consumerGroup",
                GROUP,
                "clientId",
                "c",
                "jstackEnable",
                "x");
        succeeds(info);
        assertThat(text(info)).contains("messageQueueTable");
        consumer.awaitAsked();
        assertThat(consumer.awaitAsked().fields()).containsEntry("jstackEnable", "x");

        refused(
                admin.ask(RequestCode.GET_CONSUMER_RUNNING_INFO, "", "consumerGroup", GROUP, "clientId", "d"),
                ResponseCode.SYSTEM_ERROR,
                "not online");
    }

    @Test
    void connectionsAreListedUntilTheyEnd() throws Exception {
        succeeds(admin.putTopic(TOPIC, 4, 4, READ | WRITE, ""));
        AdminPeer consumer = peer(asked -> "{}");
        consumer.heartbeat("c", GROUP, TOPIC);
        Answer there = admin.ask(RequestCode.GET_CONSUMER_CONNECTION_LIST, "", "consumerGroup", GROUP);
        assertThat(there.json().path("connectionSet").path(0).path("clientId").asText())
                .isEqualTo("c");
        assertThat(there.json()
                        .path("subscriptionTable")
                        .path(TOPIC)
                        .path("subString")
                        .asText())
                .isEqualTo("*");
        succeeds(admin.ask(RequestCode.GET_PRODUCER_CONNECTION_LIST, "", "producerGroup", "producers"));
        open.remove(consumer);
        consumer.close();
        await().untilAsserted(() -> refused(
                admin.ask(RequestCode.GET_CONSUMER_CONNECTION_LIST, "", "consumerGroup", GROUP),
                ResponseCode.CONSUMER_NOT_ONLINE,
                GROUP));
        refused(
                admin.ask(RequestCode.GET_PRODUCER_CONNECTION_LIST, "", "producerGroup", "producers"),
                ResponseCode.SYSTEM_ERROR,
                "producers");
    }

    @Test
    void onlySettingsOfTheListChange() throws Exception {
        refused(
                admin.ask(RequestCode.UPDATE_BROKER_CONFIG, "maxRedeliveries=3\nstorePathRootDir=/elsewhere\n"),
                ResponseCode.NO_PERMISSION,
                "those that do are autoCreateTopicEnable");
        refused(
                admin.ask(RequestCode.UPDATE_BROKER_CONFIG, "noSuch=1"),
                ResponseCode.NO_PERMISSION,
                "no option noSuch");
        refused(
                admin.ask(RequestCode.UPDATE_BROKER_CONFIG, "maxRedeliveries=many"),
                ResponseCode.INVALID_PARAMETER,
                "must be a number");
        assertThat(text(admin.ask(RequestCode.GET_BROKER_CONFIG, ""))).contains("maxRedeliveries=10\n");
    }

    @Test
    void aChangedSettingLastsUntilTheConfigurationChanges() throws Exception {
        succeeds(admin.ask(RequestCode.UPDATE_BROKER_CONFIG, "autoCreateTopicEnable=false\nmaxRedeliveries=3\n"));
        refused(admin.send("new", 0, "m"), ResponseCode.TOPIC_NOT_EXIST, "does not exist");
        restartWithout("brokerSettings.json");
        refused(admin.send("new", 0, "m"), ResponseCode.TOPIC_NOT_EXIST, "does not exist");
        assertThat(text(admin.ask(RequestCode.GET_BROKER_CONFIG, "")))
                .contains("maxRedeliveries=3\n", "autoCreateTopicEnable=false\n");

        options.put("maxRedeliveries", "7");
        restartWithout("brokerSettings.json");
        assertThat(text(admin.ask(RequestCode.GET_BROKER_CONFIG, "")))
                .contains("maxRedeliveries=7\n", "autoCreateTopicEnable=false\n");
    }

    @Test
    void theBrokersPermissionCountsForAllTopics() throws Exception {
        readTopic();
        succeeds(admin.ask(RequestCode.UPDATE_BROKER_CONFIG, "brokerPermission=4"));
        refused(admin.send(TOPIC, 0, "no"), ResponseCode.NO_PERMISSION, "takes no messages");
        assertThat(admin.pull(GROUP, TOPIC, 0, 0).code()).isZero();
    }

    @Test
    void figuresAreWhatHasHappened() throws Exception {
        readTopic();
        admin.pull(GROUP, TOPIC, 0, 0);
        Answer runtime = admin.ask(RequestCode.GET_BROKER_RUNTIME_INFO, "");
        assertThat(runtime.json().path("table").path("msgPutTotalTodayNow").asText())
                .isEqualTo("12");
        assertThat(runtime.json().path("table").path("msgGetTotalTodayNow").asText())
                .isEqualTo("3");
        Answer stats =
                admin.ask(RequestCode.VIEW_BROKER_STATS_DATA, "", "statsName", "TOPIC_PUT_NUMS", "statsKey", TOPIC);
        assertThat(stats.json().path("statsMinute").path("sum").asLong()).isEqualTo(12);
        refused(
                admin.ask(RequestCode.VIEW_BROKER_STATS_DATA, "", "statsName", "TOPIC_PUT_NUMS", "statsKey", "none"),
                ResponseCode.SYSTEM_ERROR,
                "not exist");
        Answer span = admin.ask(RequestCode.QUERY_CONSUME_TIME_SPAN, "", "topic", TOPIC, "group", GROUP);
        assertThat(span.json().path("consumeTimeSpanSet")).hasSize(4);
        assertThat(span.json()
                        .path("consumeTimeSpanSet")
                        .path(0)
                        .path("minTimeStamp")
                        .asLong())
                .isEqualTo(START);
        Answer correction = admin.ask(RequestCode.QUERY_CORRECTION_OFFSET, "", "topic", TOPIC);
        assertThat(correction.json().path("correctionOffsets").path("2").asLong())
                .isEqualTo(3);
        assertThat(text(admin.ask(RequestCode.GET_TOPIC_STATS_INFO, "", "topic", TOPIC)))
                .contains("{\"brokerName\":\"broker-a\",\"queueId\":3,\"topic\":\"orders\"}:{\"lastUpdateTimestamp\":");
        assertThat(text(admin.ask(RequestCode.GET_CONSUME_STATS, "", "consumerGroup", GROUP)))
                .contains("\"brokerOffset\":3,\"consumerOffset\":3,");
    }

    @Test
    void aBrokerWithoutAnonymousClientsTakesNoAdministration() throws Exception {
        stop();
        Path users = directory.resolve("users");
        Files.writeString(users, "someone=" + PasswordHash.of("secret").text());
        options.put("usersFile", users.toString());
        options.put("anonymousAllowed", "false");
        start();
        for (int code : List.of(
                RequestCode.UPDATE_BROKER_CONFIG,
                RequestCode.GET_BROKER_CONFIG,
                RequestCode.UPDATE_AND_CREATE_TOPIC_LIST,
                RequestCode.INVOKE_BROKER_TO_RESET_OFFSET,
                RequestCode.GET_BROKER_RUNTIME_INFO,
                RequestCode.GET_CONSUMER_CONNECTION_LIST,
                RequestCode.CONSUME_MESSAGE_DIRECTLY)) {
            refused(admin.ask(code, ""), ResponseCode.NO_PERMISSION, "anonymousAllowed");
        }
    }

    @Test
    void whatIsNotThereIsRefusedByItsCode() throws Exception {
        refused(admin.ask(907, ""), ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "request code 907 is not supported");
    }
}
