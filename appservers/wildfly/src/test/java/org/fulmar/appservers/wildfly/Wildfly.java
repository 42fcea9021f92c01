package org.fulmar.appservers.wildfly;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.fulmar.appservers.wildfly.app.Beans;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.jboss.shrinkwrap.api.spec.ResourceAdapterArchive;

/**
 * The one server of this JVM: where it is, where its brokers are, and what is deployed there. Each JVM has ports and a
 * directory for configuration, data and log of its own; {@code arquillian.xml} takes them from system properties.
 */
final class Wildfly {
    private static final Set<Integer> TAKEN = new HashSet<>();

    /** Where the adapter looks for its broker. A test class has one there, or says that there is none. */
    static final int BROKER = freePort();

    /** Where a test may have another broker. */
    static final int OTHER_BROKER = freePort();

    static final int MANAGEMENT = freePort();

    static final String RAR = "fulmar.rar";

    private static final Path HOME = Path.of(System.getProperty("wildfly.home"));
    private static final Path BASE = Path.of(System.getProperty("wildfly.base"));

    static {
        try {
            deleteTree(BASE);
            // not what other runs have left in the home
            Files.createDirectories(BASE.resolve("deployments"));
            copyTree(HOME.resolve("standalone/configuration"), BASE.resolve("configuration"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.setProperty("wildfly.management.port", Integer.toString(MANAGEMENT));
        System.setProperty("wildfly.broker.url", url(BROKER));
    }

    private Wildfly() {}

    /** Has the system properties set that {@code arquillian.xml} needs. */
    static void prepare() {
        // the static initializer has done it
    }

    /** Leads to a broker that may stand still for a while. */
    static String url(int port) {
        return "fulmar://127.0.0.1:" + port + "?connectTimeout=60000";
    }

    static Path log() {
        return BASE.resolve("log/server.log");
    }

    static Path temporary() {
        return BASE.resolve("tmp");
    }

    /** The adapter as it was built. */
    static ResourceAdapterArchive adapter() {
        return ShrinkWrap.create(ZipImporter.class, RAR)
                .importFrom(new File(System.getProperty("fulmar.rar")))
                .as(ResourceAdapterArchive.class);
    }

    /** An application with the driver and other beans. */
    static JavaArchive application(Class<?>... beans) {
        return application("app.jar", beans);
    }

    static JavaArchive application(String name, Class<?>... beans) {
        return ShrinkWrap.create(JavaArchive.class, name)
                .addClasses(Beans.COMMON)
                .addClasses(beans)
                .setManifest(new StringAsset("Manifest-Version: 1.0\n"
                        + "Dependencies: jakarta.jms.api, org.jboss.jboss-transaction-spi, org.jboss.jts, deployment."
                        + RAR + "\n"));
    }

    private static int freePort() {
        Random random = new Random();
        for (int attempt = 0; attempt < 100; attempt++) {
            // below those that outgoing connections get, and that servers are used to have
            int port = 15_000 + random.nextInt(16_000);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                if (TAKEN.add(port)) {
                    return port;
                }
            } catch (IOException e) {
                // somebody has it
            }
        }
        throw new IllegalStateException("no free port");
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    private static void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
