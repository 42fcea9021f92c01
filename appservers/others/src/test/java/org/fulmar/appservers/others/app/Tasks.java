package org.fulmar.appservers.others.app;

import jakarta.ejb.MessageDrivenContext;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;

/** Does what the property tasks of a message says, a word each; what is sent goes to the queue that its property to names. */
final class Tasks {
    private Tasks() {}

    static void run(Message message, MessageDrivenContext context) {
        try {
            for (String task : message.getStringProperty("tasks").split(" ")) {
                switch (task) {
                    case "send" -> send(Names.factory("shared"), message);
                    case "own" -> send(Names.factory("own"), message);
                    case "undo" -> {
                        if (!message.getJMSRedelivered()) {
                            context.setRollbackOnly();
                        }
                    }
                    case "fail" -> throw new IllegalStateException("asked to fail");
                    case "stumble" -> stumble(message);
                    default -> throw new IllegalArgumentException(task);
                }
            }
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Fails the first time. */
    static void stumble(Message message) throws JMSException {
        if (!message.getJMSRedelivered()) {
            throw new IllegalStateException("asked to fail the first time");
        }
    }

    static void send(ConnectionFactory factory, Message message) throws JMSException {
        send(factory, message, message.getBody(String.class));
    }

    static void send(ConnectionFactory factory, Message message, String text) throws JMSException {
        try (JMSContext context = factory.createContext()) {
            context.createProducer().send(context.createQueue(message.getStringProperty("to")), text);
        }
    }
}
