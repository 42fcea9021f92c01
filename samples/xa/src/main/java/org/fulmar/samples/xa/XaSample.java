package org.fulmar.samples.xa;

import jakarta.jms.JMSException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import javax.transaction.xa.XAException;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.samples.xa.Transfers.Kill;
import org.fulmar.samples.xa.Transfers.Plan;
import org.jspecify.annotations.Nullable;

/**
 * Starts a broker and the program of {@link Transfers}, kills the program with SIGKILL at every moment of its two-phase
 * commits and the broker twice, starts them again each time, and says where the money is at the end. Ends with 0 only if
 * every transfer is whole.
 */
public final class XaSample {
    private static final int BROKER_SECONDS = 1800;
    private static final int PROGRAM_SECONDS = 300;

    private final Path directory;
    private final int port;
    private final int each;
    private final int kept;
    private final List<String> faults = new ArrayList<>();
    private ChildProcess broker;
    private @Nullable Killed killed;
    private int lives;

    /** What the program was doing when it was killed last. */
    private record Killed(Kill kill, int transfer) {}

    private XaSample(Path directory, int each, int kept) throws IOException {
        this.directory = directory;
        this.each = each;
        this.kept = kept;
        this.port = freePort();
        this.broker = startBroker();
    }

    public static void main(String[] args) throws Exception {
        List<Kill> kills = new ArrayList<>();
        for (Moment moment : Moment.values()) {
            kills.add(new Kill(true, moment));
            kills.add(new Kill(false, moment));
        }
        Path directory = Files.createTempDirectory("fulmar-xa");
        if (!run(directory, 20, 10, kills)) {
            System.out.println("see " + directory);
            System.exit(1);
        }
        delete(directory);
        System.exit(0);
    }

    /**
     * @param each transfers that each life of the program may do
     * @param kept how many it leaves in the queue
     * @return whether every promise was kept
     */
    static boolean run(Path directory, int each, int kept, List<Kill> kills) throws Exception {
        XaSample sample = new XaSample(directory, each, kept);
        try {
            for (Kill kill : kills) {
                // one of the kills in the middle takes the broker as well, with branches in doubt
                sample.killAt(kill, kills.indexOf(kill) == kills.size() / 2);
            }
            sample.finish();
            return sample.verdict();
        } finally {
            sample.broker.close();
        }
    }

    /** Not one of those that connections get, from 32768 on: it has to stay free while the broker is dead. */
    private static int freePort() throws IOException {
        for (int attempt = 1; ; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(15_000, 31_000);
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (BindException e) {
                if (attempt == 100) {
                    throw e;
                }
            }
        }
    }

    /** Three times the request timeout is less than the time that a transaction may take, which is a minute. */
    private String url() {
        return "fulmar://127.0.0.1:" + port + "?requestTimeout=10000&connectTimeout=30000";
    }

    private ChildProcess startBroker() throws IOException {
        ChildProcess started = ChildProcess.start(
                directory.resolve("broker.log"),
                BROKER_SECONDS,
                "org.fulmar.broker.BrokerMain",
                List.of("-o", "listenPort=" + port, "-o", "storePathRootDir=" + directory.resolve("store")));
        started.await("READY");
        System.out.printf("broker process %d listens on %s%n", started.pid(), url());
        return started;
    }

    private void killBroker() throws Exception {
        System.out.printf("SIGKILL to broker process %d%n", broker.pid());
        broker.kill();
        broker = startBroker();
    }

    /** @param kill where it wants to be killed; null for nowhere */
    private ChildProcess startProgram(@Nullable Kill kill) throws IOException {
        lives++;
        Plan plan = new Plan(directory, url(), lives * each, kept, kill);
        return ChildProcess.start(
                directory.resolve("transfers.log"), PROGRAM_SECONDS, Transfers.class.getName(), plan.arguments());
    }

    private void killAt(Kill kill, boolean brokerToo) throws Exception {
        int transfer;
        try (ChildProcess program = startProgram(kill)) {
            recovered(program);
            transfer = Integer.parseInt(program.await("AT"));
            System.out.printf(
                    "SIGKILL to program %d at %s of transfer %d, so that it has to be %s%n",
                    program.pid(), kill, transfer, kill.moment().isDecided() ? "committed" : "rolled back");
            program.kill();
        }
        killed = new Killed(kill, transfer);
        if (brokerToo) {
            killBroker();
        }
    }

    private void recovered(ChildProcess program) throws IOException {
        String found = program.await("FOUND");
        String left = program.await("RECOVERED");
        System.out.printf(
                "program %d has found in doubt (bank, broker): %s; after recovery: %s%n", program.pid(), found, left);
        if (!left.equals("0 0")) {
            faults.add("in doubt after recovery: " + left);
        }
        List<String> sent = List.of(program.await("SENT").split(" "));
        List<String> received = List.of(program.await("RECEIVED").split(" "));
        if (killed != null) {
            List<String> there = killed.kill.debit() ? sent : received;
            boolean committed = there.contains(Integer.toString(killed.transfer));
            if (committed != killed.kill.moment().isDecided()) {
                faults.add("killed at " + killed.kill + ", and transfer " + killed.transfer + " was "
                        + (committed ? "committed" : "rolled back"));
            }
        }
    }

    private void finish() throws Exception {
        try (ChildProcess program = startProgram(null)) {
            recovered(program);
            program.await("RECEIVING");
            killBroker();
            program.await("END");
            if (program.exitCode() != 0) {
                faults.add("the program has ended with " + program.exitCode());
            }
        }
    }

    private boolean verdict() throws SQLException, JMSException, XAException {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory(url());
                Bank bank = new Bank(directory)) {
            Audit audit = Audit.of(bank, factory);
            System.out.println();
            audit.print();
            faults.addAll(audit.faults(lives * each, kept));
        }
        faults.forEach(System.out::println);
        System.out.println(
                faults.isEmpty() ? "VERDICT: every transfer is whole, and nothing is in doubt" : "VERDICT: FAILED");
        return faults.isEmpty();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
