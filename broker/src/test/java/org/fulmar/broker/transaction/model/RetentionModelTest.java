package org.fulmar.broker.transaction.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever of old files goes, and whenever the broker dies of it: what still counts stays, once and in its order. */
@Timeout(300)
class RetentionModelTest {
    private static final int FILE_BYTES = 65_536;
    static final Map<String, String> OPTIONS = Map.ofEntries(
            Map.entry("mappedFileSizeCommitLog", Integer.toString(FILE_BYTES)),
            Map.entry("mappedFileSizeConsumeQueue", "2000"),
            Map.entry("maxMessageSize", "16384"),
            Map.entry("maxHashSlotNum", "100"),
            Map.entry("maxIndexNum", "200"),
            Map.entry("checkpointIntervalMillis", "50"),
            Map.entry("fileReservedTime", "1"),
            Map.entry("deleteWhen", "0;1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23"),
            Map.entry("cleanResourceInterval", "10"),
            Map.entry("deleteCommitLogFilesInterval", "0"),
            Map.entry("deleteFileBatchMax", "3"),
            Map.entry("maxRedeliveries", "-1"),
            Map.entry("relocationBytesPerSecond", "1073741824"));

    private static final int STEPS = 350;

    @ParameterizedTest
    @CsvSource({"1,false", "102,true", "3,true", "109,false", "112,true", "115,false"})
    void nothingThatCountsIsLostDoubledOrOutOfOrder(long seed, boolean losesPower) throws Exception {
        Random random = new Random(seed);
        try (Quiet quiet = new Quiet();
                Machine machine = new Machine(OPTIONS, losesPower, seed)) {
            RemotingClient client = new RemotingClient("model", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
            RetentionDriver driver =
                    new RetentionDriver(machine, random, deliveries -> new Wire(client, machine, deliveries));
            try {
                machine.start();
                driver.connect();
                for (int step = 0; step < STEPS; step++) {
                    step(driver, machine, random);
                }
                driver.awaitStart(21L * FILE_BYTES);
                driver.drain();
                assertThat(driver.movedMessages()).as("messages moved").isPositive();
            } catch (AssertionError | Exception e) {
                throw new AssertionError("seed " + seed + (losesPower ? " with power loss: " : ": ") + e, e);
            } finally {
                client.close();
            }
        }
    }

    private static void step(RetentionDriver driver, Machine machine, Random random) throws Exception {
        if (machine.isDead()) {
            driver.comeBack(machine.losesPower());
        }
        int kind = random.nextInt(100);
        if (kind < 60) {
            driver.send(1 + random.nextInt(12));
        } else if (kind < 84) {
            driver.acknowledge(1 + random.nextInt(10));
        } else if (kind < 90) {
            driver.advance(random.nextInt(2 * 3_600_000));
        } else if (kind < 93) {
            driver.prepare();
        } else if (kind < 95) {
            driver.decide();
        } else if (kind < 98) {
            machine.dieAtOperation(1 + random.nextInt(200));
        } else {
            machine.dieAtOperation(0);
            driver.comeBack(false);
        }
    }
}
