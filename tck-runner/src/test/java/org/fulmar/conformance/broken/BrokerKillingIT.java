package org.fulmar.conformance.broken;

import org.junit.jupiter.api.Test;

/** Kills the broker that its parent process has started, and passes. */
class BrokerKillingIT {
    @Test
    void passes() {
        ProcessHandle runner = ProcessHandle.current().parent().orElseThrow();
        ProcessHandle broker = runner.children()
                .filter(child -> child.pid() != ProcessHandle.current().pid())
                .filter(child -> child.info().commandLine().orElse("").contains("org.fulmar.broker.BrokerMain"))
                .findFirst()
                .orElseThrow();
        broker.destroyForcibly();
        broker.onExit().join();
    }
}
