package org.fulmar.conformance.broken;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Kills the broker that its parent process has started, and passes. */
class BrokerKillingIT {
    @Test
    void passes() {
        ProcessHandle runner = ProcessHandle.current().parent().orElseThrow();
        ProcessHandle broker = runner.children()
                .filter(child -> child.pid() != ProcessHandle.current().pid())
                .filter(child -> commandLine(child).contains("org.fulmar.broker.BrokerMain"))
                .findFirst()
                .orElseThrow();
        broker.destroyForcibly();
        broker.onExit().join();
    }

    /** The whole of it, where that can be had: the JDK tells no more than a page, which a class path may fill. */
    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return process.info().commandLine().orElse("");
        }
    }
}
