package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.destination.FulmarQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Destinations, subscriptions and clients may have any name, and no two names are mixed up. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DestinationNamesTest {
    /** In groups of names that a careless mapping would take for one another. */
    private static final List<String> NAMES = List.of(
            "a.b",
            "a/b",
            "a\\b",
            "a|b",
            "a|2fb",
            "a|2Fb",
            "a%b",
            "a%2fb",
            "a+b",
            "a b",
            "a:b",
            "a\u0000b",
            "a\nb",
            "ab",
            "AB",
            "Ab",
            ".",
            "..",
            "../..",
            "../../etc/passwd",
            "/",
            "/etc/passwd",
            "C:\\con",
            "%",
            "%%",
            "|",
            "||",
            "%RETRY%group",
            "%DLQ%group",
            "*",
            ">",
            "?",
            "$",
            "-",
            "_",
            " ",
            "\t",
            "ü",
            "u\u0308",
            "队列",
            "😀",
            "queue:a",
            "topic:a",
            "x".repeat(127),
            "x".repeat(128),
            "x".repeat(129),
            "x".repeat(1000),
            "x".repeat(999) + "y",
            "你".repeat(1000),
            "..".repeat(500),
            "x".repeat(1024));

    @TempDir
    Path directory;

    private FulmarConnectionFactory factory;
    private Connection connection;
    private Session session;

    @BeforeEach
    void connect() throws JMSException {
        factory = new FulmarConnectionFactory(
                "fulmar:embedded?dir=" + directory.resolve("inside") + "&mappedFileSizeCommitLog=16777216");
        connection = factory.createConnection();
        connection.setClientID("c");
        connection.start();
        session = connection.createSession();
    }

    @AfterEach
    void disconnect() throws JMSException {
        connection.close();
        factory.close();
    }

    @Test
    void queuesWithSimilarNamesAreDifferentQueues() throws JMSException, IOException {
        MessageProducer producer = session.createProducer(null);
        for (String name : NAMES) {
            producer.send(session.createQueue(name), session.createTextMessage(name));
        }
        for (String name : NAMES) {
            MessageConsumer consumer = session.createConsumer(session.createQueue(name));
            Message message = consumer.receive(Jms.WAIT);
            assertThat(Jms.text(message)).isEqualTo(name);
            assertThat(((Queue) message.getJMSDestination()).getQueueName()).isEqualTo(name);
            assertThat(consumer.receiveNoWait()).isNull();
            consumer.close();
        }
        try (Stream<Path> beside = Files.list(directory)) {
            assertThat(beside).as("nothing is written outside").containsExactly(directory.resolve("inside"));
        }
    }

    @Test
    void topicsWithSimilarNamesAreDifferentTopicsAlsoAfterARestart() throws JMSException {
        for (int i = 0; i < NAMES.size(); i++) {
            session.createDurableConsumer(session.createTopic(NAMES.get(i)), "s" + i)
                    .close();
        }
        MessageProducer producer = session.createProducer(null);
        for (String name : NAMES) {
            producer.send(session.createTopic(name), session.createTextMessage(name));
        }
        disconnect();
        connect();
        for (int i = 0; i < NAMES.size(); i++) {
            Topic topic = session.createTopic(NAMES.get(i));
            MessageConsumer consumer = session.createDurableConsumer(topic, "s" + i);
            assertThat(Jms.receive(consumer, 1)).containsExactly(NAMES.get(i));
            assertThat(consumer.receiveNoWait()).isNull();
            consumer.close();
        }
    }

    @Test
    void subscriptionsWithSimilarNamesAreDifferentSubscriptions() throws JMSException {
        Topic topic = session.createTopic("names");
        MessageProducer producer = session.createProducer(topic);
        Map<String, MessageConsumer> consumers = new LinkedHashMap<>();
        for (String name : NAMES) {
            consumers.put(name, session.createDurableConsumer(topic, name));
        }
        producer.send(session.createTextMessage("a"));
        for (MessageConsumer consumer : consumers.values()) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("a");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void clientsWithSimilarNamesAreDifferentClients() throws JMSException {
        List<Connection> others = new ArrayList<>();
        for (String name : NAMES) {
            Connection other = factory.createConnection();
            others.add(other);
            other.setClientID(name);
            assertThat(other.getClientID()).isEqualTo(name);
        }
        for (Connection other : others) {
            other.close();
        }
    }

    @Test
    void nameOfAQueueIsRefusedAsATopicAndTheOtherWayRound() throws JMSException {
        session.createProducer(session.createQueue("a queue")).send(session.createMessage());
        session.createConsumer(session.createTopic("a topic"));
        assertThatThrownBy(() -> session.createConsumer(session.createTopic("a queue")))
                .isInstanceOf(InvalidDestinationException.class)
                .hasMessageContaining("a queue is a queue");
        assertThatThrownBy(() -> session.createProducer(session.createTopic("a queue")))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() ->
                        session.createProducer(null).send(session.createQueue("a topic"), session.createMessage()))
                .isInstanceOf(InvalidDestinationException.class)
                .hasMessageContaining("a topic is a topic");
        assertThatThrownBy(() -> session.createDurableConsumer(session.createTopic("a queue"), "s"))
                .isInstanceOf(InvalidDestinationException.class);
        disconnect();
        connect();
        assertThatThrownBy(() -> session.createConsumer(session.createTopic("a queue")))
                .as("after a restart")
                .isInstanceOf(InvalidDestinationException.class);
    }

    @Test
    void emptyMissingAndOverlongNamesAreRefused() {
        assertThatThrownBy(() -> session.createQueue("")).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createQueue(null)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createTopic("")).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createTopic("x".repeat(1025)))
                .isInstanceOf(InvalidDestinationException.class)
                .hasMessageContaining("1024");
    }

    @Test
    void namesThatCanNotBeSentAsTheyAreAreRefusedNotMixedUp() throws JMSException {
        for (String name : List.of("\uD800", "a\uDC00", "\uDC00\uD800")) {
            Queue queue = session.createQueue(name);
            assertThatThrownBy(() -> session.createConsumer(queue))
                    .isInstanceOf(InvalidDestinationException.class)
                    .hasMessageContaining("surrogate");
            assertThatThrownBy(() -> session.createProducer(null).send(queue, session.createMessage()))
                    .isInstanceOf(InvalidDestinationException.class);
            assertThatThrownBy(() -> session.createDurableConsumer(session.createTopic("t"), name))
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("surrogate");
            assertThatThrownBy(() -> session.unsubscribe(name)).isInstanceOf(JMSException.class);
        }
        try (Connection other = factory.createConnection()) {
            assertThatThrownBy(() -> other.setClientID("\uD800")).isInstanceOf(InvalidClientIDException.class);
        }
    }

    @Test
    void namesOfTheBrokersOwnTopicsAreRefused() throws JMSException {
        for (String name : List.of("rmq_sys_x", "RMQ_SYS_TRANS_HALF_TOPIC", "SCHEDULE_TOPIC_XXXX")) {
            Queue queue = session.createQueue(name);
            assertThatThrownBy(() -> session.createProducer(queue))
                    .as(name)
                    .isInstanceOf(InvalidDestinationException.class);
        }
    }

    @Test
    void destinationMadeWithoutASessionIsTheSame() throws JMSException {
        session.createProducer(new FulmarQueue("made/by hand")).send(session.createTextMessage("a"));
        assertThat(Jms.receive(session.createConsumer(session.createQueue("made/by hand")), 1))
                .containsExactly("a");
    }
}
