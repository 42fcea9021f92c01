package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.TextMessage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.container.Container;
import org.fulmar.ra.inbound.InboundContainer.Application;
import org.fulmar.ra.outbound.FulmarManagedConnectionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that goes while its messages come, on a connection that others use on. */
@Timeout(100)
class StopUnderLoadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ROUNDS = Integer.getInteger("fulmar.stops", 30);
    private static final int MESSAGES = 300;

    @TempDir
    Path directory;

    private static String text(Message message) {
        try {
            return ((TextMessage) message).getText();
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    private static FulmarActivationSpec spec(String queue) {
        FulmarActivationSpec spec = new FulmarActivationSpec();
        spec.setDestination(queue);
        return spec;
    }

    private static int take(JMSConsumer consumer, Set<String> into) {
        for (Message next = consumer.receive(50); next != null; next = consumer.receive(50)) {
            assertThat(into.add(text(next))).as(text(next)).isTrue();
        }
        return into.size();
    }

    private static long failures(String queue) throws Exception {
        javax.management.MBeanServer server = java.lang.management.ManagementFactory.getPlatformMBeanServer();
        long all = 0;
        for (var name : server.queryNames(new javax.management.ObjectName("org.fulmar:type=Endpoint,*"), null)) {
            if (name.toString().contains(queue)) {
                all += (Long) server.getAttribute(name, "Failures");
            }
        }
        return all;
    }

    @Test
    void whatItHadGoesToTheNextOne() throws Exception {
        long seed = Long.getLong("fulmar.seed", 1);
        Random random = new Random(seed);
        try (TestBroker broker =
                        TestBroker.start(directory.resolve("store"), java.util.Map.of("maxRedeliveries", "-1"));
                InboundContainer server = new InboundContainer(directory.resolve("transactions"));
                FulmarConnectionFactory outside = new FulmarConnectionFactory(broker.url());
                JMSContext context = outside.createContext()) {
            FulmarResourceAdapter adapter = new FulmarResourceAdapter();
            adapter.setUrl(broker.url());
            adapter.start(server);
            Application other = server.new Application(true, message -> {});
            FulmarActivationSpec keeping = spec("other");
            adapter.endpointActivation(other, keeping);
            Container connections = new Container(server.transactions(), Container.Support.XA);
            FulmarManagedConnectionFactory managed = new FulmarManagedConnectionFactory();
            managed.setResourceAdapter(adapter);
            ConnectionFactory outbound = (ConnectionFactory) managed.createConnectionFactory(connections);
            for (int round = 0; round < ROUNDS; round++) {
                String queue = "q" + round;
                for (int i = 0; i < MESSAGES; i++) {
                    context.createProducer().send(context.createQueue(queue), "m" + i);
                }
                Set<String> done = ConcurrentHashMap.newKeySet();
                MessageListener moving = message -> {
                    try (JMSContext inside = outbound.createContext()) {
                        inside.createProducer().send(inside.createQueue("out" + queue), message);
                    }
                    done.add(text(message));
                };
                for (int stop = 0; stop < 2; stop++) {
                    AtomicBoolean going = new AtomicBoolean();
                    Application application = server.new Application(true, message -> {
                        if (going.get()) {
                            throw new IllegalStateException("the application is going");
                        }
                        moving.onMessage(message);
                    });
                    FulmarActivationSpec spec = spec(queue);
                    adapter.endpointActivation(application, spec);
                    int least = 1 + random.nextInt(100) + done.size();
                    await().atMost(PATIENCE).until(() -> done.size() >= Math.min(least, MESSAGES));
                    going.set(true);
                    // until it pauses
                    boolean late = random.nextBoolean();
                    await().atMost(PATIENCE).until(() -> !late || failures(queue) >= 20 || done.size() == MESSAGES);
                    int how = random.nextInt(3);
                    server.failing.set(how == 0);
                    server.forgetting.set(how == 1);
                    adapter.endpointDeactivation(application, spec);
                    server.failing.set(false);
                    server.forgetting.set(false);
                }
                Application last = server.new Application(true, moving);
                FulmarActivationSpec spec = spec(queue);
                adapter.endpointActivation(last, spec);
                Set<String> out = new java.util.TreeSet<>();
                try (var consumer = context.createConsumer(context.createQueue("out" + queue))) {
                    await().atMost(PATIENCE).until(() -> take(consumer, out) >= MESSAGES - server.forgotten.size());
                    while (!server.forgotten.isEmpty()) {
                        server.forgotten.remove().rollback();
                    }
                    await().atMost(PATIENCE).until(() -> take(consumer, out) == MESSAGES);
                } catch (org.awaitility.core.ConditionTimeoutException e) {
                    StringBuilder missing = new StringBuilder();
                    for (int i = 0; i < MESSAGES; i++) {
                        if (!out.contains("m" + i)) {
                            missing.append(" m").append(i).append(done.contains("m" + i) ? "(done)" : "");
                        }
                    }
                    throw new AssertionError("seed " + seed + ", round " + round + ": missing" + missing, e);
                }
                adapter.endpointDeactivation(last, spec);
            }
            connections.close();
            assertThat(other.instances).hasValue(0);
            adapter.stop();
        }
    }
}
