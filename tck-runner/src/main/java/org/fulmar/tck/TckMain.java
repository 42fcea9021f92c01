package org.fulmar.tck;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a kit of tests against Fulmar. Ends with 0 if all tests passed, 1 if not all did, 2 if it could not run them. */
@Command(
        name = "tck-runner",
        description = "Runs a kit of JUnit tests against Fulmar, each class in a JVM of its own.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:all tests passed", "1:not all tests passed", "2:the tests could not be run"})
public final class TckMain implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--tests", required = true, paramLabel = "PATH", description = "jar or directory of the tests")
    private Path tests = Path.of("");

    @Option(names = "--report", required = true, paramLabel = "DIR", description = "where the reports go")
    private Path report = Path.of("");

    @Option(names = "--mode", split = ",", description = "where the broker is: process, embedded, or both with a comma")
    private List<String> modes = List.of("process", "embedded");

    @Option(names = "--classes", description = "pattern of the full class names; all that end with IT if not given")
    private String classes = ".*IT";

    @Option(names = "--exclusions", paramLabel = "FILE", description = "class#method and a reason in each line")
    private @Nullable Path exclusions;

    @Option(names = "--pending", paramLabel = "TEXT=CAUSE", description = "names the cause of failures that print TEXT")
    private Map<String, String> pending = new TreeMap<>();

    @Option(
            names = "--jms-timeout",
            paramLabel = "MS",
            description = "how long tests wait for a message: ${DEFAULT-VALUE}")
    private long jmsTimeout = 5_000;

    @Option(names = "--test-limit", paramLabel = "S", description = "limit of a test: ${DEFAULT-VALUE}")
    private long testLimit = 300;

    @Option(names = "--class-limit", paramLabel = "S", description = "limit of a class: ${DEFAULT-VALUE}")
    private long classLimit = 3600;

    public static void main(String[] args) {
        System.exit(command().execute(args));
    }

    static CommandLine command() {
        return new CommandLine(new TckMain()).setExecutionExceptionHandler((failure, command, parsed) -> {
            boolean told = failure instanceof IOException || failure instanceof IllegalArgumentException;
            command.getErr().println(told ? failure.getMessage() : failure.toString());
            command.getErr().flush();
            return 2;
        });
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("not called by its command line");
        }
        if (!Files.isReadable(tests)) {
            throw new IllegalArgumentException(
                    tests + " can't be read: --tests names the jar or directory of the tests");
        }
        PrintWriter out = spec.commandLine().getOut();
        Exclusions excluded = exclusions == null ? new Exclusions(Map.of()) : Exclusions.read(exclusions);
        List<Mode> chosen = modes.stream().map(TckMain::mode).toList();
        boolean passed = true;
        for (Mode mode : chosen) {
            Path directory = report.toAbsolutePath().resolve(mode.name().toLowerCase(Locale.ROOT));
            RunReport run = new KitRun(
                            mode,
                            new TestJvm(tests.toAbsolutePath(), jmsTimeout),
                            classes,
                            excluded,
                            pending,
                            new Limits(testLimit, classLimit),
                            directory,
                            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                            out)
                    .run();
            out.println(run.title() + ": " + run.summary());
            out.println("see " + directory.resolve("report.html"));
            out.flush();
            passed &= run.passed();
        }
        return passed ? 0 : 1;
    }

    private static Mode mode(String name) {
        for (Mode mode : Mode.values()) {
            if (mode.name().equalsIgnoreCase(name.strip())) {
                return mode;
            }
        }
        throw new IllegalArgumentException("no such mode: " + name + "; there are process and embedded");
    }
}
