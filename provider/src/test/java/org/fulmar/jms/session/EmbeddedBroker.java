package org.fulmar.jms.session;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.XAConnection;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A broker inside this process for all tests of a class, to be registered as an extension in a static field. What is
 * connected by it is closed after each test, the last first. Used by one thread, the tests'.
 */
final class EmbeddedBroker implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private final String url;
    private final List<Connection> connections = new ArrayList<>();
    private FulmarConnectionFactory factory;
    private String name;

    /** @param options as {@code key=value}, of the URL */
    EmbeddedBroker(String... options) {
        url = "fulmar:embedded" + (options.length == 0 ? "" : "?" + String.join("&", options));
    }

    /** The one through which all tests of the class reach it. */
    FulmarConnectionFactory factory() {
        return factory;
    }

    /** The name of the test that runs, for destinations and clients of its own: no other of the class has it. */
    String name() {
        return name;
    }

    /** A started connection. */
    Connection connect() throws JMSException {
        Connection connection = stopped();
        connection.start();
        return connection;
    }

    /** A started connection of that client identifier. */
    Connection connect(String clientId) throws JMSException {
        Connection connection = stopped();
        connection.setClientID(clientId);
        connection.start();
        return connection;
    }

    /** A connection that is not started. */
    Connection stopped() throws JMSException {
        Connection connection = factory.createConnection();
        connections.add(connection);
        return connection;
    }

    /** A started connection whose sessions take part in global transactions. */
    XAConnection connectXa() throws JMSException {
        XAConnection connection = factory.createXAConnection();
        connections.add(connection);
        connection.start();
        return connection;
    }

    @Override
    public void beforeAll(ExtensionContext tests) {
        factory = new FulmarConnectionFactory(url);
    }

    @Override
    public void beforeEach(ExtensionContext test) {
        String method = test.getRequiredTestMethod().getName();
        name = test.getDisplayName().startsWith(method) ? method : method + test.getDisplayName();
    }

    @Override
    public void afterEach(ExtensionContext test) throws JMSException {
        for (int i = connections.size() - 1; i >= 0; i--) {
            connections.get(i).close();
        }
        connections.clear();
    }

    @Override
    public void afterAll(ExtensionContext tests) {
        factory.close();
    }
}
