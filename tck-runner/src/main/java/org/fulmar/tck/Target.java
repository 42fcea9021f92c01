package org.fulmar.tck;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fulmar.broker.BrokerMain;
import org.fulmar.broker.security.PasswordHash;
import org.jspecify.annotations.Nullable;

/**
 * What a run tests: the provider with a broker that knows one user and, unnamed, everybody. Its stores are new. Used by
 * one thread.
 */
final class Target implements AutoCloseable {
    static final String USER = "j2ee";
    static final String PASSWORD = "j2ee";

    private static final long READY_MILLIS = 60_000;
    private static final long STOP_SECONDS = 15;
    private static final Pattern READY = Pattern.compile("^READY fulmar-broker (\\S+)\\R", Pattern.MULTILINE);

    private final Mode mode;
    private final Path work;
    private final Path logs;
    private final Path users;
    private final List<String> incidents = new ArrayList<>();
    private int stores;
    private @Nullable ChildJvm broker;
    private String url = "";

    /**
     * @param work a directory for all that does not stay
     */
    Target(Mode mode, Path work, Path logs) throws IOException, InterruptedException {
        this.mode = mode;
        this.work = work;
        this.logs = logs;
        this.users = Files.writeString(
                work.resolve("users"), USER + " = " + PasswordHash.of(PASSWORD).text() + "\n");
        if (mode == Mode.PROCESS) {
            broker = start();
        }
    }

    private ChildJvm start() throws IOException, InterruptedException {
        stores++;
        Path log = logs.resolve("broker-" + stores + ".log");
        List<String> arguments = List.of(
                "-o",
                "listenPort=0",
                "-o",
                "storePathRootDir=" + work.resolve("store-" + stores),
                "-o",
                "usersFile=" + users,
                "-o",
                "anonymousAllowed=true");
        ChildJvm started = ChildJvm.start(
                log, List.of("-Xmx512m"), System.getProperty("java.class.path"), BrokerMain.class, arguments);
        long begin = System.nanoTime();
        while (!started.hasEnded(20)) {
            Matcher ready = READY.matcher(Files.readString(log));
            if (ready.find()) {
                url = "fulmar://" + ready.group(1);
                return started;
            }
            if ((System.nanoTime() - begin) / 1_000_000 > READY_MILLIS) {
                break;
            }
        }
        started.close();
        throw new IOException("the broker did not become ready; it printed:\n" + Files.readString(log));
    }

    /** Writes the names for a class of tests to a directory; in mode EMBEDDED it gets a broker and a store of its own. */
    void name(Path directory) throws IOException {
        if (mode == Mode.EMBEDDED) {
            stores++;
            url = "fulmar:embedded?dir=" + encoded(work.resolve("store-" + stores)) + "&usersFile=" + encoded(users);
        }
        Naming.write(directory, url);
    }

    private static String encoded(Path path) {
        return URLEncoder.encode(path.toAbsolutePath().toString(), StandardCharsets.UTF_8);
    }

    /** After a class of tests: a broker that has ended is an incident, and the next class gets another. */
    void check(String className) throws IOException, InterruptedException {
        if (broker != null && broker.hasEnded(0)) {
            incidents.add("the broker ended with exit code " + broker.exitCode() + " during " + className
                    + "; another was started for the next class");
            broker.close();
            broker = start();
        }
    }

    /** What befell the broker. */
    List<String> incidents() {
        return List.copyOf(incidents);
    }

    @Override
    public void close() throws InterruptedException {
        if (broker != null) {
            broker.stop(STOP_SECONDS);
            broker.close();
        }
    }
}
