package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the classes share that need neither a broker nor a server that dies: one server for all of them, and for each a
 * broker, the adapter and an application of its own. Tests talk to the broker by the provider itself.
 */
@ExtendWith({WildflyExtension.class, BrokerExtension.class, ArquillianExtension.class})
@RunAsClient
@Timeout(value = 240, unit = TimeUnit.SECONDS)
abstract class WildflyTest {
    /** How long a message that must come may take, in milliseconds. */
    static final long WAIT = 60_000;

    static App app;
    static FulmarConnectionFactory factory;

    @BeforeAll
    static void connect() throws Exception {
        app = App.connect();
        factory = new FulmarConnectionFactory(Wildfly.url(Wildfly.BROKER));
    }

    @AfterAll
    static void disconnect() throws Exception {
        factory.close();
        app.close();
    }

    static void send(String queue, String... texts) {
        try (JMSContext context = factory.createContext()) {
            for (String text : texts) {
                context.createProducer().send(context.createQueue(queue), text);
            }
        }
    }

    /** A message that has its listener do something. */
    static void order(String queue, String text, String tasks) {
        order(queue, text, tasks, Integer.MAX_VALUE);
    }

    /** @param times on how many deliveries it has its listener do it */
    static void order(String queue, String text, String tasks, int times) {
        try (JMSContext context = factory.createContext()) {
            context.createProducer()
                    .setProperty("tasks", tasks)
                    .setProperty("times", times)
                    .send(context.createQueue(queue), text);
        }
    }

    /** The next messages of a queue. */
    static List<String> take(String queue, int count) {
        try (JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(queue))) {
            List<String> taken = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Message message = consumer.receive(WAIT);
                assertThat(message)
                        .as("message %d of %s, after %s", i, queue, taken)
                        .isNotNull();
                taken.add(message.getBody(String.class));
            }
            return taken;
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    static void assertEmpty(String queue) {
        try (JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(queue))) {
            assertThat(consumer.receiveNoWait()).as("what is left in " + queue).isNull();
        }
    }
}
