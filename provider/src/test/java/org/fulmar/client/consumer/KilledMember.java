package org.fulmar.client.consumer;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.kill.ChildJvm;

/**
 * A process of {@link KilledMemberMain}: started, killed or told to leave by the test's thread; a thread of its own reads
 * what it says into the history until its output ends.
 */
final class KilledMember implements AutoCloseable {
    private static final int READY_SECONDS = 60;
    private static final int LEAVE_SECONDS = 45;
    /** An exit code of 128 and the number of SIGKILL. */
    private static final int KILLED = 137;

    final String name;
    private final Process process;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final StringBuffer said = new StringBuffer();
    private final Thread reader;

    /**
     * @param name tells this process from all others
     * @param instance which others may have had before it
     */
    KilledMember(String name, String instance, String nameServers, String topic, Path directory, KillHistory history)
            throws IOException {
        this.name = name;
        this.process = ChildJvm.talking(
                directory,
                List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                KilledMemberMain.class.getName(),
                nameServers,
                instance,
                topic,
                directory.resolve("offsets").toString());
        this.reader = new Thread(() -> read(history), "output-of-" + name);
        reader.start();
    }

    private void read(KillHistory history) {
        try (BufferedReader in = process.inputReader()) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(KilledMemberMain.READY)) {
                    ready.complete(null);
                } else if (!history.add(name, line)) {
                    said.append(line).append('\n');
                }
            }
        } catch (IOException e) {
            said.append("its output could not be read: ").append(e);
        }
        ready.completeExceptionally(new IOException(name + " has ended; it said:\n" + said));
    }

    void awaitReady() throws Exception {
        ready.get(READY_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * SIGKILL. By the handle: the process itself would throw away what was said and not read yet.
     *
     * @return when, by {@link System#nanoTime}
     */
    long kill() throws Exception {
        long when = System.nanoTime();
        process.toHandle().destroyForcibly();
        int code = process.waitFor();
        reader.join();
        if (code != KILLED) {
            throw new IOException(name + " has ended with " + code + " by itself; it said:\n" + said);
        }
        return when;
    }

    /** It leaves its groups and ends. */
    void leave() throws Exception {
        process.getOutputStream().close();
        if (!process.waitFor(LEAVE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            close();
            throw new IOException(name + " did not leave as it should; it said:\n" + said);
        }
        reader.join();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
        reader.join();
    }
}
