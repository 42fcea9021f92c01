package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.FilterWire.Wanted;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SQL92 filters on the wire of a real broker. */
@Timeout(180)
class SqlPullTest {
    private static final String TOPIC = "orders";
    private static final int QUEUE = 1;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    private final Map<String, String> options = new TreeMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Broker broker;
    private NativeProducer producer;
    private FilterWire consumer;

    @BeforeEach
    void start() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "16777216");
        options.put("flushDiskType", "ASYNC_FLUSH");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
        producer = new NativeProducer(broker.address(), "p");
        open.add(producer);
        consumer = consumer("c1");
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        broker.close();
    }

    private FilterWire consumer(String clientId) throws Exception {
        FilterWire made = new FilterWire(broker.address(), clientId);
        open.add(made);
        return made;
    }

    private void send(String body, Map<String, String> properties) throws Exception {
        assertThat(producer.send(TOPIC, body, 0, properties).code()).isZero();
    }

    private void sendNumbered(int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            send("m" + i, Map.of("n", Integer.toString(i), "TAGS", i % 2 == 0 ? "even" : "odd"));
        }
    }

    private static void refused(Answer answer, int code, String part) {
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).as(answer.remark()).isEqualTo(code);
    }

    @Test
    void aPullWithItsOwnTextGetsWhatMatches() throws Exception {
        sendNumbered(0, 10);
        Answer answer = consumer.pullText("g", Wanted.sql(TOPIC, "n BETWEEN 3 AND 5 AND TAGS = 'odd'", 0), QUEUE, 0);
        assertThat(answer.code()).isZero();
        assertThat(FilterWire.bodies(answer)).containsExactly("m3", "m5");
        assertThat(FilterWire.next(answer)).isEqualTo(10);
        Answer none = consumer.pullText("g", Wanted.sql(TOPIC, "n > 100", 0), QUEUE, 0);
        assertThat(none.code()).isEqualTo(ResponseCode.PULL_RETRY_IMMEDIATELY);
        assertThat(FilterWire.next(none)).isEqualTo(10);
    }

    @Test
    void aPullByHeartbeatGetsWhatTheLastHeartbeatAskedFor() throws Exception {
        sendNumbered(0, 10);
        Wanted first = Wanted.sql(TOPIC, "n < 2", 1);
        assertThat(consumer.heartbeat("g", first).code()).isZero();
        assertThat(consumer.drain("g", first, QUEUE)).containsExactly("m0", "m1");
        Wanted second = Wanted.sql(TOPIC, "n >= 8", 2);
        refused(
                consumer.pull("g", second, QUEUE, 0),
                ResponseCode.FILTER_DATA_NOT_LATEST,
                "its heartbeats have not told yet");
        assertThat(consumer.heartbeat("g", second).code()).isZero();
        assertThat(consumer.drain("g", second, QUEUE)).containsExactly("m8", "m9");
        consumer.heartbeat("g", first);
        assertThat(consumer.drain("g", second, QUEUE))
                .as("an older version does not win")
                .containsExactly("m8", "m9");
        Wanted tag = Wanted.tag(TOPIC, "odd", 3);
        consumer.heartbeat("g", tag);
        assertThat(consumer.drain("g", tag, QUEUE)).containsExactly("m1", "m3", "m5", "m7", "m9");
    }

    @Test
    void aPullOfAFilterNobodyHasToldIsRefusedAndNotAnsweredWithEverything() throws Exception {
        sendNumbered(0, 2);
        Wanted sql = Wanted.sql(TOPIC, "n < 2", 5);
        refused(consumer.pull("g", sql, QUEUE, 0), ResponseCode.SUBSCRIPTION_NOT_EXIST, "by a heartbeat");
        consumer.heartbeat("g", Wanted.tag(TOPIC, "*", 4));
        refused(consumer.pull("g", sql, QUEUE, 0), ResponseCode.FILTER_DATA_NOT_LATEST, "have not told yet");
    }

    @Test
    void aBadFilterIsToldAndBreaksNothingElse() throws Exception {
        sendNumbered(0, 3);
        send("other", Map.of());
        Wanted bad = Wanted.sql(TOPIC, "n >", 1);
        refused(consumer.checkConfig(bad), ResponseCode.SUBSCRIPTION_PARSE_FAILED, "position 4");
        refused(consumer.pullText("g", bad, QUEUE, 0), ResponseCode.SUBSCRIPTION_PARSE_FAILED, "position 4");
        Wanted retry = Wanted.tag("%RETRY%g", "*", 1);
        assertThat(consumer.heartbeat("g", bad, retry).code()).isZero();
        refused(consumer.pull("g", bad, QUEUE, 0), ResponseCode.FILTER_DATA_NOT_EXIST, "position 4");
        assertThat(consumer.pull("g", retry, 0, 0).code()).isEqualTo(ResponseCode.PULL_NOT_FOUND);
        assertThat(consumer.checkConfig(Wanted.sql(TOPIC, "n > 1", 1)).code()).isZero();
        assertThat(consumer.checkConfig(Wanted.tag(TOPIC, "x", 1)).code()).isZero();
        refused(
                consumer.checkConfig(new Wanted(TOPIC, "XPATH", "//a", 1)),
                ResponseCode.SUBSCRIPTION_PARSE_FAILED,
                "no filters of type XPATH");
        refused(
                consumer.checkConfig(Wanted.sql(TOPIC, "x".repeat(100_000), 1)),
                ResponseCode.SUBSCRIPTION_PARSE_FAILED,
                "at most 16384");
        consumer.heartbeat("g", Wanted.sql(TOPIC, "x".repeat(100_000), 2));
        refused(
                consumer.pull("g", Wanted.sql(TOPIC, "", 2), QUEUE, 0),
                ResponseCode.FILTER_DATA_NOT_EXIST,
                "at most 16384");
    }

    @Test
    void aWaitingPullIsWokenByAMessageThatMatchesAlone() throws Exception {
        sendNumbered(0, 1);
        Wanted wanted = Wanted.sql(TOPIC, "n = 7", 1);
        consumer.heartbeat("g", wanted);
        CompletableFuture<Frame> parked = consumer.park("g", wanted, QUEUE, 1, 30_000);
        CompletableFuture<Frame> impatient = consumer.park("g", wanted, QUEUE, 1, 1_000);
        // what comes after on a connection is handled after
        assertThat(consumer.wire.maxOffset(TOPIC, QUEUE)).isEqualTo(1);
        sendNumbered(1, 7);
        clock.addAndGet(1_000);
        Answer over = NativeProducer.answer(impatient);
        assertThat(over.code()).isEqualTo(ResponseCode.PULL_NOT_FOUND);
        assertThat(FilterWire.next(over))
                .as("it goes on behind what was looked at")
                .isEqualTo(7);
        assertThat(parked.isDone()).isFalse();
        sendNumbered(7, 8);
        Answer woken = NativeProducer.answer(parked);
        assertThat(FilterWire.bodies(woken)).containsExactly("m7");
        assertThat(FilterWire.next(woken)).isEqualTo(8);
    }

    @Test
    void aLongQueueOfUnwantedMessagesIsPassedInSteps() throws Exception {
        sendNumbered(0, 2_000);
        Wanted wanted = Wanted.sql(TOPIC, "n IN ('3', '1999') OR n = 1500", -1);
        assertThat(consumer.drain("g", wanted, QUEUE)).containsExactly("m3", "m1500", "m1999");
        Wanted costly = Wanted.sql(TOPIC, "n = 1999 OR w LIKE '%" + "_".repeat(60) + "y%'", -1);
        for (int i = 0; i < 50; i++) {
            send("w" + i, Map.of("w", "x".repeat(10_000)));
        }
        send("last", Map.of("n", "1999"));
        Answer some = consumer.pullText("g", costly, QUEUE, 2_000);
        assertThat(some.code()).isEqualTo(ResponseCode.PULL_RETRY_IMMEDIATELY);
        assertThat(FilterWire.next(some)).isBetween(2_001L, 2_049L);
        assertThat(consumer.drain("g", costly, QUEUE)).containsExactly("m1999", "last");
    }

    @Test
    void whereFiltersAreSwitchedOffTheyAreRefusedWithTheOptionsName() throws Exception {
        sendNumbered(0, 1);
        stop();
        open.clear();
        options.put("enablePropertyFilter", "false");
        start();
        Wanted sql = Wanted.sql(TOPIC, "n = 0", 1);
        refused(consumer.checkConfig(sql), ResponseCode.SYSTEM_ERROR, "enablePropertyFilter");
        refused(consumer.pullText("g", sql, QUEUE, 0), ResponseCode.SYSTEM_ERROR, "enablePropertyFilter");
        consumer.heartbeat("g", sql);
        refused(consumer.pull("g", sql, QUEUE, 0), ResponseCode.SYSTEM_ERROR, "enablePropertyFilter");
    }

    private List<SubscriptionConflict> conflicts() {
        return broker.onCore(broker.clients()::conflicts);
    }

    @Test
    void membersThatSubscribeDifferentlyAreKnownUntilTheyAgree() throws Exception {
        FilterWire other = consumer("c2");
        consumer.heartbeat("g", Wanted.sql(TOPIC, "n = 1", 1), Wanted.tag("%RETRY%g", "*", 1));
        consumer.heartbeat("alike", Wanted.tag(TOPIC, "x", 1));
        other.heartbeat("alike", Wanted.tag(TOPIC, "x", 9));
        assertThat(conflicts()).isEmpty();
        other.heartbeat("g", Wanted.sql(TOPIC, "n = 2", 2), Wanted.tag("%RETRY%g", "*", 2));
        SubscriptionConflict conflict = new SubscriptionConflict("g", TOPIC, "c2", "SQL92 n = 2", "SQL92 n = 1");
        assertThat(conflicts()).containsExactly(conflict);
        consumer.heartbeat("g", Wanted.sql(TOPIC, "n = 1", 1), Wanted.tag("%RETRY%g", "*", 1));
        assertThat(conflicts()).containsExactly(conflict);
        consumer.heartbeat("g", Wanted.sql(TOPIC, "n = 2", 3), Wanted.tag("%RETRY%g", "*", 1));
        assertThat(conflicts()).isEmpty();
        consumer.heartbeat("g", Wanted.tag("%RETRY%g", "*", 1));
        assertThat(conflicts()).containsExactly(new SubscriptionConflict("g", TOPIC, "c1", "", "SQL92 n = 2"));
        consumer.close();
        await().until(() -> conflicts().isEmpty());
        open.remove(consumer);
    }
}
