package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.container.Container;
import org.fulmar.ra.container.Relay;
import org.fulmar.ra.outbound.FulmarManagedConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a bean receives and sends in its transaction. */
@Timeout(120)
class BeanTransactionTest {
    private static final int MESSAGES = 100;

    @TempDir
    Path directory;

    private final AtomicInteger delivered = new AtomicInteger();
    private TestBroker broker;
    private Relay relay;
    private InboundContainer server;
    private Container connections;
    private FulmarResourceAdapter adapter;

    @BeforeEach
    void startAll() throws Exception {
        broker = TestBroker.start(directory.resolve("store"));
        relay = new Relay(broker.port());
        server = new InboundContainer(directory.resolve("transactions"));
        connections = new Container(server.transactions(), Container.Support.XA);
        adapter = new FulmarResourceAdapter();
        adapter.setUrl(relay.url());
        adapter.start(server);
    }

    @AfterEach
    void stopAll() throws Exception {
        connections.close();
        adapter.stop();
        server.close();
        relay.close();
        broker.close();
    }

    private MessageListener forwarding(boolean shared, boolean failing) throws Exception {
        FulmarManagedConnectionFactory factory = new FulmarManagedConnectionFactory();
        factory.setResourceAdapter(adapter);
        factory.setShareConnection(shared);
        ConnectionFactory outbound = (ConnectionFactory) factory.createConnectionFactory(connections);
        return message -> {
            try (JMSContext context = outbound.createContext()) {
                context.createProducer().send(context.createQueue("out"), message);
            }
            delivered.incrementAndGet();
            if (failing && isFirst(message)) {
                throw new IllegalStateException("every message fails once");
            }
        };
    }

    private static boolean isFirst(Message message) {
        try {
            return !message.getJMSRedelivered();
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    private int run(MessageListener listener) throws Exception {
        try (FulmarConnectionFactory outside = new FulmarConnectionFactory(broker.url());
                JMSContext context = outside.createContext()) {
            for (int i = 0; i < MESSAGES; i++) {
                context.createProducer().send(context.createQueue("in"), "m" + i);
            }
            FulmarActivationSpec spec = new FulmarActivationSpec();
            spec.setDestination("in");
            spec.setMaxSequentialDeliveryFailures(0);
            InboundContainer.Application application = server.new Application(true, listener);
            adapter.endpointActivation(application, spec);
            List<String> out = new ArrayList<>();
            try (var consumer = context.createConsumer(context.createQueue("out"))) {
                for (Message next = consumer.receive(40_000); next != null; next = consumer.receive(40_000)) {
                    out.add(next.getBody(String.class));
                    if (out.size() == MESSAGES) {
                        break;
                    }
                }
            }
            await().atMost(Duration.ofSeconds(40)).until(() -> connections.inUse() == 0);
            int frames = relay.frames();
            adapter.endpointDeactivation(application, spec);
            assertThat(out).hasSize(MESSAGES).doesNotHaveDuplicates();
            for (String queue : List.of("in", "out")) {
                try (var left = context.createConsumer(context.createQueue(queue))) {
                    assertThat(left.receiveNoWait()).as(queue).isNull();
                }
            }
            return frames;
        }
    }

    @Test
    void receivingAndSendingOverASharedConnectionIsOneRequest() throws Exception {
        assertThat(run(forwarding(true, false)))
                .as("a commit for each message, some credit, and what opens the connection")
                .isLessThan(MESSAGES * 3 / 2);
    }

    @Test
    void receivingAndSendingOverTwoConnectionsIsPreparedAndCommitted() throws Exception {
        assertThat(run(forwarding(false, false)))
                .as("two branches, each prepared and committed")
                .isGreaterThanOrEqualTo(MESSAGES * 4);
    }

    @Test
    void whatFailedHasSentNothing() throws Exception {
        run(forwarding(true, true));
        assertThat(delivered).hasValue(2 * MESSAGES);
    }
}
