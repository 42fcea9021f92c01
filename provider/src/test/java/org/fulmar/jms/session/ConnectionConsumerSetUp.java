package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageListener;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What tests of connection consumers have: a connection for these, and another that fills and empties their queue. */
abstract class ConnectionConsumerSetUp {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    final List<AutoCloseable> open = new ArrayList<>();
    String name;
    Connection connection;
    Connection other;
    Session sending;
    Queue queue;
    MessageProducer producer;

    @BeforeEach
    final void connect() throws JMSException {
        name = BROKER.name();
        connection = BROKER.connect(name);
        other = BROKER.connect();
        sending = other.createSession();
        queue = sending.createQueue(name);
        producer = sending.createProducer(queue);
    }

    @AfterEach
    final void disconnect() throws Exception {
        // while the pools still work
        connection.close();
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    final ServerSessions pool(int mode, int size, Function<Session, MessageListener> listener) throws JMSException {
        ServerSessions pool = new ServerSessions(connection, mode, size, listener);
        open.add(pool);
        return pool;
    }

    final ServerSessions telling(int mode, int size) throws JMSException {
        return pool(mode, size, session -> message -> told.add(Jms.seen(message)));
    }

    final void send(int from, int to) throws JMSException {
        for (int i = from; i < to; i++) {
            producer.send(sending.createTextMessage("m" + i));
        }
    }

    static List<String> texts(int from, int to) {
        List<String> texts = new ArrayList<>();
        for (int i = from; i < to; i++) {
            texts.add("m" + i);
        }
        return texts;
    }

    final List<String> told(int count) throws InterruptedException {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String next = told.poll(Jms.WAIT, TimeUnit.MILLISECONDS);
            assertThat(next).as("after %s", texts).isNotNull();
            texts.add(next);
        }
        return texts;
    }

    /** What remains in the queue, as another connection sees it. */
    final List<String> remaining() throws JMSException {
        return Jms.drained(sending, queue);
    }
}
