package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionMetaData;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Connections: their client identifiers, what they tell of themselves, and their end. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConnectionTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private String name;

    @BeforeEach
    void name() {
        name = BROKER.name();
    }

    @Test
    void clientIdIsSetOnceAndBeforeAnythingElse() throws JMSException {
        try (Connection fresh = BROKER.factory().createConnection();
                Connection used = BROKER.factory().createConnection();
                Connection started = BROKER.factory().createConnection();
                Connection looked = BROKER.factory().createConnection()) {
            assertThat(fresh.getClientID()).isNull();
            fresh.setClientID(name);
            assertThat(fresh.getClientID()).isEqualTo(name);
            assertThatThrownBy(() -> fresh.setClientID(name + "2")).isInstanceOf(IllegalStateException.class);
            assertThat(fresh.getClientID()).isEqualTo(name);
            used.createSession();
            assertThatThrownBy(() -> used.setClientID(name + "3")).isInstanceOf(IllegalStateException.class);
            started.start();
            assertThatThrownBy(() -> started.setClientID(name + "4")).isInstanceOf(IllegalStateException.class);
            looked.getMetaData();
            looked.setExceptionListener(e -> {});
            looked.setClientID(name + "5");
        }
    }

    @Test
    void clientIdOfTheUrlCanNotBeReplaced() throws JMSException {
        try (FulmarConnectionFactory named = new FulmarConnectionFactory("fulmar:embedded?clientId=given");
                Connection connection = named.createConnection()) {
            assertThat(connection.getClientID()).isEqualTo("given");
            assertThatThrownBy(() -> connection.setClientID("another")).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void clientIdMustNotBeEmpty() throws JMSException {
        try (Connection connection = BROKER.factory().createConnection()) {
            assertThatThrownBy(() -> connection.setClientID("")).isInstanceOf(InvalidClientIDException.class);
            assertThatThrownBy(() -> connection.setClientID(null)).isInstanceOf(InvalidClientIDException.class);
            connection.setClientID(name);
        }
    }

    @Test
    void clientIdInUseIsRefused() throws JMSException {
        try (FulmarConnectionFactory named = new FulmarConnectionFactory("fulmar:embedded?clientId=taken");
                Connection first = named.createConnection()) {
            assertThat(first.getClientID()).isEqualTo("taken");
            assertThatThrownBy(named::createConnection)
                    .isInstanceOf(InvalidClientIDException.class)
                    .hasMessageContaining("taken");
        }
        try (Connection holder = BROKER.factory().createConnection();
                Connection other = BROKER.factory().createConnection()) {
            holder.setClientID(name);
            assertThatThrownBy(() -> other.setClientID(name)).isInstanceOf(InvalidClientIDException.class);
            other.setClientID(name + "2");
            assertThat(other.getClientID()).isEqualTo(name + "2");
        }
    }

    @Test
    void clientIdIsFreeOnceItsConnectionIsClosed(@TempDir Path directory) throws Exception {
        try (RealBroker broker = RealBroker.start(directory);
                FulmarConnectionFactory overSockets = new FulmarConnectionFactory(broker.url())) {
            for (int i = 0; i < 150; i++) {
                for (FulmarConnectionFactory each : List.of(BROKER.factory(), overSockets)) {
                    try (Connection connection = each.createConnection()) {
                        connection.setClientID(name);
                    }
                }
            }
        }
    }

    @Test
    void metaDataTellsWhoWeAre() throws JMSException {
        try (Connection connection = BROKER.factory().createConnection()) {
            ConnectionMetaData data = connection.getMetaData();
            assertThat(data.getJMSVersion()).isEqualTo("3.1");
            assertThat(data.getJMSMajorVersion()).isEqualTo(3);
            assertThat(data.getJMSMinorVersion()).isEqualTo(1);
            assertThat(data.getJMSProviderName()).isEqualTo("Fulmar");
            assertThat(data.getProviderVersion())
                    .startsWith(data.getProviderMajorVersion() + "." + data.getProviderMinorVersion());
            assertThat(Collections.list(data.getJMSXPropertyNames()))
                    .asList()
                    .containsExactlyInAnyOrder(
                            "JMSXAppID", "JMSXDeliveryCount", "JMSXGroupID", "JMSXGroupSeq", "JMSXUserID");
        }
    }

    @Test
    void exceptionListenerIsToldOnceWhenTheBrokerGoes(@TempDir Path directory)
            throws JMSException, IOException, InterruptedException {
        BlockingQueue<JMSException> told = new LinkedBlockingQueue<>();
        try (RealBroker broker = RealBroker.start(directory);
                FulmarConnectionFactory remote = new FulmarConnectionFactory(broker.url() + "?reconnect=false")) {
            Connection connection = remote.createConnection();
            connection.setExceptionListener(told::add);
            assertThat(connection.getExceptionListener()).isNotNull();
            Session session = connection.createSession();
            broker.close();
            assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).hasMessageContaining("lost");
            assertThatThrownBy(() -> session.createConsumer(session.createQueue("q")))
                    .isInstanceOf(JMSException.class);
            assertThatThrownBy(connection::start).isInstanceOf(JMSException.class);
            connection.close();
            assertThat(told).isEmpty();
        }
    }

    @Test
    void exceptionListenerMayCloseItsConnection(@TempDir Path directory) throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (RealBroker broker = RealBroker.start(directory);
                FulmarConnectionFactory remote = new FulmarConnectionFactory(broker.url())) {
            Connection connection = remote.createConnection();
            connection.start();
            Session session = connection.createSession();
            session.createConsumer(session.createQueue("q")).setMessageListener(message -> {});
            connection.setExceptionListener(e -> {
                try {
                    connection.close();
                    told.add("closed");
                } catch (JMSException | RuntimeException failure) {
                    told.add(failure.toString());
                }
            });
            broker.close();
            assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo("closed");
            assertThatThrownBy(connection::createSession).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void orderlyCloseIsNoException() throws JMSException {
        BlockingQueue<JMSException> told = new LinkedBlockingQueue<>();
        Connection connection = BROKER.factory().createConnection();
        connection.setExceptionListener(told::add);
        connection.createSession();
        connection.close();
        assertThat(told).isEmpty();
    }

    private static void assertAllRefused(Map<String, ThrowingCallable> calls) {
        calls.forEach((what, call) -> assertThatThrownBy(call).as(what).isInstanceOf(IllegalStateException.class));
    }

    private static Map<String, ThrowingCallable> sessionCalls(Session session, Queue queue) {
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("createMessage", session::createMessage);
        calls.put("createTextMessage", () -> session.createTextMessage("a"));
        calls.put("createBytesMessage", session::createBytesMessage);
        calls.put("createMapMessage", session::createMapMessage);
        calls.put("createStreamMessage", session::createStreamMessage);
        calls.put("createObjectMessage", () -> session.createObjectMessage("a"));
        calls.put("createQueue", () -> session.createQueue("q"));
        calls.put("createTopic", () -> session.createTopic("t"));
        calls.put("createTemporaryQueue", session::createTemporaryQueue);
        calls.put("createTemporaryTopic", session::createTemporaryTopic);
        calls.put("createProducer", () -> session.createProducer(queue));
        calls.put("createProducer without destination", () -> session.createProducer(null));
        calls.put("createConsumer", () -> session.createConsumer(queue));
        calls.put("createBrowser", () -> session.createBrowser(queue));
        calls.put("getAcknowledgeMode", session::getAcknowledgeMode);
        calls.put("getTransacted", session::getTransacted);
        calls.put("getMessageListener", session::getMessageListener);
        calls.put("setMessageListener", () -> session.setMessageListener(null));
        calls.put("recover", session::recover);
        calls.put("commit", session::commit);
        calls.put("rollback", session::rollback);
        calls.put("unsubscribe", () -> session.unsubscribe("s"));
        return calls;
    }

    private static Map<String, ThrowingCallable> consumerCalls(MessageConsumer consumer) {
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("receive", consumer::receive);
        calls.put("receive for a while", () -> consumer.receive(10));
        calls.put("receiveNoWait", consumer::receiveNoWait);
        calls.put("getMessageListener", consumer::getMessageListener);
        calls.put("setMessageListener", () -> consumer.setMessageListener(message -> {}));
        calls.put("getMessageSelector", consumer::getMessageSelector);
        return calls;
    }

    private static Map<String, ThrowingCallable> producerCalls(MessageProducer producer, Message message) {
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("send", () -> producer.send(message));
        calls.put("send with options", () -> producer.send(message, 1, 4, 0));
        calls.put("getDestination", producer::getDestination);
        calls.put("getPriority", producer::getPriority);
        calls.put("setPriority", () -> producer.setPriority(1));
        calls.put("getDeliveryMode", producer::getDeliveryMode);
        calls.put("setDeliveryMode", () -> producer.setDeliveryMode(1));
        calls.put("getTimeToLive", producer::getTimeToLive);
        calls.put("setTimeToLive", () -> producer.setTimeToLive(1));
        calls.put("getDeliveryDelay", producer::getDeliveryDelay);
        calls.put("setDeliveryDelay", () -> producer.setDeliveryDelay(0));
        calls.put("getDisableMessageID", producer::getDisableMessageID);
        calls.put("setDisableMessageID", () -> producer.setDisableMessageID(true));
        calls.put("getDisableMessageTimestamp", producer::getDisableMessageTimestamp);
        calls.put("setDisableMessageTimestamp", () -> producer.setDisableMessageTimestamp(true));
        return calls;
    }

    @Test
    void closedConnectionRefusesEverythingOnIt() throws JMSException {
        Connection connection = BROKER.connect();
        Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        Queue queue = session.createQueue(name);
        MessageProducer producer = session.createProducer(queue);
        MessageConsumer consumer = session.createConsumer(queue);
        TemporaryQueue temporary = session.createTemporaryQueue();
        producer.send(session.createTextMessage("kept"));
        TextMessage received = (TextMessage) consumer.receive(Jms.WAIT);
        connection.close();

        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("createSession", connection::createSession);
        calls.put("createSession with a mode", () -> connection.createSession(Session.AUTO_ACKNOWLEDGE));
        calls.put("createSession, classic", () -> connection.createSession(false, Session.AUTO_ACKNOWLEDGE));
        calls.put("start", connection::start);
        calls.put("stop", connection::stop);
        calls.put("getClientID", connection::getClientID);
        calls.put("setClientID", () -> connection.setClientID("c"));
        calls.put("getMetaData", connection::getMetaData);
        calls.put("getExceptionListener", connection::getExceptionListener);
        calls.put("setExceptionListener", () -> connection.setExceptionListener(e -> {}));
        calls.put("createConnectionConsumer", () -> connection.createConnectionConsumer(queue, null, null, 1));
        calls.put("delete", temporary::delete);
        calls.put("acknowledge", received::acknowledge);
        assertAllRefused(calls);
        assertAllRefused(sessionCalls(session, queue));
        assertAllRefused(consumerCalls(consumer));
        assertAllRefused(producerCalls(producer, received));
        assertThat(received.getText()).as("messages outlive it").isEqualTo("kept");
    }

    @Test
    void closedSessionRefusesEverythingOnIt() throws JMSException {
        try (Connection connection = BROKER.factory().createConnection()) {
            connection.start();
            Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            Queue queue = session.createQueue(name);
            MessageProducer producer = session.createProducer(queue);
            MessageConsumer consumer = session.createConsumer(queue);
            producer.send(session.createTextMessage("kept"));
            TextMessage received = (TextMessage) consumer.receive(Jms.WAIT);
            session.close();
            assertAllRefused(sessionCalls(session, queue));
            assertAllRefused(consumerCalls(consumer));
            assertAllRefused(producerCalls(producer, received));
            assertAllRefused(Map.of("acknowledge", received::acknowledge));
            assertThat(Jms.receive(connection.createSession().createConsumer(queue), 1))
                    .as("the connection works on")
                    .containsExactly("kept*2");
        }
    }

    @Test
    void closedConsumerAndProducerRefuseEverythingAndTheSessionWorksOn() throws JMSException {
        try (Connection connection = BROKER.factory().createConnection()) {
            connection.start();
            Session session = connection.createSession();
            Queue queue = session.createQueue(name);
            MessageProducer producer = session.createProducer(queue);
            MessageConsumer consumer = session.createConsumer(queue);
            consumer.close();
            producer.close();
            assertAllRefused(consumerCalls(consumer));
            assertAllRefused(producerCalls(producer, session.createMessage()));
            session.createProducer(queue).send(session.createTextMessage("a"));
            assertThat(Jms.receive(session.createConsumer(queue), 1)).containsExactly("a");
        }
    }

    @Test
    void closingTwiceDoesNothing() throws JMSException {
        Connection connection = BROKER.factory().createConnection();
        Session session = connection.createSession();
        Queue queue = session.createQueue(name);
        MessageConsumer consumer = session.createConsumer(queue);
        MessageProducer producer = session.createProducer(queue);
        for (int i = 0; i < 2; i++) {
            consumer.close();
            producer.close();
        }
        session.close();
        session.close();
        connection.close();
        connection.close();
        consumer.close();
        producer.close();
        session.close();
    }

    @Test
    void startingAndStoppingTwiceDoesNothing() throws JMSException {
        try (Connection connection = BROKER.factory().createConnection()) {
            Session session = connection.createSession();
            Queue queue = session.createQueue(name);
            MessageConsumer consumer = session.createConsumer(queue);
            connection.stop();
            connection.start();
            connection.start();
            session.createProducer(queue).send(session.createTextMessage("a"));
            assertThat(Jms.receive(consumer, 1)).containsExactly("a");
            connection.stop();
            connection.stop();
            session.createProducer(queue).send(session.createTextMessage("b"));
            assertThat(consumer.receiveNoWait()).isNull();
            connection.start();
            assertThat(Jms.receive(consumer, 1)).containsExactly("b");
        }
    }
}
