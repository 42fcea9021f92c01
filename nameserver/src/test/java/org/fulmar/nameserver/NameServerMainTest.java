package org.fulmar.nameserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class NameServerMainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine commandLine = NameServerMain.commandLine();
        commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return commandLine.execute(args);
    }

    @Test
    void itSaysReadyServesAndEndsWithZeroOnSigterm() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        NameServerMain.class.getName(),
                        "-p",
                        "0")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String ready = lines.readLine();
            assertThat(ready).startsWith("READY fulmar-nameserver 127.0.0.1:");
            int port = Integer.parseInt(ready.substring(ready.lastIndexOf(':') + 1));
            try (Peer peer =
                    new Peer(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), HeaderEncoding.JSON)) {
                assertThat(peer.route("T").code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
                process.destroy();
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void helpConfigListsTheOptionsAndEndsWithZero() {
        assertThat(run("--help-config")).isZero();
        assertThat(out.toString()).contains("brokerExpiryMillis").contains("120000");
    }

    @Test
    void aPortInUseEndsWithOne() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThat(run("-p", "" + taken.getLocalPort())).isEqualTo(1);
        }
        assertThat(err.toString()).contains("can't listen").doesNotContain("\tat ");
    }

    @Test
    void wrongArgumentsOrConfigurationEndWithTwo(@TempDir Path directory) throws IOException {
        assertThat(run("--nonsense")).isEqualTo(2);
        assertThat(run("-p", "70000")).isEqualTo(2);
        assertThat(run("-c", directory.resolve("missing").toString())).isEqualTo(2);
        Path file = directory.resolve("ns.properties");
        Files.writeString(file, "listenPrt=1");
        assertThat(run("-c", file.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("0 to 65535").contains("missing").contains("did you mean listenPort?");
    }
}
