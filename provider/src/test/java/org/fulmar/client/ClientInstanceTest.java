package org.fulmar.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.transport.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The core of the native client against name servers and brokers. */
@Timeout(120)
class ClientInstanceTest {
    @TempDir
    Path directory;

    private record Producer(String group) implements ProducerMember {
        @Override
        public Set<String> topics() {
            return Set.of();
        }

        @Override
        public void asked(TransactionCheck check) {
            throw new AssertionError("there are no transactions here");
        }
    }

    private static final class Consumer implements ConsumerMember {
        final AtomicInteger changes = new AtomicInteger();
        final List<TopicRoute> routes = new CopyOnWriteArrayList<>();
        volatile Runnable whenAsked = () -> {};

        @Override
        public String group() {
            return "G";
        }

        @Override
        public ConsumerData data() {
            whenAsked.run();
            return new ConsumerData(
                    "G",
                    "CONSUME_PASSIVELY",
                    "CLUSTERING",
                    "CONSUME_FROM_LAST_OFFSET",
                    List.of(new ConsumerData.Subscription("T", "TAG", "*", Set.of(), 1)));
        }

        @Override
        public Set<String> topics() {
            return Set.of("T");
        }

        @Override
        public void membersChanged() {
            changes.incrementAndGet();
        }

        @Override
        public void routeChanged(TopicRoute route) {
            routes.add(route);
        }

        @Override
        public void asked(Request request) {
            request.answer(0, Map.of("asked", "yes"));
        }
    }

    private static void send(TestCluster cluster, ClientInstance client, String broker) throws Exception {
        SendRequest header = new SendRequest("P", "T", "TBW102", 4, 0, 0, 1, 0, "", 0, 0, false);
        client.await(client.call(
                        cluster.brokerAddress(broker),
                        RequestCode.SEND_MESSAGE_V2,
                        header.fields(),
                        Unpooled.wrappedBuffer(new byte[] {1}),
                        Patience.MILLIS))
                .release();
    }

    private static JsonNode json(Frame frame) {
        try {
            return JsonBody.parse(frame.body());
        } finally {
            frame.release();
        }
    }

    private static List<String> membersAt(ClientInstance client, String broker) throws Exception {
        JsonNode json = json(client.await(client.call(
                client.brokerAddress(broker, 0),
                RequestCode.GET_CONSUMER_LIST_BY_GROUP,
                Map.of("consumerGroup", "G"),
                Unpooled.EMPTY_BUFFER,
                Patience.MILLIS)));
        return json.path("consumerIdList").valueStream().map(JsonNode::asText).toList();
    }

