package org.fulmar.bench.artemis;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.io.aio.AIOSequentialFileFactory;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/**
 * An Artemis broker in a JVM of its own, on the loopback only, without security, with its journal below one directory.
 *
 * <p>Arguments, each as {@code --name=value}: {@code port}, {@code dir}; {@code sync} (whether an answer waits for the
 * journal's write), {@code datasync} (whether the journal's writes are forced), {@code buffer-timeout} (the longest
 * time, in nanoseconds, for which the journal collects writes before it writes them; 0: not at all). Prints READY when
 * it serves clients; ends when standard input ends, or by SIGTERM.
 */
public final class ArtemisPeer {

    private static final String DEFAULT_BUFFER_TIMEOUT = "100000";
    private static final int JOURNAL_FILE_BYTES = 32 << 20;
    private static final int JOURNAL_BUFFER_BYTES = 512 << 10;
    private static final int JOURNAL_FILES = 4;
    private static final int PAGE_BYTES = 10 << 20;

    private ArtemisPeer() {}

    public static void main(String[] args) throws Exception {
        Map<String, String> options = options(args);
        EmbeddedActiveMQ broker = new EmbeddedActiveMQ().setConfiguration(configuration(options));
        broker.start();
        if (!broker.getActiveMQServer().waitForActivation(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the broker did not come up");
        }
        System.out.println("READY journal="
                + broker.getActiveMQServer().getConfiguration().getJournalType());
        while (System.in.read() >= 0) {
            continue;
        }
        broker.stop();
        System.exit(0);
    }

    private static Configuration configuration(Map<String, String> options) throws Exception {
        Path directory = Path.of(required(options, "dir"));
        boolean sync = Boolean.parseBoolean(options.getOrDefault("sync", "true"));
        int timeout = Integer.parseInt(options.getOrDefault("buffer-timeout", DEFAULT_BUFFER_TIMEOUT));
        boolean aio = AIOSequentialFileFactory.isSupported();
        return new ConfigurationImpl()
                .setName("peer")
                .setSecurityEnabled(false)
                .setPersistenceEnabled(true)
                .setJMXManagementEnabled(false)
                .addAcceptorConfiguration("tcp", "tcp://127.0.0.1:" + required(options, "port") + "?protocols=CORE")
                .setJournalDirectory(directory.resolve("journal").toString())
                .setBindingsDirectory(directory.resolve("bindings").toString())
                .setPagingDirectory(directory.resolve("paging").toString())
                .setLargeMessagesDirectory(directory.resolve("large").toString())
                .setJournalType(aio ? JournalType.ASYNCIO : JournalType.NIO)
                .setJournalSyncTransactional(sync)
                .setJournalSyncNonTransactional(sync)
                .setJournalDatasync(Boolean.parseBoolean(options.getOrDefault("datasync", "true")))
                .setJournalBufferTimeout_NIO(timeout)
                .setJournalBufferTimeout_AIO(timeout)
                .setJournalBufferSize_NIO(JOURNAL_BUFFER_BYTES)
                .setJournalBufferSize_AIO(JOURNAL_BUFFER_BYTES)
                .setJournalFileSize(JOURNAL_FILE_BYTES)
                .setJournalMinFiles(JOURNAL_FILES)
                .setJournalPoolFiles(JOURNAL_FILES)
                .setMaxDiskUsage(-1)
                .addAddressSetting("#", addressSettings());
    }

    /** Queues come with their first use and stay; what is too much for the heap (half of it) is paged. */
    private static AddressSettings addressSettings() {
        return new AddressSettings()
                .setAutoCreateQueues(true)
                .setAutoCreateAddresses(true)
                .setAutoDeleteQueues(false)
                .setAutoDeleteAddresses(false)
                .setMaxDeliveryAttempts(-1)
                .setMaxSizeBytes(-1)
                .setPageSizeBytes(PAGE_BYTES)
                .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE);
    }

    private static Map<String, String> options(String[] args) {
        Map<String, String> options = new TreeMap<>();
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (!arg.startsWith("--") || equals < 0) {
                throw new IllegalArgumentException(arg + " is not --name=value");
            }
            options.put(arg.substring(2, equals), arg.substring(equals + 1));
        }
        return options;
    }

    private static String required(Map<String, String> options, String name) {
        String value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return value;
    }
}
