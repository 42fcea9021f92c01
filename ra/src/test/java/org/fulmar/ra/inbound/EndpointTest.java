package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ejb.EJBException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.inbound.InboundContainer.Application;
import org.junit.jupiter.api.Test;

/** What endpoints deliver: in transactions and without, in how many sessions, from queues and topics, and when it fails. */
class EndpointTest extends InboundTest {
    private static FulmarActivationSpec topic(String name) {
        FulmarActivationSpec spec = queue(name);
        spec.setDestinationType("jakarta.jms.Topic");
        return spec;
    }

    private static void publish(String topic, String text, String colour) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                JMSContext context = factory.createContext()) {
            context.createProducer().setProperty("colour", colour).send(context.createTopic(topic), text);
        }
    }

    @Test
    void aMessageIsNotHandedToABeanWithoutABranch() throws Exception {
        container.unlisted.set(1);
        activate(queue(queue), true, this::receive);
        send(queue, 0, 1);
        awaitReceived(1);
        // counted when its session has ended, which may be after the message has come to another
        patiently().until(() -> bean().getFailures() == 1);
        assertThat(received).containsExactly("m0");
        assertThat(drain(queue)).isEmpty();
    }

    @Test
    void deliveriesInTransactionsAreAcknowledgedByTheirCommit() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        Application application = activate(spec, true, this::receive);
        send(queue, 0, 100);
        awaitReceived(100);
        adapter.endpointDeactivation(application, spec);
        assertThat(received).containsExactlyInAnyOrderElementsOf(messages(0, 100));
        assertThat(application.instances).hasValue(0);
        assertThat(drain(queue)).isEmpty();
    }

    @Test
    void oneSessionKeepsTheOrder() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setMaxSessions(1);
        send(queue, 0, 200);
        activate(spec, true, this::receive);
        awaitReceived(200);
        assertThat(received).isEqualTo(messages(0, 200));
    }

    @Test
    void aFailingDeliveryComesAgainFlaggedAndEndsInTheDeadLetterQueue() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        activate(queue(queue), true, message -> {
            try {
                seen.add(message.getIntProperty("JMSXDeliveryCount") + (message.getJMSRedelivered() ? " again" : ""));
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
            throw new IllegalStateException("the application fails");
        });
        send(queue, 0, 1);
        patiently().until(() -> drain("%DLQ%" + queue).equals(List.of("m0")));
        assertThat(seen).containsExactly("1", "2 again", "3 again", "4 again");
    }

    @Test
    void aRollbackWithoutAnExceptionIsAFailureAsWell() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        activate(queue(queue), true, message -> {
            if (tries.incrementAndGet() < 3) {
                container.setRollbackOnly();
            } else {
                receive(message);
            }
        });
        send(queue, 0, 1);
        awaitReceived(1);
        // the message comes again before the thread that had it has told its failure
        patiently().until(() -> bean().getDelivered() == 1 && bean().getFailures() == 2);
        assertThat(bean().getLastFailure()).contains("rolled back");
    }

    /** As that of WildFly. */
    private static final class ComponentUnavailableException extends EJBException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void whatTheContainerHasNotDeliveredIsNotCommittedWhateverTheServerDoes() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        FulmarActivationSpec spec = queue(queue);
        spec.setMaxSessions(1);
        spec.setPause(100L);
        activate(spec, true, message -> {
            if (tries.incrementAndGet() == 1) {
                throw new ComponentUnavailableException();
            }
            receive(message);
        });
        send(queue, 0, 3);
        awaitReceived(3);
        assertThat(received).containsExactlyInAnyOrder("m0", "m1", "m2");
        assertThat(tries).hasValue(4);
    }

    @Test
    void anApplicationThatIsGoingIsLeftAlone() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        AtomicBoolean going = new AtomicBoolean(true);
        FulmarActivationSpec spec = queue(queue);
        spec.setMaxSessions(2);
        spec.setPause(60_000L);
        activate(spec, true, message -> {
            if (going.get()) {
                tries.incrementAndGet();
                throw new ComponentUnavailableException();
            }
            receive(message);
        });
        send(queue, 0, 10);
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
            FulmarActivationSpec spec = queue(queue);
            spec.setAcknowledgeMode(mode);
            Application application = activate(spec, false, message -> {
                if (tries.incrementAndGet() == 1) {
                    throw new IllegalStateException("the application fails");
                }
                receive(message);
            });
            send(queue, 0, 3);
            awaitReceived(3);
            adapter.endpointDeactivation(application, spec);
            assertThat(received).containsExactlyInAnyOrder("m0", "m1", "m2");
            assertThat(drain(queue)).isEmpty();
        }
    }

    @Test
    void maxSessionsDeliverAtTheSameTimeAndNoMore() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setMaxSessions(7);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CyclicBarrier together = new CyclicBarrier(7);
        activate(spec, true, message -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            try {
                together.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            inside.decrementAndGet();
            receive(message);
        });
        send(queue, 0, 70);
        awaitReceived(70);
        assertThat(most).hasValue(7);
    }

    @Test
    void sessionsGrowWithTheBacklogAndAreClosedWhenIdle() throws Exception {
        FulmarActivationSpec spec = queue(queue);
        spec.setMaxSessions(5);
        spec.setIdleTimeout(1000L);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger first = new AtomicInteger();
        AtomicReference<Application> of = new AtomicReference<>();
        Application application = container.new Application(true, message -> {
            if (text(message).equals("m0")) {
                first.set(of.get().instances.get());
            } else {
                pass(go);
            }
            receive(message);
        });
        of.set(application);
        activate(application, spec);
        send(queue, 0, 1);
        awaitReceived(1);
        assertThat(first).as("instances for one message").hasValue(1);
        send(queue, 1, 20);
        patiently().until(() -> bean().getBusySessions() == 5);
        go.countDown();
        awaitReceived(20);
        patiently().until(() -> bean().getSessions() == 0 && application.instances.get() == 0);
        send(queue, 20, 21);
        awaitReceived(21);
    }

    @Test
    void theApplicationMayBecomeReadyLater() throws Exception {
        Application application = container.new Application(true, this::receive);
        application.ready.set(false);
        activate(application, queue(queue));
        send(queue, 0, 1);
        awaitState("ACTIVE");
        assertThat(received).isEmpty();
        application.ready.set(true);
        awaitReceived(1);
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
        for (EndpointMXBean each : endpoints()) {
            patiently().until(() -> each.getState().equals("ACTIVE"));
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
        patiently().until(() -> received.contains("durable 3"));
    }
}
