package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a broker starts, fails to start, and ends. */
@Timeout(180)
class BrokerLifeTest {
    @TempDir
    Path directory;

    private Broker broker(String... more) throws IOException {
        Map<String, String> options = new TreeMap<>(Map.of(
                "listenPort", "0",
                "storePathRootDir", directory.toString(),
                "mappedFileSizeCommitLog", "4194304",
                "maxMessageSize", "1048576"));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return new Broker(BrokerConfig.of(options), new NioDisk(), System::currentTimeMillis, false);
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("(broker|log|key)-.*"))
                .collect(Collectors.toSet());
    }

    private static void sendOne(Broker broker, String topic) throws Exception {
        try (NativePeer peer = new NativePeer(broker.address(), HeaderEncoding.JSON)) {
            peer.send(topic, 0, "t", "m");
        }
    }

    @Test
    void brokerThatCannotListenLeavesNoThreadAndItsDirectoryToTheNext() throws Exception {
        Set<Thread> before = threads();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Broker refused = broker("listenPort", Integer.toString(taken.getLocalPort()));
            assertThatIOException().isThrownBy(refused::start).withMessageContaining("can't listen");
        }
        await().untilAsserted(() -> assertThat(before).containsAll(threads()));
        try (Broker next = broker().start()) {
            sendOne(next, "TBW102");
        }
    }

    @Test
    void brokerOfADirectoryInUseIsRefusedAndTouchesNothingThere() throws Exception {
        try (Broker first = broker().start()) {
            Broker second = broker();
            assertThatIOException().isThrownBy(second::start);
            second.close();
            assertThat(Files.exists(directory.resolve("abort"))).isTrue();
            sendOne(first, "TBW102");
        }
        assertThat(Files.exists(directory.resolve("abort"))).isFalse();
    }

    @Test
    void brokerThatWasNeverStartedTouchesNothingWhenItIsClosed() throws Exception {
        broker().close();
        try (var files = Files.list(directory)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void brokerClosesOnceHoweverOftenItIsAsked() throws Exception {
        Broker broker = broker().start();
        broker.close();
        broker.close();
        assertThatIllegalStateException().isThrownBy(broker::start);
        try (Broker next = broker().start()) {
            broker.close();
            sendOne(next, "TBW102");
        }
    }
}
