package org.fulmar.jms.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.awaitility.core.ConditionTimeoutException;
import org.fulmar.jms.kill.HistoryEvent.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILLs the broker at random moments under {@link StormLoad}, whose clients never make a new connection, starts it
 * again, and in the end lets {@link StormChecker} judge in a process of its own.
 *
 * <p>The test's thread kills and starts the broker. Most lives last until every client is back, which is timed, and a
 * random while longer; some end while the clients are coming back. Options: {@code -Dstorm.cycles} (25),
 * {@code -Dstorm.seed} (random, printed), {@code -Dstorm.rate} (per producer and second). What failed is kept.
 */
@Tag("kill")
class StormTest {
    private static final int LONGEST_LIFE_MILLIS = 600;
    private static final int LONGEST_HASTY_MILLIS = 500;
    private static final int HASTY_OF_TEN = 2;
    private static final int SIGKILLED = 137;
    private static final Duration BACK_AGAIN = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofMillis(1_500);
    private static final Duration STUCK = Duration.ofSeconds(25);

    private final int cycles = Integer.getInteger("storm.cycles", 25);
    private final long seed = Long.getLong("storm.seed", new Random().nextInt(1_000_000));
    private final int perSecond = Integer.getInteger("storm.rate", 100);
    private final Random random = new Random(seed);
    private final StormLife life = new StormLife();

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private Path histories;
    private BrokerProcess broker;
    private HistoryWriter brokerHistory;
    private StormLoad load;

    @BeforeEach
    void prepare() throws Exception {
        System.out.println("storm test: -Dstorm.seed=" + seed + " -Dstorm.cycles=" + cycles + " in " + directory);
        histories = Files.createDirectory(directory.resolve("histories"));
        KillTarget target = KillTarget.fromSystemProperties();
        brokerHistory = new HistoryWriter(histories, "broker");
        broker = new BrokerProcess(target.brokerMain(), directory);
        String url = "fulmar://127.0.0.1:%d";
        load = new StormLoad(
                new KillTarget(target.brokerMain(), target.factoryClass(), url).factory(broker.port()),
                new KillTarget(target.brokerMain(), target.factoryClass(), url + "?prefetch=0").factory(broker.port()),
                histories,
                seed,
                perSecond,
                life);
    }

    @AfterEach
    void close() throws Exception {
        if (broker != null) {
            broker.close();
            brokerHistory.close();
        }
        if (load != null) {
            load.close();
        }
    }

    @Test
    @Timeout(560)
    void clientsGoOnOverKillsWithoutLossOrUnflaggedDuplicate() throws Exception {
        startBroker();
        load.open();
        load.start();
        for (int cycle = 0; cycle < cycles; cycle++) {
            if (random.nextInt(10) < HASTY_OF_TEN) {
                load.runFor(random.nextInt(LONGEST_HASTY_MILLIS));
            } else {
                awaitBack(System.nanoTime());
                load.runFor(random.nextInt(LONGEST_LIFE_MILLIS));
            }
            killBroker();
            startBroker();
        }
        awaitBack(System.nanoTime());
        load.stopProducers();
        drain();
        load.stopConsumers();
        assertThat(broker.stop())
                .as("the broker heeds SIGTERM:%n%s", broker.tail())
                .isIn(0, 143);

        CheckerProcess.Result result = CheckerProcess.run(StormChecker.class, histories, cycles);
        System.out.println(result.output());
        assertThat(load.failures())
                .as("seed %d, %s%n%s", seed, directory, result.output())
                .isEmpty();
        assertThat(result.ok())
                .as("seed %d, %s%n%s", seed, directory, result.output())
                .isTrue();
    }

    private void startBroker() throws Exception {
        broker.start();
        brokerHistory.write(HistoryEvent.broker(Kind.BROKER_READY, System.nanoTime()));
        life.ready();
    }

    private void killBroker() throws InterruptedException {
        life.killing();
        brokerHistory.write(HistoryEvent.broker(Kind.BROKER_KILLED, System.nanoTime()));
        assertThat(broker.kill())
                .as("killed while it was alive:%n%s", broker.tail())
                .isEqualTo(SIGKILLED);
        brokerHistory.write(HistoryEvent.broker(Kind.BROKER_DEAD, System.nanoTime()));
    }

    private void awaitBack(long since) {
        try {
            await("every client back")
                    .atMost(BACK_AGAIN)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> load.isBackSince(since));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "seed " + seed + ", " + directory + ": not back: " + load.missingSince(since) + ", failures: "
                            + load.failures(),
                    e);
        }
    }

    /** Until all that was sent for certain has come and nothing more comes; or nothing comes at all, for the checker. */
    private void drain() {
        await("drain")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    long quiet = load.progress().nanosSinceLastReceipt();
                    return quiet > STUCK.toNanos() || load.progress().missing() == 0 && quiet > QUIET.toNanos();
                });
    }
}
