package org.fulmar.bench;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.jms.XAConnection;
import jakarta.jms.XAConnectionFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * The sessions with transactions of one run, one for each of {@code --threads}, spread over the connections asked for.
 *
 * <p>Opened and closed by the scenario's thread, its connections started.
 */
final class TransactedGroup implements AutoCloseable {

    private final List<Connection> connections = new ArrayList<>();
    private final List<Transactions> sessions = new ArrayList<>();

    private TransactedGroup() {}

    static TransactedGroup open(ConnectionFactory factory, BenchOptions options, boolean xa) throws JMSException {
        TransactedGroup group = new TransactedGroup();
        try {
            for (int i = 0; i < options.threads; i++) {
                if (i < options.connections) {
                    group.connections.add(xa ? xa(factory).createXAConnection() : factory.createConnection());
                    group.connections.get(i).start();
                }
                Connection connection = group.connections.get(i % group.connections.size());
                group.sessions.add(
                        connection instanceof XAConnection distributed && xa
                                ? new XaTransactions(distributed.createXASession(), options.queue, i)
                                : Transactions.local(connection.createSession(true, Session.SESSION_TRANSACTED)));
            }
            return group;
        } catch (JMSException | RuntimeException e) {
            group.close();
            throw e;
        }
    }

    private static XAConnectionFactory xa(ConnectionFactory factory) throws JMSException {
        if (factory instanceof XAConnectionFactory xa) {
            return xa;
        }
        throw new JMSException(factory.getClass().getName() + " is no XAConnectionFactory");
    }

    Transactions of(int worker) {
        return sessions.get(worker);
    }

    @Override
    public void close() throws JMSException {
        for (Connection connection : connections) {
            connection.close();
        }
    }
}
