package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.NativePeer.popHeader;
import static org.fulmar.broker.server.NativePeer.popped;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Peeks at a group of which retention has deleted what it was given. */
@Timeout(60)
class PeekTest {
    private static final String TOPIC = "old";
    private static final int FILE_BYTES = 65_536;

    @TempDir
    Path directory;

    private final AtomicLong clock = new AtomicLong(1_700_000_000_000L);

    private Map<String, String> header() {
        Map<String, String> header = popHeader("workers", TOPIC, 30_000, clock.get());
        header.put("queueId", "1");
        header.put("maxMsgNums", "3");
        return header;
    }

    private static void send(NativePeer peer, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            peer.send(TOPIC, 1, "t", i + "x".repeat(1000));
        }
    }

    @Test
    void peekPassesOverReturnedMessagesWhoseFileIsGone() throws Exception {
        Map<String, String> options = new TreeMap<>();
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", Integer.toString(FILE_BYTES));
        options.put("maxMessageSize", "16384");
        options.put("cleanResourceInterval", "20");
        options.put("deleteCommitLogFilesInterval", "0");
        options.put("fileReservedTime", "72");
        options.put("deleteWhen", "00;01;02;03;04;05;06;07;08;09;10;11;12;13;14;15;16;17;18;19;20;21;22;23");
        try (Broker broker = new Broker(BrokerConfig.of(options), new FillingDisk(), clock::get, false).start();
                NativePeer peer = new NativePeer(broker.address(), HeaderEncoding.JSON)) {
            send(peer, 100);
            assertThat(popped(peer.ask(RequestCode.POP_MESSAGE, header()))).hasSize(3);
            clock.addAndGet(TimeUnit.HOURS.toMillis(73));
            send(peer, 100);
            await().until(() -> broker.retention().logStart() >= FILE_BYTES);
            Answer peeked = peer.ask(RequestCode.PEEK_MESSAGE, header());
            assertThat(peeked.code()).as(peeked.remark()).isZero();
            assertThat(peeked.body()).isNotEmpty();
        }
    }
}
