package org.fulmar.ra.outbound;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.transaction.TransactionManager;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.container.Container;
import org.fulmar.ra.container.RealBroker;
import org.fulmar.ra.container.Transactions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of this package begin with: a broker, an adapter, and a server in small that pools its connections. */
@Timeout(120)
abstract class OutboundTest {
    /** How long a message that must come may take, in milliseconds. */
    static final long WAIT = 40_000;

    @TempDir
    static Path directory;

    static RealBroker broker;
    static TransactionManager transactions;

    FulmarResourceAdapter adapter;
    FulmarManagedConnectionFactory factory;
    Container container;
    /** A queue of this test's own. */
    String queue;

    @BeforeAll
    static void startBroker() throws Exception {
        broker = RealBroker.start(directory.resolve("store"));
        transactions = Transactions.on(directory.resolve("transactions"));
    }

    @AfterAll
    static void stopBroker() throws Exception {
        broker.close();
    }

    @BeforeEach
    void startAdapter(TestInfo test) throws Exception {
        queue = test.getTestMethod().orElseThrow().getName();
        adapter = new FulmarResourceAdapter();
        adapter.setUrl(broker.url());
        factory = new FulmarManagedConnectionFactory();
        factory.setResourceAdapter(adapter);
        container = new Container(transactions, Container.Support.XA);
    }

    @AfterEach
    void stopAdapter() throws Exception {
        if (transactions.getTransaction() != null) {
            transactions.rollback();
        }
        container.close();
        // as its stop, which waits for a thread of Netty's
        adapter.connections().close();
    }

    ConnectionFactory connections() throws Exception {
        return (ConnectionFactory) factory.createConnectionFactory(container);
    }

    /** Sends from outside of the server. */
    static void send(String to, String... texts) {
        try (FulmarConnectionFactory outside = new FulmarConnectionFactory(broker.url());
                JMSContext context = outside.createContext()) {
            for (String text : texts) {
                context.createProducer().send(context.createQueue(to), text);
            }
        }
    }

    /** Takes all that is there, from outside of the server. */
    static List<String> drain(String from) throws Exception {
        try (FulmarConnectionFactory outside = new FulmarConnectionFactory(broker.url());
                JMSContext context = outside.createContext();
                var consumer = context.createConsumer(context.createQueue(from))) {
            List<String> all = new ArrayList<>();
            for (Message next = consumer.receiveNoWait(); next != null; next = consumer.receiveNoWait()) {
                all.add(next.getBody(String.class));
            }
            return all;
        }
    }
}
