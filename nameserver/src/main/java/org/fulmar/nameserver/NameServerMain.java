package org.fulmar.nameserver;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.fulmar.protocol.config.ConfigurationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The name server as a program. Runs until SIGTERM or SIGINT, on which it closes and ends with 0; 1 says that it could
 * not start, 2 that its arguments or its configuration are wrong.
 */
@Command(
        name = "fulmar-nameserver",
        description = "Runs a name server, which tells clients where topics are.",
        mixinStandardHelpOptions = true,
        version = "Fulmar name server 0.1.0",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:ended as told", "1:could not start", "2:wrong arguments or configuration"})
public final class NameServerMain implements Callable<Integer> {
    private static final String LOGGING = "logback.configurationFile";

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "properties file with options, see --help-config")
    private @Nullable Path file;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "PORT",
            description = "port to listen on, instead of the configured one; 0 takes a free one")
    private @Nullable Integer port;

    @Option(names = "--help-config", description = "print the options of the properties file and exit")
    private boolean helpConfig;

    public static void main(String[] args) {
        if (System.getProperty(LOGGING) == null) {
            System.setProperty(LOGGING, "nameserver-logback.xml");
        }
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new NameServerMain()).setExecutionExceptionHandler(NameServerMain::failed);
    }

    private static int failed(Exception failure, CommandLine commandLine, ParseResult parsed) {
        boolean usage = failure instanceof ConfigurationException;
        commandLine
                .getErr()
                .println((usage ? "configuration: " : "the name server did not start: ")
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
            out.print(NameServerOption.help());
            out.flush();
            return 0;
        }
        NameServerConfig config = configuration();
        NameServer server = new NameServer(port == null ? config : config.withListenPort(port)).start();
        Thread ending = new Thread(() -> end(server), "nameserver-end");
        Runtime.getRuntime().addShutdownHook(ending);
        out.println("READY fulmar-nameserver " + NetUtil.toSocketAddressString(server.address()));
        out.flush();
        new CountDownLatch(1).await();
        return 0;
    }

    /** Ends the process with 0, since a JVM that a signal ends would otherwise report the signal. */
    private static void end(NameServer server) {
        server.close();
        Runtime.getRuntime().halt(0);
    }

    private NameServerConfig configuration() throws IOException {
        if (file == null) {
            return NameServerConfig.defaults();
        }
        if (!Files.isReadable(file)) {
            throw new ConfigurationException("the file " + file + " can't be read");
        }
        return NameServerConfig.load(file);
    }
}
