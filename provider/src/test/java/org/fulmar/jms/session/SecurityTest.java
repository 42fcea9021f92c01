package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import jakarta.jms.Connection;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.JMSSecurityRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may connect to a broker with a users file, through its real port. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SecurityTest {
    private static final String ODD_PASSWORD = "p&ss=w%rd+ ü";

    @TempDir
    static Path directory;

    private static RealBroker closedBroker;
    private static RealBroker openBroker;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        Path users = directory.resolve("users.properties");
        Files.write(
                users,
                List.of(
                        "anna=" + PasswordHash.of("secret").text(),
                        "odd=" + PasswordHash.of(ODD_PASSWORD).text()));
        closedBroker = RealBroker.start(directory.resolve("closed"), "usersFile=" + users, "anonymousAllowed=false");
        openBroker = RealBroker.start(directory.resolve("open"), "usersFile=" + users);
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        closedBroker.close();
        openBroker.close();
    }

    @Test
    void rightPasswordIsAdmitted() throws JMSException {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(closedBroker.url());
                Connection connection = factory.createConnection("anna", "secret");
                JMSContext context = factory.createContext("odd", ODD_PASSWORD)) {
            connection.start();
            var session = connection.createSession();
            var queue = session.createQueue("admitted");
            context.createProducer().send(queue, "hello");
            assertThat(Jms.receive(session.createConsumer(queue), 1)).containsExactly("hello");
        }
    }

    @Test
    void credentialsOfTheUrlAreUsedWhereNoneAreGiven() throws JMSException {
        String odd = URLEncoder.encode(ODD_PASSWORD, StandardCharsets.UTF_8);
        try (FulmarConnectionFactory factory =
                        new FulmarConnectionFactory(closedBroker.url() + "?user=odd&password=" + odd);
                Connection fromUrl = factory.createConnection();
                Connection given = factory.createConnection("anna", "secret")) {
            assertThat(fromUrl.createSession()).isNotNull();
            assertThat(given.createSession()).isNotNull();
            assertThatThrownBy(() -> factory.createConnection("anna", ODD_PASSWORD))
                    .as("what is given counts, not the URL")
                    .isInstanceOf(JMSSecurityException.class);
        }
    }

    @Test
    void wrongMissingAndUnknownCredentialsAreRefusedAlike() {
        String[][] refused = {
            {"anna", "wrong"},
            {"anna", ""},
            {"anna", null},
            {"anna", "secret "},
            {"Anna", "secret"},
            {"nobody", "secret"},
            {"nobody", ""},
            {"", ""},
            {"", "secret"},
            {null, "secret"},
            {null, null}
        };
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(closedBroker.url())) {
            for (String[] credentials : refused) {
                assertThatThrownBy(() -> factory.createConnection(credentials[0], credentials[1]))
                        .as("%s with %s", credentials[0], credentials[1])
                        .isInstanceOf(JMSSecurityException.class)
                        .hasMessageNotContaining("secret");
            }
            assertThatThrownBy(factory::createConnection)
                    .isInstanceOf(JMSSecurityException.class)
                    .hasMessageContaining("anonymous");
            assertThatThrownBy(() -> factory.createContext("anna", "wrong"))
                    .isInstanceOf(JMSSecurityRuntimeException.class)
                    .hasCauseInstanceOf(JMSSecurityException.class);
            assertThatThrownBy(factory::createContext).isInstanceOf(JMSSecurityRuntimeException.class);
        }
    }

    @Test
    void knownAndUnknownUsersGetTheSameWords() {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(closedBroker.url())) {
            assertThatThrownBy(() -> factory.createConnection("anna", "wrong"))
                    .hasMessage("user anna is unknown or the password is wrong");
            assertThatThrownBy(() -> factory.createConnection("nobody", "wrong"))
                    .hasMessage("user nobody is unknown or the password is wrong");
        }
    }

    @Test
    void refusedClientHoldsNoClientId() throws JMSException {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(closedBroker.url() + "?clientId=c")) {
            assertThatThrownBy(() -> factory.createConnection("anna", "wrong"))
                    .isInstanceOf(JMSSecurityException.class);
            try (Connection connection = factory.createConnection("anna", "secret")) {
                assertThat(connection.getClientID()).isEqualTo("c");
            }
        }
    }

    @Test
    void anonymousIsAdmittedWhereAllowedButAWrongPasswordNever() throws JMSException {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(openBroker.url());
                Connection anonymous = factory.createConnection();
                Connection anna = factory.createConnection("anna", "secret")) {
            assertThat(anonymous.createSession()).isNotNull();
            assertThat(anna.createSession()).isNotNull();
            assertThatThrownBy(() -> factory.createConnection("anna", "wrong"))
                    .isInstanceOf(JMSSecurityException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                RequestCode.SEND_MESSAGE,
                RequestCode.SEND_MESSAGE_V2,
                RequestCode.SEND_BATCH_MESSAGE,
                RequestCode.PULL_MESSAGE,
                RequestCode.LITE_PULL_MESSAGE,
                RequestCode.QUERY_MESSAGE,
                RequestCode.VIEW_MESSAGE_BY_ID,
                RequestCode.UPDATE_CONSUMER_OFFSET,
                RequestCode.HEART_BEAT,
                RequestCode.GET_ALL_TOPIC_CONFIG,
                RequestCode.UPDATE_AND_CREATE_TOPIC,
                RequestCode.DELETE_TOPIC_IN_BROKER
            })
    void rocketMqRequestWithoutALoginIsRefused(int code) throws Exception {
        try (RemotingClient client = new RemotingClient("test", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT)) {
            var connection = connect(client);
            assertRefused(connection, code);
            login(connection);
            assertRefused(connection, code);
        }
    }

    private static org.fulmar.protocol.transport.Connection connect(RemotingClient client) throws IOException {
        return client.connect(
                new InetSocketAddress("127.0.0.1", closedBroker.port()),
                (int) Jms.WAIT,
                request -> request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "none are taken here"));
    }

    private static void login(org.fulmar.protocol.transport.Connection connection) throws Exception {
        ByteBuf hello = Unpooled.buffer();
        new Hello(JmsCode.VERSION, JmsCode.VERSION, "test", null, "", "anna", "secret").encode(hello);
        assertThat(codeOf(connection, Frame.request(JmsCode.HELLO, hello))).isEqualTo(ResponseCode.SUCCESS);
    }

    private static void assertRefused(org.fulmar.protocol.transport.Connection connection, int code) throws Exception {
        Map<String, String> fields = Map.of(
                "topic",
                "TBW102",
                "queueId",
                "0",
                "producerGroup",
                "g",
                "consumerGroup",
                "g",
                "defaultTopic",
                "TBW102");
        Frame request =
                Frame.request(code, fields, Unpooled.copiedBuffer("body", StandardCharsets.UTF_8), HeaderEncoding.JSON);
        assertThat(codeOf(connection, request))
                .isIn(ResponseCode.NO_PERMISSION, ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
    }

    private static int codeOf(org.fulmar.protocol.transport.Connection connection, Frame request) throws Exception {
        Frame answer = connection.request(request, Jms.WAIT).get(2 * Jms.WAIT, TimeUnit.MILLISECONDS);
        try {
            return answer.code();
        } finally {
            answer.release();
        }
    }

    @Test
    void jmsOperationBeforeTheGreetingIsRefused() throws Exception {
        try (RemotingClient client = new RemotingClient("test", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT)) {
            var connection = connect(client);
            ByteBuf open = Unpooled.buffer();
            new OpenDestination(DestinationKind.QUEUE, "q").encode(open);
            assertThat(codeOf(connection, Frame.request(JmsCode.OPEN_DESTINATION, open)))
                    .isEqualTo(ResponseCode.JMS_NOT_NEGOTIATED);
            assertThat(codeOf(connection, Frame.request(JmsCode.SEND, Unpooled.EMPTY_BUFFER)))
                    .isEqualTo(ResponseCode.JMS_NOT_NEGOTIATED);
        }
    }

    @Test
    void brokerThatNobodyCouldUseDoesNotStart() {
        assertThatThrownBy(() -> RealBroker.start(directory.resolve("nobody"), "anonymousAllowed=false"))
                .hasMessageContaining("usersFile");
        assertThatThrownBy(() -> {
                    Path users = Files.writeString(directory.resolve("bad.properties"), "anna=secret");
                    RealBroker.start(directory.resolve("nobody"), "usersFile=" + users);
                })
                .hasMessageContaining("anna")
                .hasMessageNotContaining("secret");
    }
}
