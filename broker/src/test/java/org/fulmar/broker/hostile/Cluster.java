package org.fulmar.broker.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.broker.BrokerMain;
import org.fulmar.broker.Patience;
import org.fulmar.nameserver.NameServerMain;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;

/** A name server and a broker that registers with it, each a {@link Victim}, and a client that means well. */
final class Cluster implements AutoCloseable {
    /** The topic of those who mean well. */
    static final String HEALTH = "health";

    private static final int CONNECT_MILLIS = Patience.MILLIS;
    /** Who is attacked is so as long as this is waited for, and answers all the same. */
    private static final int ANSWER_MILLIS = 20_000;

    final Victim nameServer;
    private final Path directory;
    private Victim broker;
    private final RemotingClient client =
            new RemotingClient("well-meaning", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);

    /**
     * @param brokerOptions lines of its configuration, beside those that every broker of these tests has
     */
    Cluster(Path directory, String... brokerOptions) throws Exception {
        this.directory = directory;
        nameServer = new Victim(directory, NameServerMain.class.getName(), "-p", "0");
        List<String> lines = new ArrayList<>(List.of(
                "namesrvAddr=127.0.0.1:" + nameServer.address().getPort(),
                "listenPort=0",
                "storePathRootDir=" + directory.resolve("store"),
                "mappedFileSizeCommitLog=67108864",
                "registerNameServerPeriod=1000",
                "maxTopics=200"));
        lines.addAll(List.of(brokerOptions));
        Files.write(directory.resolve("broker.conf"), lines);
        try {
            broker = startBroker();
        } catch (IOException e) {
            nameServer.close();
            throw e;
        }
        try (Asker asker = new Asker(broker.address())) {
            asker.ask(health(), HeaderEncoding.JSON, CONNECT_MILLIS);
        }
    }

    private Victim startBroker() throws IOException, InterruptedException {
        String config = directory.resolve("broker.conf").toString();
        return new Victim(directory, BrokerMain.class.getName(), "-c", config);
    }

    Victim broker() {
        return broker;
    }

    /** SIGKILLs the broker and starts it again on what it has left. */
    void killAndRestartBroker() throws IOException, InterruptedException {
        broker.close();
        broker = startBroker();
    }

    List<Victim> victims() {
        return List.of(nameServer, broker);
    }

    private static Template health() {
        return new Template(
                RequestCode.SEND_MESSAGE_V2, BrokerCorpus.send(HEALTH, false).fields(), new byte[100]);
    }

    /** Both live, and answer somebody new at once. */
    void assertServes(String when) throws Exception {
        for (Victim victim : victims()) {
            assertThat(victim.isAlive())
                    .as(() -> when + ": " + victim.lastWords())
                    .isTrue();
        }
        Template route = new Template(RequestCode.GET_ROUTEINFO_BY_TOPIC, Map.of("topic", HEALTH));
        try (Asker toBroker = new Asker(broker.address());
                Asker toNameServer = new Asker(nameServer.address())) {
            for (HeaderEncoding encoding : HeaderEncoding.values()) {
                assertThat(toBroker.ask(health(), encoding, ANSWER_MILLIS).code())
                        .as(when)
                        .isZero();
                assertThat(toNameServer.ask(route, encoding, ANSWER_MILLIS).code())
                        .as(when)
                        .isZero();
            }
        }
    }

    Asker asker(Victim victim) throws IOException {
        return new Asker(victim.address());
    }

    /** A connection of a client that means well. */
    final class Asker implements AutoCloseable {
        private final Connection connection;
        private final AtomicLong delivered = new AtomicLong();

        private Asker(InetSocketAddress address) throws IOException {
            connection = client.connect(address, CONNECT_MILLIS, this::take);
        }

        private void take(Request request) {
            delivered.addAndGet(request.body().readableBytes());
            request.done();
        }

        /** Bytes of the bodies of what the server has sent of its own accord. */
        long deliveredBytes() {
            return delivered.get();
        }

        /** The answer, without its body. */
        Frame ask(Template template, HeaderEncoding encoding, int millis) throws Exception {
            Frame answer = connection.request(template.frame(encoding), millis).get(2L * millis, TimeUnit.MILLISECONDS);
            answer.release();
            return answer;
        }

        Frame ask(Template template, HeaderEncoding encoding) throws Exception {
            return ask(template, encoding, CONNECT_MILLIS);
        }

        @Override
        public void close() throws Exception {
            connection.closeAsync().get(CONNECT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() throws Exception {
        client.close();
        broker.close();
        nameServer.close();
    }
}
