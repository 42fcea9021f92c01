package org.fulmar.samples.mdb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A WildFly with a configuration, data and deployments of its own. For one thread. */
final class Server implements AutoCloseable {
    private final ChildProcess process;

    private Server(ChildProcess process) {
        this.process = process;
    }

    /** Returns when the adapter and the beans are deployed. */
    static Server start(Path home, Path directory, int managementPort, List<Path> archives, List<String> properties)
            throws IOException {
        Path base = directory.resolve("server");
        Path deployments = Files.createDirectories(base.resolve("deployments"));
        copy(home.resolve("standalone/configuration"), base.resolve("configuration"));
        for (Path archive : archives) {
            Files.copy(archive, deployments.resolve(archive.getFileName()));
        }
        List<String> options = List.of(
                "-Xmx384m",
                "-Djava.net.preferIPv4Stack=true",
                "-Djboss.home.dir=" + home,
                "-Djboss.server.base.dir=" + base,
                "-Djboss.management.http.port=" + managementPort,
                // unique among all servers that use a broker or a database: by it recovery knows what is its own
                "-Djboss.tx.node.id=orders",
                // what is in doubt is looked for more often than every two minutes
                "-DRecoveryEnvironmentBean.periodicRecoveryPeriod=2",
                "-DRecoveryEnvironmentBean.recoveryBackoffPeriod=1");
        List<String> main = List.of(
                "-jar",
                home.resolve("jboss-modules.jar").toString(),
                "-mp",
                home.resolve("modules").toString(),
                "org.jboss.as.standalone");
        List<String> command =
                Stream.of(options, properties, main).flatMap(List::stream).toList();
        ChildProcess process = ChildProcess.start(directory.resolve("server.err"), command);
        for (Path ignored : archives) {
            process.await("WFLYSRV0010: Deployed");
        }
        process.drain();
        return new Server(process);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path path : tree.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
    }

    long pid() {
        return process.pid();
    }

    void stop() throws InterruptedException {
        process.stop();
    }

    @Override
    public void close() {
        process.close();
    }
}
