package org.fulmar.ra.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.inbound.InboundContainer.Application;
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
        spec.setMaxSequentialDeliveryFailures(0);
        return spec;
    }

    @Test
    void whatItHadGoesToTheNextOne() throws Exception {
        long seed = Long.getLong("fulmar.seed", 1);
        Random random = new Random(seed);
        try (TestBroker broker = TestBroker.start(directory.resolve("store"));
                InboundContainer server = new InboundContainer(directory.resolve("transactions"));
                FulmarConnectionFactory outside = new FulmarConnectionFactory(broker.url());
                JMSContext context = outside.createContext()) {
            FulmarResourceAdapter adapter = new FulmarResourceAdapter();
            adapter.setUrl(broker.url());
            adapter.start(server);
            Application other = server.new Application(true, message -> {});
            FulmarActivationSpec keeping = spec("other");
            adapter.endpointActivation(other, keeping);
            for (int round = 0; round < ROUNDS; round++) {
                String queue = "q" + round;
                for (int i = 0; i < MESSAGES; i++) {
                    context.createProducer().send(context.createQueue(queue), "m" + i);
                }
                Set<String> done = ConcurrentHashMap.newKeySet();
                for (int stop = 0; stop < 2; stop++) {
                    AtomicBoolean going = new AtomicBoolean();
                    Application application = server.new Application(true, message -> {
                        if (going.get()) {
                            throw new IllegalStateException("the application is going");
                        }
                        done.add(text(message));
                    });
                    FulmarActivationSpec spec = spec(queue);
                    adapter.endpointActivation(application, spec);
                    int least = 1 + random.nextInt(100) + done.size();
                    await().atMost(PATIENCE).until(() -> done.size() >= Math.min(least, MESSAGES));
                    going.set(true);
                    int how = random.nextInt(3);
                    server.failing.set(how == 0);
                    server.forgetting.set(how == 1);
                    adapter.endpointDeactivation(application, spec);
                    server.failing.set(false);
                    server.forgetting.set(false);
                }
                Application last = server.new Application(true, message -> done.add(text(message)));
                FulmarActivationSpec spec = spec(queue);
                adapter.endpointActivation(last, spec);
                try {
                    await().atMost(PATIENCE).until(() -> done.size() >= MESSAGES - server.forgotten.size());
                    while (!server.forgotten.isEmpty()) {
                        server.forgotten.remove().rollback();
                    }
                    await().atMost(PATIENCE).until(() -> done.size() == MESSAGES);
                } catch (org.awaitility.core.ConditionTimeoutException e) {
                    StringBuilder missing = new StringBuilder();
                    for (int i = 0; i < MESSAGES; i++) {
                        if (!done.contains("m" + i)) {
                            missing.append(" m").append(i);
                        }
                    }
                    throw new AssertionError("seed " + seed + ", round " + round + ": missing" + missing, e);
                }
                adapter.endpointDeactivation(last, spec);
            }
            assertThat(other.instances).hasValue(0);
            adapter.stop();
        }
    }
}
