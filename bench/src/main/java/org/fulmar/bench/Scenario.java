package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;

/**
 * One kind of load. A scenario opens what it needs, warms up, measures, closes, and returns what it measured; it keeps
 * no state between runs.
 */
interface Scenario {

    RunResult run(BenchOptions options, ConnectionFactory factory) throws Exception;

    static Scenario named(String name) {
        return switch (name) {
            case "sync-send" -> new SendOnly(false);
            case "async-send" -> new SendOnly(true);
            case "end-to-end" -> new EndToEnd();
            case "paced" -> new Paced();
            case "tx-send" -> new TransactedSend(false);
            case "tx-receive" -> new TransactedReceive();
            case "tx-forward" -> new TransactedForward(false);
            case "xa-send" -> new TransactedSend(true);
            case "xa-forward" -> new TransactedForward(true);
            default -> throw new IllegalArgumentException("no such scenario: " + name);
        };
    }

    /** Whether the scenario of this name wants an XAConnectionFactory. */
    static boolean isXa(String name) {
        return name.startsWith("xa-");
    }
}
