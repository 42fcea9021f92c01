package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that fail: how often they come, when, and where they end; and those that nobody takes in time. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RedeliveryTest {
    @TempDir
    static Path directory;

    private static RealBroker broker;
    private static FulmarConnectionFactory factory;

    private Connection connection;
    private Session session;
    private String name;
    private Queue queue;

    @BeforeAll
    static void open() throws Exception {
        broker = RealBroker.start(directory, "redeliveryBackOff=3", "maxRedeliveryDelay=500");
        factory = new FulmarConnectionFactory(broker.url());
    }

    @AfterAll
    static void close() throws Exception {
        factory.close();
        broker.close();
    }

    @BeforeEach
    void connect(TestInfo test) throws JMSException {
        connection = factory.createConnection();
        connection.start();
        session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        name = test.getTestMethod().orElseThrow().getName();
        queue = session.createQueue(name);
    }

    @AfterEach
    void disconnect() throws JMSException {
        connection.close();
    }

    private void send(Queue to, String... texts) throws JMSException {
        try (MessageProducer producer = session.createProducer(to)) {
            for (String text : texts) {
                producer.send(session.createTextMessage(text));
            }
        }
    }

    /** Receives and gives back until nothing comes any more, and says what came. */
    private List<String> failAlways(MessageConsumer consumer) throws JMSException {
        List<String> seen = new ArrayList<>();
        Message message = consumer.receive(Jms.WAIT);
        while (message != null) {
            seen.add(Jms.seen(message));
            session.recover();
            message = consumer.receiveNoWait();
        }
        return seen;
    }

    private Message dead(String of) throws JMSException {
        Session other = connection.createSession();
        try (MessageConsumer consumer = other.createConsumer(other.createQueue("%DLQ%" + of))) {
            Message message = consumer.receive(Jms.WAIT);
            assertThat(message).as("a dead letter of %s", of).isNotNull();
            assertThat(consumer.receiveNoWait()).isNull();
            return message;
        }
    }

    @Test
    void messageThatFailsElevenTimesGoesToTheDeadLetterQueueAndSaysWhy() throws JMSException {
        send(queue, "poison");
        List<String> seen = failAlways(session.createConsumer(queue));
        assertThat(seen).hasSize(11).startsWith("poison", "poison*2").endsWith("poison*11");
        Message dead = dead(name);
        assertThat(Jms.text(dead)).isEqualTo("poison");
        assertThat(dead.getStringProperty("JMS_FULMAR_Reason")).contains("11 times");
        assertThat(dead.getStringProperty("JMS_FULMAR_Destination")).isEqualTo(name);
        assertThat(dead.getIntProperty("JMS_FULMAR_Deliveries")).isEqualTo(11);
        assertThat(dead.propertyExists("JMS_FULMAR_Subscription")).isFalse();
        assertThat(dead.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        assertThat(dead.getJMSRedelivered()).isFalse();
    }

    @Test
    void othersOfTheQueueGoOn() throws JMSException {
        Queue odd = session.createQueue("dotted." + name + "/é");
        send(odd, "a", "poison", "b");
        List<String> taken = new ArrayList<>();
        MessageConsumer consumer = session.createConsumer(odd);
        for (Message next = consumer.receive(Jms.WAIT); next != null; next = consumer.receiveNoWait()) {
            if (Jms.text(next).equals("poison")) {
                session.recover();
            } else {
                taken.add(Jms.text(next));
                next.acknowledge();
            }
        }
        assertThat(taken).containsExactly("a", "b");
        Message dead = dead("dotted." + name + "/é");
        assertThat(dead.getStringProperty("JMS_FULMAR_Destination")).isEqualTo("dotted." + name + "/é");
    }

    @Test
    void deadLetterQueueKeepsWhatItHasHoweverOftenItFails() throws Exception {
        send(queue, "poison");
        Admin.attributes(broker.port(), name, "+fulmar.maxRedeliveries=0");
        assertThat(failAlways(session.createConsumer(queue))).containsExactly("poison");
        MessageConsumer consumer = session.createConsumer(session.createQueue("%DLQ%" + name));
        for (int i = 0; i < 30; i++) {
            assertThat(Jms.receive(consumer, 1)).containsExactly(i == 0 ? "poison" : "poison*" + (i + 1));
            session.recover();
        }
    }

    @Test
    void subscriptionHasADeadLetterQueueOfItsOwn() throws Exception {
        try (Connection client = factory.createConnection()) {
            client.setClientID("client");
            client.start();
            session = client.createSession(Session.CLIENT_ACKNOWLEDGE);
            Topic topic = session.createTopic(name);
            MessageConsumer consumer = session.createDurableConsumer(topic, "sub");
            MessageConsumer other = client.createSession().createConsumer(topic);
            Admin.attributes(broker.port(), name, "+fulmar.maxRedeliveries=2");
            try (MessageProducer producer = session.createProducer(topic)) {
                producer.send(session.createTextMessage("poison"));
            }
            assertThat(failAlways(consumer)).containsExactly("poison", "poison*2", "poison*3");
            assertThat(Jms.receive(other, 1)).containsExactly("poison");
            Message dead = dead("JMS_SUB_client@sub");
            assertThat(dead.getStringProperty("JMS_FULMAR_Subscription")).isEqualTo("JMS_SUB_client@sub");
            assertThat(dead.getStringProperty("JMS_FULMAR_Destination")).isEqualTo(name);
            consumer.close();
            session.unsubscribe("sub");
        }
    }

    @Test
    void limitOfTheDestinationOverridesTheBrokers() throws Exception {
        send(queue, "first");
        Admin.attributes(broker.port(), name, "+fulmar.maxRedeliveries=1");
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(failAlways(consumer)).containsExactly("first", "first*2");
        Admin.attributes(broker.port(), name, "+fulmar.maxRedeliveries=-1");
        send(queue, "second");
        for (int i = 1; i <= 25; i++) {
            assertThat(Jms.receive(consumer, 1)).containsExactly(i == 1 ? "second" : "second*" + i);
            session.recover();
        }
        Admin.attributes(broker.port(), name, "-fulmar.maxRedeliveries");
        assertThat(failAlways(consumer)).containsExactly("second*26");
    }

    @Test
    void failedMessageWaitsLongerEachTimeAndOthersPassItMeanwhile() throws Exception {
        send(queue, "slow", "fast");
        Admin.attributes(broker.port(), name, "+fulmar.redeliveryDelay=100,+fulmar.maxRedeliveries=6");
        List<Long> waits = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        MessageConsumer consumer = session.createConsumer(queue);
        long failed = 0;
        while (seen.size() < 8) {
            Message next = consumer.receive(Jms.WAIT);
            assertThat(next).as("after %s", seen).isNotNull();
            seen.add(Jms.seen(next));
            if (Jms.text(next).equals("fast")) {
                next.acknowledge();
                continue;
            }
            if (failed != 0) {
                waits.add((System.nanoTime() - failed) / 1_000_000);
            }
            failed = System.nanoTime();
            session.recover();
        }
        assertThat(seen).startsWith("slow", "fast").endsWith("slow*7");
        assertThat(waits).hasSize(6);
        // 100, 300, then 500 ms, which the broker counts from when it began to look at what came
        assertThat(waits.get(0)).isGreaterThanOrEqualTo(50);
        assertThat(waits.get(1)).isGreaterThanOrEqualTo(200);
        assertThat(waits.subList(2, 6)).allSatisfy(wait -> assertThat(wait).isGreaterThanOrEqualTo(400));
        assertThat(waits.get(5))
                .as("no longer than maxRedeliveryDelay, which would be 24 s")
                .isLessThan(20_000);
        assertThat(Jms.text(dead(name))).isEqualTo("slow");
    }

    @Test
    void messageThatNobodyTakesInTimeGoesToTheExpiryQueue() throws Exception {
        send(queue, "stays");
        Admin.attributes(broker.port(), name, "+fulmar.expiryQueue=expired." + name);
        try (MessageProducer producer = session.createProducer(queue)) {
            producer.setTimeToLive(1);
            producer.send(session.createTextMessage("late"));
            producer.setTimeToLive(0);
            producer.send(session.createTextMessage("stays, too"));
        }
        long sent = System.currentTimeMillis();
        Jms.eventually("a moment later", () -> System.currentTimeMillis() > sent + 5);
        assertThat(Jms.receive(session.createConsumer(queue), 2)).containsExactly("stays", "stays, too");
        Session other = connection.createSession();
        try (MessageConsumer consumer = other.createConsumer(other.createQueue("expired." + name))) {
            Message expired = consumer.receive(Jms.WAIT);
            assertThat(Jms.seen(expired)).isEqualTo("late");
            assertThat(expired.getStringProperty("JMS_FULMAR_Reason")).isEqualTo("expired");
            assertThat(expired.getStringProperty("JMS_FULMAR_Destination")).isEqualTo(name);
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }
}
