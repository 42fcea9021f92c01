package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.TextMessage;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.awaitility.core.ConditionFactory;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.inbound.InboundContainer.Application;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the tests of endpoints begin with: a real broker, a server in small with a real transaction manager, and an adapter,
 * which are all there for a whole class, as the stop of an adapter takes a second. A test's endpoints go with it.
 */
@Timeout(120)
abstract class InboundTest {
    static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    static Path directory;

    static TestBroker broker;
    static InboundContainer container;
    static FulmarResourceAdapter adapter;

    private record Activation(Application application, FulmarActivationSpec spec) {}

    /** What the listeners of the test have received. */
    final List<String> received = Collections.synchronizedList(new ArrayList<>());

    /** A queue of this test's own. */
    String queue;

    private final List<Activation> activations = new ArrayList<>();

    @BeforeAll
    static void startAll() throws Exception {
        broker = TestBroker.start(directory.resolve("store"), Map.of("maxRedeliveries", "3"));
        container = new InboundContainer(directory.resolve("transactions"));
        adapter = new FulmarResourceAdapter();
        adapter.setUrl(broker.url());
        adapter.start(container);
    }

    @AfterAll
    static void stopAll() throws Exception {
        adapter.stop();
        container.close();
        broker.close();
        patiently()
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("fulmar-ra")));
    }

    @BeforeEach
    void takeName(TestInfo test) {
        queue = test.getTestMethod().orElseThrow().getName();
    }

    @AfterEach
    void deactivateAll() throws Exception {
        container.refusing.set(false);
        for (Activation each : activations) {
            adapter.endpointDeactivation(each.application, each.spec);
        }
        assertThat(endpoints()).isEmpty();
    }

    static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
    }

    static FulmarActivationSpec queue(String name) {
        FulmarActivationSpec spec = new FulmarActivationSpec();
        spec.setDestination(name);
        return spec;
    }

    Application activate(FulmarActivationSpec spec, boolean transacted, MessageListener listener) throws Exception {
        Application application = container.new Application(transacted, listener);
        activate(application, spec);
        return application;
    }

    void activate(Application application, FulmarActivationSpec spec) throws Exception {
        adapter.endpointActivation(application, spec);
        activations.add(new Activation(application, spec));
    }

    void receive(Message message) {
        received.add(text(message));
    }

    static String text(Message message) {
        try {
            return ((TextMessage) message).getText();
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    static void send(String queue, int from, int to) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext()) {
            for (int i = from; i < to; i++) {
                context.createProducer().send(context.createQueue(queue), "m" + i);
            }
        }
    }

    /** All that is at the broker and nobody has, which is taken away. */
    static List<String> drain(String queue) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext();
                var consumer = context.createConsumer(context.createQueue(queue))) {
            List<String> all = new ArrayList<>();
            for (Message next = consumer.receiveNoWait(); next != null; next = consumer.receiveNoWait()) {
                all.add(text(next));
            }
            return all;
        }
    }

    static List<String> messages(int from, int to) {
        List<String> all = new ArrayList<>();
        for (int i = from; i < to; i++) {
            all.add("m" + i);
        }
        return all;
    }

    /** Returns when the latch is open. */
    static void pass(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    void awaitReceived(int count) {
        patiently().until(() -> received.size() >= count);
    }

    static List<EndpointMXBean> endpoints() throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        Set<ObjectName> names = server.queryNames(new ObjectName("org.fulmar:type=Endpoint,*"), null);
        return names.stream()
                .map(name -> JMX.newMXBeanProxy(server, name, EndpointMXBean.class))
                .toList();
    }

    /** The only endpoint that is active. */
    static EndpointMXBean bean() throws Exception {
        List<EndpointMXBean> all = endpoints();
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    static void awaitState(String state) throws Exception {
        EndpointMXBean bean = bean();
        patiently().until(() -> bean.getState().equals(state));
    }
}
