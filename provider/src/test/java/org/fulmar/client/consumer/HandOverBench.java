package org.fulmar.client.consumer;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TestCluster;
import org.fulmar.jms.kill.ChildJvm;

/**
 * How long it takes until the queues of a member that leaves, or is killed, are consumed by the other, and until a member
 * that joins consumes its share: this client beside Apache's, on the same broker under the same load. Who is killed is a
 * process of its own. Not part of the build:
 *
 * <pre>java -cp TEST-CLASS-PATH org.fulmar.client.consumer.HandOverBench APACHE-CLASS-PATH ROUNDS</pre>
 *
 * where the former is that of this module's tests, and the latter the broker's test classes with the folder {@code
 * apache-client-5.4.0/*} that its build fills.
 */
public final class HandOverBench {
    private static final int QUEUES = 8;
    private static final int SETTLE_MILLIS = 300;
    private static final String TOPIC = "HandOver";
    private static final String VICTIM = "victim";
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final TestCluster cluster;
    private final Topic topic;
    private final int rounds;
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final AtomicLong twice = new AtomicLong();

    private HandOverBench(TestCluster cluster, Topic topic, int rounds) {
        this.cluster = cluster;
        this.topic = topic;
        this.rounds = rounds;
    }

    /** One member with a client of its own, and the queues that it has consumed of since it was last asked. */
    private static final class Member implements AutoCloseable {
        final Set<Integer> queues = ConcurrentHashMap.newKeySet();
        private final Set<String> seen;
        private final AtomicLong twice;
        private final ClientInstance client;
        private final PushConsumer consumer;

        Member(String nameServers, String group, boolean ordered, HandOver handOver, Set<String> seen, AtomicLong twice)
                throws Exception {
            this.seen = seen;
            this.twice = twice;
            client = ClientInstance.start(org.fulmar.client.ClientConfig.of(nameServers));
            PushConsumer.Builder builder = PushConsumer.builder(client, group)
                    .subscribe(TOPIC, "*")
                    .options(new ConsumerOptions().handOver(handOver));
            consumer = (ordered ? builder.ordered(this::consume) : builder.concurrent(this::consume)).start();
        }

        private ConsumeResult consume(List<ReceivedMessage> messages, ConsumeContext context) {
            for (ReceivedMessage message : messages) {
                queues.add(message.queueId());
                if (!seen.add(message.queueId() + "/" + message.offset())) {
                    twice.incrementAndGet();
                }
            }
            return ConsumeResult.SUCCESS;
        }

        double until(int count, long start) {
            while (queues.size() < count && System.nanoTime() - start < PATIENCE_NANOS) {
                LockSupport.parkNanos(200_000);
            }
            return (System.nanoTime() - start) / 1e6;
        }

        @Override
        public void close() {
            consumer.close();
            client.close();
        }
    }

    private Member member(String group, boolean ordered, HandOver handOver) throws Exception {
        return new Member(cluster.nameServerList(), group, ordered, handOver, seen, twice);
    }

    /** A member in a process of its own; returns when that has its share. */
    private Process victim(String group, boolean ordered, HandOver handOver) throws IOException {
        Process process = ChildJvm.talking(
                Path.of("."),
                List.of(),
                HandOverBench.class.getName(),
                VICTIM,
                cluster.nameServerList(),
                group,
                Boolean.toString(ordered),
                handOver.name());
        String line = process.inputReader().readLine();
        while (line != null && !line.equals(VICTIM)) {
            line = process.inputReader().readLine();
        }
        return process;
    }

    private static void beVictim(String[] args) throws Exception {
        try (Member member = new Member(
                args[1],
                args[2],
                Boolean.parseBoolean(args[3]),
                HandOver.valueOf(args[4]),
                ConcurrentHashMap.newKeySet(),
                new AtomicLong())) {
            member.until(QUEUES / 2, System.nanoTime());
            System.out.println(VICTIM);
            while (System.in.read() >= 0) {
                // until it is killed
            }
        }
    }

    private List<String> own(String group, boolean ordered, HandOver handOver) throws Exception {
        seen.clear();
        twice.set(0);
        List<String> lines = new ArrayList<>();
        try (Member stays = member(group, ordered, handOver)) {
            stays.until(QUEUES, System.nanoTime());
            for (int round = 0; round < rounds; round++) {
                long start = System.nanoTime();
                Member comes = member(group, ordered, handOver);
                lines.add("join " + comes.until(QUEUES / 2, start));
                TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
                stays.queues.clear();
                start = System.nanoTime();
                comes.close();
                lines.add("leave " + stays.until(QUEUES, start));
                TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
            }
            lines.add("twice " + twice);
            for (int round = 0; round < rounds; round++) {
                Process victim = victim(group, ordered, handOver);
                TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
                stays.queues.clear();
                long start = System.nanoTime();
                victim.destroyForcibly();
                lines.add("kill " + stays.until(QUEUES, start));
                victim.waitFor();
                TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
            }
        }
        return lines;
    }

    private List<String> apache(String classPath, String mode) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        "org.fulmar.broker.interop.probe.HandOverProbe",
                        cluster.nameServerList(),
                        topic.name(),
                        Integer.toString(QUEUES),
                        Integer.toString(rounds),
                        mode)
                .redirectErrorStream(true)
                .start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = process.inputReader()) {
            out.lines().forEach(lines::add);
        }
        process.waitFor();
        return lines;
    }

    private static void report(String who, List<String> lines) {
        for (String what : List.of("join", "leave", "kill")) {
            List<Double> times = lines.stream()
                    .filter(line -> line.startsWith(what + " "))
                    .map(line -> Double.parseDouble(line.substring(what.length() + 1)))
                    .sorted()
                    .toList();
            if (times.isEmpty()) {
                System.out.println(who + ": nothing measured\n" + String.join("\n", lines));
                return;
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-28s %-6s median %8.1f ms, %8.1f to %8.1f ms, %d rounds%n",
                    who,
                    what,
                    times.get(times.size() / 2),
                    times.get(0),
                    times.get(times.size() - 1),
                    times.size());
        }
        lines.stream()
                .filter(line -> line.startsWith("twice "))
                .forEach(line -> System.out.printf("%-28s processed twice: %s%n", who, line.substring(6)));
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals(VICTIM)) {
            beVictim(args);
            return;
        }
        Path directory = Files.createTempDirectory("hand-over");
        try (TestCluster cluster = TestCluster.start(directory, "a");
                ClientInstance sender = cluster.client()) {
            Topic topic = Topic.make(cluster, sender, TOPIC, QUEUES, "a");
            AtomicBoolean stop = new AtomicBoolean();
            Thread load = new Thread(() -> {
                for (int i = 0; !stop.get(); i++) {
                    topic.sendAsync("a", i % QUEUES, "m" + i, Map.of());
                    LockSupport.parkNanos(250_000);
                }
            });
            load.start();
            HandOverBench bench = new HandOverBench(cluster, topic, Integer.parseInt(args[1]));
            bench.own("warm-up", false, HandOver.LOCKED);
            report("Fulmar concurrent LOCKED", bench.own("own-locked", false, HandOver.LOCKED));
            report("Fulmar concurrent IMMEDIATE", bench.own("own-immediate", false, HandOver.IMMEDIATE));
            report("Fulmar ordered", bench.own("own-ordered", true, HandOver.LOCKED));
            report("Apache 5.4.0 concurrent", bench.apache(args[0], "concurrent"));
            report("Apache 5.4.0 ordered", bench.apache(args[0], "ordered"));
            stop.set(true);
            load.join();
        } finally {
            delete(directory);
        }
    }
}
