package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.broker.server.NativePeer.ackHeader;
import static org.fulmar.broker.server.NativePeer.answer;
import static org.fulmar.broker.server.NativePeer.popHeader;
import static org.fulmar.broker.server.NativePeer.popped;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.broker.server.NativePeer.Popped;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real broker, whose clock the test sets, with a topic, and what a RocketMQ client that pops from it asks and is answered, in
 * either encoding of headers.
 */
abstract class PopWire {
    static final String TOPIC = "orders";
    static final String GROUP = "workers";
    static final long INVISIBLE = 30_000;

    @TempDir
    Path directory;

    final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    Broker broker;
    NativePeer peer;

    @BeforeEach
    void start() throws Exception {
        Map<String, String> options = new TreeMap<>();
        options.put("listenPort", "0");
        options.put("brokerName", "broker-a");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        options.put("enablePropertyFilter", "true");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false).start();
    }

    @AfterEach
    void stop() throws Exception {
        peer.close();
        broker.close();
    }

    void connect(HeaderEncoding encoding) throws Exception {
        peer = new NativePeer(broker.address(), encoding);
        peer.send(TOPIC, 0, "none", "makes the topic");
        pop("reader");
    }

    void restart(HeaderEncoding encoding) throws Exception {
        stop();
        start();
        peer = new NativePeer(broker.address(), encoding);
    }

    Map<String, String> header(String group) {
        return popHeader(group, TOPIC, INVISIBLE, clock.get());
    }

    Answer pop(Map<String, String> header) throws Exception {
        return peer.ask(RequestCode.POP_MESSAGE, header);
    }

    Answer pop(String group) throws Exception {
        return pop(header(group));
    }

    List<Popped> messages(String group) throws Exception {
        Answer answer = pop(group);
        if (answer.code() == ResponseCode.POLLING_TIMEOUT) {
            assertThat(answer.fields()).containsKeys("popTime", "invisibleTime", "reviveQid", "restNum");
            return List.of();
        }
        assertThat(answer.code()).as(answer.remark()).isZero();
        return popped(answer);
    }

    /** A group that has seen what made the topic, and no more. */
    void begin() throws Exception {
        for (Popped message : messages(GROUP)) {
            assertThat(acknowledge(message.handle()).code()).isZero();
        }
    }

    Answer acknowledge(PopHandle handle) throws Exception {
        return peer.ask(RequestCode.ACK_MESSAGE, ackHeader(GROUP, TOPIC, handle));
    }

    long committed(int queueId) throws Exception {
        Answer answer = peer.ask(
                RequestCode.QUERY_CONSUMER_OFFSET,
                Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", Integer.toString(queueId)));
        return answer.number("offset");
    }

    void reset(long offset) throws Exception {
        Map<String, String> to = Map.of(
                "group",
                GROUP,
                "topic",
                TOPIC,
                "queueId",
                "1",
                "offset",
                "" + offset,
                "timestamp",
                "-1",
                "isForce",
                "true");
        Answer done = peer.ask(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, to);
        assertThat(done.code()).as(done.remark()).isZero();
    }

    static List<String> bodies(List<Popped> messages) {
        return messages.stream().map(Popped::body).toList();
    }
}
