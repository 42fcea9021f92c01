package org.fulmar.jndi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTopic;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages through what was looked up, with a broker in this process and in one of its own. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MessagingTest {
    private static final long WAIT = 30_000;

    @TempDir
    Path directory;

    private static Context context(String... keysAndValues) throws NamingException {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, FulmarInitialContextFactory.class.getName());
        for (int i = 0; i < keysAndValues.length; i += 2) {
            environment.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return new InitialContext(environment);
    }

    private static void assertCarriesMessages(Context naming, String factoryName) throws Exception {
        ConnectionFactory factory = (ConnectionFactory) naming.lookup(factoryName);
        try (FulmarConnectionFactory owned = (FulmarConnectionFactory) factory;
                JMSContext context = owned.createContext()) {
            Queue queue = (Queue) naming.lookup("jms/orders");
            Topic topic = (Topic) naming.lookup("jms/prices");
            naming.close();
            var subscriber = context.createConsumer(topic);
            context.createProducer().send(queue, "order").send(topic, "price");
            assertThat(context.createConsumer(context.createQueue("orders")).receiveBody(String.class, WAIT))
                    .isEqualTo("order");
            assertThat(subscriber.receiveBody(String.class, WAIT)).isEqualTo("price");
        }
    }

    @Test
    void embeddedBrokerIsReachedThroughItsName() throws Exception {
        assertCarriesMessages(
                context(
                        "connectionFactory.jms/cf", "fulmar:embedded",
                        "queue.jms/orders", "orders",
                        "topic.jms/prices", "prices"),
                "jms/cf");
    }

    @Test
    void brokerProcessIsReachedThroughTheProviderUrl() throws Exception {
        try (BrokerProcess broker = new BrokerProcess("org.fulmar.broker.BrokerMain", directory)) {
            broker.start();
            assertCarriesMessages(
                    context(
                            Context.PROVIDER_URL,
                            "fulmar://127.0.0.1:" + broker.port(),
                            "queue.jms/orders",
                            "orders",
                            "topic.jms/prices",
                            "prices"),
                    "ConnectionFactory");
        }
    }

    @Test
    void principalAndCredentialsLogIn() throws Exception {
        String password = "p&ss=w%rd+ ü";
        Path users = directory.resolve("users.properties");
        Files.write(users, List.of("anna=" + PasswordHash.of(password).text()));
        String url = "fulmar:embedded?anonymousAllowed=false&usersFile=" + users;
        Context known = context(
                Context.SECURITY_PRINCIPAL,
                "anna",
                Context.SECURITY_CREDENTIALS,
                password,
                "connectionFactory.cf",
                url,
                "connectionFactory.wrong",
                url + "&user=anna&password=other");
        Context anonymous = context("connectionFactory.cf", url);
        try (FulmarConnectionFactory factory = (FulmarConnectionFactory) known.lookup("cf");
                FulmarConnectionFactory wrong = (FulmarConnectionFactory) known.lookup("wrong");
                FulmarConnectionFactory nobody = (FulmarConnectionFactory) anonymous.lookup("cf")) {
            try (Connection connection = factory.createConnection();
                    QueueConnection legacy = ((QueueConnectionFactory) factory).createQueueConnection()) {
                connection.start();
                legacy.start();
            }
            assertThatThrownBy(wrong::createConnection).isInstanceOf(JMSSecurityException.class);
            assertThatThrownBy(nobody::createConnection).isInstanceOf(JMSSecurityException.class);
            assertThatThrownBy(() -> factory.createQueueConnection("anna", "other"))
                    .isInstanceOf(JMSSecurityException.class);
            assertThatThrownBy(nobody::createTopicConnection).isInstanceOf(JMSSecurityException.class);
        }
    }

    @Test
    void destinationsTravelInsideObjectMessages() throws Exception {
        String allowed = "?deserializationAllowList=org.fulmar.jms.destination.*";
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar:embedded" + allowed);
                Connection connection = factory.createConnection()) {
            connection.start();
            Session session = connection.createSession();
            Queue queue = session.createQueue("q");
            ArrayList<Object> sent = new ArrayList<>(List.of(new FulmarQueue("a"), new FulmarTopic("b")));
            session.createProducer(queue).send(session.createObjectMessage(sent));
            ObjectMessage received =
                    (ObjectMessage) session.createConsumer(queue).receive(WAIT);
            assertThat(received.getObject()).isEqualTo(sent);
        }
    }
}
