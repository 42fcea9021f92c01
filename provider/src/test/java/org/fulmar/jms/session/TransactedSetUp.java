package org.fulmar.jms.session;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What tests of transacted sessions have: such a session, and another of another connection that is not transacted. */
abstract class TransactedSetUp {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    Connection connection;
    Session session;
    Session direct;
    String name;
    Queue queue;
    Queue other;

    @BeforeEach
    final void connect() throws JMSException {
        name = BROKER.name();
        connection = BROKER.connect(name);
        session = connection.createSession(true, Session.AUTO_ACKNOWLEDGE);
        direct = BROKER.connect().createSession();
        queue = direct.createQueue(name);
        other = direct.createQueue(name + ".other");
    }

    final void send(Queue to, String... texts) throws JMSException {
        Jms.send(direct, to, texts);
    }

    final void sendInTransaction(Queue to, String... texts) throws JMSException {
        Jms.send(session, to, texts);
    }

    /** What another connection finds, and takes. */
    final List<String> drained(Queue from) throws JMSException {
        return Jms.drained(direct, from);
    }
}
