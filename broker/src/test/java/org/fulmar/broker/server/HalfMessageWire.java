package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.protocol.jms.JmsCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real broker, whose clock the test sets, with a topic, and a RocketMQ producer that sends half messages to it. */
abstract class HalfMessageWire {
    static final String TOPIC = "orders";
    static final int QUEUE = 1;

    @TempDir
    Path directory;

    final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    final AtomicInteger checkBacks = new AtomicInteger();
    final Probe probe = point -> {
        if (point == Probe.Point.CHECK_BACK) {
            checkBacks.incrementAndGet();
        }
    };
    final Map<String, String> options = new TreeMap<>();
    final List<AutoCloseable> open = new ArrayList<>();
    Broker broker;
    NativeProducer producer;

    @BeforeEach
    void start() throws Exception {
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        options.put("transactionCheckMax", "2");
        options.put("maxHalfMessages", "5");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false, probe).start();
        producer = producer("g");
        assertThat(producer.send(TOPIC, "makes the topic", 0, Map.of()).code()).isZero();
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        broker.close();
    }

    NativeProducer producer(String group) throws Exception {
        NativeProducer made = new NativeProducer(broker.address(), group);
        open.add(made);
        return made;
    }

    /** Once from the checkpoint, once from the log alone. */
    void restartTwice() throws Exception {
        stop();
        open.clear();
        start();
        stop();
        open.clear();
        Path config = directory.resolve("config");
        assertThat(Files.deleteIfExists(config.resolve("halfMessages"))).isTrue();
        Files.deleteIfExists(config.resolve("halfMessages.bak"));
        start();
    }

    long messages() throws Exception {
        return producer.maxOffset(TOPIC, QUEUE);
    }

    static void told(Answer answer, int code, String part) {
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).as(answer.remark()).isEqualTo(code);
    }

    JsonNode listed(String max, long after) throws Exception {
        Answer answer = producer.ask(JmsCode.ADMIN_HALF_MESSAGES, Map.of("max", max, "after", Long.toString(after)));
        assertThat(answer.code()).as(answer.remark()).isZero();
        return answer.json();
    }
}
