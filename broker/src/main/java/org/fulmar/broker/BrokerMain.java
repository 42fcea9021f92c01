package org.fulmar.broker;

import io.netty.util.NetUtil;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.config.BrokerOptions;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.Options;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The broker as a program. Runs until SIGTERM or SIGINT, on which it closes and ends with 0; 1 says that it could not
 * start, 2 that its arguments or its configuration are wrong.
 */
@Command(
        name = "fulmar-broker",
        description = "Runs a broker.",
        mixinStandardHelpOptions = true,
        version = "Fulmar broker 0.1.0",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:ended as told", "1:could not start", "2:wrong arguments or configuration"})
public final class BrokerMain implements Callable<Integer> {
    private static final String LOGGING = "logback.configurationFile";

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "properties file with options, see --help-config")
    private @Nullable Path file;

    @Option(
            names = {"-o", "--option"},
            paramLabel = "KEY=VALUE",
            description = "an option, before that of the file")
    private Map<String, String> options = new TreeMap<>();

    @Option(names = "--help-config", description = "print the options of the properties file and exit")
    private boolean helpConfig;

    @Option(names = "--hash-password", description = "read a password and print its hash for a users file")
    private boolean hashPassword;

    public static void main(String[] args) {
        if (System.getProperty(LOGGING) == null) {
            System.setProperty(LOGGING, "broker-logback.xml");
        }
        System.exit(new CommandLine(new BrokerMain())
                .setExecutionExceptionHandler(BrokerMain::failed)
                .execute(args));
    }

    private static int failed(Exception failure, CommandLine commandLine, ParseResult parsed) {
        boolean usage = failure instanceof ConfigurationException;
        commandLine
                .getErr()
                .println((usage ? "configuration: " : "the broker did not start: ")
                        + (failure instanceof RuntimeException && !usage ? failure.toString() : failure.getMessage()));
        commandLine.getErr().flush();
        return usage ? 2 : 1;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("not called by its command line");
        }
        PrintWriter out = spec.commandLine().getOut();
        if (helpConfig) {
            out.print(Options.help(BrokerOptions.ALL));
            out.flush();
            return 0;
        }
        if (hashPassword) {
            out.println(PasswordHash.of(password()).text());
            out.flush();
            return 0;
        }
        Broker broker = new Broker(configuration(), new NioDisk(), System::currentTimeMillis, false).start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(broker), "broker-end"));
        out.println("READY fulmar-broker " + NetUtil.toSocketAddressString(broker.address()));
        out.flush();
        new CountDownLatch(1).await();
        return 0;
    }

    private static String password() throws IOException {
        Console console = System.console();
        if (console != null) {
            return new String(console.readPassword("Password: "));
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line = in.readLine();
        return line == null ? "" : line;
    }

    private BrokerConfig configuration() throws IOException {
        Map<String, String> given = new TreeMap<>();
        if (file != null) {
            if (!Files.isReadable(file)) {
                throw new ConfigurationException("the file " + file + " can't be read");
            }
            given.putAll(Options.read(file));
        }
        given.putAll(options);
        return BrokerConfig.of(given);
    }

    /** Ends the process with 0, since a JVM that a signal ends would otherwise report the signal. */
    private static void end(Broker broker) {
        try {
            broker.close();
            Runtime.getRuntime().halt(0);
        } catch (IOException | InterruptedException e) {
            LoggerFactory.getLogger(BrokerMain.class).error("the broker was not closed in good order", e);
            Runtime.getRuntime().halt(1);
        }
    }
}
