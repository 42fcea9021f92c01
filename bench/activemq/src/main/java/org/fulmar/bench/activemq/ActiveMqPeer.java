package org.fulmar.bench.activemq;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;

/**
 * An ActiveMQ Classic broker in a JVM of its own, on the loopback only, without security, with its KahaDB below one
 * directory.
 *
 * <p>Arguments: the port; the directory; when the journal is forced (KahaDB's journalDiskSyncStrategy: always, periodic
 * or never); how a journal file is allocated ahead (KahaDB's preallocationStrategy). Prints READY when it serves
 * clients; ends when standard input ends, or by SIGTERM.
 */
public final class ActiveMqPeer {

    private static final int HEAP_PERCENT = 70;
    private static final long STORE_BYTES = 32L << 30;
    private static final long TEMPORARY_BYTES = 1L << 30;

    private ActiveMqPeer() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 4) {
            throw new IllegalArgumentException("arguments: PORT DIRECTORY SYNC-STRATEGY PREALLOCATION");
        }
        BrokerService broker = broker(Integer.parseInt(args[0]), Path.of(args[1]), args[2], args[3]);
        broker.start();
        if (!broker.waitUntilStarted()) {
            throw new IllegalStateException("the broker did not come up", broker.getStartException());
        }
        System.out.println("READY sync=" + args[2]);
        while (System.in.read() >= 0) {
            continue;
        }
        broker.stop();
        System.exit(0);
    }

    private static BrokerService broker(int port, Path directory, String sync, String preallocation) throws Exception {
        BrokerService broker = new BrokerService();
        broker.setBrokerName("peer");
        broker.setUseJmx(false);
        broker.setDataDirectory(directory.resolve("data").toString());
        broker.setPersistenceAdapter(store(directory, sync, preallocation));
        broker.getSystemUsage().getMemoryUsage().setPercentOfJvmHeap(HEAP_PERCENT);
        broker.getSystemUsage().getStoreUsage().setLimit(STORE_BYTES);
        broker.getSystemUsage().getTempUsage().setLimit(TEMPORARY_BYTES);
        broker.addConnector("tcp://127.0.0.1:" + port);
        return broker;
    }

    private static KahaDBPersistenceAdapter store(Path directory, String sync, String preallocation)
            throws IOException {
        KahaDBPersistenceAdapter store = new KahaDBPersistenceAdapter();
        store.setDirectory(directory.resolve("kahadb").toFile());
        store.setJournalDiskSyncStrategy(sync);
        store.setPreallocationStrategy(preallocation);
        return store;
    }
}
