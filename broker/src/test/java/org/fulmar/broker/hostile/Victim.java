package org.fulmar.broker.hostile;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.fulmar.broker.Patience;
import org.fulmar.broker.interop.ChildProcess;

/** A server in a JVM of its own with little memory, and what the operating system and the JVM say of it. */
final class Victim implements AutoCloseable {
    /** Memory in bytes, and what else may leak. */
    record Vitals(long heapAfterCollection, long anonymousMemory, int threads, int sockets, int files) {}

    private static final List<String> OPTIONS =
            List.of("-XX:MaxDirectMemorySize=128m", "-XX:+ExitOnOutOfMemoryError", "-XX:+UseSerialGC");
    private static final int READY_SECONDS = 3 * Patience.SECONDS;
    private static final Pattern USED = Pattern.compile("(?:def new generation|tenured generation) .* used (\\d+)K");

    private final ChildProcess process;
    private final InetSocketAddress address;

    Victim(Path home, String mainClass, String... arguments) throws IOException, InterruptedException {
        process = new ChildProcess(home, System.getProperty("java.class.path"), OPTIONS, mainClass, arguments);
        String ready = process.awaitReady(READY_SECONDS);
        int port = Integer.parseInt(ready.substring(ready.lastIndexOf(':') + 1));
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    InetSocketAddress address() {
        return address;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** What it has written so far. */
    List<String> output() {
        return process.lines();
    }

    String lastWords() {
        List<String> all = output();
        return String.join("\n", all.subList(Math.max(0, all.size() - 20), all.size()));
    }

    /** The errors that it has logged, without their stack traces. */
    List<String> errors() {
        return output().stream().filter(line -> line.contains(" ERROR ")).toList();
    }

    Vitals vitals() throws IOException, InterruptedException {
        jcmd("GC.run");
        long heap = 0;
        Matcher matcher = USED.matcher(jcmd("GC.heap_info"));
        while (matcher.find()) {
            heap += Long.parseLong(matcher.group(1)) << 10;
        }
        return new Vitals(
                heap,
                status("RssAnon") << 10,
                (int) status("Threads"),
                sockets(),
                links("").size());
    }

    /** A number of the process's status; memory is in KiB. */
    long status(String name) throws IOException {
        for (String line : Files.readAllLines(proc("status"))) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("no " + name + " in the status of process " + process.pid());
    }

    int sockets() throws IOException {
        return links("socket:").size();
    }

    private Path proc(String file) {
        return Path.of("/proc", Long.toString(process.pid()), file);
    }

    private List<String> links(String prefix) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(proc("fd"))) {
            for (Path link : all.toList()) {
                try {
                    String target = Files.readSymbolicLink(link).toString();
                    if (target.startsWith(prefix)) {
                        found.add(target);
                    }
                } catch (IOException e) {
                    // closed meanwhile
                    continue;
                }
            }
        }
        return found;
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        command)
                .redirectErrorStream(true)
                .start();
        String output = new String(jcmd.getInputStream().readAllBytes());
        if (!jcmd.waitFor(Patience.SECONDS, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
            throw new IOException("jcmd " + command + " failed: " + output);
        }
        return output;
    }

    @Override
    public void close() throws InterruptedException {
        process.close();
    }
}
