package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.Topic;
import jakarta.jms.TransactionInProgressException;
import jakarta.jms.TransactionInProgressRuntimeException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What applications must not do inside of a server (JMS 3.1, sections 12.2 and 12.3). */
class RefusalTest extends OutboundTest {
    private static final CompletionListener LISTENER = new CompletionListener() {
        @Override
        public void onCompletion(Message message) {
            throw new AssertionError();
        }

        @Override
        public void onException(Message message, Exception exception) {
            throw new AssertionError(exception);
        }
    };

    private static void refused(String what, ThrowingCallable... calls) {
        for (ThrowingCallable call : calls) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateException.class).hasMessageContaining(what);
        }
    }

    private static void refusedUnchecked(String what, ThrowingCallable... calls) {
        for (ThrowingCallable call : calls) {
            assertThatThrownBy(call)
                    .isInstanceOf(IllegalStateRuntimeException.class)
                    .hasMessageContaining(what);
        }
    }

    @Test
    void connectionsHaveNothingThatIsTheServers() throws Exception {
        try (Connection connection = connections().createConnection()) {
            Topic topic = null;
            refused("setClientID", () -> connection.setClientID("me"));
            refused("setExceptionListener", () -> connection.setExceptionListener(e -> {}));
            assertThat(connection.getExceptionListener()).isNull();
            refused("stop", connection::stop);
            refused("createConnectionConsumer", () -> connection.createConnectionConsumer(topic, null, null, 1));
            refused(
                    "createSharedConnectionConsumer",
                    () -> connection.createSharedConnectionConsumer(topic, "s", null, null, 1));
            refused(
                    "createDurableConnectionConsumer",
                    () -> connection.createDurableConnectionConsumer(topic, "s", null, null, 1));
            refused(
                    "createSharedDurableConnectionConsumer",
                    () -> connection.createSharedDurableConnectionConsumer(topic, "s", null, null, 1));
        }
    }

    @Test
    void connectionsHaveOneSessionAtATime() throws Exception {
        try (Connection connection = connections().createConnection()) {
            Session first = connection.createSession();
            refused(
                    "one session",
                    connection::createSession,
                    () -> connection.createSession(Session.AUTO_ACKNOWLEDGE),
                    () -> connection.createSession(false, Session.AUTO_ACKNOWLEDGE));
            first.close();
            assertThat(connection.createSession()).isNotNull();
            assertThat(container.made()).isEqualTo(1);
        }
    }

    @Test
    void nothingIsReceivedOrSentAsynchronously() throws Exception {
        try (Connection connection = connections().createConnection()) {
            Session session = connection.createSession();
            refused("setMessageListener", () -> session.setMessageListener(message -> {}));
            refused("getMessageListener", session::getMessageListener);
            refusedUnchecked("run", session::run);
            MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
            refused("setMessageListener", () -> consumer.setMessageListener(message -> {}));
            refused("getMessageListener", consumer::getMessageListener);
            MessageProducer producer = session.createProducer(session.createQueue(queue));
            Message message = session.createMessage();
            refused(
                    "completion listener",
                    () -> producer.send(message, LISTENER),
                    () -> producer.send(message, 1, 4, 0, LISTENER),
                    () -> producer.send(session.createQueue(queue), message, LISTENER),
                    () -> producer.send(session.createQueue(queue), message, 1, 4, 0, LISTENER));
        }
    }

    @Test
    void contextsRefuseTheSame() throws Exception {
        try (JMSContext context = connections().createContext()) {
            refusedUnchecked("setClientID", () -> context.setClientID("me"));
            refusedUnchecked("setExceptionListener", () -> context.setExceptionListener(e -> {}));
            assertThat(context.getExceptionListener()).isNull();
            refusedUnchecked("stop", context::stop);
            refusedUnchecked("createContext", () -> context.createContext(JMSContext.AUTO_ACKNOWLEDGE));
            JMSConsumer consumer = context.createConsumer(context.createQueue(queue));
            refusedUnchecked("setMessageListener", () -> consumer.setMessageListener(message -> {}));
            refusedUnchecked("getMessageListener", consumer::getMessageListener);
            JMSProducer producer = context.createProducer();
            refusedUnchecked("setAsync", () -> producer.setAsync(LISTENER));
            assertThat(producer.getAsync()).isNull();
        }
    }

    @Test
    void transactionsAreTheServersToEnd() throws Exception {
        container.begin();
        try (Connection connection = connections().createConnection();
                JMSContext context = connections().createContext(JMSContext.CLIENT_ACKNOWLEDGE)) {
            Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
            assertThat(session.getTransacted()).isTrue();
            assertThat(context.getTransacted()).isTrue();
            assertThat(context.getSessionMode()).isEqualTo(Session.SESSION_TRANSACTED);
            assertThatThrownBy(session::commit).isInstanceOf(TransactionInProgressException.class);
            assertThatThrownBy(session::rollback).isInstanceOf(TransactionInProgressException.class);
            assertThatThrownBy(context::commit).isInstanceOf(TransactionInProgressRuntimeException.class);
            assertThatThrownBy(context::rollback).isInstanceOf(TransactionInProgressRuntimeException.class);
            refused("rolled back", session::recover);
        }
        container.commit();
    }

    @Test
    void withoutATransactionThereIsNothingToEnd() throws Exception {
        try (Connection connection = connections().createConnection()) {
            Session session = connection.createSession();
            refused("not transacted", session::commit, session::rollback);
            session.recover();
        }
    }

    /** Section 12.3: what may be asked for outside of a transaction, and what is given. */
    @Test
    void modesThatAreNotForServersBecomeAutomatic() throws Exception {
        int[][] askedAndGiven = {
            {Session.AUTO_ACKNOWLEDGE, Session.AUTO_ACKNOWLEDGE},
            {Session.DUPS_OK_ACKNOWLEDGE, Session.DUPS_OK_ACKNOWLEDGE},
            {Session.CLIENT_ACKNOWLEDGE, Session.AUTO_ACKNOWLEDGE},
            {Session.SESSION_TRANSACTED, Session.AUTO_ACKNOWLEDGE}
        };
        for (int[] mode : askedAndGiven) {
            send(queue, "m");
            try (Connection connection = connections().createConnection()) {
                connection.start();
                Session session = connection.createSession(mode[0]);
                assertThat(session.getTransacted()).isFalse();
                assertThat(session.getAcknowledgeMode()).isEqualTo(mode[1]);
                assertThat(session.createConsumer(session.createQueue(queue)).receive(WAIT))
                        .isNotNull();
            }
            assertThat(drain(queue)).as("acknowledged in mode " + mode[0]).isEmpty();
        }
        try (Connection connection = connections().createConnection()) {
            assertThatThrownBy(() -> connection.createSession(17)).isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> connection.createSession(false, Session.SESSION_TRANSACTED))
                    .isInstanceOf(JMSException.class);
            assertThat(connection.createSession(true, 17).getTransacted()).isFalse();
        }
        assertThatThrownBy(() -> connections().createContext(17)).isInstanceOf(JMSRuntimeException.class);
        assertThat(container.inUse()).isZero();
    }

    @Test
    void noLocalNeedsAConnectionOfItsOwn() throws Exception {
        try (Connection connection = connections().createConnection()) {
            Session session = connection.createSession();
            assertThatThrownBy(() -> session.createConsumer(session.createTopic("t"), null, true))
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("shareConnection");
            session.createConsumer(session.createQueue(queue), null, true);
        }
        factory.setShareConnection(false);
        try (JMSContext context = connections().createContext();
                JMSContext other = connections().createContext()) {
            JMSConsumer consumer = context.createConsumer(context.createTopic("t"), null, true);
            context.createProducer().send(context.createTopic("t"), "own");
            other.createProducer().send(other.createTopic("t"), "other's");
            assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("other's");
        }
    }

    @Test
    void temporaryDestinationsAreConsumedByTheirConnectionAlone() throws Exception {
        try (Connection connection = connections().createConnection();
                Connection other = connections().createConnection()) {
            Session session = connection.createSession();
            TemporaryQueue temporary = session.createTemporaryQueue();
            Session others = other.createSession();
            assertThatThrownBy(() -> others.createConsumer(temporary)).isInstanceOf(InvalidDestinationException.class);
            assertThatThrownBy(() -> others.createBrowser(temporary)).isInstanceOf(InvalidDestinationException.class);
            others.createProducer(temporary).send(others.createTextMessage("m"));
            session.close();
            connection.start();
            Session next = connection.createSession();
            assertThat(next.createConsumer(temporary).receive(WAIT).getBody(String.class))
                    .as("it lasts as long as its connection")
                    .isEqualTo("m");
        }
    }

    @Test
    void closedHandlesRefuseEverything() throws Exception {
        Connection connection = connections().createConnection();
        Session session = connection.createSession();
        MessageProducer producer = session.createProducer(session.createQueue(queue));
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
        var browser = session.createBrowser(session.createQueue(queue));
        Message message = session.createMessage();
        connection.close();
        connection.close();
        session.close();
        refused(
                "closed",
                connection::createSession,
                connection::start,
                connection::getClientID,
                connection::getMetaData,
                session::createMessage,
                session::getTransacted,
                () -> session.createQueue("q"),
                () -> producer.send(message),
                producer::getPriority,
                consumer::receive,
                consumer::receiveNoWait,
                browser::getEnumeration);
        consumer.close();
        producer.close();
        assertThat(container.events()).containsExactly("closed");
    }
}
