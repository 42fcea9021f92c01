package org.fulmar.appservers.wildfly.app;

import jakarta.annotation.Resource;
import jakarta.ejb.SessionContext;
import jakarta.ejb.Stateless;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicConnectionFactory;
import jakarta.jms.TopicSession;
import jakarta.transaction.UserTransaction;
import java.nio.file.Path;

/** Sends and receives through the factories of the adapter, in transactions that it begins and ends itself. */
@Stateless
@TransactionManagement(TransactionManagementType.BEAN)
public class SenderBean implements Operations {
    private static final long WAIT = 60_000;

    @Resource(lookup = "java:/fulmar/ConnectionFactory")
    private ConnectionFactory factory;

    @Resource(lookup = "java:/fulmar/QueueConnectionFactory")
    private QueueConnectionFactory queues;

    @Resource(lookup = "java:/fulmar/TopicConnectionFactory")
    private TopicConnectionFactory topics;

    @Resource
    private SessionContext context;

    @Override
    public String call(String operation, String... arguments) throws Exception {
        switch (operation) {
            case "send" -> send(arguments[0], arguments[1]);
            case "send-classic" -> sendClassic(arguments[0], arguments[1]);
            case "publish" -> publish(arguments[0], arguments[1]);
            case "transaction" -> {
                return inTransaction(arguments);
            }
            case "receive" -> {
                return receive(arguments[0]);
            }
            case "user" -> {
                try (JMSContext jms = factory.createContext(arguments[0], arguments[1])) {
                    jms.createProducer().send(jms.createQueue(arguments[2]), arguments[3]);
                }
            }
            default -> throw new IllegalArgumentException(operation);
        }
        return "done";
    }

    /** The first argument is how to end; each other one is a step {@code what=name[=text]}. */
    private String inTransaction(String... arguments) throws Exception {
        UserTransaction transaction = context.getUserTransaction();
        StringBuilder received = new StringBuilder();
        transaction.begin();
        boolean open = true;
        try {
            for (int i = 1; i < arguments.length; i++) {
                String[] step = arguments[i].split("=");
                switch (step[0]) {
                    case "send" -> send(step[1], step[2]);
                    case "classic" -> sendClassic(step[1], step[2]);
                    case "publish" -> publish(step[1], step[2]);
                    case "receive" -> received.append(receive(step[1])).append(' ');
                    case "witness" -> Witness.enlist(new Witness(step[1], step.length > 2 ? Path.of(step[2]) : null));
                    case "first" -> Witness.enlist(new FirstWitness(step[1], Path.of(step[2])));
                    default -> throw new IllegalArgumentException(step[0]);
                }
            }
            open = false;
            if (arguments[0].equals("commit")) {
                transaction.commit();
            } else {
                transaction.rollback();
            }
        } finally {
            if (open) {
                transaction.rollback();
            }
        }
        return received.toString().trim();
    }

    private void send(String queue, String text) {
        try (JMSContext jms = factory.createContext()) {
            jms.createProducer().send(jms.createQueue(queue), text);
        }
    }

    private void sendClassic(String queue, String text) throws Exception {
        try (QueueConnection connection = queues.createQueueConnection()) {
            QueueSession session = connection.createQueueSession(true, Session.SESSION_TRANSACTED);
            session.createSender(session.createQueue(queue)).send(session.createTextMessage(text));
        }
    }

    private void publish(String topic, String text) throws Exception {
        try (TopicConnection connection = topics.createTopicConnection()) {
            TopicSession session = connection.createTopicSession(true, Session.SESSION_TRANSACTED);
            session.createPublisher(session.createTopic(topic)).publish(session.createTextMessage(text));
        }
    }

    private String receive(String queue) throws Exception {
        try (Connection connection = factory.createConnection();
                Session session = connection.createSession()) {
            connection.start();
            Message message = session.createConsumer(session.createQueue(queue)).receive(WAIT);
            return message == null ? "nothing" : message.getBody(String.class);
        }
    }
}
