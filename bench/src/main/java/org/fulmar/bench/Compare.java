package org.fulmar.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Runs {@link JmsBench} against our broker and the peers in turn (A B C A B C …) and prints each run, then per scenario
 * the medians and the ratio ours/peer with its spread, as a Markdown table.
 *
 * <p>Every run, or with {@code --together} every round, has a fresh broker and a fresh client, each in a JVM of its own;
 * only one broker runs at a time. Exit status: 0 all measured, 1 a run failed (the others are still made), 2 unusable
 * arguments.
 */
@Command(
        name = "Compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compares Fulmar with its peers.")
public final class Compare implements Callable<Integer> {

    /** The runs that are made where none is asked for. */
    enum Suite {
        BASIC(
                "sync-send --threads 1",
                "sync-send --threads 16",
                "end-to-end --threads 4 --consumers 4 --ack AUTO",
                "end-to-end --async --ack AUTO",
                "end-to-end --async --ack DUPS_OK",
                "paced --rate 2000 --threads 4"),
        /** Those that leave much behind come last, for {@code --together}. */
        TRANSACTED(
                "tx-receive --batch 1",
                "tx-receive --batch 10",
                "tx-receive --batch 100",
                "tx-forward --batch 1",
                "tx-forward --batch 10",
                "xa-forward --threads 1 --backlog 1000",
                "xa-forward --threads 8 --backlog 1000",
                "xa-send --threads 1",
                "xa-send --threads 8",
                "tx-send --batch 1 --no-drain",
                "tx-send --batch 10 --no-drain",
                "tx-send --batch 100 --no-drain");

        private final List<String> runs;

        Suite(String... runs) {
            this.runs = List.of(runs);
        }
    }

    @Mixin
    private BrokerOptions brokers = new BrokerOptions();

    @Option(
            names = "--run",
            paramLabel = "'SCENARIO ARGS'",
            description = "a scenario and its JmsBench arguments; may be repeated (default: those of --suite)")
    private List<String> runs = new ArrayList<>();

    @Option(
            names = "--suite",
            defaultValue = "BASIC",
            paramLabel = "SUITE",
            description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE})")
    private Suite suite = Suite.BASIC;

    @Option(
            names = "--together",
            description = "make all runs of a round in their order with one broker and one client: quicker, JVMs warm")
    private boolean together;

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

    @Option(
            names = "--next-warmup",
            paramLabel = "S",
            description = "seconds, with --together: of every run but the first (default: as --warmup)")
    private @Nullable Integer nextWarmup;

    @Option(names = "--seconds", defaultValue = "10", paramLabel = "S", description = "seconds (${DEFAULT-VALUE})")
    private int seconds;

    @Override
    public Integer call() throws InterruptedException {
        List<BenchedBroker> all = new ArrayList<>();
        try {
            all.add(brokers.ours());
            all.addAll(brokers.peers());
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        List<String> peers = all.stream().skip(1).map(BenchedBroker::name).toList();
        List<Rounds> done = new ArrayList<>();
        boolean failed = false;
        for (List<String> group : groups()) {
            for (Durability durability : durabilities) {
                List<Rounds> results = group.stream()
                        .map(run -> new Rounds(run, durability, peers))
                        .toList();
                done.addAll(results);
                failed |= !compare(all, results, durability);
            }
        }
        done.forEach(result -> result.keyValues().forEach(System.out::println));
        System.out.println();
        Rounds.TABLE_HEAD.forEach(System.out::println);
        done.forEach(result -> result.rows().forEach(System.out::println));
        System.out.println();
        done.stream()
                .flatMap(result -> all.stream().map(result::caveat))
                .filter(caveat -> !caveat.isEmpty())
                .distinct()
                .forEach(System.out::println);
        return failed ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    /** The runs, those in one list that share a broker. */
    private List<List<String>> groups() {
        List<String> all = runs.isEmpty() ? suite.runs : runs;
        return together ? List.of(all) : all.stream().map(List::of).toList();
    }

    /** Makes all rounds of scenarios that share a broker; returns false, having said why, when a run failed. */
    private boolean compare(List<BenchedBroker> all, List<Rounds> results, Durability durability)
            throws InterruptedException {
        boolean measured = true;
        for (int round = 1; round <= rounds; round++) {
            for (int i = 0; i < all.size(); i++) {
                measured &= runOnce(all, i, results, durability, round);
            }
        }
        return measured;
    }

    private boolean runOnce(List<BenchedBroker> all, int number, List<Rounds> results, Durability durability, int round)
            throws InterruptedException {
        List<List<String>> arguments = new ArrayList<>();
        for (Rounds result : results) {
            arguments.add(arguments(result.title(), arguments.isEmpty() || nextWarmup == null ? warmup : nextWarmup));
        }
        Duration load = Duration.ofSeconds((long) (warmup + seconds) * arguments.size());
        BenchedBroker broker = all.get(number);
        String what = (char) ('A' + number) + " " + broker.name() + ", ";
        List<Map<String, String>> measured;
        try {
            measured = new BrokerRun(brokers).run(broker, durability, load, arguments);
        } catch (IOException e) {
            System.out.println(what + durability + ", round " + round + ": " + e.getMessage());
            measured = Collections.nCopies(results.size(), Map.of());
        }
        for (int i = 0; i < results.size(); i++) {
            Map<String, String> result = measured.get(i);
            results.get(i).add(number, result);
            System.out.println((result.isEmpty() ? "FAILED " : "") + what
                    + results.get(i).title() + ", " + durability + ", round " + round + ": " + result);
        }
        return measured.stream().noneMatch(Map::isEmpty);
    }

    private List<String> arguments(String run, int warmupSeconds) {
        List<String> arguments =
                new ArrayList<>(List.of("--warmup=" + warmupSeconds, "--seconds=" + seconds, "--scenario"));
        arguments.addAll(List.of(run.trim().split("\\s+")));
        return arguments;
    }

    public static void main(String[] args) {
        CommandLine command = new CommandLine(new Compare());
        command.registerConverter(Durability.class, Durability::named);
        command.setCaseInsensitiveEnumValuesAllowed(true);
        System.exit(command.execute(args));
    }
}
