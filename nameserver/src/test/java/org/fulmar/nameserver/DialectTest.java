package org.fulmar.nameserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.nameserver.Registrations.full;
import static org.fulmar.nameserver.Registrations.topic;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The JSON of answers as text, as clients of different releases see it; frames are made by hand. */
class DialectTest {
    private static final String LEGACY =
            "{\"brokerDatas\":[{\"brokerAddrs\":{0:\"127.0.0.1:10911\",1:\"127.0.0.1:10921\"},"
                    + "\"brokerName\":\"a\",\"cluster\":\"DefaultCluster\",\"enableActingMaster\":false}],"
                    + "\"filterServerTable\":{},\"queueDatas\":[{\"brokerName\":\"a\",\"perm\":6,\"readQueueNums\":4,"
                    + "\"topicSysFlag\":0,\"writeQueueNums\":4}]}";
    private static final String STANDARD = LEGACY.replace("{0:", "{\"0\":").replace(",1:", ",\"1\":");

    private NameServer server;
    private Peer master;
    private Peer slave;

    @BeforeEach
    void startWithAMasterAndASlave() throws Exception {
        server = new NameServer(NameServerConfig.of(Map.of("listenPort", "0"))).start();
        master = new Peer(server.address(), HeaderEncoding.JSON);
        master.register(full("a", 0, "127.0.0.1:10911", 1, topic("T")));
        slave = new Peer(server.address(), HeaderEncoding.JSON);
        slave.register(full("a", 1, "127.0.0.1:10921", 1, topic("T")));
    }

    @AfterEach
    void stop() {
        master.close();
        slave.close();
        server.close();
    }

    private String ask(int code, int version, String fields) throws IOException {
        String header = "{\"code\":" + code + ",\"extFields\":" + fields + ",\"flag\":0,\"language\":\"JAVA\","
                + "\"opaque\":7,\"version\":" + version + "}";
        byte[] bytes = header.getBytes(StandardCharsets.UTF_8);
        try (Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort())) {
            socket.setSoTimeout(60_000);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(4 + bytes.length);
            out.writeInt(bytes.length);
            out.write(bytes);
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            int length = in.readInt();
            int headerLength = in.readInt();
            String answer = new String(in.readNBytes(headerLength), StandardCharsets.UTF_8);
            assertThat(answer)
                    .contains("\"opaque\":7")
                    .contains("\"version\":493")
                    .contains("\"code\":0");
            return new String(in.readNBytes(length - 4 - headerLength), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @CsvSource({"399, false", "400, false", "401, true", "493, true", "0, false"})
    void routesAreStandardJsonFromRelease401On(int version, boolean standard) throws IOException {
        assertThat(ask(105, version, "{\"topic\":\"T\"}")).isEqualTo(standard ? STANDARD : LEGACY);
    }

    @Test
    void anOlderClientCanAskForStandardJson() throws IOException {
        assertThat(ask(105, 399, "{\"topic\":\"T\",\"acceptStandardJsonOnly\":\"true\"}"))
                .isEqualTo(STANDARD);
        assertThat(ask(105, 399, "{\"topic\":\"T\",\"acceptStandardJsonOnly\":\"false\"}"))
                .isEqualTo(LEGACY);
    }

    @ParameterizedTest
    @CsvSource({"399", "493"})
    void clusterInfoIsAlwaysInTheOldDialect(int version) throws IOException {
        assertThat(ask(106, version, "{}"))
                .isEqualTo("{\"brokerAddrTable\":{\"a\":{\"brokerAddrs\":{0:\"127.0.0.1:10911\",1:\"127.0.0.1:10921\"},"
                        + "\"brokerName\":\"a\",\"cluster\":\"DefaultCluster\",\"enableActingMaster\":false}},"
                        + "\"clusterAddrTable\":{\"DefaultCluster\":[\"a\"]}}");
    }

    @Test
    void fieldsOfNewerClientsAreTolerated() throws IOException {
        assertThat(ask(105, 493, "{\"topic\":\"T\",\"ns\":\"x\",\"nsd\":\"true\",\"bname\":\"b\",\"lo\":\"false\"}"))
                .isEqualTo(STANDARD);
    }

    @Test
    void anAddressCannotBreakOutOfTheText() throws Exception {
        slave.register(full("a", 2, "evil\":{}\u00e4", 1));
        assertThat(ask(106, 399, "{}")).contains("2:\"evil\\\":{}\\u00E4\"}");
    }
}
