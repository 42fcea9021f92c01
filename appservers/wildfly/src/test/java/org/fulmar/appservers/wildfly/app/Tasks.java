package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ApplicationException;
import jakarta.ejb.EJBException;
import jakarta.ejb.MessageDrivenContext;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import jakarta.transaction.Status;
import jakarta.transaction.SystemException;
import jakarta.transaction.TransactionManager;
import java.nio.file.Path;
import java.util.Map;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * What a message has its listener do, so that few beans do for many tests. The property {@code tasks} has words, done one
 * after the other; {@code times} says on how many deliveries.
 */
final class Tasks {
    static final String FACTORY = "java:/fulmar/ConnectionFactory";

    private Tasks() {}

    /** Thrown by the container as it is, without a rollback. */
    @ApplicationException
    static final class Harmless extends RuntimeException {}

    /** Thrown by the container as it is, with a rollback. */
    @ApplicationException(rollback = true)
    static final class Harmful extends RuntimeException {}

    /** Writes the delivery to the journal, {@code bean text*count transaction}, and does what the message says. */
    static void onMessage(String bean, Message message, MessageDrivenContext context) {
        try {
            int count = message.getIntProperty("JMSXDeliveryCount");
            Journal.add(bean + " " + message.getBody(String.class) + (count > 1 ? "*" + count : "")
                    + (message.getJMSRedelivered() == count > 1 ? "" : " misflagged") + transaction());
            if (message.propertyExists("tasks")
                    && (!message.propertyExists("times") || count <= message.getIntProperty("times"))) {
                for (String task : message.getStringProperty("tasks").split(" ")) {
                    run(task.split("="), message, context);
                }
            }
        } catch (JMSException | NamingException e) {
            throw new EJBException(e);
        }
    }

    static String transaction() {
        try {
            TransactionManager manager =
                    (TransactionManager) new InitialContext().lookup("java:jboss/TransactionManager");
            return manager.getStatus() == Status.STATUS_ACTIVE ? " in a transaction" : "";
        } catch (NamingException | SystemException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void run(String[] task, Message message, MessageDrivenContext context)
            throws JMSException, NamingException {
        switch (task[0]) {
            case "runtime" -> throw new IllegalStateException("as ordered");
            case "flaky" -> {
                if (!message.getJMSRedelivered()) {
                    throw new IllegalStateException("as ordered, once");
                }
            }
            case "system" -> throw new EJBException("as ordered");
            case "harmless" -> throw new Harmless();
            case "harmful" -> throw new Harmful();
            case "rollback" -> context.setRollbackOnly();
            case "witness" -> Witness.enlist(new Witness(text(message), directory(task)));
            case "first" -> Witness.enlist(new FirstWitness(text(message), directory(task)));
            case "send" -> send(task[1], text(message));
            case "branches" -> Journal.add("branches " + branches());
            default -> throw new IllegalArgumentException(task[0]);
        }
    }

    /** How many resource managers Narayana has in the transaction; no API of the standard tells. */
    private static int branches() {
        try {
            TransactionManager narayana = (TransactionManager) Class.forName("com.arjuna.ats.jta.TransactionManager")
                    .getMethod("transactionManager")
                    .invoke(null);
            Object transaction = narayana.getTransaction();
            return ((Map<?, ?>) transaction.getClass().getMethod("getResources").invoke(transaction)).size();
        } catch (ReflectiveOperationException | SystemException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(Message message) throws JMSException {
        return message.getBody(String.class);
    }

    private static Path directory(String[] task) {
        return task.length > 1 ? Path.of(task[1]) : null;
    }

    static void send(String queue, String text) throws JMSException, NamingException {
        ConnectionFactory factory = (ConnectionFactory) new InitialContext().lookup(FACTORY);
        try (Connection connection = factory.createConnection();
                Session session = connection.createSession()) {
            session.createProducer(session.createQueue(queue)).send(session.createTextMessage(text));
        }
    }
}
