package org.fulmar.appservers.others;

import jakarta.jms.JMSException;
import jakarta.jms.XAConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.jms.FulmarConnectionFactory;

/** A real broker with a store of its own, in this JVM. Used by one thread, the test's. */
final class TestBroker implements AutoCloseable {
    private final Path directory;
    private Broker broker;
    private int port;

    private TestBroker(Path directory) {
        this.directory = directory;
    }

    static TestBroker start(Path directory) throws IOException, InterruptedException {
        TestBroker made = new TestBroker(directory);
        made.begin();
        return made;
    }

    private void begin() throws IOException, InterruptedException {
        Map<String, String> options = Map.of(
                "listenPort", Integer.toString(port),
                "storePathRootDir", directory.toString(),
                "mappedFileSizeCommitLog", Integer.toString(32 << 20),
                "maxRedeliveries", "2");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), System::currentTimeMillis, false).start();
        port = broker.address().getPort();
    }

    void restart() throws IOException, InterruptedException {
        broker.close();
        begin();
    }

    int port() {
        return port;
    }

    FulmarConnectionFactory factory() {
        return new FulmarConnectionFactory("fulmar://127.0.0.1:" + port + "?connectTimeout=60000");
    }

    /** Branches in doubt, of whatever manager. */
    int inDoubt() throws JMSException, XAException {
        try (FulmarConnectionFactory factory = factory();
                XAConnection connection = factory.createXAConnection()) {
            XAResource resource = connection.createXASession().getXAResource();
            return resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length;
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        broker.close();
    }
}
