package org.fulmar.client.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TestCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that go with a local transaction, and questions after those whose end a broker does not know. */
@Timeout(120)
class TransactionProducerTest {
    @TempDir
    Path directory;

    private TestCluster cluster;
    private ClientInstance client;

    /** Says what it was told to, and keeps what it was asked. */
    private static final class Listener implements TransactionListener {
        final Map<String, String> executed = new ConcurrentHashMap<>();
        final Set<String> checked = ConcurrentHashMap.newKeySet();
        final Set<String> checkThreads = ConcurrentHashMap.newKeySet();
        private final Function<String, TransactionState> onExecute;
        private volatile Function<String, TransactionState> onCheck;

        Listener(Function<String, TransactionState> onExecute, Function<String, TransactionState> onCheck) {
            this.onExecute = onExecute;
            this.onCheck = onCheck;
        }

        @Override
        public TransactionState execute(Message message, @Nullable Object argument, String transactionId) {
            String body = new String(message.body(), UTF_8);
            executed.put(transactionId, body);
            return onExecute.apply(body);
        }

        @Override
        public TransactionState check(ReceivedMessage message) {
            assertThat(message.topic()).isEqualTo("T");
            checked.add(new String(message.body(), UTF_8));
            checkThreads.add(Thread.currentThread().getName());
            return onCheck.apply(new String(message.body(), UTF_8));
        }
    }

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.start(directory);
        client = cluster.client();
    }

    /** Asks after what has no end after so many milliseconds, and as often as it needs. */
    private void brokerThatAsksAfter(int millis) throws Exception {
        cluster.addBroker(
                "a", "transactionTimeOut=" + millis, "transactionCheckInterval=100", "transactionCheckMax=100000");
    }

    /** A send that is repeated would be in two transactions. */
    private static ProducerConfig patient() {
        return ProducerConfig.of("P").with(ProducerConfig.SEND_TIMEOUT, Patience.MILLIS);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        cluster.close();
    }

    private List<String> bodies() throws Exception {
        return Stored.of(client, "T").stream()
                .map(stored -> new String(stored.body(), UTF_8))
                .toList();
    }

    private static Message message(String body) {
        return Message.builder("T").body(body).build();
    }

    private static TransactionState byName(String body) {
        return TransactionState.valueOf(body.substring(0, body.indexOf(' ')));
    }

    @Test
    void committedIsDeliveredAndRolledBackIsNot() throws Exception {
        // long enough for a decision to arrive, also on a machine that stalls
        brokerThatAsksAfter(10_000);
        Listener listener = new Listener(TransactionProducerTest::byName, body -> TransactionState.ROLLBACK);
        try (TransactionProducer producer = TransactionProducer.start(client, patient(), listener)) {
            TransactionResult committed = producer.send(message("COMMIT 1"), null);
            assertThat(committed.state()).isEqualTo(TransactionState.COMMIT);
            assertThat(listener.executed).containsKey(committed.sent().messageId());
            producer.send(message("ROLLBACK 1"), null);
            producer.send(message("COMMIT 2"), null);
            await().untilAsserted(() -> assertThat(bodies()).containsExactlyInAnyOrder("COMMIT 1", "COMMIT 2"));
            producer.send(message("UNKNOWN 1"), null);
            await().until(() -> !listener.checked.isEmpty());
            assertThat(listener.checked).containsExactly("UNKNOWN 1");
            ReceivedMessage delivered = Stored.of(client, "T").get(0);
            assertThat(delivered.messageId()).isIn(listener.executed.keySet());
        }
    }

    @Test
    void unknownIsAskedAfterOnAThreadOfItsOwnUntilItIsKnown() throws Exception {
        brokerThatAsksAfter(200);
        Listener listener = new Listener(body -> TransactionState.UNKNOWN, body -> {
            throw new IllegalStateException("thrown on purpose: not known yet");
        });
        try (TransactionProducer producer = TransactionProducer.start(client, patient(), listener)) {
            producer.send(message("COMMIT later"), null);
            producer.send(message("ROLLBACK later"), null);
            await().until(() -> listener.checked.size() == 2);
            assertThat(bodies()).isEmpty();
            listener.onCheck = TransactionProducerTest::byName;
            await().untilAsserted(() -> assertThat(bodies()).containsExactly("COMMIT later"));
            assertThat(listener.checkThreads)
                    .allSatisfy(name -> assertThat(name).startsWith("fulmar-client-check-P"));
        }
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .filter(name -> name.startsWith("fulmar-client-check")))
                .isEmpty());
    }

    @Test
    void whatAListenerThrowsComesOutAndTheBrokerAsks() throws Exception {
        brokerThatAsksAfter(200);
        Listener listener = new Listener(
                body -> {
                    throw new IllegalStateException("thrown on purpose");
                },
                body -> TransactionState.COMMIT);
        try (TransactionProducer producer = TransactionProducer.start(client, patient(), listener)) {
            assertThatThrownBy(() -> producer.send(message("asked"), null)).isInstanceOf(IllegalStateException.class);
            await().untilAsserted(() -> assertThat(bodies()).containsExactly("asked"));
        }
    }

    @Test
    void anotherMemberOfTheGroupAnswersForOneThatDied() throws Exception {
        brokerThatAsksAfter(200);
        Listener dying = new Listener(body -> TransactionState.UNKNOWN, body -> TransactionState.UNKNOWN);
        try (ClientInstance other = cluster.client();
                TransactionProducer producer = TransactionProducer.start(other, patient(), dying)) {
            producer.send(message("orphan"), null);
            await().until(() -> dying.checked.contains("orphan"));
        }
        Listener heir = new Listener(body -> TransactionState.UNKNOWN, body -> TransactionState.COMMIT);
        try (TransactionProducer producer = TransactionProducer.start(client, patient(), heir)) {
            await().untilAsserted(() -> assertThat(bodies()).containsExactly("orphan"));
            assertThat(heir.checked).containsExactly("orphan");
        }
    }

    @Test
    void delayedMessageCantBeInATransaction() throws Exception {
        brokerThatAsksAfter(200);
        Listener listener = new Listener(body -> TransactionState.COMMIT, body -> TransactionState.COMMIT);
        try (TransactionProducer producer = TransactionProducer.start(client, patient(), listener)) {
            assertThatThrownBy(() ->
                            producer.send(Message.builder("T").delayLevel(1).build(), null))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            e -> assertThat(e.kind()).isEqualTo(ClientException.Kind.ILLEGAL_MESSAGE));
            assertThat(listener.executed).isEmpty();
        }
    }
}
