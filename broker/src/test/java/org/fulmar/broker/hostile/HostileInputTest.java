package org.fulmar.broker.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.broker.hostile.Attacker.Tally;
import org.fulmar.broker.hostile.Victim.Vitals;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.SendOperation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Bytes of those who mean harm, sent to a real name server and a real broker with 256 MiB of heap each. The seed is
 * printed; {@code -Dhostile.seed} repeats a run, {@code -Dhostile.mutations} makes it longer.
 */
@Timeout(600)
class HostileInputTest {
    private static final int MUTATIONS = Integer.getInteger("hostile.mutations", 100_000);
    private static final long SEED = Long.getLong("hostile.seed", 20261121);
    private static final int ROUNDS = 2;
    private static final int ATTACKERS_PER_SERVER = 2;
    private static final long ROUND_SECONDS = 30 + MUTATIONS / ROUNDS / 250;
    private static final long MIB = 1 << 20;
    private static final long HEAP_GROWTH = 24 * MIB;
    private static final long MEMORY_GROWTH = 112 * MIB;
    /** Threads that a JVM starts when it likes, as for signals and compilation. */
    private static final int JVM_THREADS = 3;
    /** Files of the log, the indexes and the JVM that come with time. */
    private static final int STORE_FILES = 8;

    @TempDir
    static Path directory;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("hostile input: -Dhostile.seed=" + SEED + " -Dhostile.mutations=" + MUTATIONS);
        cluster = new Cluster(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @AfterEach
    void bothServersServeAndHaveLoggedNoError() throws Exception {
        cluster.assertServes("after the test");
        for (Victim victim : cluster.victims()) {
            assertThat(victim.errors()).isEmpty();
            assertThat(victim.output()).noneMatch(line -> line.contains("OutOfMemoryError"));
        }
    }

    @Test
    void mutatedRequestsHarmNeitherServer() throws Exception {
        letTheBrokerAskForARoute();
        List<Vitals> base = vitals();
        List<Vitals> warm = List.of();
        ExecutorService threads = Executors.newFixedThreadPool(2 * ATTACKERS_PER_SERVER);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                long begin = System.nanoTime();
                Tally tally = new Tally(0, 0, 0);
                for (Future<Tally> attack : threads.invokeAll(attackers(round), ROUND_SECONDS, TimeUnit.SECONDS)) {
                    tally = tally.plus(attack.get());
                }
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
                System.out.printf("round %d: %s in %d ms%n", round, tally, millis);
                assertThat(tally.answered()).as("mutations that went in deep").isGreaterThan(MUTATIONS / ROUNDS / 3);
                cluster.assertServes("after round " + round);
                warm = round == 0 ? vitals() : warm;
            }
        } finally {
            threads.shutdownNow();
        }
        assertGone(base);
        assertUnharmed(base, warm, vitals());
        cluster.killAndRestartBroker();
        cluster.assertServes("after a restart on what the hostile have left");
    }

    /** For that it has a connection of its own, made when it is first needed. */
    private static void letTheBrokerAskForARoute() throws Exception {
        try (Cluster.Asker asker = cluster.asker(cluster.broker())) {
            Template question = BrokerCorpus.rocketMq(Cluster.HEALTH).stream()
                    .filter(template -> template.code() == RequestCode.QUERY_ASSIGNMENT)
                    .findFirst()
                    .orElseThrow();
            asker.ask(question, HeaderEncoding.JSON);
        }
    }

    private static List<Attacker> attackers(int round) {
        int each = MUTATIONS / ROUNDS / ATTACKERS_PER_SERVER / 2;
        List<Template> toBroker = new ArrayList<>(BrokerCorpus.rocketMq("fuzz"));
        toBroker.addAll(BrokerCorpus.jms("fuzz.queue"));
        List<Template> opening = new ArrayList<>(List.of(BrokerCorpus.hello(1, 1, null)));
        opening.addAll(BrokerCorpus.jmsStart("fuzz.queue"));
        List<Attacker> attackers = new ArrayList<>();
        for (int i = 0; i < ATTACKERS_PER_SERVER; i++) {
            long seed = SEED * 1_000 + round * 10L + i;
            attackers.add(new Attacker(cluster.broker().address(), toBroker, opening, seed, each));
            attackers.add(
                    new Attacker(cluster.nameServer.address(), NameServerCorpus.all(), List.of(), seed + 500, each));
        }
        return attackers;
    }

    private static List<Vitals> vitals() throws IOException, InterruptedException {
        return List.of(cluster.nameServer.vitals(), cluster.broker().vitals());
    }

    private static void assertGone(List<Vitals> base) {
        for (int i = 0; i < base.size(); i++) {
            Victim victim = cluster.victims().get(i);
            int sockets = base.get(i).sockets();
            await().untilAsserted(() -> assertThat(victim.sockets()).isLessThanOrEqualTo(sockets));
        }
    }

    private static void assertUnharmed(List<Vitals> base, List<Vitals> warm, List<Vitals> end) {
        System.out.println("base " + base + "\nwarm " + warm + "\nend  " + end);
        for (int i = 0; i < end.size(); i++) {
            assertThat(end.get(i).heapAfterCollection()).isLessThan(warm.get(i).heapAfterCollection() + HEAP_GROWTH);
            assertThat(end.get(i).anonymousMemory()).isLessThan(warm.get(i).anonymousMemory() + MEMORY_GROWTH);
            assertThat(end.get(i).threads()).isLessThanOrEqualTo(warm.get(i).threads() + JVM_THREADS);
            assertThat(end.get(i).files()).isLessThanOrEqualTo(base.get(i).files() + STORE_FILES);
        }
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void whoErrsIsToldWhatIsWrong(HeaderEncoding encoding) throws Exception {
        Template noTopic = new Template(RequestCode.GET_ROUTEINFO_BY_TOPIC, Map.of());
        Template unknown = new Template(31_000, Map.of("a", "b"));
        Map<String, String> badQueue = BrokerCorpus.pull("health", 4, 0);
        badQueue.put("queueId", "first");
        Template bad = new Template(RequestCode.PULL_MESSAGE, badQueue);
        Template big = new Template(RequestCode.GET_ALL_TOPIC_CONFIG, Map.of(), new byte[17 << 20]);
        try (Cluster.Asker broker = cluster.asker(cluster.broker());
                Cluster.Asker nameServer = cluster.asker(cluster.nameServer)) {
            told(broker.ask(unknown, encoding), ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "31000");
            told(nameServer.ask(unknown, encoding), ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "31000");
            told(broker.ask(bad, encoding), ResponseCode.INVALID_PARAMETER, "queueId");
            told(nameServer.ask(noTopic, encoding), ResponseCode.INVALID_PARAMETER, "topic");
            told(broker.ask(big, encoding), ResponseCode.MESSAGE_ILLEGAL, "larger");
            told(nameServer.ask(big, encoding), ResponseCode.MESSAGE_ILLEGAL, "larger");
        }
    }

    @Test
    void aMessageThatIsTooBigIsRefusedByItsLimit() throws Exception {
        byte[] body = new byte[5 << 20];
        try (Cluster.Asker broker = cluster.asker(cluster.broker())) {
            Template send = new Template(
                    RequestCode.SEND_MESSAGE_V2,
                    BrokerCorpus.send(Cluster.HEALTH, false).fields(),
                    body);
            told(broker.ask(send, HeaderEncoding.JSON), ResponseCode.MESSAGE_ILLEGAL, "maxMessageSize");
            greet(broker);
            Template jms = new Template(
                    JmsCode.SEND,
                    BrokerCorpus.bytes(out -> SendOperation.encode(
                            out, SendOperation.Envelope.to(0), JmsFlag.MARK, 0, 0, new byte[0], body)));
            told(broker.ask(jms, HeaderEncoding.ROCKETMQ), ResponseCode.MESSAGE_ILLEGAL, "maxMessageSize");
        }
    }

    private static void greet(Cluster.Asker broker) throws Exception {
        assertThat(broker.ask(BrokerCorpus.hello(1, 1, null), HeaderEncoding.ROCKETMQ)
                        .code())
                .isZero();
        for (Template next : BrokerCorpus.jmsStart("greeted.queue")) {
            assertThat(broker.ask(next, HeaderEncoding.ROCKETMQ).code()).isZero();
        }
    }

    private static void told(Frame answer, int code, String part) {
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).as(answer.remark()).isEqualTo(code);
    }

    @Test
    void everyOperationIsRefusedBeforeTheGreetingAndTheGreetingOnAnotherVersion() throws Exception {
        for (Template operation : BrokerCorpus.jms("ungreeted.queue")) {
            if (operation.code() == JmsCode.HELLO || operation.code() == JmsCode.PING) {
                continue;
            }
            try (Cluster.Asker broker = cluster.asker(cluster.broker())) {
                told(
                        broker.ask(operation, HeaderEncoding.ROCKETMQ),
                        ResponseCode.JMS_NOT_NEGOTIATED,
                        Integer.toString(operation.code()));
            }
        }
        try (Cluster.Asker broker = cluster.asker(cluster.broker())) {
            for (int[] versions : new int[][] {{2, 9}, {-5, 0}, {Integer.MIN_VALUE, -1}, {9, 2}}) {
                Template hello = BrokerCorpus.hello(versions[0], versions[1], null);
                told(broker.ask(hello, HeaderEncoding.ROCKETMQ), ResponseCode.JMS_VERSION, "versions " + versions[0]);
            }
            Template cut = new Template(JmsCode.HELLO, new byte[] {0, 0, 0, 1, 0, 0});
            told(broker.ask(cut, HeaderEncoding.ROCKETMQ), ResponseCode.INVALID_PARAMETER, "malformed");
            greet(broker);
            told(
                    broker.ask(BrokerCorpus.hello(1, 1, null), HeaderEncoding.ROCKETMQ),
                    ResponseCode.JMS_ILLEGAL_STATE,
                    "before");
        }
    }

    @Test
    void thoseWhoSendOneByteAtATimeHoldUpNobody() throws Exception {
        byte[] request = new Template(RequestCode.GET_ALL_TOPIC_CONFIG, Map.of()).bytes(HeaderEncoding.JSON, 1);
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                slow.add(socket(cluster.broker()));
                slow.add(socket(cluster.nameServer));
            }
            for (int at = 0; at < 20; at++) {
                for (Socket socket : slow) {
                    socket.getOutputStream().write(request[at]);
                }
                cluster.assertServes("byte " + at);
            }
            for (Socket socket : slow) {
                socket.getOutputStream().write(request, 20, request.length - 20);
                assertThat(socket.getInputStream().read())
                        .as("the answer in the end")
                        .isNotNegative();
            }
        } finally {
            for (Socket socket : slow) {
                socket.close();
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
    void aLengthThatIsOnlyDeclaredTakesNoMemory() throws Exception {
        byte[] valid = new Template(RequestCode.GET_ALL_TOPIC_CONFIG, Map.of()).bytes(HeaderEncoding.ROCKETMQ, 1);
        for (Victim victim : cluster.victims()) {
            long before = victim.vitals().anonymousMemory();
            List<Socket> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < 100; i++) {
                    Socket socket = socket(victim);
                    sockets.add(socket);
                    byte[] bytes = valid.clone();
                    // 2 GiB - 1, which is told, and the most that is taken in, which is waited for
                    java.nio.ByteBuffer.wrap(bytes).putInt(i % 2 == 0 ? Integer.MAX_VALUE : 16 << 20);
                    socket.getOutputStream().write(bytes);
                    if (i % 2 == 0) {
                        assertThat(new DataInputStream(socket.getInputStream()).readInt())
                                .isPositive();
                    }
                }
                cluster.assertServes("with lengths declared");
                assertThat(victim.vitals().anonymousMemory()).isLessThan(before + 48 * MIB);
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }
}
