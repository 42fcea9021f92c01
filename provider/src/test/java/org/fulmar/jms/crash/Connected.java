package org.fulmar.jms.crash;

import jakarta.jms.JMSException;
import jakarta.jms.XAConnection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.fulmar.jms.FulmarConnectionFactory;

/** A connection of a child process, which is made anew when it is of no use any more. Used by one thread. */
final class Connected implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final FulmarConnectionFactory factory;
    private XAConnection connection;

    /**
     * @param options behind the question mark of the URL
     */
    Connected(int port, String options) {
        factory = new FulmarConnectionFactory("fulmar://127.0.0.1:" + port + "?" + options);
        connection = open();
    }

    XAConnection connection() {
        return connection;
    }

    /** Tries until the broker is there. */
    private XAConnection open() {
        AtomicReference<XAConnection> opened = new AtomicReference<>();
        Awaitility.await("connected")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .pollDelay(Duration.ZERO)
                .ignoreExceptionsInstanceOf(JMSException.class)
                .until(() -> {
                    XAConnection fresh = factory.createXAConnection();
                    fresh.start();
                    opened.set(fresh);
                    return true;
                });
        return opened.get();
    }

    /** In place of one that has failed. */
    void reopen() {
        try {
            connection.close();
        } catch (JMSException e) {
            System.out.println("closing what has failed: " + e);
        }
        connection = open();
    }

    @Override
    public void close() throws JMSException {
        connection.close();
        factory.close();
    }
}
