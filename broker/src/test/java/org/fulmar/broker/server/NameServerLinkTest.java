package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.Patience;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingServer;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker with two name servers, of which the first takes connections and never answers. */
@Timeout(200)
class NameServerLinkTest {
    private static final int PERIOD_MILLIS = 100;
    /** So many take a few seconds, in which the silent one is waited for once or twice. */
    private static final int REGISTRATIONS = 20;

    private static final int TOPICS = 8;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    /** The topics that the other one was told of. */
    private final Set<String> registered = new ConcurrentSkipListSet<>();

    private final AtomicInteger registrations = new AtomicInteger();
    /** What the silent one was asked. */
    private final AtomicInteger unanswered = new AtomicInteger();
    /** The questions that the other one has not answered. */
    private final BlockingQueue<Request> questions = new LinkedBlockingQueue<>();

    private volatile boolean answersQuestions = true;
    private long started;
    private RemotingServer silent;
    private RemotingServer other;
    private Broker broker;
    private NativeProducer client;

    @BeforeEach
    void start() throws Exception {
        silent = nameServer("silent", request -> {
            unanswered.incrementAndGet();
            request.done();
        });
        other = nameServer("other", this::answer);
        int silentPort = bind(silent);
        int port = bind(other);
        Map<String, String> options = new TreeMap<>();
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        options.put("registerNameServerPeriod", Integer.toString(PERIOD_MILLIS));
        options.put("namesrvAddr", "127.0.0.1:" + silentPort + ";127.0.0.1:" + port);
        started = System.nanoTime();
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
        client = new NativeProducer(broker.address(), "p");
    }

    private static RemotingServer nameServer(String name, RequestHandler handler) {
        return new RemotingServer(
                new RemotingServer.Options(name, 1, 10, FrameLimits.DEFAULT, ConnectionLimits.SERVER), handler);
    }

    private static int bind(RemotingServer server) throws Exception {
        return server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .getPort();
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        broker.close();
        other.close();
        silent.close();
    }

    private void answer(Request request) {
        if (request.frame().code() == RequestCode.REGISTER_BROKER) {
            registrations.incrementAndGet();
            BrokerRegistration.decode(request.frame()).topics().stream()
                    .map(TopicConfig::name)
                    .forEach(registered::add);
        } else if (request.frame().code() == RequestCode.GET_ROUTEINFO_BY_TOPIC && !answersQuestions) {
            questions.add(request);
            return;
        }
        route(request);
    }

    private static void route(Request request) {
        byte[] body =
                ("{\"queueDatas\":[{\"brokerName\":\"broker-a\",\"perm\":6,\"readQueueNums\":1,\"writeQueueNums\":1}],"
                                + "\"brokerDatas\":[]}")
                        .getBytes(StandardCharsets.UTF_8);
        request.answer(0, null, Map.of(), Unpooled.wrappedBuffer(body));
    }

    private CompletableFuture<Frame> assignment(String topic) {
        String question =
                "{\"topic\":\"" + topic + "\",\"consumerGroup\":\"g\",\"clientId\":\"c\",\"strategyName\":\"AVG\","
                        + "\"messageModel\":\"BROADCASTING\"}";
        return client.start(RequestCode.QUERY_ASSIGNMENT, Map.of(), question.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertAssigned(CompletableFuture<Frame> question) throws Exception {
        assertThat(NativeProducer.answer(question).json().path("messageQueueAssignments"))
                .hasSize(1);
    }

    @Test
    void silentNameServerDelaysNoRegistrationWithTheOther() throws Exception {
        for (String topic : List.of("first", "second")) {
            assertThat(client.send(topic, topic, 0, Map.of()).code()).isZero();
            await().until(() -> registered.contains(topic));
        }
        await().until(() -> registrations.get() >= REGISTRATIONS);
        // asked each period it would be asked about twice as often
        long periods = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started) / PERIOD_MILLIS;
        assertThat(unanswered).hasValueLessThan((int) Math.max(REGISTRATIONS, periods) / 2);
    }

    @Test
    void routesComeFromTheNameServerThatAnswers() throws Exception {
        List<CompletableFuture<Frame>> asked = new ArrayList<>();
        for (int i = 0; i < TOPICS; i++) {
            asked.add(assignment("t" + i));
        }
        await().until(() -> asked.stream().allMatch(CompletableFuture::isDone));
        for (CompletableFuture<Frame> each : asked) {
            assertAssigned(each);
        }
        registered.clear();
        await().until(() -> registered.contains("TBW102"));
    }

    @Test
    void aTopicIsNotAskedForAgainBeforeItsAnswerIsThere() throws Exception {
        answersQuestions = false;
        CompletableFuture<Frame> first = assignment("t");
        Request held = Objects.requireNonNull(questions.poll(Patience.SECONDS, TimeUnit.SECONDS));
        clock.addAndGet(60_000);
        CompletableFuture<Frame> second = assignment("t");
        CompletableFuture<Frame> another = assignment("u");
        // registration goes on meanwhile
        registered.clear();
        await().until(() -> registered.contains("TBW102"));
        route(held);
        assertAssigned(first);
        assertAssigned(second);
        Request next = Objects.requireNonNull(questions.poll(Patience.SECONDS, TimeUnit.SECONDS));
        assertThat(next.frame().fields()).containsEntry("topic", "u");
        route(next);
        assertAssigned(another);
    }
}
