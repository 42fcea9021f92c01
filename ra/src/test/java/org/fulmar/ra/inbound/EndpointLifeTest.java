package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.InvalidClientIDRuntimeException;
import jakarta.jms.JMSContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.inbound.InboundContainer.Application;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Endpoints that wait, pause, lose their broker, go on, and stop. */
class EndpointLifeTest extends InboundTest {
    /** If a test has failed while it was away. */
    @BeforeEach
    void startBroker() throws Exception {
        if (!broker.isRunning()) {
            broker.start();
        }
    }

    @Test
    void anEndpointWaitsForItsBroker() throws Exception {
        broker.stop();
        FulmarActivationSpec spec = queue(queue);
        spec.setReconnectDelay(50L);
        activate(spec, true, this::receive);
        patiently().until(() -> bean().getLastFailure() != null);
        assertThat(bean().getState()).isEqualTo("CONNECTING");
        broker.start();
        send(queue, 0, 10);
        awaitReceived(10);
        awaitState("ACTIVE");
    }

    @Test
    void anEndpointOutlivesItsBroker() throws Exception {
        Set<String> distinct = ConcurrentHashMap.newKeySet();
        FulmarActivationSpec spec = queue(queue);
        Application application = activate(spec, true, message -> distinct.add(text(message)));
        for (int round = 0; round < 3; round++) {
            send(queue, 100 * round, 100 * round + 100);
            broker.stop();
            broker.start();
        }
        patiently().until(() -> distinct.size() == 300);
        // what was under way when the broker went may come again after all have come
        patiently().until(() -> {
            adapter.endpointDeactivation(application, spec);
            boolean done = isEmpty(queue);
            if (!done) {
                adapter.endpointActivation(application, spec);
                // each round takes at least one away, however slow the machine is
                EndpointMXBean bean = bean();
                patiently().until(() -> bean.getDelivered() > 0 || isEmpty(queue) && bean.getBusySessions() == 0);
            }
            return done;
        });
    }

