package org.fulmar.broker.transaction.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The broker dies at each single operation of the disk while old files are deleted. */
@Timeout(300)
class RetentionCrashTest {
    private static final int FILE_BYTES = 65_536;
    /** Of one deletion; it has fewer. */
    private static final int OPERATIONS = 150;

    private static Map<String, String> options() {
        Map<String, String> options = new TreeMap<>(RetentionModelTest.OPTIONS);
        // nothing besides touches the disk
        options.put("checkpointIntervalMillis", "3600000");
        options.put("flushIntervalCommitLog", "60000");
        options.put("messageIndexEnable", "false");
        options.put("deleteFileBatchMax", "50");
        return options;
    }

    @Test
    void deathAtAnyStepOfADeletionLosesAndDoublesNothing() throws Exception {
        int operation = 1;
        boolean died = true;
        while (died && operation < OPERATIONS) {
            died = deleteAndDieAt(operation, operation % 3 == 0);
            operation += 1 + operation / 8;
        }
        assertThat(operation).as("operations of a deletion").isGreaterThan(15);
    }

    /** Whether it died before the deletion was over. */
    private static boolean deleteAndDieAt(int operation, boolean losesPower) throws Exception {
        try (Quiet quiet = new Quiet();
                Machine machine = new Machine(options(), losesPower, operation)) {
            RemotingClient client = new RemotingClient("crash", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
            RetentionDriver driver =
                    new RetentionDriver(machine, new Random(7), deliveries -> new Wire(client, machine, deliveries));
            try {
                machine.start();
                driver.connect();
                for (int i = 0; i < 8; i++) {
                    driver.send(20);
                    driver.acknowledge(10);
                    driver.prepare();
                }
                machine.advance(2 * 3_600_000);
                driver.send(5);
                machine.dieAtOperation(operation);
                await().until(() -> machine.isDead() || driver.state().logStart() > 2 * FILE_BYTES);
                boolean died = machine.isDead();
                machine.dieAtOperation(0);
                driver.drain();
                return died;
            } catch (AssertionError | Exception e) {
                throw new AssertionError("dead at operation " + operation + ": " + e, e);
            } finally {
                client.close();
            }
        }
    }
}
