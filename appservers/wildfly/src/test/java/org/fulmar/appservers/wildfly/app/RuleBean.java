package org.fulmar.appservers.wildfly.app;

import jakarta.annotation.Resource;
import jakarta.ejb.SessionContext;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageListener;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.Topic;

/** Does what an application in a container must not do, and tells how each is answered. */
@Stateless
@TransactionManagement(TransactionManagementType.BEAN)
public class RuleBean implements Operations {
    private static final MessageListener NOBODY = message -> {};

    @Resource(lookup = "java:/fulmar/ConnectionFactory")
    private ConnectionFactory factory;

    @Resource
    private SessionContext context;

    private final StringBuilder told = new StringBuilder();

    private interface Deed {
        void run() throws Exception;
    }

    @Override
    public String call(String operation, String... arguments) throws Exception {
        told.setLength(0);
        switch (operation) {
            case "classic" -> classic();
            case "context" -> simplified();
            case "in-transaction" -> inTransaction();
            default -> throw new IllegalArgumentException(operation);
        }
        return told.toString();
    }

    private void attempt(String name, Deed deed) throws Exception {
        String answer;
        try {
            deed.run();
            answer = "allowed";
        } catch (JMSException | JMSRuntimeException e) {
            answer = e.getClass().getSimpleName();
        }
        told.append(name).append(": ").append(answer).append('\n');
    }

    private void classic() throws Exception {
        try (Connection connection = factory.createConnection()) {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue("rules");
            Topic topic = session.createTopic("rules");
            MessageConsumer consumer = session.createConsumer(queue);
            MessageProducer producer = session.createProducer(queue);
            attempt("Connection.setClientID", () -> connection.setClientID("me"));
            attempt("Connection.setExceptionListener", () -> connection.setExceptionListener(failure -> {}));
            attempt("Connection.stop", connection::stop);
            attempt(
                    "Connection.createConnectionConsumer",
                    () -> connection.createConnectionConsumer(queue, null, null, 1));
            attempt(
                    "Connection.createSharedConnectionConsumer",
                    () -> connection.createSharedConnectionConsumer(topic, "s", null, null, 1));
            attempt(
                    "Connection.createDurableConnectionConsumer",
                    () -> connection.createDurableConnectionConsumer(topic, "s", null, null, 1));
            attempt(
                    "Connection.createSharedDurableConnectionConsumer",
                    () -> connection.createSharedDurableConnectionConsumer(topic, "s", null, null, 1));
            attempt("Connection.createSession, a second one", connection::createSession);
            attempt("Session.setMessageListener", () -> session.setMessageListener(NOBODY));
            attempt("Session.getMessageListener", session::getMessageListener);
            attempt("MessageConsumer.setMessageListener", () -> consumer.setMessageListener(NOBODY));
            attempt("MessageConsumer.getMessageListener", consumer::getMessageListener);
            attempt(
                    "MessageProducer.send, asynchronous",
                    () -> producer.send(session.createMessage(), new Completion()));
        }
    }

    private void simplified() throws Exception {
        try (JMSContext jms = factory.createContext()) {
            Queue queue = jms.createQueue("rules");
            attempt("JMSContext.setClientID", () -> jms.setClientID("me"));
            attempt("JMSContext.setExceptionListener", () -> jms.setExceptionListener(failure -> {}));
            attempt("JMSContext.stop", jms::stop);
            attempt(
                    "JMSContext.createContext",
                    () -> jms.createContext(JMSContext.AUTO_ACKNOWLEDGE).close());
            attempt(
                    "JMSConsumer.setMessageListener",
                    () -> jms.createConsumer(queue).setMessageListener(NOBODY));
            attempt(
                    "JMSConsumer.getMessageListener",
                    () -> jms.createConsumer(queue).getMessageListener());
            attempt("JMSProducer.setAsync", () -> jms.createProducer().setAsync(new Completion()));
        }
    }

    private void inTransaction() throws Exception {
        context.getUserTransaction().begin();
        try (JMSContext jms = factory.createContext()) {
            attempt("JMSContext.commit", jms::commit);
            attempt("JMSContext.rollback", jms::rollback);
            attempt("JMSContext.recover", jms::recover);
            attempt("JMSContext.acknowledge", jms::acknowledge);
        } finally {
            context.getUserTransaction().rollback();
        }
        context.getUserTransaction().begin();
        try (Connection connection = factory.createConnection()) {
            Session session = connection.createSession();
            attempt("Session.commit", session::commit);
            attempt("Session.rollback", session::rollback);
        } finally {
            context.getUserTransaction().rollback();
        }
    }

    private static final class Completion implements CompletionListener {
        @Override
        public void onCompletion(Message message) {
            Journal.add("completed");
        }

        @Override
        public void onException(Message message, Exception failure) {
            Journal.add("failed");
        }
    }
}
