package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.IntStream;
import org.fulmar.broker.BrokerMain;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.TestCluster;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Consumers of a broker that stops or is killed, and comes back. */
@Timeout(240)
class OutageTest {
    @TempDir
    Path directory;

    @Test
    void consumersGoOnWhenTheirBrokerWasRestarted() throws Exception {
        try (TestCluster cluster = TestCluster.start(directory);
                ClientInstance sender = cluster.client();
                ClientInstance client = cluster.client();
                ClientInstance polled = cluster.client()) {
            cluster.addBroker("a");
            Topic topic = Topic.make(cluster, sender, "T", 2, "a");
            Received received = new Received();
            try (PushConsumer consumer = PushConsumer.builder(client, "G")
                            .subscribe("T", "*")
                            .options(new ConsumerOptions().startAt(StartPosition.FIRST))
                            .ordered(received)
                            .start();
                    PullConsumer puller = PullConsumer.builder(polled, "P")
                            .options(new ConsumerOptions().startAt(StartPosition.FIRST))
                            .start()) {
                puller.assign(Set.of(new MessageQueue("T", "a", 0), new MessageQueue("T", "a", 1)));
                send(topic, 0, 10);
                await().until(() -> received.messages.size() == 10 && consumer.held() == 0);
                cluster.stopBroker("a");
                cluster.addBroker("a");
                await().ignoreExceptions().until(() -> {
                    topic.send("a", 0, "10");
                    return true;
                });
                send(topic, 11, 20);
                Set<String> all = numbers(20);
                await().until(() -> received.bodies().containsAll(all));
                java.util.Set<String> seen = new java.util.HashSet<>();
                await().until(() -> {
                    puller.poll(Duration.ofMillis(100)).forEach(message -> seen.add(Received.body(message)));
                    return seen.containsAll(all);
                });
            }
        }
    }

    private static Set<String> numbers(int count) {
        return new java.util.HashSet<>(
                IntStream.range(0, count).mapToObj(Integer::toString).toList());
    }

    private static void send(Topic topic, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            topic.send("a", i % 2, Integer.toString(i));
        }
    }

    @Test
    void nothingIsLostWhenABrokerIsKilled() throws Exception {
        Path store = java.nio.file.Files.createDirectory(directory.resolve("killed"));
        try (TestCluster cluster = TestCluster.start(directory);
                BrokerProcess broker = new BrokerProcess(
                        BrokerMain.class.getName(), store, "namesrvAddr=" + cluster.nameServerList());
                ClientInstance sender = cluster.client();
                ClientInstance one = cluster.client();
                ClientInstance other = cluster.client()) {
            broker.start();
            Topic topic = Topic.at(sender, "127.0.0.1:" + broker.port(), "T", 4);
            Received received = new Received();
            ConsumerOptions options =
                    new ConsumerOptions().startAt(StartPosition.FIRST).commitEvery(Duration.ofMillis(50));
            try (PushConsumer first = PushConsumer.builder(one, "G")
                            .subscribe("T", "*")
                            .options(options)
                            .concurrent(received)
                            .start();
                    PushConsumer second = PushConsumer.builder(other, "G")
                            .subscribe("T", "*")
                            .options(options)
                            .concurrent(received)
                            .start()) {
                for (int i = 0; i < 100; i++) {
                    topic.send("kill", i % 4, Integer.toString(i));
                }
                broker.kill();
                broker.start();
                await().ignoreExceptions().until(() -> {
                    topic.send("kill", 0, "100");
                    return true;
                });
                for (int i = 101; i < 150; i++) {
                    topic.send("kill", i % 4, Integer.toString(i));
                }
                Set<String> all = numbers(150);
                await().until(() -> received.bodies().containsAll(all));
                await().untilAsserted(() -> {
                    assertThat(first.queues()).isNotEmpty();
                    assertThat(second.queues()).isNotEmpty();
                });
            }
        }
    }
}
