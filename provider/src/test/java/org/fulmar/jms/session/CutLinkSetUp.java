package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of lost links have: a broker, a proxy before it, through which clients go that are to be cut, and a session that goes directly. */
abstract class CutLinkSetUp {
    @TempDir
    Path directory;

    RealBroker broker;
    Proxy proxy;
    private final List<AutoCloseable> open = new ArrayList<>();
    /** What the exception listeners of all connections were told. */
    final BlockingQueue<JMSException> told = new LinkedBlockingQueue<>();

    /** Of a connection that goes to the broker itself, and is not cut. */
    Session direct;

    private final String[] options;
    private boolean held;

    /** @param options of the broker, as {@code key=value} */
    CutLinkSetUp(String... options) {
        this.options = options;
    }

    @BeforeEach
    final void open() throws Exception {
        startBroker();
        proxy = new Proxy(broker.port());
        connectDirectly();
    }

    /** With what one that was here before has stored. */
    final void startBroker() throws Exception {
        broker = RealBroker.start(directory, options);
    }

    void connectDirectly() throws JMSException {
        direct = connect(broker.url()).createSession();
    }

    @AfterEach
    final void close() throws Exception {
        proxy.passAnswers();
        proxy.passRequests();
        proxy.refuse(false);
        disconnect();
        proxy.close();
        broker.close();
    }

    /** Closes all connections, and the factories that made them. */
    final void disconnect() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        open.clear();
    }

    /** A started connection. */
    final Connection connect(String url) throws JMSException {
        return started(factory(url).createConnection());
    }

    /** One that is closed after the test. */
    final FulmarConnectionFactory factory(String url) {
        FulmarConnectionFactory factory = new FulmarConnectionFactory(url);
        open.add(factory);
        return factory;
    }

    /** The connection, started; it is closed after the test, and what its exception listener hears can be looked at. */
    final <C extends Connection> C started(C connection) throws JMSException {
        open.add(connection);
        connection.setExceptionListener(told::add);
        connection.start();
        return connection;
    }

    /** Takes what is in a queue now. What was sent ahead over a lost link is flagged, so this says the texts alone. */
    final List<String> drained(Queue queue) throws JMSException {
        try (MessageConsumer consumer = direct.createConsumer(queue)) {
            return Jms.drain(consumer, Jms::text);
        }
    }

    final int browsed(Queue queue) throws JMSException {
        return Jms.browsed(direct, queue);
    }

    /** As the proxy does; where it takes long and a client gives its link up before the cut, that counts as the cut's. */
    final void holdAnswers() {
        told.clear();
        held = true;
        proxy.holdAnswers();
    }

    /** As {@link #holdAnswers}. */
    final void holdRequests() {
        told.clear();
        held = true;
        proxy.holdRequests();
    }

    /** Cuts all links; what was held back is lost. Returns when a client has noticed. */
    final void cut() throws InterruptedException {
        if (!held) {
            told.clear();
        }
        held = false;
        proxy.cut();
        proxy.passAnswers();
        proxy.passRequests();
        assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS))
                .as("the listener is told")
                .isNotNull();
    }

    /** Returns when the session's connection is back. */
    static void awaitLink(Session session) {
        Jms.eventually("the link is back", () -> {
            try {
                session.createTemporaryQueue().delete();
                return true;
            } catch (JMSException e) {
                // it took longer than a request waits
                return false;
            }
        });
    }
}
