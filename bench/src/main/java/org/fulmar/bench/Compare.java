package org.fulmar.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Runs {@link JmsBench} against our broker and a peer's in turn (A B A B …) and prints each run, then per scenario the
 * medians and the ratio ours/peer with its spread, as a Markdown table.
 *
 * <p>Every run has a fresh broker and a fresh client, each in a JVM of its own; only one broker runs at a time. Exit
 * status: 0 all measured, 1 a run failed (the others are still made), 2 unusable arguments.
 */
@Command(
        name = "Compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compares Fulmar with a peer.")
public final class Compare implements Callable<Integer> {

    private static final List<String> ALL_RUNS = List.of(
            "sync-send --threads 1",
            "sync-send --threads 16",
            "end-to-end --threads 4 --consumers 4 --ack AUTO",
            "end-to-end --async --ack AUTO",
            "end-to-end --async --ack DUPS_OK",
            "paced --rate 2000 --threads 4");

    @Mixin
    private BrokerOptions brokers = new BrokerOptions();

    @Option(
            names = "--run",
            paramLabel = "'SCENARIO ARGS'",
            description = "a scenario and its JmsBench arguments; may be repeated (default: all)")
    private List<String> runs = new ArrayList<>();

    @Option(
            names = "--durability",
            split = ",",
            defaultValue = "forced,no-force",
            paramLabel = "MODE",
            description = "forced, written, no-force (${DEFAULT-VALUE})")
    private List<Durability> durabilities = new ArrayList<>();

    @Option(names = "--rounds", defaultValue = "3", paramLabel = "N", description = "rounds (${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--warmup", defaultValue = "5", paramLabel = "S", description = "seconds (${DEFAULT-VALUE})")
    private int warmup;

    @Option(names = "--seconds", defaultValue = "10", paramLabel = "S", description = "seconds (${DEFAULT-VALUE})")
    private int seconds;

    @Override
    public Integer call() throws InterruptedException {
        BenchedBroker ours;
        BenchedBroker peer;
        try {
            ours = brokers.ours();
            peer = brokers.peer();
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        List<Rounds> done = new ArrayList<>();
        boolean failed = false;
        for (String run : runs.isEmpty() ? ALL_RUNS : runs) {
            for (Durability durability : durabilities) {
                Rounds result = new Rounds(run, durability);
                done.add(result);
                failed |= !compare(ours, peer, run, result, durability);
            }
        }
        done.forEach(result -> System.out.println(result.keyValues()));
        System.out.println();
        Rounds.TABLE_HEAD.forEach(System.out::println);
        done.forEach(result -> System.out.println(result.row()));
        return failed ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    /** Makes all rounds of one scenario; returns false, having said why, when one failed. */
    private boolean compare(
            BenchedBroker ours, @Nullable BenchedBroker peer, String run, Rounds result, Durability durability)
            throws InterruptedException {
        try {
            for (int round = 1; round <= rounds; round++) {
                result.addOurs(runOnce("A", ours, run, durability, round));
                if (peer != null) {
                    result.addPeer(runOnce("B", peer, run, durability, round));
                }
            }
            return true;
        } catch (IOException e) {
            System.out.println("FAILED " + run + ", " + durability + ": " + e.getMessage());
            return false;
        }
    }

    private Map<String, String> runOnce(String side, BenchedBroker broker, String run, Durability durability, int round)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("--warmup=" + warmup, "--seconds=" + seconds, "--scenario"));
        arguments.addAll(List.of(run.trim().split("\\s+")));
        Map<String, String> result =
                new BrokerRun(brokers).run(broker, durability, Duration.ofSeconds(warmup + seconds), arguments);
        System.out.println(
                side + " " + broker.name() + ", " + run + ", " + durability + ", round " + round + ": " + result);
        return result;
    }

    public static void main(String[] args) {
        CommandLine command = new CommandLine(new Compare());
        command.registerConverter(Durability.class, Durability::named);
        System.exit(command.execute(args));
    }
}
