package org.fulmar.appservers.load;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.fulmar.broker.BrokerMain;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.protocol.jms.JmsCode;

/** A broker in a process of its own that is killed and started again on the same port and store. Used by one thread. */
final class LoadBroker implements AutoCloseable {
    private static final Duration READY = Duration.ofSeconds(60);
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int LARGEST_ANSWER = 16 << 20;

    private final int port;
    private final Path directory;
    private final ObjectMapper json = new ObjectMapper();
    private Child process;
    private int lives;

    /** It is started. */
    LoadBroker(int port, Path directory) throws IOException {
        this.port = port;
        this.directory = Files.createDirectories(directory);
        this.process = start();
    }

    private Child start() throws IOException {
        Path log = directory.resolve("output-" + ++lives + ".log");
        Child started = Child.java(
                List.of(
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BrokerMain.class.getName(),
                        "-o",
                        "listenPort=" + port,
                        "-o",
                        "storePathRootDir=" + directory.resolve("store"),
                        "-o",
                        "mappedFileSizeCommitLog=" + (256 << 20)),
                directory,
                log);
        await("broker ready, see " + log)
                .atMost(READY)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> !started.isAlive() || Files.readString(log).contains("READY"));
        if (!started.isAlive()) {
            throw new IOException("the broker has ended, see " + log);
        }
        return started;
    }

    String url() {
        return "fulmar://127.0.0.1:" + port + "?connectTimeout=60000";
    }

    FulmarConnectionFactory factory() {
        return new FulmarConnectionFactory(url());
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.kill();
    }

    /** After a kill. Returns when it is ready. */
    void restart() throws IOException {
        process = start();
    }

    /** Branches that are prepared, and not ended. */
    Set<String> inDoubt() throws IOException {
        return ids(transactions().path("transactions"));
    }

    /** Transactions that are neither prepared nor ended. */
    Set<String> open() throws IOException {
        return ids(transactions().path("open"));
    }

    private static Set<String> ids(JsonNode transactions) {
        Set<String> ids = new TreeSet<>();
        transactions.forEach(transaction -> ids.add(transaction.path("id").asText()));
        return ids;
    }

    /** The administrator's operation, over a connection of its own. */
    private JsonNode transactions() throws IOException {
        byte[] header = json.writeValueAsBytes(json.createObjectNode()
                .put("code", JmsCode.ADMIN_TRANSACTIONS)
                .put("language", "JAVA")
                .put("version", 0)
                .put("opaque", 1)
                .put("flag", 0)
                .set("extFields", json.createObjectNode().put("max", "1000")));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(Integer.BYTES + header.length);
            out.writeInt(header.length);
            out.write(header);
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            int length = in.readInt();
            if (length < Integer.BYTES || length > LARGEST_ANSWER) {
                throw new IOException("an answer of " + length + " bytes");
            }
            int headerLength = in.readInt() & 0xff_ffff;
            byte[] answerHeader = in.readNBytes(headerLength);
            byte[] body = in.readNBytes(length - Integer.BYTES - headerLength);
            JsonNode answer = json.readTree(body);
            if (answer == null || !answer.has("open")) {
                throw new IOException("the broker says " + new String(answerHeader, StandardCharsets.UTF_8));
            }
            return answer;
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.kill();
    }
}