    @Test
    void newTopicHasTheRouteOfTheDefaultTopicUntilABrokerHasMadeIt() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory, "a", "b");
                ClientInstance client = cluster.client()) {
            assertThatThrownBy(() -> client.await(client.route("T")))
                    .isInstanceOfSatisfying(
                            ClientException.class, e -> assertThat(e.kind()).isEqualTo(ClientException.Kind.NO_ROUTE));
            TopicRoute expected = client.await(client.routeForSend("T", "TBW102", 2));
            assertThat(expected.writeQueues()).hasSize(4);
            assertThatThrownBy(() -> client.await(client.routeForSend("U", "", 2)))
                    .isInstanceOf(ClientException.class);

            send(cluster, client, "a");
            await().until(() -> client.knownRoute("T").writeQueues().stream()
                    .allMatch(queue -> queue.brokerName().equals("a")));
        }
    }

    @Test
    void everyBrokerKnowsTheGroupsAndForgetsThoseThatLeave() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory, "a", "b");
                ClientInstance client = cluster.client()) {
            client.await(client.routeForSend("T", "TBW102", 2));
            send(cluster, client, "a");
            send(cluster, client, "b");
            await().ignoreExceptions()
                    .until(() ->
                            client.await(client.refreshRoute("T")).brokers().size() == 2);
            Consumer consumer = new Consumer();
            client.join(consumer);
            client.await(client.beat());
            assertThat(membersAt(client, "a")).containsExactly(client.clientId());
            assertThat(membersAt(client, "b")).containsExactly(client.clientId());
            await().untilAsserted(() -> assertThat(consumer.changes.get()).isPositive());

            client.await(client.leave(consumer));
            assertThatThrownBy(() -> membersAt(client, "a")).isInstanceOf(ClientException.class);
        }
    }

    @Test
    void aGroupThatLeavesWhileABrokerIsToldOfItHasLeft() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory, "a");
                ClientInstance client = cluster.client()) {
            client.await(client.routeForSend("T", "TBW102", 2));
            send(cluster, client, "a");
            Consumer consumer = new Consumer();
            client.join(consumer);
            client.await(client.beat());
            assertThat(membersAt(client, "a")).containsExactly(client.clientId());

            consumer.whenAsked = () -> client.leave(consumer);
            client.await(client.beat());
            await().untilAsserted(() ->
                    assertThatThrownBy(() -> membersAt(client, "a")).isInstanceOf(ClientException.class));
        }
    }

    @Test
    void oneGroupJoinsOnce() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory);
                ClientInstance client = cluster.client()) {
            client.join(new Producer("P"));
            assertThatThrownBy(() -> client.join(new Producer("P"))).isInstanceOf(ClientException.class);
        }
    }

    @Test
    void restartedBrokerIsToldOfTheGroupsSoon() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory, "a");
                ClientInstance client = cluster.client()) {
            client.await(client.routeForSend("T", "TBW102", 2));
            send(cluster, client, "a");
            client.join(new Consumer());
            client.await(client.beat());
            cluster.stopBroker("a");
            cluster.addBroker("a");
            await().ignoreExceptions()
                    .untilAsserted(() -> assertThat(membersAt(client, "a")).containsExactly(client.clientId()));
        }
    }

    @Test
    void deadNameServerIsPassedOver() throws Exception {
        try (RefusingPort dead = new RefusingPort();
                TestCluster cluster = TestCluster.start(directory, "a")) {
            ClientConfig config =
                    cluster.config().with(ClientConfig.NAME_SERVERS, dead.address() + ";" + cluster.nameServerList());
            for (int seed = 0; seed < 4; seed++) {
                try (ClientInstance client =
                        ClientInstance.start(config, System::currentTimeMillis, new java.util.Random(seed))) {
                    assertThat(client.await(client.route("TBW102")).writeQueues())
                            .isNotEmpty();
                }
            }
        }
    }

    @Test
    void noNameServerAtAllIsAFailureAndNotAWait() throws Exception {
        try (RefusingPort dead = new RefusingPort();
                ClientInstance client = ClientInstance.start(ClientConfig.of(dead.address()))) {
            assertThatThrownBy(() -> client.await(client.route("T")))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            e -> assertThat(e.kind()).isEqualTo(ClientException.Kind.CONNECTION_LOST));
        }
    }

    @Test
    void consumersAreToldOfRoutesThatChange() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory, "a", "b");
                ClientInstance client = cluster.client()) {
            Consumer consumer = new Consumer();
            client.join(consumer);
            client.await(client.routeForSend("T", "TBW102", 2));
            send(cluster, client, "a");
            await().until(() -> !consumer.routes.isEmpty());
            send(cluster, client, "b");
            await().until(() ->
                    consumer.routes.get(consumer.routes.size() - 1).brokers().size() == 2);
        }
    }

    @Test
    void closeLeavesNoThread() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory, "a")) {
            ClientInstance client = cluster.client(ClientConfig.CLIENT_ID, "closing");
            client.await(client.routeForSend("T", "TBW102", 2));
            client.join(new Producer("P"));
            send(cluster, client, "a");
            client.callback(() -> {});
            assertThat(threads()).isNotEmpty();
            client.close();
            // the last that a thread does is to say that it has ended
            await().untilAsserted(() -> assertThat(threads()).isEmpty());
            assertThatThrownBy(() -> client.await(client.route("T2")))
                    .isInstanceOfSatisfying(
                            ClientException.class, e -> assertThat(e.kind()).isEqualTo(ClientException.Kind.CLOSED));
        }
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("fulmar-client") && name.contains("closing"))
                .toList();
    }

    @Test
    void uniqueIdsAreUniqueAndHaveRocketMqsForm() throws Exception {
        long[] now = {1_700_000_000_000L};
        UniqueIds ids = new UniqueIds(InetAddress.getByName("10.1.2.3"), 0x12345, 7, () -> now[0]);
        assertThat(ids.next()).matches("0A010203" + "2345" + "00000007" + "[0-9A-F]{8}0000");
        Set<String> seen = new java.util.HashSet<>();
        for (int i = 0; i < 200_000; i++) {
            if (i == 70_000) {
                now[0] -= 5000;
            }
            assertThat(seen.add(ids.next())).isTrue();
        }
    }
}
