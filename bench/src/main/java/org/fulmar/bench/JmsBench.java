package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Measures one Jakarta Messaging provider with one scenario and prints what it saw: a line for people, then a line
 * {@code RESULT key=value …} for programs.
 *
 * <p>Only the jakarta.jms API is used; the provider is whatever {@code --factory} and {@code --url} name. Arguments that
 * {@value #THEN} parts are runs of their own, made one after the other, each whatever the one before it came to; the
 * RESULT lines tell which is which by {@code part}, counted from 0. Exit status, of several runs the highest: 0
 * measured, 1 failed, 2 unusable arguments, {@value #UNSUPPORTED} the provider cannot send asynchronously.
 */
@Command(
        name = "JmsBench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures a Jakarta Messaging provider.")
public final class JmsBench implements Callable<Integer> {

    /** Exit status when the provider refuses a send with a CompletionListener. */
    static final int UNSUPPORTED = 3;

    /** First word of the line meant for programs. */
    static final String RESULT = "RESULT";

    /** Argument between the arguments of two runs. */
    static final String THEN = "--then";

    private final int part;

    @Mixin
    private BenchOptions options = new BenchOptions();

    private JmsBench(int part) {
        this.part = part;
    }

    @Override
    public Integer call() throws Exception {
        Scenario scenario;
        try {
            options.check();
            scenario = Scenario.named(options.scenario);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        ConnectionFactory factory = ConnectionFactories.create(options.factory, options.url);
        try {
            RunResult result = scenario.run(options, factory);
            System.out.println(result.line());
            System.out.println(RESULT + " part=" + part + " " + result.keyValues());
            return CommandLine.ExitCode.OK;
        } catch (AsyncUnsupportedException e) {
            System.out.println(options.scenario + ": " + e.getMessage() + ": " + e.getCause());
            System.out.println(RESULT + " part=" + part + " scenario=" + options.scenario + " unsupported=async");
            return UNSUPPORTED;
        }
    }

    public static void main(String[] args) {
        int status = 0;
        int part = 0;
        int from = 0;
        for (int i = 0; i <= args.length; i++) {
            if (i == args.length || args[i].equals(THEN)) {
                CommandLine command = new CommandLine(new JmsBench(part++))
                        .setOverwrittenOptionsAllowed(true)
                        .setCaseInsensitiveEnumValuesAllowed(true);
                status = Math.max(status, command.execute(Arrays.copyOfRange(args, from, i)));
                from = i + 1;
            }
        }
        System.exit(status);
    }
}
