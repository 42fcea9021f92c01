package org.fulmar.jms.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fulmar.jms.kill.BrokerProcess;

/**
 * The three processes that a cell needs, and one more of the kind that is to be killed, which waits to take its place:
 * so a cell need not wait for a JVM. Cells use the processes one after the other. Used by one thread, the test's.
 */
final class Stage implements AutoCloseable {
    private final Path directory;
    private final Path config;
    private final int port;
    private final Map<Victim, Child> children = new EnumMap<>(Victim.class);
    private final Map<Victim, Child> spares = new EnumMap<>(Victim.class);

    /**
     * @param checkpointMillis of the broker
     */
    Stage(Path directory, int checkpointMillis) throws IOException, InterruptedException {
        this.directory = directory;
        this.config = directory.resolve("broker.conf");
        this.port = BrokerProcess.freePort();
        Files.write(
                config,
                List.of(
                        "brokerName=crash",
                        "listenPort=" + port,
                        "bindAddress=127.0.0.1",
                        "brokerIP1=127.0.0.1",
                        "storePathRootDir=" + directory.resolve("store"),
                        "mappedFileSizeCommitLog=" + 64 * 1024 * 1024,
                        "checkpointIntervalMillis=" + checkpointMillis,
                        "maxRedeliveries=-1",
                        "transactionTimeOut=100",
                        "transactionCheckInterval=100",
                        "transactionCheckMax=100000"));
        try {
            for (Victim victim : Victim.values()) {
                children.put(victim, begin(victim));
            }
            for (Child child : children.values()) {
                child.await(Told.UP);
            }
            startBroker();
        } catch (IOException | InterruptedException e) {
            close();
            throw e;
        }
    }

    private Child begin(Victim victim) throws IOException {
        return Child.start(victim.name().toLowerCase(Locale.ROOT), directory, victim.main(), config.toString());
    }

    Path directory() {
        return directory;
    }

    int port() {
        return port;
    }

    Child get(Victim victim) {
        Child child = children.get(victim);
        if (child == null) {
            throw new IllegalStateException("no " + victim);
        }
        return child;
    }

    /** Has a successor at hand, soon. */
    void prepareSuccessor(Victim victim) throws IOException {
        if (!spares.containsKey(victim)) {
            spares.put(victim, begin(victim));
        }
    }

    /** SIGKILL. The successor is there when this returns, and was told nothing. */
    Child replace(Victim victim) throws IOException, InterruptedException {
        prepareSuccessor(victim);
        get(victim).kill();
        Child next = spares.remove(victim);
        children.put(victim, next);
        next.await(Told.UP);
        return next;
    }

    /** Returns when the broker has recovered its store. */
    void startBroker() throws IOException, InterruptedException {
        get(Victim.BROKER).say("START");
        get(Victim.BROKER).await("READY");
    }

    boolean isWhole() {
        return children.values().stream().allMatch(Child::isAlive);
    }

    @Override
    public void close() {
        children.values().forEach(Child::close);
        spares.values().forEach(Child::close);
    }
}
