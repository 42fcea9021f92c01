package org.fulmar.broker.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.Patience;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.FaultyDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.HeaderEncoding;

/**
 * A broker on a disk in memory, with a client of each sort. It saves its views when a test says so, and the test is told
 * before each of the files. Used by one thread at a time.
 */
final class TornBroker implements AutoCloseable {
    final AtomicLong clock;
    final FaultyDisk disk;
    final Broker broker;
    final AdminPeer admin;
    final NativePeer peer;
    final NativeProducer producer;

    /** Is told that a file of a checkpoint is about to be written; what it throws is the disk's failure. */
    interface BeforeFile {
        void before(String file) throws IOException;
    }

    TornBroker(FaultyDisk disk, long now, Map<String, String> more) throws Exception {
        this.disk = disk;
        this.clock = new AtomicLong(now);
        Map<String, String> options = new TreeMap<>();
        options.put("listenPort", "0");
        options.put("brokerName", "broker-a");
        options.put("storePathRootDir", "/store");
        options.put("mappedFileSizeCommitLog", "65536");
        options.put("mappedFileSizeConsumeQueue", "2000");
        options.put("maxMessageSize", "16384");
        options.put("maxHashSlotNum", "100");
        options.put("maxIndexNum", "100");
        options.put("checkpointIntervalMillis", "3600000");
        options.putAll(more);
        broker = new Broker(BrokerConfig.of(options), disk, clock::get, false).start();
        admin = new AdminPeer(broker.address());
        peer = new NativePeer(broker.address(), HeaderEncoding.ROCKETMQ);
        producer = new NativeProducer(broker.address(), "producer");
    }

    /** Saves everything; whether that was possible. */
    boolean save() throws Exception {
        return broker.saveViews().get(3 * Patience.SECONDS, TimeUnit.SECONDS);
    }

    /** As {@link #save}, and tells of each file, also of consume queues, before it is written, on another thread. */
    boolean save(BeforeFile listener) throws Exception {
        disk.hook(new FaultyDisk.Hook() {
            @Override
            public void before(FaultyDisk.Operation operation, Path file) throws IOException {
                if (operation == FaultyDisk.Operation.REPLACE && isView(file)) {
                    listener.before(file.getFileName().toString());
                }
            }

            @Override
            public void beforeWrite(Path file, long position, ByteBuffer data) throws IOException {
                if (file.startsWith("/store/consumequeue")
                        && Thread.currentThread().getName().startsWith("broker-maintenance")) {
                    listener.before(file.toString());
                }
            }
        });
        try {
            return save();
        } finally {
            disk.heal();
        }
    }

    static boolean isView(Path file) {
        return file.startsWith("/store/config") || file.endsWith("checkpoint");
    }

    /** The offsets that a group has committed of a topic, by queue. */
    Map<Integer, Long> committed(String topic, String group) throws Exception {
        Map<Integer, Long> offsets = new HashMap<>();
        peer.ask(RequestCode.GET_ALL_CONSUMER_OFFSET, Map.of())
                .json()
                .path("offsetTable")
                .path(topic + "@" + group)
                .properties()
                .forEach(each -> offsets.put(
                        Integer.parseInt(each.getKey()), each.getValue().asLong()));
        return offsets;
    }

    @Override
    public void close() throws Exception {
        admin.close();
        peer.close();
        producer.close();
        broker.close();
    }
}
