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
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.container.Container;
import org.fulmar.ra.inbound.InboundContainer.Application;
import org.fulmar.ra.outbound.FulmarManagedConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that goes while its messages come, on a connection that others use on. */
@Timeout(300)
class StopUnderLoadTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int ROUNDS = Integer.getInteger("fulmar.stops", 30);
    private static final int MESSAGES = 300;

    @TempDir
    Path directory;

    private TestBroker broker;
    private InboundContainer server;
    private FulmarResourceAdapter adapter;
    private Container connections;
    private ConnectionFactory outbound;
    private FulmarConnectionFactory outside;
    private JMSContext context;

    @BeforeEach
    void startAll() throws Exception {
        broker = TestBroker.start(directory.resolve("store"), Map.of("maxRedeliveries", "-1"));
        server = new InboundContainer(directory.resolve("transactions"));
        adapter = new FulmarResourceAdapter();
        adapter.setUrl(broker.url());
        adapter.start(server);
        connections = new Container(server.transactions(), Container.Support.XA);
        FulmarManagedConnectionFactory managed = new FulmarManagedConnectionFactory();
        managed.setResourceAdapter(adapter);
        outbound = (ConnectionFactory) managed.createConnectionFactory(connections);
        outside = new FulmarConnectionFactory(broker.url());
        context = outside.createContext();
    }

    @AfterEach
    void stopAll() throws Exception {
        connections.close();
        adapter.stop();
        context.close();
        outside.close();
        server.close();
        broker.close();
    }

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

    private static ConditionFactory patiently() {
        return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));
    }

    /** Takes what comes until there are so many; whether there are. */
    private static boolean take(JMSConsumer consumer, Set<String> into, int until) {
        Message next = into.size() < until ? consumer.receive(50) : null;
        while (next != null) {
            assertThat(into.add(text(next))).as(text(next)).isTrue();
            next = into.size() < until ? consumer.receive(50) : null;
        }
        return into.size() >= until;
    }

    private static long failures(String queue) throws Exception {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        long all = 0;
        for (ObjectName name : beans.queryNames(new ObjectName("org.fulmar:type=Endpoint,*"), null)) {
            if (name.toString().contains(queue)) {
                all += (Long) beans.getAttribute(name, "Failures");
            }
        }
        return all;
    }

    @Test
    void whatItHadGoesToTheNextOne() throws Exception {
        long seed = Long.getLong("fulmar.seed", 1);
        Random random = new Random(seed);
        // keeps the connection that the others have
        Application other = server.new Application(true, message -> {});
        FulmarActivationSpec keeping = spec("other");
        adapter.endpointActivation(other, keeping);
        for (int round = 0; round < ROUNDS; round++) {
            round(random, "q" + round, "seed " + seed + ", round " + round);
        }
        assertThat(other.instances).hasValue(0);
    }

    private void round(Random random, String queue, String which) throws Exception {
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
            runAndStop(random, queue, moving, done);
        }
        Application last = server.new Application(true, moving);
        FulmarActivationSpec spec = spec(queue);
        adapter.endpointActivation(last, spec);
        Set<String> out = new TreeSet<>();
        try (var consumer = context.createConsumer(context.createQueue("out" + queue))) {
            patiently().until(() -> take(consumer, out, MESSAGES - server.forgotten.size()));
            while (!server.forgotten.isEmpty()) {
                server.forgotten.remove().rollback();
            }
            patiently().until(() -> take(consumer, out, MESSAGES));
            assertThat(consumer.receiveNoWait()).as("what came twice").isNull();
        } catch (ConditionTimeoutException e) {
            StringBuilder missing = new StringBuilder();
            for (int i = 0; i < MESSAGES; i++) {
                if (!out.contains("m" + i)) {
                    missing.append(" m").append(i).append(done.contains("m" + i) ? "(done)" : "");
                }
            }
            throw new AssertionError(which + ": missing" + missing, e);
        }
        adapter.endpointDeactivation(last, spec);
    }

    private void runAndStop(Random random, String queue, MessageListener moving, Set<String> done) throws Exception {
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
        patiently().until(() -> done.size() >= Math.min(least, MESSAGES));
        going.set(true);
        // until it pauses
        boolean late = random.nextBoolean();
        patiently().until(() -> !late || failures(queue) >= 20 || done.size() == MESSAGES);
        int how = random.nextInt(3);
        server.failing.set(how == 0);
        server.forgetting.set(how == 1);
        adapter.endpointDeactivation(application, spec);
        server.failing.set(false);
        server.forgetting.set(false);
    }
}
