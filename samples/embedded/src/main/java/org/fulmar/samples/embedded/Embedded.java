package org.fulmar.samples.embedded;

import jakarta.jms.JMSContext;
import jakarta.jms.Queue;
import org.fulmar.jms.FulmarConnectionFactory;

/** A durable queue inside this process, in ten lines. */
public final class Embedded {
    private Embedded() {}

    public static void main(String[] args) {
        String url = args.length > 0 ? "fulmar:embedded?dir=" + args[0] : "fulmar:embedded";
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(url);
                JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("greetings");
            context.createProducer().send(queue, "Hello from a broker in this process");
            System.out.println(context.createConsumer(queue).receiveBody(String.class, 5000));
        }
    }
}
