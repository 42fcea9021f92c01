package org.fulmar.client.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.fulmar.broker.BrokerMain;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.SendResult;
import org.fulmar.client.TestCluster;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is stopped for a while, as by a long pause of its machine: sends are retried, and it is spared. */
@Timeout(120)
class FrozenBrokerTest {
    private static final String FROZEN = "kill";
    private static final int ATTEMPT_MILLIS = 300;
    private static final int SLOW_MILLIS = 700;
    private static final int SENDS = 20;

    @TempDir
    Path directory;

    private static SendResult send(Producer producer) throws Exception {
        return producer.send(Message.builder("T").body("x").build());
    }

    /** How many of some sends waited for the broker that does not answer; all are stored by the other. */
    private static int metFrozen(Producer producer) throws Exception {
        int attempt = producer.config().number(ProducerConfig.ATTEMPT_TIMEOUT);
        int met = 0;
        for (int i = 0; i < SENDS; i++) {
            long start = System.nanoTime();
            assertThat(send(producer).queue().brokerName()).isEqualTo("a");
            met += Duration.ofNanos(System.nanoTime() - start).toMillis() >= attempt ? 1 : 0;
        }
        return met;
    }

    private static void resume(BrokerProcess broker) throws Exception {
        new ProcessBuilder("kill", "-CONT", Long.toString(broker.pid())).start().waitFor();
    }

    @Test
    void slowBrokerIsSparedByItsLastLatencyAndOneThatDoesNotAnswerByItsFailure() throws Exception {
        Path store = Files.createDirectory(directory.resolve("process"));
        try (TestCluster cluster = TestCluster.start(directory, "a");
                BrokerProcess broker = new BrokerProcess(
                        BrokerMain.class.getName(), store, "namesrvAddr=" + cluster.nameServerList());
                ClientInstance client = cluster.client();
                Producer plain = Producer.start(
                        client, ProducerConfig.of("P").with(ProducerConfig.ATTEMPT_TIMEOUT, ATTEMPT_MILLIS));
                Producer sparing = Producer.start(
                        client,
                        ProducerConfig.of("S")
                                .with(ProducerConfig.ATTEMPT_TIMEOUT, 2 * SLOW_MILLIS)
                                .with(ProducerConfig.FAULT_TOLERANCE, "true"))) {
            broker.start();
            for (String name : List.of("a", FROZEN)) {
                await().ignoreExceptions()
                        .until(() ->
                                plain.send(Message.builder("T").body("first").build(), new MessageQueue("T", name, 0))
                                        != null);
            }
            await().until(() ->
                    client.await(client.refreshRoute("T")).writeQueues().size() == 8);

            broker.freeze();
            CompletableFuture<SendResult> slow =
                    sparing.sendAsync(Message.builder("T").body("slow").build(), new MessageQueue("T", FROZEN, 0));
            await().pollDelay(Duration.ofMillis(SLOW_MILLIS)).until(() -> true);
            assertThat(slow).isNotDone();
            resume(broker);
            slow.get();
            // 550 ms or more: 2 s
            long spared = System.nanoTime();
            assertThat(sparing.sender()
                            .faults
                            .isAvailable(FROZEN, sparing.sender().now()))
                    .isFalse();
            for (int i = 0; i < SENDS && System.nanoTime() - spared < SLOW_MILLIS * 1_000_000L; i++) {
                assertThat(send(sparing).queue().brokerName()).isEqualTo("a");
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> send(sparing).queue().brokerName().equals(FROZEN));

            broker.freeze();
            assertThat(metFrozen(plain)).isGreaterThan(2);
            // one attempt that fails: 10 s
            assertThat(metFrozen(sparing)).isOne();
            broker.kill();
        }
    }
}
