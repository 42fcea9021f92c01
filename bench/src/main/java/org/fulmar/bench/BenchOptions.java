package org.fulmar.bench;

import jakarta.jms.Session;
import picocli.CommandLine.Option;

/**
 * What one run of {@link JmsBench} was asked to do: plain values read from the command line.
 *
 * <p>Written once by picocli before the run and only read afterwards, by any thread.
 */
final class BenchOptions {

    /** The acknowledgement modes a listener may use. */
    enum Ack {
        AUTO(Session.AUTO_ACKNOWLEDGE),
        DUPS_OK(Session.DUPS_OK_ACKNOWLEDGE),
        CLIENT(Session.CLIENT_ACKNOWLEDGE);

        final int sessionMode;

        Ack(int sessionMode) {
            this.sessionMode = sessionMode;
        }
    }

    @Option(
            names = "--factory",
            required = true,
            paramLabel = "CLASS",
            description = "class name of the provider's ConnectionFactory")
    String factory = "";

    @Option(names = "--url", required = true, paramLabel = "URL", description = "where the broker is")
    String url = "";

    @Option(
            names = "--scenario",
            required = true,
            paramLabel = "NAME",
            description =
                    "sync-send, async-send, end-to-end, paced, tx-send, tx-receive, tx-forward, xa-send, xa-forward")
    String scenario = "";

    @Option(
            names = "--threads",
            defaultValue = "1",
            paramLabel = "N",
            description = "producer threads, or threads with transactions, one session each (${DEFAULT-VALUE})")
    int threads;

    @Option(
            names = "--consumers",
            defaultValue = "1",
            paramLabel = "N",
            description = "listeners, one session each (${DEFAULT-VALUE})")
    int consumers;

    @Option(
            names = "--connections",
            defaultValue = "1",
            paramLabel = "N",
            description =
                    "connections that the producers share; the listeners have as many of their own (${DEFAULT-VALUE})")
    int connections;

    @Option(
            names = "--size",
            defaultValue = "1024",
            paramLabel = "BYTES",
            description = "body of each BytesMessage, at least 8 (${DEFAULT-VALUE})")
    int size;

    @Option(
            names = "--ack",
            defaultValue = "AUTO",
            paramLabel = "MODE",
            description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE})")
    Ack ack = Ack.AUTO;

    @Option(
            names = "--ack-every",
            defaultValue = "1",
            paramLabel = "N",
            description = "with --ack CLIENT: acknowledge at each Nth message (${DEFAULT-VALUE})")
    int ackEvery;

    @Option(names = "--async", description = "send with a JMS 2 CompletionListener (end-to-end, paced)")
    boolean async;

    @Option(
            names = "--window",
            defaultValue = "256",
            paramLabel = "N",
            description = "asynchronous sends outstanding per producer (${DEFAULT-VALUE})")
    int window;

    @Option(
            names = "--rate",
            defaultValue = "2000",
            paramLabel = "N",
            description = "paced: messages a second over all producers (${DEFAULT-VALUE})")
    int rate;

    @Option(
            names = "--batch",
            defaultValue = "1",
            paramLabel = "N",
            description = "tx-*, xa-*: messages of a transaction, one sent for each received (${DEFAULT-VALUE})")
    int batch;

    @Option(
            names = "--backlog",
            defaultValue = "10000",
            paramLabel = "N",
            description =
                    "tx-receive, *-forward: messages in each thread's queue, a multiple of --batch (${DEFAULT-VALUE})")
    int backlog;

    @Option(
            names = "--warmup",
            defaultValue = "5",
            paramLabel = "S",
            description = "seconds before measuring (${DEFAULT-VALUE})")
    int warmup;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            paramLabel = "S",
            description = "seconds measured (${DEFAULT-VALUE})")
    int seconds;

    @Option(names = "--queue", paramLabel = "NAME", description = "queue to use (default: a new one for this run)")
    String queue = "bench." + Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);

    @Option(names = "--no-drain", description = "*-send: leave the messages in the queue")
    boolean noDrain;

    /** Refuses values with which a scenario could not run. */
    void check() {
        atLeast(1, threads, "--threads");
        atLeast(1, consumers, "--consumers");
        atLeast(1, connections, "--connections");
        atLeast(Long.BYTES, size, "--size");
        atLeast(1, ackEvery, "--ack-every");
        atLeast(1, window, "--window");
        atLeast(1, rate, "--rate");
        atLeast(1, batch, "--batch");
        atLeast(1, backlog, "--backlog");
        if (backlog % batch != 0) {
            throw new IllegalArgumentException("--backlog must be a multiple of --batch");
        }
        atLeast(0, warmup, "--warmup");
        atLeast(1, seconds, "--seconds");
    }

    private static void atLeast(int least, int value, String option) {
        if (value < least) {
            throw new IllegalArgumentException(option + " must be at least " + least);
        }
    }
}
