package org.fulmar.client.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.fulmar.broker.BrokerMain;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.SendResult;
import org.fulmar.client.TestCluster;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is stopped for a while, as by a long pause of its machine: sends are retried, and it is spared. */
@Timeout(300)
class FrozenBrokerTest {
    private static final String FROZEN = "kill";
    private static final int ATTEMPT_MILLIS = 300;
    private static final int SLOW_MILLIS = 700;
    /** How long a broker is spared that took so long to answer. */
    private static final int SPARED_MILLIS = 2000;

    private static final int SENDS = 20;

    @TempDir
    Path directory;

    private static SendResult send(Producer producer) throws Exception {
        return producer.send(Message.builder("T").body("x").build());
    }

    /** The other broker may be slow as well, where the whole machine stalls: then it is tried once more. */
    private static ProducerConfig patient(String group) {
        return ProducerConfig.of(group)
                .with(ProducerConfig.SEND_TIMEOUT, Patience.MILLIS)
                .with(ProducerConfig.RETRIES, 20);
    }

    private static ProducerConfig sparing(String group, int attemptMillis) {
        return patient(group)
                .with(ProducerConfig.ATTEMPT_TIMEOUT, attemptMillis)
                .with(ProducerConfig.FAULT_TOLERANCE, "true")
                .with(ProducerConfig.SPARE_FOR, "short");
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
                Producer plain =
                        Producer.start(client, patient("P").with(ProducerConfig.ATTEMPT_TIMEOUT, ATTEMPT_MILLIS));
                Producer sparing = Producer.start(client, sparing("S", Patience.MILLIS));
                Producer other = Producer.start(client, sparing("O", 5000))) {
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
            long before = sparing.sender().now();
            resume(broker);
            slow.get();
            long after = sparing.sender().now();
            assertThat(after - before < SPARED_MILLIS && sparing.sender().faults.isAvailable(FROZEN, after))
                    .isFalse();
            for (int i = 0; i < SENDS; i++) {
                String used = send(sparing).queue().brokerName();
                assertThat(used.equals("a") || sparing.sender().now() - before >= SPARED_MILLIS)
                        .isTrue();
            }
            await().until(() -> send(sparing).queue().brokerName().equals(FROZEN));

            broker.freeze();
            assertThat(metFrozen(plain)).isGreaterThan(2);
            // one attempt that fails: 10 s; or another, if the machine stalls and the other broker is to be spared too
            assertThat(metFrozen(other)).isBetween(1, 3);
            broker.kill();
        }
    }
}
