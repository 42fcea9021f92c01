package org.fulmar.nameserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.fulmar.nameserver.Registrations.CLUSTER;
import static org.fulmar.nameserver.Registrations.full;
import static org.fulmar.nameserver.Registrations.of;
import static org.fulmar.nameserver.Registrations.topic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A name server over the wire. */
class NameServerTest {
    private static final String A = "127.0.0.1:10911";
    private static final String B = "127.0.0.1:10921";
    /** Longer than a machine stalls: only a failure waits so long. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Map<String, String> SETTINGS =
            Map.of("listenPort", "0", "scanNotActiveBrokerInterval", "10", "serverWorkerThreads", "2");

    private final AtomicLong clock = new AtomicLong();
    private NameServer server;

    @BeforeEach
    void start() throws IOException {
        server = new NameServer(NameServerConfig.of(SETTINGS), clock::get).start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Peer peer() throws IOException {
        return new Peer(server.address(), HeaderEncoding.JSON);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void aBrokerRegistersAndAClientFindsItsTopicsInEitherEncoding(HeaderEncoding encoding) throws Exception {
        try (Peer broker = new Peer(server.address(), encoding);
                Peer client = new Peer(server.address(), encoding)) {
            BrokerRegistration registration = full("a", 0, A, 1, topic("T"));
            Peer.Reply registered = broker.register(registration);
            assertThat(registered.code()).isZero();
            assertThat(registered.encoding()).isEqualTo(encoding);
            assertThat(registered.text()).isEqualTo("{\"table\":{}}");
            assertThat(registered.fields()).isEmpty();

            assertThat(client.route("T").text())
                    .isEqualTo("{\"brokerDatas\":[{\"brokerAddrs\":{\"0\":\"127.0.0.1:10911\"},\"brokerName\":\"a\","
                            + "\"cluster\":\"DefaultCluster\",\"enableActingMaster\":false}],\"filterServerTable\":{},"
                            + "\"queueDatas\":[{\"brokerName\":\"a\",\"perm\":6,\"readQueueNums\":4,"
                            + "\"topicSysFlag\":0,\"writeQueueNums\":4}]}");

            assertThat(broker.unregister(registration).code()).isZero();
            Peer.Reply missing = client.route("T");
            assertThat(missing.code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
            assertThat(missing.remark()).contains("No topic route info in name server for the topic: T");
            assertThat(missing.encoding()).isEqualTo(encoding);
        }
    }

    @Test
    void aLostConnectionUnregistersAtOnce() throws Exception {
        try (Peer master = peer();
                Peer slave = peer();
                Peer client = peer()) {
            master.register(full("a", 0, A, 1, topic("T")));
            Peer.Reply slaveReply = slave.register(full("a", 1, B, 1, topic("T")));
            assertThat(slaveReply.fields()).containsEntry("masterAddr", A).containsEntry("haServerAddr", "ha-" + A);

            master.disconnect();

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(client.route("T")
                                    .json()
                                    .path("brokerDatas")
                                    .path(0)
                                    .path("brokerAddrs")
                                    .toString())
                            .isEqualTo("{\"1\":\"" + B + "\"}"));
            slave.disconnect();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(client.route("T").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST));
        }
    }

    @Test
    void aSilentBrokerIsDroppedWhenItsTimeHasPassed() throws Exception {
        try (Peer broker = peer()) {
            broker.register(full("a", 0, A, 1, topic("T")));
            clock.set(119_999);
            assertThat(broker.route("T").code()).isZero();
            clock.set(120_000);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(broker.route("T").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST));
        }
    }

    @Test
    void twoNameServersKnowNothingOfEachOther() throws Exception {
        try (NameServer other = new NameServer(NameServerConfig.of(SETTINGS)).start();
                Peer toFirst = peer();
                Peer toOther = new Peer(other.address(), HeaderEncoding.JSON)) {
            toFirst.register(full("a", 0, A, 1, topic("T")));
            toOther.register(full("a", 0, A, 1, topic("U")));

            assertThat(toFirst.route("U").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
            assertThat(toOther.route("T").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
            server.close();
            assertThat(toOther.route("U").code()).isZero();
        }
    }

    @Test
    void topicListsCoverAllOrOneClusterAndAreSorted() throws Exception {
        try (Peer broker = peer()) {
            broker.register(full("a", 0, A, 1, topic("T"), topic("%RETRY%g"), topic("topic-ä")));

            String all = "{\"topicList\":[\"%RETRY%g\",\"T\",\"TBW102\",\"a\",\"topic-\\u00E4\"]}";
            assertThat(broker.ask(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER)
                            .text())
                    .isEqualTo(all);
            assertThat(broker.ask(RequestCode.GET_TOPICS_BY_CLUSTER, "cluster", CLUSTER)
                            .text())
                    .isEqualTo(all);
            assertThat(broker.ask(RequestCode.GET_TOPICS_BY_CLUSTER, "cluster", "Other")
                            .text())
                    .isEqualTo("{\"topicList\":[]}");
            assertThat(broker.ask(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS).text())
                    .isEqualTo("{\"topicList\":[\"DefaultCluster\",\"a\"],\"brokerAddr\":\"" + A + "\"}");
        }
    }

    @Test
    void writePermissionIsTakenAndGivenWithACount() throws Exception {
        try (Peer broker = peer()) {
            broker.register(full("a", 0, A, 1, topic("T")));

            assertThat(broker.ask(RequestCode.WIPE_WRITE_PERM_OF_BROKER, "brokerName", "a")
                            .fields())
                    .containsExactly(Map.entry("wipeTopicCount", "3"));
            assertThat(broker.route("T").text()).contains("\"perm\":4");
            assertThat(broker.ask(RequestCode.ADD_WRITE_PERM_OF_BROKER, "brokerName", "a")
                            .fields())
                    .containsExactly(Map.entry("addTopicCount", "3"));
            assertThat(broker.route("T").text()).contains("\"perm\":6");
        }
    }

    @Test
    void aDeletedTopicHasNoRoute() throws Exception {
        try (Peer broker = peer()) {
            broker.register(full("a", 0, A, 1, topic("T"), topic("U")));
            broker.ask(RequestCode.DELETE_TOPIC_IN_NAMESRV, "topic", "T");
            broker.ask(RequestCode.DELETE_TOPIC_IN_NAMESRV, "topic", "U", "clusterName", "Other");

            assertThat(broker.route("T").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
            assertThat(broker.route("U").code()).isZero();
        }
    }

    @Test
    void aBrokerLearnsWhetherItsVersionIsKnown() throws Exception {
        try (Peer broker = peer()) {
            Map<String, String> fields =
                    Map.of("clusterName", CLUSTER, "brokerAddr", A, "brokerName", "a", "brokerId", "0");
            DataVersion version = new DataVersion(0, 1, 7);
            Peer.Reply unknown = compare(broker, fields, version);
            assertThat(unknown.fields()).containsEntry("changed", "true");
            assertThat(unknown.text()).isEmpty();

            broker.register(of("a", 0, A, version, topic("T"), topic("U")));

            Peer.Reply same = compare(broker, fields, version);
            assertThat(same.fields()).containsEntry("changed", "false");
            assertThat(same.text()).isEqualTo("{\"counter\":7,\"stateVersion\":0,\"timestamp\":1}");
            assertThat(compare(broker, fields, version.next(2)).fields()).containsEntry("changed", "true");
        }
    }

    private static Peer.Reply compare(Peer broker, Map<String, String> fields, DataVersion version) throws Exception {
        return broker.ask(RequestCode.QUERY_DATA_VERSION, fields, JsonBody.buffer(version.toJson()));
    }

    @Test
    void kvEntriesAreKeptAndABrokerIsToldTheOrderedTopics() throws Exception {
        try (Peer peer = peer()) {
            String[] key = {"namespace", "ORDER_TOPIC_CONFIG", "key", "T"};
            assertThat(peer.ask(RequestCode.GET_KV_CONFIG, key).code()).isEqualTo(ResponseCode.QUERY_NOT_FOUND);
            assertThat(peer.ask(RequestCode.GET_KVLIST_BY_NAMESPACE, key).code())
                    .isEqualTo(ResponseCode.QUERY_NOT_FOUND);

            assertThat(peer.ask(
                                    RequestCode.PUT_KV_CONFIG,
                                    "namespace",
                                    "ORDER_TOPIC_CONFIG",
                                    "key",
                                    "T",
                                    "value",
                                    "a:4")
                            .code())
                    .isZero();

            assertThat(peer.ask(RequestCode.GET_KV_CONFIG, key).fields()).containsEntry("value", "a:4");
            String table = "{\"table\":{\"T\":\"a:4\"}}";
            assertThat(peer.ask(RequestCode.GET_KVLIST_BY_NAMESPACE, key).text())
                    .isEqualTo(table);
            assertThat(peer.register(full("a", 0, A, 1)).text()).isEqualTo(table);
            assertThat(peer.ask(RequestCode.DELETE_KV_CONFIG, key).code()).isZero();
            assertThat(peer.ask(RequestCode.GET_KV_CONFIG, key).code()).isEqualTo(ResponseCode.QUERY_NOT_FOUND);
        }
    }

    @Test
    void kvEntriesSurviveARestartAndRoutesTellThemIfAsked(@TempDir Path directory) throws Exception {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("kvConfigDirectory", directory.toString());
        settings.put("orderMessageEnable", "true");
        String[] entry = {"namespace", "ORDER_TOPIC_CONFIG", "key", "T", "value", "a:4"};
        try (NameServer first = new NameServer(NameServerConfig.of(settings)).start();
                Peer peer = new Peer(first.address(), HeaderEncoding.JSON)) {
            peer.ask(RequestCode.PUT_KV_CONFIG, entry);
        }
        try (NameServer second = new NameServer(NameServerConfig.of(settings)).start();
                Peer peer = new Peer(second.address(), HeaderEncoding.JSON)) {
            peer.register(full("a", 0, A, 1, topic("T")));
            assertThat(peer.route("T").json().path("orderTopicConf").asText()).isEqualTo("a:4");
        }
    }

    @Test
    void anUnknownCodeIsAnsweredWithItsNumber() throws Exception {
        try (Peer peer = peer()) {
            Peer.Reply reply = peer.ask(12_345);
            assertThat(reply.code()).isEqualTo(ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
            assertThat(reply.remark()).contains("12345");
        }
    }

    @Test
    void malformedRequestsAreRefusedByNameAndDoNoHarm() throws Exception {
        try (Peer peer = peer()) {
            assertThat(peer.ask(RequestCode.GET_ROUTEINFO_BY_TOPIC).remark()).contains("topic");
            assertThat(peer.ask(RequestCode.UNREGISTER_BROKER, "clusterName", "c")
                            .code())
                    .isEqualTo(ResponseCode.INVALID_PARAMETER);
            Frame good = full("a", 0, A, 1).toFrame();
            Map<String, String> fields = new HashMap<>(good.fields());
            fields.put("bodyCrc32", "17");
            Peer.Reply wrongCrc = peer.ask(RequestCode.REGISTER_BROKER, fields, good.body());
            assertThat(wrongCrc.code()).isEqualTo(ResponseCode.SYSTEM_ERROR);
            assertThat(wrongCrc.remark()).contains("CRC");
            fields.remove("bodyCrc32");
            assertThat(peer.ask(
                                    RequestCode.REGISTER_BROKER,
                                    fields,
                                    Unpooled.copiedBuffer("{oops", StandardCharsets.UTF_8))
                            .code())
                    .isEqualTo(ResponseCode.SYSTEM_ERROR);
            assertThat(peer.register(of("a", 0, A, new DataVersion(0, 1, 1), topic("T")))
                            .remark())
                    .contains("single topic");
            assertThat(peer.ask(
                                    RequestCode.PUT_KV_CONFIG,
                                    "namespace",
                                    "n",
                                    "key",
                                    "k",
                                    "value",
                                    "x".repeat(KvStore.MAX_VALUE_LENGTH + 1))
                            .code())
                    .isEqualTo(ResponseCode.INVALID_PARAMETER);
            assertThat(peer.ask(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER).text())
                    .isEqualTo("{\"topicList\":[]}");
        }
    }

    @Test
    void aOneWayRequestIsCarriedOutAndNeverAnswered() throws Exception {
        try (Peer peer = peer()) {
            BrokerRegistration registration = full("a", 0, A, 1, topic("T"));
            peer.register(registration);
            peer.oneWay(12_345, Map.of());
            peer.oneWay(
                    RequestCode.UNREGISTER_BROKER,
                    registration.toUnregistration().fields());
            assertThat(peer.route("T").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
        }
    }

    @Test
    void itServesInVmPeersWithoutASocket() throws Exception {
        try (NameServer local = new NameServer(NameServerConfig.defaults())) {
            try (Peer peer = new Peer(local.startLocal("nameserver-test"), HeaderEncoding.ROCKETMQ)) {
                peer.register(full("a", 0, A, 1, topic("T")));
                assertThat(peer.route("T").code()).isZero();
            }
            assertThatThrownBy(local::address).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aTakenPortIsAnErrorAndClosingTwiceIsNone() {
        int taken = server.address().getPort();
        NameServer second = new NameServer(NameServerConfig.defaults().withListenPort(taken));
        assertThatThrownBy(second::start).isInstanceOf(IOException.class).hasMessageContaining("" + taken);
        second.close();
        server.close();
        server.close();
        assertThatThrownBy(server::start).isInstanceOf(IllegalStateException.class);
    }

    private static ByteBuf body(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    @Test
    void optionsAreShownAndOneOfThemMayBeChanged() throws Exception {
        try (Peer admin = peer()) {
            assertThat(admin.ask(RequestCode.GET_NAMESRV_CONFIG).text())
                    .contains("orderMessageEnable=false\n", "serverWorkerThreads=2\n", "kvConfigDirectory=\n");
            Peer.Reply refused = admin.ask(
                    RequestCode.UPDATE_NAMESRV_CONFIG,
                    Map.of(),
                    body("orderMessageEnable=true\nkvConfigDirectory=/elsewhere\n"));
            assertThat(refused.code()).isEqualTo(ResponseCode.NO_PERMISSION);
            assertThat(refused.remark()).contains("kvConfigDirectory does not change", "orderMessageEnable");
            Peer.Reply odd = admin.ask(RequestCode.UPDATE_NAMESRV_CONFIG, Map.of(), body("orderMessageEnable=perhaps"));
            assertThat(odd.code()).isEqualTo(ResponseCode.INVALID_PARAMETER);
            assertThat(admin.ask(RequestCode.GET_NAMESRV_CONFIG).text()).contains("orderMessageEnable=false\n");

            admin.register(full("a", 0, A, 1, topic("T")));
            admin.ask(RequestCode.PUT_KV_CONFIG, "namespace", "ORDER_TOPIC_CONFIG", "key", "T", "value", "a:4");
            assertThat(admin.route("T").json().has("orderTopicConf")).isFalse();
            assertThat(admin.ask(RequestCode.UPDATE_NAMESRV_CONFIG, Map.of(), body("orderMessageEnable=true"))
                            .code())
                    .isZero();
            assertThat(admin.route("T").json().path("orderTopicConf").asText()).isEqualTo("a:4");
        }
    }

    @Test
    void anAdministratorSaysWhereATopicIsButOnlyWithBrokersThatAreThere() throws Exception {
        try (Peer admin = peer()) {
            admin.register(full("a", 0, A, 1, topic("T")));
            String onA = "{\"brokerName\":\"a\",\"readQueueNums\":3,\"writeQueueNums\":3,\"perm\":6}";
            String onNone = "{\"brokerName\":\"none\",\"readQueueNums\":3,\"writeQueueNums\":3,\"perm\":6}";
            Peer.Reply refused = admin.ask(
                    RequestCode.REGISTER_TOPIC_IN_NAMESRV,
                    Map.of("topic", "U"),
                    body("{\"queueDatas\":[" + onA + "," + onNone + "]}"));
            assertThat(refused.code()).isEqualTo(ResponseCode.INVALID_PARAMETER);
            assertThat(refused.remark()).contains("no broker none");
            assertThat(admin.route("U").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
            assertThat(admin.ask(
                                    RequestCode.REGISTER_TOPIC_IN_NAMESRV,
                                    Map.of("topic", "U"),
                                    body("{\"queueDatas\":[" + onA + "]}"))
                            .code())
                    .isZero();
            assertThat(admin.route("U")
                            .json()
                            .path("queueDatas")
                            .path(0)
                            .path("readQueueNums")
                            .asInt())
                    .isEqualTo(3);
        }
    }
}
