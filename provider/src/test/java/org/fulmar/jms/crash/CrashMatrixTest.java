package org.fulmar.jms.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.fulmar.broker.transaction.Probe.Point;
import org.fulmar.jms.crash.CellChecker.Finding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * SIGKILL of the broker, a client or the transaction manager, at each point of a transaction's life: afterwards every
 * transaction is whole or absent, nothing is in doubt after two recovery scans, and nothing came twice unflagged.
 *
 * <p>Broker, client and manager are processes of their own. The broker is held at the point, by {@link
 * org.fulmar.broker.transaction.Probe}, while the victim is killed; a cell whose point is never passed fails. Options:
 * {@code -Dcrash.rounds} (1), {@code -Dcrash.seed} (random, printed; round n has the seed plus n), {@code -Dcrash.cell}
 * (all; else as {@code BROKER-SEND}). What failed is kept: the store, the decisions, and what the processes said.
 */
@Timeout(value = 200, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CrashMatrixTest {
    private static final int[] CHECKPOINT_MILLIS = {50, 1000, 60_000};

    private final int rounds = Integer.getInteger("crash.rounds", 1);
    private final long seed = Long.getLong("crash.seed", new Random().nextInt(1_000_000));
    private final String only = System.getProperty("crash.cell", "");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path directory;

    private final List<String> cells = new ArrayList<>();
    private Stage stage;
    private Observer observer;
    private int stages;

    /** One cell of a round. */
    record Cell(Victim victim, Point point, int round) {
        String title() {
            return victim + "-" + point;
        }

        String destinations() {
            return title().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + round;
        }
    }

    private Stream<Cell> cells() {
        List<Cell> all = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            for (Victim victim : Victim.values()) {
                for (Point point : Point.values()) {
                    all.add(new Cell(victim, point, round));
                }
            }
        }
        return all.stream().filter(cell -> only.isEmpty() || only.equals(cell.title()));
    }

    @ParameterizedTest
    @MethodSource("cells")
    @Order(1)
    void everyTransactionIsWholeOrAbsentAndNothingIsLeftInDoubt(Cell cell) throws Exception {
        Plan plan = Plan.of(cell.victim(), cell.point(), seed + cell.round());
        String again = "-Dcrash.seed=" + plan.seed() + " -Dcrash.cell=" + cell.title();
        long begun = System.nanoTime();
        boolean ok = false;
        try {
            setUp();
            CellRun run = new CellRun(stage, plan, cell.destinations());
            List<Finding> findings = run.run(observer);
            assertThat(findings)
                    .as("%s%n%s, in %s%n%s", plan, again, stage.directory(), run.history())
                    .isEmpty();
            cells.add(cell.destinations());
            ok = true;
        } finally {
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            System.out.println("crash " + plan + ": " + (ok ? "ok" : "FAILED") + ", " + millis + " ms, " + again);
            if (!ok) {
                tearDown();
            }
        }
    }

    @Test
    @Order(2)
    void whatHasEndedStaysEndedWhenTheBrokerIsKilledOnceMore() throws Exception {
        if (stage == null) {
            return;
        }
        stage.replace(Victim.BROKER);
        stage.startBroker();
        assertThat(observer.inDoubt()).as("branches in doubt, seed %d", seed).isZero();
        for (String cell : cells) {
            assertThat(observer.left(cell)).as("seed %d", seed).isEmpty();
        }
    }

    /** A cell that failed takes its processes and store with it. */
    private void setUp() throws IOException, InterruptedException {
        if (stage != null && stage.isWhole()) {
            return;
        }
        tearDown();
        Path own = Files.createDirectory(directory.resolve("stage" + stages));
        int checkpoint = CHECKPOINT_MILLIS[new Random(seed + stages).nextInt(CHECKPOINT_MILLIS.length)];
        stages++;
        stage = new Stage(own, checkpoint);
        observer = new Observer(stage.port());
    }

    @AfterAll
    void tearDown() {
        if (stage != null) {
            observer.close();
            stage.close();
            stage = null;
            cells.clear();
        }
    }
}
