package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.ejb.EJBException;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.inbound.InboundContainer.Application;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints of the adapter with a real broker and a real transaction manager. */
@Timeout(60)
class EndpointTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final List<String> received = Collections.synchronizedList(new ArrayList<>());
    private TestBroker broker;
    private InboundContainer container;
    private FulmarResourceAdapter adapter;

    @BeforeEach
    void startAll() throws Exception {
        broker = TestBroker.start(directory.resolve("store"), Map.of("maxRedeliveries", "3"));
        container = new InboundContainer(directory.resolve("transactions"));
        adapter = new FulmarResourceAdapter();
        adapter.setUrl(broker.url());
        adapter.start(container);
    }

    @AfterEach
    void stopAll() throws Exception {
        adapter.stop();
        container.close();
        broker.close();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("fulmar-ra")));
    }

    private static FulmarActivationSpec queue(String name) {
        FulmarActivationSpec spec = new FulmarActivationSpec();
        spec.setDestination(name);
        return spec;
    }

    private static FulmarActivationSpec topic(String name) {
        FulmarActivationSpec spec = queue(name);
        spec.setDestinationType("jakarta.jms.Topic");
        return spec;
    }

    private Application activate(FulmarActivationSpec spec, boolean transacted, MessageListener listener)
            throws Exception {
        Application application = container.new Application(transacted, listener);
        spec.setResourceAdapter(adapter);
        adapter.endpointActivation(application, spec);
        return application;
    }

    private static String text(Message message) {
        try {
            return ((TextMessage) message).getText();
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    private void send(String queue, int from, int to) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext()) {
            for (int i = from; i < to; i++) {
                context.createProducer().send(context.createQueue(queue), "m" + i);
            }
        }
    }

    private void publish(String topic, String text, String colour) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext()) {
            context.createProducer().setProperty("colour", colour).send(context.createTopic(topic), text);
        }
    }

    /** All that is at the broker, which is taken away. */
    private List<String> drain(String queue) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext();
                var consumer = context.createConsumer(context.createQueue(queue))) {
            List<String> all = new ArrayList<>();
            for (Message next = consumer.receive(300); next != null; next = consumer.receive(300)) {
                all.add(text(next));
            }
            return all;
        }
    }

    private static List<String> messages(int from, int to) {
        List<String> all = new ArrayList<>();
        for (int i = from; i < to; i++) {
            all.add("m" + i);
        }
        return all;
    }

    private void awaitReceived(int count) {
        await().atMost(PATIENCE).until(() -> received.size() >= count);
    }

    private EndpointMXBean bean() throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        Set<ObjectName> names = server.queryNames(new ObjectName("org.fulmar:type=Endpoint,*"), null);
        assertThat(names).hasSize(1);
        return JMX.newMXBeanProxy(server, names.iterator().next(), EndpointMXBean.class);
    }

    private void awaitState(String state) throws Exception {
        EndpointMXBean bean = bean();
        await().atMost(PATIENCE).until(() -> bean.getState().equals(state));
    }

    @Test
    void deliveriesInTransactionsAreAcknowledgedByTheirCommit() throws Exception {
        FulmarActivationSpec spec = queue("orders");
        Application application = activate(spec, true, message -> received.add(text(message)));
        send("orders", 0, 100);
        awaitReceived(100);
        adapter.endpointDeactivation(application, spec);
        assertThat(received).containsExactlyInAnyOrderElementsOf(messages(0, 100));
        assertThat(application.instances).hasValue(0);
        assertThat(drain("orders")).isEmpty();
    }

    @Test
    void oneSessionKeepsTheOrder() throws Exception {
        FulmarActivationSpec spec = queue("orders");
        spec.setMaxSessions(1);
        send("orders", 0, 200);
        activate(spec, true, message -> received.add(text(message)));
        awaitReceived(200);
        assertThat(received).isEqualTo(messages(0, 200));
    }

    @Test
    void aFailingDeliveryComesAgainFlaggedAndEndsInTheDeadLetterQueue() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        activate(queue("orders"), true, message -> {
            try {
                seen.add(message.getIntProperty("JMSXDeliveryCount") + (message.getJMSRedelivered() ? " again" : ""));
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
            throw new IllegalStateException("the application fails");
        });
        send("orders", 0, 1);
        await().atMost(PATIENCE).until(() -> drain("%DLQ%orders").equals(List.of("m0")));
        assertThat(seen).containsExactly("1", "2 again", "3 again", "4 again");
    }

    @Test
    void aRollbackWithoutAnExceptionIsAFailureAsWell() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        activate(queue("orders"), true, message -> {
            if (tries.incrementAndGet() < 3) {
                container.setRollbackOnly();
            } else {
                received.add(text(message));
            }
        });
        send("orders", 0, 1);
        awaitReceived(1);
        await().atMost(PATIENCE).until(() -> bean().getDelivered() == 1);
        assertThat(bean().getFailures()).isEqualTo(2);
        assertThat(bean().getLastFailure()).contains("rolled back");
    }

    /** As that of WildFly. */
    private static final class ComponentUnavailableException extends EJBException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void whatTheContainerHasNotDeliveredIsNotCommittedWhateverTheServerDoes() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        FulmarActivationSpec spec = queue("orders");
        spec.setMaxSessions(1);
        spec.setPause(100L);
        activate(spec, true, message -> {
            if (tries.incrementAndGet() == 1) {
                throw new ComponentUnavailableException();
            }
            received.add(text(message));
        });
        send("orders", 0, 3);
        awaitReceived(3);
        assertThat(received).containsExactlyInAnyOrder("m0", "m1", "m2");
        assertThat(tries).hasValue(4);
    }

    @Test
    void anApplicationThatIsGoingIsLeftAlone() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        AtomicBoolean going = new AtomicBoolean(true);
        FulmarActivationSpec spec = queue("orders");
        spec.setMaxSessions(2);
        spec.setPause(60_000L);
        activate(spec, true, message -> {
            if (going.get()) {
                tries.incrementAndGet();
                throw new ComponentUnavailableException();
            }
            received.add(text(message));
        });
        send("orders", 0, 10);
        awaitState("PAUSED");
        assertThat(tries.get()).isBetween(1, 4);
        going.set(false);
        bean().resume();
        awaitReceived(10);
        assertThat(received).containsExactlyInAnyOrderElementsOf(messages(0, 10));
    }

    @Test
    void withoutATransactionAMessageIsAcknowledgedByTheReturnOfTheListenerAndOnlyByThat() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        for (String mode : List.of("Auto-acknowledge", "Dups-ok-acknowledge")) {
            tries.set(0);
            received.clear();
            FulmarActivationSpec spec = queue("orders");
            spec.setAcknowledgeMode(mode);
            Application application = activate(spec, false, message -> {
                if (tries.incrementAndGet() == 1) {
                    throw new IllegalStateException("the application fails");
                }
                received.add(text(message));
            });
            send("orders", 0, 3);
            awaitReceived(3);
            adapter.endpointDeactivation(application, spec);
            assertThat(received).containsExactlyInAnyOrder("m0", "m1", "m2");
            assertThat(drain("orders")).isEmpty();
        }
    }

    @Test
    void maxSessionsDeliverAtTheSameTimeAndNoMore() throws Exception {
        FulmarActivationSpec spec = queue("orders");
        spec.setMaxSessions(7);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CyclicBarrier together = new CyclicBarrier(7);
        activate(spec, true, message -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            try {
                together.await(20, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            inside.decrementAndGet();
            received.add(text(message));
        });
        send("orders", 0, 70);
        awaitReceived(70);
        assertThat(most).hasValue(7);
    }

    @Test
    void sessionsGrowWithTheBacklogAndAreClosedWhenIdle() throws Exception {
        FulmarActivationSpec spec = queue("orders");
        spec.setMaxSessions(5);
        spec.setIdleTimeout(1000L);
        CountDownLatch go = new CountDownLatch(1);
        Application application = activate(spec, true, message -> {
            received.add(text(message));
            if (!text(message).equals("m0")) {
                try {
                    go.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        });
        send("orders", 0, 1);
        awaitReceived(1);
        assertThat(application.instances).hasValue(1);
        send("orders", 1, 20);
        await().atMost(PATIENCE).until(() -> bean().getBusySessions() == 5);
        go.countDown();
        awaitReceived(20);
        await().atMost(PATIENCE).until(() -> bean().getSessions() == 0 && application.instances.get() == 0);
        send("orders", 20, 21);
        awaitReceived(21);
    }

    @Test
    void anEndpointWaitsForItsBroker() throws Exception {
        broker.stop();
        FulmarActivationSpec spec = queue("orders");
        spec.setReconnectDelay(50L);
        activate(spec, true, message -> received.add(text(message)));
        await().atMost(PATIENCE).until(() -> bean().getLastFailure() != null);
        assertThat(bean().getState()).isEqualTo("CONNECTING");
        broker.start();
        send("orders", 0, 10);
        awaitReceived(10);
        assertThat(bean().getState()).isEqualTo("ACTIVE");
    }

    @Test
    void anEndpointOutlivesItsBroker() throws Exception {
        Set<String> distinct = ConcurrentHashMap.newKeySet();
        activate(queue("orders"), true, message -> distinct.add(text(message)));
        for (int round = 0; round < 3; round++) {
            send("orders", 100 * round, 100 * round + 100);
            broker.stop();
            broker.start();
        }
        await().atMost(PATIENCE).until(() -> distinct.size() == 300);
        await().atMost(PATIENCE).until(() -> bean().getBusySessions() == 0);
        assertThat(drain("orders")).isEmpty();
    }

    @Test
    void theApplicationMayBecomeReadyLater() throws Exception {
        Application application = container.new Application(true, message -> received.add(text(message)));
        application.ready.set(false);
        adapter.endpointActivation(application, queue("orders"));
        send("orders", 0, 1);
        awaitState("ACTIVE");
        assertThat(received).isEmpty();
        application.ready.set(true);
        awaitReceived(1);
    }

    @Test
    void aServerWithoutFreeThreadsIsAskedAgain() throws Exception {
        activate(queue("orders"), true, message -> received.add(text(message)));
        awaitState("ACTIVE");
        container.refusing.set(true);
        send("orders", 0, 5);
        await().during(Duration.ofMillis(300)).atMost(PATIENCE).until(received::isEmpty);
        container.refusing.set(false);
        awaitReceived(5);
    }

    @Test
    void afterFailuresInARowAnEndpointPausesAndGoesOnByItself() throws Exception {
        FulmarActivationSpec spec = queue("orders");
        spec.setMaxSequentialDeliveryFailures(2);
        spec.setPause(300L);
        AtomicBoolean failing = new AtomicBoolean(true);
        activate(spec, true, message -> {
            if (failing.get()) {
                throw new IllegalStateException("the database is away");
            }
            received.add(text(message));
        });
        send("orders", 0, 1);
        awaitState("PAUSED");
        failing.set(false);
        awaitReceived(1);
        awaitState("ACTIVE");
    }

    @Test
    void anAdministratorPausesAndResumesAnEndpoint() throws Exception {
        activate(queue("orders"), true, message -> received.add(text(message)));
        awaitState("ACTIVE");
        bean().pause();
        awaitState("PAUSED");
        send("orders", 0, 3);
        assertThat(drain("orders"))
                .as("messages that others may have meanwhile")
                .hasSize(3);
        send("orders", 0, 3);
        bean().resume();
        awaitReceived(3);
    }

    @Test
    void deactivationWaitsForTheDeliveryThatIsUnderWayAndLeavesTheRest() throws Exception {
        FulmarActivationSpec spec = queue("orders");
        spec.setMaxSessions(1);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Application application = activate(spec, true, message -> {
            inside.countDown();
            try {
                go.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            received.add(text(message));
        });
        send("orders", 0, 10);
        assertThat(inside.await(20, TimeUnit.SECONDS)).isTrue();
        Thread stopping = new Thread(() -> adapter.endpointDeactivation(application, spec));
        stopping.start();
        await().atMost(PATIENCE)
                .until(() -> stopping.getState() == Thread.State.TIMED_WAITING
                        || stopping.getState() == Thread.State.WAITING);
        go.countDown();
        stopping.join(20_000);
        assertThat(stopping.isAlive()).isFalse();
        assertThat(received).containsExactly("m0");
        assertThat(drain("orders")).isEqualTo(messages(1, 10));
    }

    @Test
    void aDeliveryThatHangsDoesNotHoldUpTheStopForEver() throws Exception {
        FulmarActivationSpec spec = queue("orders");
        spec.setDrainTimeout(100L);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Application application = activate(spec, true, message -> {
            inside.countDown();
            try {
                go.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        send("orders", 0, 1);
        assertThat(inside.await(20, TimeUnit.SECONDS)).isTrue();
        adapter.endpointDeactivation(application, spec);
        assertThat(go.getCount()).isEqualTo(1);
        go.countDown();
        await().atMost(PATIENCE).until(() -> application.instances.get() == 0);
        assertThat(drain("orders")).isEmpty();
    }

    @Test
    void topicsAreConsumedWithEachKindOfSubscription() throws Exception {
        FulmarActivationSpec plain = topic("prices");
        plain.setMessageSelector("colour = 'red'");
        plain.setMaxSessions(3);
        FulmarActivationSpec durable = topic("prices");
        durable.setSubscriptionDurability("Durable");
        durable.setSubscriptionName("d");
        durable.setClientId("me");
        FulmarActivationSpec shared = topic("prices");
        shared.setShareSubscriptions(true);
        shared.setSubscriptionName("s");
        FulmarActivationSpec sharedDurable = topic("prices");
        sharedDurable.setShareSubscriptions(true);
        sharedDurable.setSubscriptionDurability("Durable");
        sharedDurable.setSubscriptionName("sd");
        Map<String, FulmarActivationSpec> specs =
                Map.of("plain", plain, "durable", durable, "shared", shared, "sharedDurable", sharedDurable);
        Map<String, Application> applications = new ConcurrentHashMap<>();
        for (Map.Entry<String, FulmarActivationSpec> each : specs.entrySet()) {
            applications.put(
                    each.getKey(),
                    activate(each.getValue(), true, message -> received.add(each.getKey() + " " + text(message))));
        }
        // also of the same shared subscription a second time, on another server so to speak
        FulmarActivationSpec second = topic("prices");
        second.setShareSubscriptions(true);
        second.setSubscriptionName("s");
        activate(second, true, message -> received.add("shared " + text(message)));
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName name : server.queryNames(new ObjectName("org.fulmar:type=Endpoint,*"), null)) {
            EndpointMXBean each = JMX.newMXBeanProxy(server, name, EndpointMXBean.class);
            await().atMost(PATIENCE).until(() -> each.getState().equals("ACTIVE"));
        }
        publish("prices", "1", "blue");
        publish("prices", "2", "red");
        awaitReceived(7);
        for (Map.Entry<String, Application> each : applications.entrySet()) {
            adapter.endpointDeactivation(each.getValue(), specs.get(each.getKey()));
        }
        assertThat(received)
                .containsExactlyInAnyOrder(
                        "plain 2",
                        "durable 1",
                        "durable 2",
                        "shared 1",
                        "shared 2",
                        "sharedDurable 1",
                        "sharedDurable 2");
        publish("prices", "3", "red");
        activate(durable, true, message -> received.add("durable " + text(message)));
        await().atMost(PATIENCE).until(() -> received.contains("durable 3"));
    }

    @Test
    void activationsThatComeAndGoLeaveNothingBehind() throws Exception {
        send("orders", 0, 200);
        for (int round = 0; round < 20; round++) {
            FulmarActivationSpec spec = queue("orders");
            int before = received.size();
            Application application = activate(spec, true, message -> received.add(text(message)));
            await().atMost(PATIENCE).until(() -> received.size() > before || received.size() == 200);
            adapter.endpointDeactivation(application, spec);
            assertThat(application.instances).hasValue(0);
        }
        send("orders", 200, 201);
        activate(queue("orders"), true, message -> received.add(text(message)));
        await().atMost(PATIENCE).until(() -> received.contains("m200"));
        awaitReceived(201);
        assertThat(received).containsExactlyInAnyOrderElementsOf(messages(0, 201));
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .filteredOn(name -> name.startsWith("fulmar-connection-consumer"))
                .hasSizeLessThanOrEqualTo(1);
    }
}
