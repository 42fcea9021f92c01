package org.fulmar.jms.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import org.fulmar.jms.kill.HistoryEvent.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILLs the broker at random moments under {@link KillLoad}, starts it again, and in the end lets
 * {@link HistoryChecker} judge in a process of its own.
 *
 * <p>The test's thread kills and starts the broker and writes that down; the load runs beside it. After the drain the
 * consumers close in the normal way, the broker is killed once more, and the consumers come back: nothing may be
 * there. Options: {@code -Dkill.cycles} (25), {@code -Dkill.seed} (random, printed), {@code -Dkill.rate} (per
 * producer and second). What failed is kept: histories, store and the broker's output.
 */
@Tag("kill")
class KillTest {

    private static final int SHORTEST_LIFE_MILLIS = 150;
    private static final int LONGEST_LIFE_MILLIS = 1_200;
    private static final int SIGKILLED = 137;
    private static final Duration BACK_AGAIN = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofMillis(1_500);
    private static final Duration STUCK = Duration.ofSeconds(25);

    private final int cycles = Integer.getInteger("kill.cycles", 25);
    private final long seed = Long.getLong("kill.seed", new Random().nextInt(1_000_000));
    private final int perSecond = Integer.getInteger("kill.rate", 1_000);
    private final Random random = new Random(seed);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private Path histories;
    private BrokerProcess broker;
    private HistoryWriter brokerHistory;
    private KillLoad load;
    private long startNanos;

    @BeforeEach
    void prepare() throws Exception {
        System.out.println("kill test: -Dkill.seed=" + seed + " -Dkill.cycles=" + cycles + " in " + directory);
        histories = Files.createDirectory(directory.resolve("histories"));
        KillTarget target = KillTarget.fromSystemProperties();
        brokerHistory = new HistoryWriter(histories, "broker");
        broker = new BrokerProcess(target.brokerMain(), directory);
        load = new KillLoad(target.factory(broker.port()), histories, seed, perSecond);
    }

    @AfterEach
    void close() {
        if (load != null) {
            load.close();
        }
        if (broker != null) {
            broker.close();
            brokerHistory.close();
        }
    }

    @Test
    @Timeout(560)
    void keepsEveryPromiseOverKillsUnderLoad() throws Exception {
        startBroker();
        load.startConsumers();
        awaitBack("consumers connected", () -> load.consumersConnectedSince(startNanos));
        load.startProducers();
        for (int cycle = 0; cycle < cycles; cycle++) {
            runUntilKill();
            startBroker();
        }
        awaitBack("everybody connected", this::everybodyIsBack);
        load.stopProducers();
        drain();
        load.stopConsumers();

        killBroker();
        startBroker();
        load.startConsumers();
        awaitBack("consumers connected", () -> load.consumersConnectedSince(startNanos));
        awaitQuiet();
        load.stopConsumers();
        int exit = broker.stop();

        CheckerProcess.Result result = CheckerProcess.run(histories, cycles);
        System.out.println(result.output());
        assertThat(result.ok())
                .as("seed %d, %s%n%s", seed, directory, result.output())
                .isTrue();
        assertThat(load.failures()).as("seed %d, %s", seed, directory).isEmpty();
        assertThat(exit).as("the broker heeds SIGTERM:%n%s", broker.tail()).isIn(0, 143);
    }

    private void startBroker() throws Exception {
        startNanos = System.nanoTime();
        broker.start();
        brokerHistory.write(HistoryEvent.broker(Kind.BROKER_READY, System.nanoTime()));
    }

    private void killBroker() throws InterruptedException {
        brokerHistory.write(HistoryEvent.broker(Kind.BROKER_KILLED, System.nanoTime()));
        assertThat(broker.kill())
                .as("killed while it was alive:%n%s", broker.tail())
                .isEqualTo(SIGKILLED);
        brokerHistory.write(HistoryEvent.broker(Kind.BROKER_DEAD, System.nanoTime()));
    }

    private void runUntilKill() throws InterruptedException {
        Progress.Totals orders = load.progress().totals(KillLoad.ORDERS.destination());
        Progress.Totals events = load.progress().totals(KillLoad.EVENTS.destination());
        awaitBack(
                "load running",
                () -> everybodyIsBack() && movedOn(KillLoad.ORDERS, orders) && movedOn(KillLoad.EVENTS, events));
        load.runFor(SHORTEST_LIFE_MILLIS + random.nextInt(LONGEST_LIFE_MILLIS - SHORTEST_LIFE_MILLIS));
        killBroker();
    }

    private boolean everybodyIsBack() {
        return load.consumersConnectedSince(startNanos) && load.producersConnectedSince(startNanos);
    }

    private boolean movedOn(Channel channel, Progress.Totals before) {
        Progress.Totals now = load.progress().totals(channel.destination());
        return now.sent() > before.sent() && now.received() > before.received();
    }

    /**
     * Until all that was sent for certain has come and nothing more comes; or nothing comes at all, for the checker
     * to see.
     */
    private void drain() {
        await("drain")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    long quiet = load.progress().nanosSinceLastReceipt();
                    return quiet > STUCK.toNanos() || load.progress().missing() == 0 && quiet > QUIET.toNanos();
                });
    }

    private void awaitQuiet() {
        long from = System.nanoTime();
        await("quiet")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> System.nanoTime() - from > QUIET.toNanos()
                        && load.progress().nanosSinceLastReceipt() > QUIET.toNanos());
    }

    private void awaitBack(String what, Callable<Boolean> condition) {
        await(what).atMost(BACK_AGAIN).pollInterval(Duration.ofMillis(5)).until(condition);
    }
}
