package org.fulmar.client.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.SendResult;
import org.fulmar.client.SendStatus;
import org.fulmar.client.TestCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which broker and queue a message goes to. */
@Timeout(120)
class ProducerRoutingTest extends ProducerSetUp {
    /** The topic with four queues on both brokers, which both have made: not only expected to be so. */
    private void onBothBrokers() throws Exception {
        for (String broker : List.of("a", "b")) {
            TestCluster.makeTopic(client, cluster.brokerAddress(broker), "T", 4);
        }
        await().until(() -> client.await(client.refreshRoute("T")).writeQueues().size() == 8);
    }

    @Test
    void messagesGoToAllQueuesInTurn() throws Exception {
        onBothBrokers();
        Set<MessageQueue> used = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            used.add(producer.send(message("y")).queue());
        }
        assertThat(used).hasSize(8);
    }

    @Test
    void equalArgumentsGoToTheSameQueueInOrder() throws Exception {
        Map<Integer, Set<MessageQueue>> used = new ConcurrentHashMap<>();
        producer.send(message("first"));
        List<MessageQueue> queues = producer.queues("T");
        for (int i = 0; i < 40; i++) {
            int key = i % 5;
            QueueSelector fixed =
                    (all, message, argument) -> QueueSelectors.byHash().select(queues, message, argument);
            SendResult sent = producer.send(message("k" + key + "-" + i), fixed, key);
            used.computeIfAbsent(key, any -> new HashSet<>()).add(sent.queue());
        }
        assertThat(used.values()).allSatisfy(of -> assertThat(of).hasSize(1));
    }

    @Test
    void selectorThatChoosesNoQueueOfTheTopicFailsTheSend() {
        assertThatThrownBy(() -> producer.send(message("x"), (queues, message, argument) -> null, null))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
        assertThatThrownBy(() -> producer.send(
                        message("x"),
                        (queues, message, argument) -> {
                            throw new IllegalStateException("thrown on purpose");
                        },
                        null))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
        assertThatThrownBy(() -> producer.send(message("x"), new MessageQueue("U", "a", 0)))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_USE));
    }

    @Test
    void topicThatMayNotBeMadeHasNoRoute() throws Exception {
        ProducerConfig config = patient("Q").with(ProducerConfig.DEFAULT_TOPIC, "");
        try (Producer careful = Producer.start(client, config)) {
            assertThatThrownBy(() -> careful.send(message("x")))
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.NO_ROUTE));
        }
    }

    @Test
    void noSendFailsWhenOneOfTwoBrokersStops() throws Exception {
        onBothBrokers();
        ExecutorService background = Executors.newSingleThreadExecutor();
        try {
            Future<?> stopped = background.submit(() -> {
                cluster.stopBroker("b");
                return null;
            });
            List<CompletableFuture<SendResult>> asynchronous = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                assertThat(producer.send(message("during " + i)).status()).isEqualTo(SendStatus.SEND_OK);
                asynchronous.add(producer.sendAsync(message("async " + i)));
            }
            stopped.get();
            for (CompletableFuture<SendResult> sent : asynchronous) {
                assertThat(sent.get().status()).isEqualTo(SendStatus.SEND_OK);
            }
            assertThat(producer.send(message("after")).queue().brokerName()).isEqualTo("a");
        } finally {
            background.shutdownNow();
        }
    }

    @Test
    void failedBrokerIsSparedUntilItIsFoundToLiveAgain() throws Exception {
        ProducerConfig careful = patient("F")
                .with(ProducerConfig.FAULT_TOLERANCE, "true")
                // a send may meet the broker while it starts
                .with(ProducerConfig.SPARE_FOR, "short")
                .with(ProducerConfig.FAULT_DETECTOR, "true")
                .with(ProducerConfig.DETECT_INTERVAL, 50);
        try (Producer sparing = Producer.start(client, careful)) {
            onBothBrokers();
            FaultTable faults = sparing.sender().faults;
            cluster.stopBroker("b");
            faults.failed("b", 1, false, sparing.sender().now() - 60_000);
            for (int i = 0; i < 20; i++) {
                assertThat(sparing.send(message("during")).queue().brokerName()).isEqualTo("a");
            }
            cluster.addBroker("b");
            await().until(() ->
                    sparing.send(message("after")).queue().brokerName().equals("b"));
        }
    }

    @Test
    void queuesThatAreAddedAreUsed() throws Exception {
        producer.send(message("first"));
        await().until(() -> producer.queues("T").stream()
                        .map(MessageQueue::brokerName)
                        .distinct()
                        .count()
                == 1);
        String broker = producer.queues("T").get(0).brokerName();
        TestCluster.makeTopic(client, cluster.brokerAddress(broker), "T", 11);
        await().until(() -> producer.queues("T").size() == 11);
        Set<Integer> used = new HashSet<>();
        for (int i = 0; i < 11; i++) {
            used.add(producer.send(message("x")).queue().queueId());
        }
        assertThat(used).hasSize(11);
    }
}