    @Test
    void anEndpointWhoseConsumerIsRefusedWhenTheBrokerIsBackTriesOn() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setReconnectDelay(50L);
        activate(spec, true, this::receive);
        send(queue, 0, 1);
        awaitReceived(1);
        broker.stop();
        try (TestBroker other =
                broker.instead(directory.resolve("without the queue"), Map.of("autoCreateTopicEnable", "false"))) {
            assertThat(other.isRunning()).isTrue();
            awaitState("CONNECTING");
        }
        broker.start();
        send(queue, 1, 3);
        awaitReceived(3);
    }

    private static boolean isEmpty(String queue) throws Exception {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext();
                var browser = context.createBrowser(context.createQueue(queue))) {
            return Collections.list(browser.getEnumeration()).isEmpty();
        }
    }

    @Test
    void aServerWithoutFreeThreadsIsAskedAgain() throws Exception {
        activate(queue(queue), true, this::receive);
        awaitState("ACTIVE");
        container.refusing.set(true);
        send(queue, 0, 5);
        patiently().during(Duration.ofMillis(300)).until(received::isEmpty);
        container.refusing.set(false);
        awaitReceived(5);
    }

    @Test
    void afterFailuresInARowAnEndpointPausesAndGoesOnByItself() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setMaxSequentialDeliveryFailures(2);
        spec.setPause(300L);
        AtomicBoolean failing = new AtomicBoolean(true);
        activate(spec, true, message -> {
            if (failing.get()) {
                throw new IllegalStateException("the database is away");
            }
            receive(message);
        });
        // enough of them for many pauses, should nobody look during the first
        send(queue, 0, 20);
        awaitState("PAUSED");
        failing.set(false);
        awaitReceived(1);
        awaitState("ACTIVE");
    }

    @Test
    void anAdministratorPausesAndResumesAnEndpoint() throws Exception {
        activate(queue(queue), true, this::receive);
        awaitState("ACTIVE");
        bean().pause();
        awaitState("PAUSED");
        send(queue, 0, 3);
        assertThat(drain(queue)).as("messages that others may have meanwhile").hasSize(3);
        send(queue, 0, 3);
        bean().resume();
        awaitReceived(3);
    }

    @Test
    void anEndpointThatIsResumedBeforeAThreadWasFreeToPauseItGoesOn() throws Exception {
        activate(queue(queue), true, this::receive);
        awaitState("ACTIVE");
        container.refusing.set(true);
        bean().pause();
        bean().resume();
        container.refusing.set(false);
        send(queue, 0, 3);
        awaitReceived(3);
        awaitState("ACTIVE");
    }

    @Test
    void anEndpointThatTheServerFailsToReleaseGivesItsConnectionBack() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setClientId(queue);
        Application application = activate(spec, true, this::receive);
        send(queue, 0, 1);
        awaitReceived(1);
        application.releasable.set(false);
        bean().pause();
        patiently().untilAsserted(() -> assertThat(isFree(queue)).isTrue());
        application.releasable.set(true);
        send(queue, 1, 2);
        bean().resume();
        awaitReceived(2);
    }

    private static boolean isFree(String clientId) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext()) {
            context.setClientID(clientId);
            return true;
        } catch (InvalidClientIDRuntimeException e) {
            return false;
        }
    }

    @Test
    void anEndpointThatIsPausedAndResumedInHasteDeliversOn() throws Exception {
        activate(queue(queue), true, this::receive);
        awaitState("ACTIVE");
        EndpointMXBean bean = bean();
        for (int round = 0; round < 200; round++) {
            bean.pause();
            bean.resume();
        }
        send(queue, 0, 3);
        awaitReceived(3);
        awaitState("ACTIVE");
    }

    @Test
    void deactivationWaitsForTheDeliveryThatIsUnderWayAndLeavesTheRest() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setMaxSessions(1);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Application application = activate(spec, true, message -> {
            inside.countDown();
            pass(go);
            receive(message);
        });
        send(queue, 0, 10);
        pass(inside);
        Thread stopping = new Thread(() -> adapter.endpointDeactivation(application, spec));
        stopping.start();
        // not for whoever has opened the consumption: nothing is held up before it waits for deliveries
        patiently()
                .until(() -> Arrays.stream(stopping.getStackTrace())
                                .anyMatch(frame -> frame.getMethodName().equals("awaitIdle"))
                        && stopping.getState() == Thread.State.TIMED_WAITING);
        go.countDown();
        stopping.join(PATIENCE.toMillis());
        assertThat(stopping.isAlive()).isFalse();
        assertThat(received).containsExactly("m0");
        assertThat(drain(queue)).isEqualTo(messages(1, 10));
    }

    @Test
    void aDeliveryThatHangsDoesNotHoldUpTheStopForEver() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setDrainTimeout(100L);
        spec.setMaxSessions(1);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Application application = activate(spec, true, message -> {
            inside.countDown();
            pass(go);
        });
        send(queue, 0, 10);
        pass(inside);
        adapter.endpointDeactivation(application, spec);
        assertThat(go.getCount()).isEqualTo(1);
        assertThat(drain(queue)).as("what waits behind it is others'").isEqualTo(messages(1, 10));
        go.countDown();
        patiently().until(() -> application.instances.get() == 0);
        assertThat(drain(queue)).isEmpty();
    }

    @Test
    void aDeliveryThatHangsDoesNotHoldUpTheStopOfTheAdapter() throws Exception {
        FulmarResourceAdapter other = new FulmarResourceAdapter();
        other.setUrl(broker.url());
        other.start(container);
        FulmarActivationSpec spec = queue(queue);
        spec.setDrainTimeout(100L);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Application application = container.new Application(true, message -> {
            inside.countDown();
            pass(go);
        });
        other.endpointActivation(application, spec);
        send(queue, 0, 1);
        pass(inside);
        Thread.currentThread().interrupt();
        other.stop();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(go.getCount()).isEqualTo(1);
        assertThat(drain(queue)).as("what the delivery has is nobody else's").isEmpty();
        go.countDown();
        patiently().until(() -> application.instances.get() == 0);
    }

    @Test
    void activationsThatComeAndGoLeaveNothingBehind() throws Exception {
        send(queue, 0, 200);
        for (int round = 0; round < 20; round++) {
            FulmarActivationSpec spec = queue(queue);
            int before = received.size();
            Application application = activate(spec, true, this::receive);
            patiently().until(() -> received.size() > before || received.size() == 200);
            adapter.endpointDeactivation(application, spec);
            assertThat(application.instances).hasValue(0);
        }
        send(queue, 200, 201);
        activate(queue(queue), true, this::receive);
        patiently().until(() -> received.contains("m200"));
        awaitReceived(201);
        assertThat(received).containsExactlyInAnyOrderElementsOf(messages(0, 201));
        patiently()
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .filteredOn(name -> name.startsWith("fulmar-connection-consumer"))
                        .hasSizeLessThanOrEqualTo(1));
    }

    @Test
    void theStopOfAnAdapterStopsItsEndpoints() throws Exception {
        FulmarResourceAdapter other = new FulmarResourceAdapter();
        other.setUrl(broker.url());
        other.start(container);
        Application delivering = container.new Application(true, this::receive);
        other.endpointActivation(delivering, queue(queue));
        FulmarActivationSpec nowhere = queue(queue);
        nowhere.setUrl("fulmar://127.0.0.1:1");
        other.endpointActivation(container.new Application(true, this::receive), nowhere);
        send(queue, 0, 1);
        awaitReceived(1);
        other.stop();
        assertThat(delivering.instances).hasValue(0);
        assertThat(endpoints()).isEmpty();
        send(queue, 1, 3);
        assertThat(drain(queue)).isEqualTo(List.of("m1", "m2"));
    }
}
