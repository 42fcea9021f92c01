package org.fulmar.client;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.nameserver.NameServer;
import org.fulmar.nameserver.NameServerConfig;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.config.OptionSpec;

/** Name servers and brokers of this process on free loopback ports. Used by one thread, the test's. */
public final class TestCluster implements AutoCloseable {
    private static final int SMALL_SEGMENT = 32 << 20;

    private final Path directory;
    private final List<NameServer> nameServers = new ArrayList<>();
    private final Map<String, Broker> brokers = new LinkedHashMap<>();

    private TestCluster(Path directory) {
        this.directory = directory;
    }

    /** One name server, and brokers with these names. */
    public static TestCluster start(Path directory, String... brokers) throws IOException, InterruptedException {
        TestCluster cluster = new TestCluster(directory);
        cluster.addNameServer();
        for (String broker : brokers) {
            cluster.addBroker(broker);
        }
        return cluster;
    }

    public NameServer addNameServer() throws IOException {
        NameServer server = new NameServer(NameServerConfig.of(Map.of("listenPort", "0"))).start();
        nameServers.add(server);
        return server;
    }

    /** Starts a broker, for the first time or again, that registers with all name servers of now. */
    public Broker addBroker(String name, String... options) throws IOException, InterruptedException {
        Map<String, String> given = new TreeMap<>(Map.of(
                "listenPort", "0",
                "brokerName", name,
                "namesrvAddr", nameServerList(),
                "storePathRootDir", directory.resolve(name).toString(),
                "mappedFileSizeCommitLog", Integer.toString(SMALL_SEGMENT)));
        for (String option : options) {
            int equals = option.indexOf('=');
            given.put(option.substring(0, equals), option.substring(equals + 1));
        }
        Broker broker = new Broker(BrokerConfig.of(given), new NioDisk(), System::currentTimeMillis, false).start();
        brokers.put(name, broker);
        return broker;
    }

    public void stopBroker(String name) throws IOException, InterruptedException {
        brokers.remove(name).close();
    }

    public Broker broker(String name) {
        return brokers.get(name);
    }

    public String brokerAddress(String name) {
        return "127.0.0.1:" + brokers.get(name).address().getPort();
    }

    public String nameServerList() {
        StringJoiner list = new StringJoiner(";");
        nameServers.forEach(server -> list.add("127.0.0.1:" + server.address().getPort()));
        return list.toString();
    }

    /** The configuration of a client of this cluster, quick to notice changes, and patient with requests. */
    public ClientConfig config() {
        return ClientConfig.of(nameServerList())
                .with(ClientConfig.ROUTE_POLL_INTERVAL, 200)
                .with(ClientConfig.HEARTBEAT_INTERVAL, 500)
                .with(ClientConfig.RECOVER_DELAY, 50)
                .with(ClientConfig.CONNECT_TIMEOUT, Patience.MILLIS)
                .with(ClientConfig.REQUEST_TIMEOUT, Patience.MILLIS);
    }

    /** Makes a topic on the broker at an address, or changes its queues. */
    public static void makeTopic(ClientInstance by, String address, String topic, int queues) throws Exception {
        Map<String, String> fields = Fields.write()
                .put("topic", topic)
                .put("defaultTopic", "TBW102")
                .put("readQueueNums", queues)
                .put("writeQueueNums", queues)
                .put("perm", 6)
                .put("topicFilterType", "SINGLE_TAG")
                .put("topicSysFlag", 0)
                .put("order", false)
                .map();
        by.await(by.call(address, RequestCode.UPDATE_AND_CREATE_TOPIC, fields, Unpooled.EMPTY_BUFFER, Patience.MILLIS))
                .release();
    }

    public ClientInstance client() {
        return ClientInstance.start(config());
    }

    public ClientInstance client(OptionSpec option, String value) {
        return ClientInstance.start(config().with(option, value));
    }

    @Override
    public void close() throws IOException, InterruptedException {
        for (Broker broker : brokers.values()) {
            broker.close();
        }
        nameServers.forEach(NameServer::close);
    }
}
