package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fulmar.client.RefusingPort;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.nameserver.NameServer;
import org.fulmar.nameserver.NameServerConfig;
import org.fulmar.protocol.config.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connection URLs: what is wrong with them is told, and where they lead. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FactoryTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "fulmar://localhost?prefetsh=1, prefetch",
        "fulmar://localhost?Prefetch=1, prefetch",
        "fulmar+ns://localhost?clientid=c, clientId",
        "fulmar://localhost?requestTimeOut=1, requestTimeout",
        "fulmar://localhost?usr=anna, user",
    })
    void unknownOptionNamesTheNearest(String url, String nearest) {
        assertThatThrownBy(() -> new FulmarConnectionFactory(url))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("did you mean " + nearest + "?");
    }

    @ParameterizedTest
    @CsvSource({
        "tcp://localhost:61616, fulmar://",
        "fulmar, fulmar://",
        "fulmar://, host",
        "fulmar://:10911, host",
        "fulmar://localhost:http, port",
        "fulmar://localhost:99999, port",
        "fulmar://localhost?prefetch, key=value",
        "fulmar://localhost?prefetch=many, prefetch",
        "fulmar://localhost?prefetch=-1, prefetch",
        "fulmar://localhost?connectTimeout=0, connectTimeout",
        "fulmar:embedded?prefetch=1000000, prefetch"
    })
    void malformedUrlIsRefusedWithTheReason(String url, String reason) {
        assertThatThrownBy(() -> new FulmarConnectionFactory(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource({"prefetsh=1, prefetch", "flushDiskTipe=x, flushDiskType"})
    void unknownOptionOfAnEmbeddedBrokerNamesTheNearestOfEitherSide(String option, String nearest) {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar:embedded?" + option)) {
            assertThatThrownBy(factory::createConnection)
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("did you mean " + nearest + "?");
            assertThatThrownBy(factory::createContext).isInstanceOf(JMSRuntimeException.class);
        }
    }

    @Test
    void badValueForAnEmbeddedBrokerIsToldInAJmsException() {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar:embedded?flushDiskType=maybe")) {
            assertThatThrownBy(factory::createConnection)
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("flushDiskType")
                    .hasMessageContaining("SYNC_FLUSH");
        }
    }

    @Test
    void missingBrokerIsToldWithItsAddress() throws IOException {
        try (RefusingPort nobody = new RefusingPort();
                FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar://" + nobody.address())) {
            assertThatThrownBy(factory::createConnection)
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining(Integer.toString(nobody.number()));
            assertThatThrownBy(factory::createContext)
                    .isInstanceOf(JMSRuntimeException.class)
                    .hasCauseInstanceOf(JMSException.class);
        }
    }

    @Test
    void firstBrokerThatAnswersIsUsed() throws Exception {
        try (RefusingPort nobody = new RefusingPort();
                RealBroker broker = RealBroker.start(directory);
                FulmarConnectionFactory factory =
                        new FulmarConnectionFactory("fulmar://" + nobody.address() + ",127.0.0.1:" + broker.port())) {
            assertCarriesMessages(factory);
        }
    }

    @Test
    void brokerThatAcceptsAndNeverAnswersIsGivenUpAfterTheConnectTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                RealBroker broker = RealBroker.start(directory);
                FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar://127.0.0.1:"
                        + silent.getLocalPort() + ",127.0.0.1:" + broker.port() + "?connectTimeout=5000")) {
            long start = System.nanoTime();
            assertCarriesMessages(factory);
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))
                    .as("a request would wait 30 s")
                    .isLessThan(25_000);
        }
    }

    private static void assertCarriesMessages(FulmarConnectionFactory factory) throws JMSException {
        try (Connection connection = factory.createConnection()) {
            connection.start();
            Session session = connection.createSession();
            Queue queue = session.createQueue("through");
            session.createProducer(queue).send(session.createTextMessage("hello"));
            assertThat(Jms.receive(session.createConsumer(queue), 1)).containsExactly("hello");
        }
    }

    private static NameServer nameServer() throws IOException {
        return new NameServer(NameServerConfig.of(Map.of("listenPort", "0"))).start();
    }

    private static String address(NameServer nameServer) {
        return "127.0.0.1:" + nameServer.address().getPort();
    }

    @Test
    void nameServerLeadsToTheBroker() throws Exception {
        try (NameServer nameServer = nameServer();
                RealBroker broker = RealBroker.start(directory, "namesrvAddr=" + address(nameServer));
                FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar+ns://" + address(nameServer))) {
            assertCarriesMessages(factory);
            assertThat(broker.port()).isPositive();
        }
    }

    @Test
    void nextNameServerIsAskedWhereTheFirstIsDown() throws Exception {
        try (RefusingPort nobody = new RefusingPort();
                NameServer nameServer = nameServer();
                RealBroker broker = RealBroker.start(directory, "namesrvAddr=" + address(nameServer));
                FulmarConnectionFactory factory =
                        new FulmarConnectionFactory("fulmar+ns://" + nobody.address() + "," + address(nameServer))) {
            assertCarriesMessages(factory);
            assertThat(broker.port()).isPositive();
        }
    }

    @Test
    void oneOfSeveralBrokersMustBeChosen() throws Exception {
        try (NameServer nameServer = nameServer();
                RealBroker one = RealBroker.start(
                        directory.resolve("one"), "namesrvAddr=" + address(nameServer), "brokerName=one");
                RealBroker two = RealBroker.start(
                        directory.resolve("two"), "namesrvAddr=" + address(nameServer), "brokerName=two")) {
            String url = "fulmar+ns://" + address(nameServer);
            try (FulmarConnectionFactory undecided = new FulmarConnectionFactory(url);
                    FulmarConnectionFactory decided = new FulmarConnectionFactory(url + "?broker=two");
                    FulmarConnectionFactory mistaken = new FulmarConnectionFactory(url + "?broker=three");
                    FulmarConnectionFactory direct = new FulmarConnectionFactory(two.url())) {
                assertThatThrownBy(undecided::createConnection)
                        .isInstanceOf(JMSException.class)
                        .hasMessageContainingAll("one", "two", "broker=");
                assertThatThrownBy(mistaken::createConnection).isInstanceOf(JMSException.class);
                try (JMSContext chosen = decided.createContext();
                        JMSContext check = direct.createContext()) {
                    Queue queue = chosen.createQueue("chosen");
                    chosen.createProducer().send(queue, "to two");
                    assertThat(Jms.receive(check.createConsumer(queue), 1)).containsExactly("to two");
                }
            }
            assertThat(one.port()).isNotEqualTo(two.port());
        }
    }

    @Test
    void nameServerThatIsMissingOrKnowsNoBrokerIsTold() throws Exception {
        try (NameServer nameServer = nameServer();
                FulmarConnectionFactory lonely = new FulmarConnectionFactory("fulmar+ns://" + address(nameServer));
                RefusingPort nobody = new RefusingPort();
                FulmarConnectionFactory missing = new FulmarConnectionFactory("fulmar+ns://" + nobody.address())) {
            assertThatThrownBy(lonely::createConnection)
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("knows no broker");
            assertThatThrownBy(missing::createConnection)
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("name server");
        }
    }

    @Test
    void closingTheFactoryEndsItsConnections() throws Exception {
        BlockingQueue<JMSException> told = new LinkedBlockingQueue<>();
        FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar:embedded");
        Connection connection = factory.createConnection();
        connection.setExceptionListener(told::add);
        Session session = connection.createSession();
        factory.close();
        assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isNotNull();
        assertThatThrownBy(() -> session.createProducer(session.createQueue("q")))
                .isInstanceOf(JMSException.class);
        connection.close();
        factory.close();
    }
}
