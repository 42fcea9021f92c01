package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.JMSSecurityRuntimeException;
import jakarta.jms.Session;
import jakarta.resource.spi.ManagedConnection;
import jakarta.resource.spi.ManagedConnectionFactory;
import jakarta.resource.spi.SecurityException;
import jakarta.resource.spi.security.PasswordCredential;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import javax.security.auth.Subject;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.container.Container;
import org.fulmar.ra.container.RealBroker;
import org.fulmar.ra.container.Transactions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** As whom managed connections are made and matched, at a broker that admits its users alone. */
@Timeout(120)
class CredentialsTest {
    @TempDir
    static Path directory;

    private static RealBroker broker;

    private FulmarResourceAdapter adapter;
    private FulmarManagedConnectionFactory factory;
    private Container container;

    @BeforeAll
    static void startBroker() throws Exception {
        Path users = directory.resolve("users.properties");
        Files.write(
                users,
                List.of(
                        "anna=" + PasswordHash.of("a-secret").text(),
                        "otto=" + PasswordHash.of("o-secret").text()));
        broker = RealBroker.start(directory.resolve("store"), "usersFile=" + users, "anonymousAllowed=false");
    }

    @AfterAll
    static void stopBroker() throws Exception {
        broker.close();
    }

    @BeforeEach
    void startAdapter() throws Exception {
        adapter = new FulmarResourceAdapter();
        adapter.setUrl(broker.url());
        factory = new FulmarManagedConnectionFactory();
        factory.setResourceAdapter(adapter);
        container = new Container(Transactions.on(directory.resolve("transactions")), Container.Support.XA);
    }

    @AfterEach
    void stopAdapter() {
        container.close();
        adapter.connections().close();
    }

    private ConnectionFactory connections() throws Exception {
        return (ConnectionFactory) factory.createConnectionFactory(container);
    }

    private static Subject subject(ManagedConnectionFactory of, String user, String password) {
        PasswordCredential credential = new PasswordCredential(user, password.toCharArray());
        credential.setManagedConnectionFactory(of);
        return new Subject(false, Set.of(), Set.of(), Set.of(credential));
    }

    private String user(Subject subject, Credentials request) throws Exception {
        ManagedConnection made = factory.createManagedConnection(subject, request);
        try {
            return made.getMetaData().getUserName();
        } finally {
            made.destroy();
        }
    }

    @Test
    void theServersCredentialComesBeforeTheApplicationsAndThatBeforeTheConfigured() throws Exception {
        adapter.setUserName("anna");
        adapter.setPassword("a-secret");
        Credentials otto = Credentials.of("otto", "o-secret");
        assertThat(user(null, null)).isEqualTo("anna");
        assertThat(user(new Subject(), null)).as("a server's empty subject").isEqualTo("anna");
        assertThat(user(new Subject(), otto)).isEqualTo("otto");
        assertThat(user(subject(factory, "otto", "o-secret"), null)).isEqualTo("otto");
        assertThat(user(subject(factory, "anna", "a-secret"), otto)).isEqualTo("anna");
        factory.setUserName("otto");
        factory.setPassword("o-secret");
        assertThat(user(null, null)).as("the factory's own").isEqualTo("otto");
        Subject both = subject(null, "otto", "pass-phrase");
        both.getPrivateCredentials().addAll(subject(factory, "anna", "a-secret").getPrivateCredentials());
        assertThat(user(both, null)).as("the one for this factory").isEqualTo("anna");
        assertThat(user(subject(new FulmarManagedQueueConnectionFactory(), "anna", "a-secret"), null))
                .as("any, if there is none for this factory")
                .isEqualTo("anna");
    }

    @Test
    void aWrongPasswordIsASecurityExceptionThatDoesNotSayIt() throws Exception {
        assertThatThrownBy(() -> factory.createManagedConnection(null, Credentials.of("otto", "pass-phrase")))
                .isInstanceOf(SecurityException.class)
                .hasMessageContaining("otto")
                .hasMessageNotContaining("pass-phrase");
        assertThatThrownBy(() -> factory.createManagedConnection(null, null)).isInstanceOf(SecurityException.class);
        ConnectionFactory connections = connections();
        try (var connection = connections.createConnection("otto", "pass-phrase")) {
            assertThatThrownBy(connection::createSession).isInstanceOf(JMSSecurityException.class);
        }
        assertThatThrownBy(() -> connections.createContext("otto", "pass-phrase"))
                .isInstanceOf(JMSSecurityRuntimeException.class);
        assertThat(container.inUse()).isZero();
    }

    @Test
    void poolsMatchByCredentials() throws Exception {
        ConnectionFactory connections = connections();
        for (int i = 0; i < 3; i++) {
            try (JMSContext anna = connections.createContext("anna", "a-secret");
                    JMSContext otto = connections.createContext("otto", "o-secret")) {
                assertThat(anna.getTransacted()).isFalse();
                assertThat(otto.getTransacted()).isFalse();
            }
        }
        assertThat(container.made()).as("one for each user").isEqualTo(2);
        container.subject(subject(factory, "anna", "a-secret"));
        try (JMSContext anna = connections.createContext()) {
            assertThat(anna.getTransacted()).isFalse();
        }
        assertThat(container.made()).as("as whom, not who has said so").isEqualTo(2);
    }

    @Test
    void oneTransactionOfTwoUsersHasABranchForEach() throws Exception {
        ConnectionFactory connections = connections();
        container.begin();
        try (JMSContext anna = connections.createContext("anna", "a-secret");
                JMSContext otto = connections.createContext("otto", "o-secret")) {
            anna.createProducer().send(anna.createQueue("both"), "a");
            otto.createProducer().send(otto.createQueue("both"), "o");
        }
        container.commit();
        try (JMSContext anna = connections.createContext("anna", "a-secret")) {
            var consumer = anna.createConsumer(anna.createQueue("both"));
            assertThat(List.of(consumer.receiveBody(String.class, 40_000), consumer.receiveBody(String.class, 40_000)))
                    .containsExactlyInAnyOrder("a", "o");
        }
    }

    @Test
    void aManagedConnectionDoesNotBecomeAnothers() throws Exception {
        ManagedConnection made = factory.createManagedConnection(null, Credentials.of("anna", "a-secret"));
        assertThatThrownBy(() -> made.getConnection(null, Credentials.of("otto", "o-secret")))
                .isInstanceOf(SecurityException.class);
        Session session = (Session) made.getConnection(null, null);
        assertThat(session.createTextMessage("m").getText()).isEqualTo("m");
        made.destroy();
    }

    @Test
    void recoveryHasItsOwnUserBeforeTheAdapterIsStarted() throws Exception {
        ManagedConnection made = factory.createManagedConnection(subject(null, "otto", "o-secret"), null);
        assertThat(made.getXAResource().recover(javax.transaction.xa.XAResource.TMSTARTRSCAN))
                .isEmpty();
        made.destroy();
    }
}
