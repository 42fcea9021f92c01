package org.fulmar.broker.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.fulmar.broker.BrokerMain;
import org.fulmar.nameserver.NameServerMain;

/**
 * The JVMs of one test: our name server and broker, and programs with Apache's libraries, each with the class path that it
 * has alone. Used by the test's thread; closing ends them all.
 */
final class ChildProcesses implements AutoCloseable {
    private static final int READY_SECONDS = 120;

    private final Path directory;
    private final List<ChildProcess> children = new ArrayList<>();

    /** @param directory where they run */
    ChildProcesses(Path directory) {
        this.directory = directory;
    }

    /** Starts a name server; its address. */
    String startNameServer() throws IOException, InterruptedException {
        ChildProcess names = start(ownClassPath(), List.of(), NameServerMain.class.getName(), "-p", "0");
        String ready = names.awaitReady(READY_SECONDS);
        return "127.0.0.1:" + ready.substring(ready.lastIndexOf(':') + 1).strip();
    }

    /** Starts a broker; it is ready when this returns. */
    ChildProcess startBroker(List<String> options) throws IOException, InterruptedException {
        Path config = directory.resolve("broker.conf");
        Files.write(config, options);
        ChildProcess broker = start(ownClassPath(), List.of(), BrokerMain.class.getName(), "-c", config.toString());
        broker.awaitReady(READY_SECONDS);
        return broker;
    }

    /**
     * Starts a program that lies among the tests.
     *
     * @param libraries folders that the build fills
     */
    ChildProcess startProbe(List<String> libraries, List<String> options, String mainClass, String... arguments)
            throws IOException, URISyntaxException {
        Path testClasses = Path.of(ChildProcesses.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        List<String> classPath = new ArrayList<>(List.of(testClasses.toString()));
        for (String name : libraries) {
            Path folder = testClasses.resolveSibling(name);
            assertThat(folder)
                    .as("the folder that the build fills in phase generate-test-resources")
                    .isDirectory();
            classPath.add(folder.resolve("*").toString());
        }
        return start(String.join(File.pathSeparator, classPath), options, mainClass, arguments);
    }

    private ChildProcess start(String classPath, List<String> options, String mainClass, String... arguments)
            throws IOException {
        ChildProcess child = new ChildProcess(directory, classPath, options, mainClass, arguments);
        children.add(child);
        return child;
    }

    private static String ownClassPath() {
        return System.getProperty("java.class.path");
    }

    /** A port below the range that outgoing connections are given, so that it is free again for a second broker. */
    static int freePort() throws IOException {
        Random random = new Random();
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = 15_000 + random.nextInt(16_000);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException e) {
                continue;
            }
        }
        throw new IOException("no free port");
    }

    @Override
    public void close() throws InterruptedException {
        for (ChildProcess child : children) {
            child.close();
        }
    }
}
