package org.fulmar.broker.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.DeflaterOutputStream;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.SendOperation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Well-formed requests whose only aim is the memory of a real name server and a real broker, which have 256 MiB of heap
 * and 128 MiB of direct memory each.
 */
@Timeout(300)
class MemoryAttackTest {
    private static final int LONG = 200_000;

    @TempDir
    static Path directory;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = new Cluster(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @AfterEach
    void bothServersServe() throws Exception {
        cluster.assertServes("after the test");
        for (Victim victim : cluster.victims()) {
            assertThat(victim.errors()).isEmpty();
        }
    }

    private static byte[] deflate(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(out)) {
            deflated.write(content);
        }
        return out.toByteArray();
    }

    /** The same request over several connections at once; none of them is accepted. */
    private static void refused(Victim victim, Template template, int connections) throws Exception {
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            answers.add(CompletableFuture.supplyAsync(() -> {
                try (Cluster.Asker asker = cluster.asker(victim)) {
                    return asker.ask(template, HeaderEncoding.JSON, 2 * Patience.MILLIS)
                            .code();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        for (CompletableFuture<Integer> answer : answers) {
            assertThat(answer.get(3 * Patience.SECONDS, TimeUnit.SECONDS)).isNotZero();
        }
    }

    private static Template registration(boolean compressed, byte[] body) {
        Map<String, String> fields =
                new HashMap<>(NameServerCorpus.registration().toFrame().fields());
        fields.put("compressed", Boolean.toString(compressed));
        fields.remove("bodyCrc32");
        return new Template(RequestCode.REGISTER_BROKER, fields, body);
    }

    @Test
    void bodiesOfNothingButBracketsAreRefused() throws Exception {
        for (String piece : new String[] {"[],", "{},"}) {
            byte[] json = BrokerCorpus.utf8("[" + piece.repeat(5 << 20) + "1]");
            refused(cluster.nameServer, registration(false, json), 4);
            refused(
                    cluster.nameServer,
                    new Template(
                            RequestCode.QUERY_DATA_VERSION,
                            NameServerCorpus.registration().toFrame().fields(),
                            json),
                    4);
            refused(cluster.broker(), new Template(RequestCode.HEART_BEAT, json), 4);
            refused(cluster.broker(), new Template(RequestCode.CHECK_CLIENT_CONFIG, json), 4);
        }
    }

    @Test
    void bodiesThatInflateWithoutEndAreRefused() throws Exception {
        byte[] zeros = deflate(new byte[200 << 20]);
        assertThat(zeros).hasSizeLessThan(1 << 20);
        refused(cluster.nameServer, registration(true, zeros), 4);
        byte[] content = BrokerCorpus.bytes(out -> {
            byte[] json = BrokerCorpus.utf8("[" + "[],".repeat(5 << 20) + "1]");
            out.writeInt(json.length).writeBytes(json).writeInt(0);
        });
        refused(cluster.nameServer, registration(true, deflate(content)), 4);
    }

    @Test
    void thoseWhoNeverReadTheirAnswersAreNotServedOnAndOn() throws Exception {
        Template put = new Template(
                RequestCode.PUT_KV_CONFIG, Map.of("namespace", "n", "key", "k", "value", "v".repeat(60_000)));
        Template get = new Template(RequestCode.GET_KV_CONFIG, Map.of("namespace", "n", "key", "k"));
        try (Cluster.Asker asker = cluster.asker(cluster.nameServer)) {
            assertThat(asker.ask(put, HeaderEncoding.ROCKETMQ).code()).isZero();
        }
        flood(cluster.nameServer, get);
        Map<String, String> header = BrokerCorpus.send("large", false).fields();
        try (Cluster.Asker asker = cluster.asker(cluster.broker())) {
            Template send = new Template(RequestCode.SEND_MESSAGE_V2, header, new byte[200_000]);
            assertThat(asker.ask(send, HeaderEncoding.ROCKETMQ).code()).isZero();
        }
        flood(cluster.broker(), new Template(RequestCode.PULL_MESSAGE, BrokerCorpus.pull("large", 4, 0)));
        flood(
                cluster.broker(),
                new Template(RequestCode.QUERY_MESSAGE, Map.of("topic", "large", "key", "k1", "maxNum", "32")));
        flood(cluster.broker(), new Template(RequestCode.GET_ALL_TOPIC_CONFIG, Map.of()));
    }

    @Test
    void aMessageThatManyPullsWaitForIsNotCopiedForAllOfThem() throws Exception {
        Map<String, String> header = BrokerCorpus.send("awaited", false).fields();
        Map<String, String> pull = BrokerCorpus.pull("awaited", 6, 60_000);
        pull.put("queueOffset", "1");
        try (Cluster.Asker asker = cluster.asker(cluster.broker())) {
            Template send = new Template(RequestCode.SEND_MESSAGE_V2, header, new byte[200_000]);
            assertThat(asker.ask(send, HeaderEncoding.ROCKETMQ).code()).isZero();
            try (Flood flood = new Flood(cluster.broker(), new Template(RequestCode.PULL_MESSAGE, pull))) {
                flood.awaitSent();
                cluster.assertServes("with pulls that wait");
                assertThat(asker.ask(send, HeaderEncoding.ROCKETMQ).code()).isZero();
                cluster.assertServes("with pulls that are answered");
            }
        }
    }

    @Test
    void aConsumerOfManyLargeMessagesGetsThemInPieces() throws Exception {
        byte[] large = new byte[3 << 20];
        Template send = new Template(
                JmsCode.SEND,
                BrokerCorpus.bytes(out -> SendOperation.encode(
                        out, SendOperation.Envelope.to(0), JmsFlag.MARK | 4, 0, 0, new byte[0], large)));
        Template open = BrokerCorpus.jmsStart("large.queue").get(0);
        byte[] create = BrokerCorpus.bytes(
                new CreateConsumer(1, 7, 0, CreateConsumer.Kind.QUEUE, null, null, false, List.of(), 1000)::encode);
        try (Cluster.Asker asker = cluster.asker(cluster.broker())) {
            for (Template template :
                    List.of(BrokerCorpus.hello(1, 1, null), open, new Template(JmsCode.CREATE_CONSUMER, create))) {
                assertThat(asker.ask(template, HeaderEncoding.ROCKETMQ).code()).isZero();
            }
            for (int i = 0; i < 60; i++) {
                assertThat(asker.ask(send, HeaderEncoding.ROCKETMQ).code()).isZero();
            }
            assertThat(asker.ask(new Template(JmsCode.START, new byte[0]), HeaderEncoding.ROCKETMQ)
                            .code())
                    .isZero();
            await().untilAsserted(() -> assertThat(asker.deliveredBytes()).isGreaterThan(60L * large.length));
        }
    }

    private static void flood(Victim victim, Template request) throws Exception {
        try (Flood flood = new Flood(victim, request)) {
            for (int i = 0; i < 5; i++) {
                cluster.assertServes("flooded with " + request.code());
            }
        }
    }

    private static Socket socket(Victim victim) throws IOException {
        Socket socket = new Socket();
        socket.connect(victim.address(), Patience.MILLIS);
        socket.setSoTimeout(Patience.MILLIS);
        return socket;
    }

    @Test
    void framesThatAreBegunAndNotEndedLeaveRoomForOthers() throws Exception {
        byte[] begun = Arrays.copyOf(
                new Template(RequestCode.HEART_BEAT, new byte[15 << 20]).bytes(HeaderEncoding.ROCKETMQ, 1), 15 << 20);
        for (Victim victim : cluster.victims()) {
            List<Socket> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < 12; i++) {
                    Socket socket = socket(victim);
                    sockets.add(socket);
                    try {
                        socket.getOutputStream().write(begun);
                    } catch (IOException e) {
                        // closed for want of memory: its own fault
                        assertThat(e).isNotNull();
                    }
                    cluster.assertServes("with " + i + " frames begun");
                }
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void namesThatWouldBeKeptAreRefusedWhenTheyAreLong() throws Exception {
        String name = "x".repeat(LONG);
        List<Template> kept = new ArrayList<>();
        Map<String, String> commit = Map.of("topic", Cluster.HEALTH, "queueId", "0", "commitOffset", "1");
        kept.add(new Template(RequestCode.UPDATE_CONSUMER_OFFSET, with(commit, "consumerGroup", name)));
        for (String queue : new String[] {"-1", "8", "2147483647"}) {
            Map<String, String> elsewhere = with(with(commit, "consumerGroup", "g"), "queueId", queue);
            kept.add(new Template(RequestCode.UPDATE_CONSUMER_OFFSET, elsewhere));
        }
        Map<String, String> pull = BrokerCorpus.pull(Cluster.HEALTH, 5, 0);
        kept.add(new Template(RequestCode.PULL_MESSAGE, with(pull, "consumerGroup", name)));
        kept.add(new Template(
                RequestCode.UPDATE_AND_CREATE_TOPIC, Map.of("topic", "attributes", "attributes", "+a=" + name)));
        for (String body : new String[] {
            "{\"clientID\":\"" + name + "\",\"consumerDataSet\":[{\"groupName\":\"g\"}]}",
            "{\"clientID\":\"c\",\"consumerDataSet\":[{\"groupName\":\"" + name + "\"}]}",
            "{\"clientID\":\"c\",\"producerDataSet\":[{\"groupName\":\"" + name + "\"}]}"
        }) {
            kept.add(new Template(RequestCode.HEART_BEAT, BrokerCorpus.utf8(body)));
        }
        for (Template template : kept) {
            refused(cluster.broker(), template, 1);
        }
        Frame registration = NameServerCorpus.registration("a", "b").toFrame();
        byte[] body = ByteBufUtil.getBytes(registration.body());
        for (String field : new String[] {"clusterName", "brokerName", "brokerAddr", "haServerAddr", "__ZONE_NAME"}) {
            Map<String, String> fields = with(registration.fields(), field, name);
            refused(cluster.nameServer, new Template(RequestCode.REGISTER_BROKER, fields, body), 1);
        }
    }

    private static Map<String, String> with(Map<String, String> fields, String name, String value) {
        Map<String, String> changed = new HashMap<>(fields);
        changed.put(name, value);
        return changed;
    }
}
