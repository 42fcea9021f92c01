package org.fulmar.appservers.wildfly;

import jakarta.jms.JMSException;
import jakarta.jms.XAConnection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.fulmar.broker.BrokerMain;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A real broker with a store of its own: in this JVM, or, so that it can be killed, in another, which does not outlive
 * this one. Used by one thread, the test's.
 */
final class TestBroker implements AutoCloseable {
    private final int port;
    private final Map<String, String> options;
    private final Thread atExit = new Thread(this::destroy);
    private @Nullable Broker here;
    private volatile @Nullable Process elsewhere;

    private TestBroker(int port, Path directory, Map<String, String> options) {
        this.port = port;
        this.options = new TreeMap<>(options);
        this.options.putAll(Map.of(
                "listenPort", Integer.toString(port),
                "storePathRootDir", directory.toString(),
                "mappedFileSizeCommitLog", Integer.toString(32 << 20)));
    }

    static TestBroker start(int port, Path directory, Map<String, String> options)
            throws IOException, InterruptedException {
        TestBroker broker = new TestBroker(port, directory, options);
        broker.here =
                new Broker(BrokerConfig.of(broker.options), new NioDisk(), System::currentTimeMillis, false).start();
        return broker;
    }

    /** One that is not started yet. */
    static TestBroker process(int port, Path directory, Map<String, String> options) {
        TestBroker broker = new TestBroker(port, directory, options);
        Runtime.getRuntime().addShutdownHook(broker.atExit);
        return broker;
    }

    /** Returns when the broker is ready. */
    void startProcess() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx160m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                BrokerMain.class.getName()));
        options.forEach((key, value) -> command.addAll(List.of("-o", key + "=" + value)));
        Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
        elsewhere = started;
        List<String> output = new ArrayList<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            output.add(line);
            if (line.startsWith("READY")) {
                drain(in);
                return;
            }
        }
        throw new IOException("the broker did not become ready; it says " + output);
    }

    /** So that the process never waits for a reader. Ends with the process. */
    private static void drain(BufferedReader in) {
        Thread drain = new Thread(
                () -> {
                    try (in) {
                        while (in.readLine() != null) {
                            // nobody wants it
                        }
                    } catch (IOException e) {
                        // the process was killed
                    }
                },
                "broker-output");
        drain.setDaemon(true);
        drain.start();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        Process running = elsewhere;
        if (running == null) {
            throw new IllegalStateException("only a broker in a process of its own can be killed");
        }
        running.destroyForcibly().waitFor();
    }

    FulmarConnectionFactory factory() {
        return new FulmarConnectionFactory(Wildfly.url(port));
    }

    /** Branches in doubt, of whatever manager. */
    int inDoubt() throws JMSException, XAException {
        try (FulmarConnectionFactory factory = factory();
                XAConnection connection = factory.createXAConnection()) {
            XAResource resource = connection.createXASession().getXAResource();
            return resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length;
        }
    }

    private void destroy() {
        Process running = elsewhere;
        if (running != null) {
            running.destroyForcibly();
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (here != null) {
            here.close();
        } else {
            Process running = elsewhere;
            if (running != null) {
                // until it is gone it writes to its store, which is deleted next
                running.destroyForcibly().waitFor();
            }
            Runtime.getRuntime().removeShutdownHook(atExit);
        }
    }
}
