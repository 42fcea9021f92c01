package org.fulmar.conformance;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.Queue;
import jakarta.jms.Topic;
import java.util.Objects;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/** What the classes of this small kit are told, as the TCK's are: by names and by system properties. Stateless. */
final class Kit {
    private Kit() {}

    static ConnectionFactory factory() throws NamingException {
        return InitialContext.doLookup("MyConnectionFactory");
    }

    static ConnectionFactory durableFactory() throws NamingException {
        return InitialContext.doLookup("DURABLE_SUB_CONNECTION_FACTORY");
    }

    static Queue queue() throws NamingException {
        return InitialContext.doLookup("MY_QUEUE");
    }

    static Topic topic() throws NamingException {
        return InitialContext.doLookup("MY_TOPIC");
    }

    static String property(String name) {
        return Objects.requireNonNull(System.getProperty(name), name);
    }

    /** In ms. */
    static long timeout() {
        return Long.parseLong(property("jms_timeout"));
    }
}
