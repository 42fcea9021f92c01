package org.fulmar.appservers.others.app;

import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;

/** What the beans with an injected context do, whose life is the transaction's. */
final class Greeter {
    private Greeter() {}

    /** Sends before it fails, so that what is sent has to be undone. */
    static void answer(Message message, JMSContext context) {
        try {
            context.createProducer()
                    .send(context.createQueue(message.getStringProperty("to")), message.getBody(String.class));
            if (message.getStringProperty("tasks").contains("stumble")) {
                Tasks.stumble(message);
            }
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }
}
