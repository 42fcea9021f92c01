package org.fulmar.jms.link;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.embedded.EmbeddedBroker;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.jspecify.annotations.Nullable;

/**
 * Opens links: finds the broker, connects, greets. Owns the event loops of its links and, for an embedded broker, its
 * use of it. Any thread may call it; opening blocks.
 */
public final class Connector implements AutoCloseable {
    /** Frames from the broker carry messages, which may be as large as the broker allows. */
    private static final FrameLimits FRAMES = new FrameLimits(1 << 30, 256 * 1024, 256);

    private final RemotingClient client = new RemotingClient("fulmar", 2, FRAMES, ConnectionLimits.CLIENT);
    private EmbeddedBroker.@Nullable Running embedded;
    private volatile boolean closed;

    /** Tries brokers in turn until one answers. */
    public BrokerLink toBrokers(
            Iterable<? extends SocketAddress> brokers,
            int connectTimeoutMillis,
            int requestTimeoutMillis,
            Hello hello,
            LinkListener listener)
            throws LinkException {
        checkOpen();
        LinkException last = null;
        for (SocketAddress broker : brokers) {
            try {
                return open(broker, connectTimeoutMillis, requestTimeoutMillis, hello, listener);
            } catch (IOException e) {
                last = new LinkException(LinkException.LOST, "no broker at " + broker + ": " + e.getMessage(), e);
            }
        }
        throw last == null ? new LinkException(LinkException.LOST, "no broker is named") : last;
    }

    private void checkOpen() throws LinkException {
        if (closed) {
            throw new LinkException(LinkException.CLOSED, "the connection factory is closed");
        }
    }

    private BrokerLink open(
            SocketAddress broker,
            int connectTimeoutMillis,
            int requestTimeoutMillis,
            Hello hello,
            LinkListener listener)
            throws IOException, LinkException {
        NettyLink link = new NettyLink(requestTimeoutMillis, listener);
        Connection connection = client.connect(resolved(broker), connectTimeoutMillis, link);
        try {
            link.greet(connection, hello, connectTimeoutMillis).join();
            return link;
        } catch (CompletionException e) {
            connection.close();
            if (e.getCause() instanceof LinkException refused) {
                if (refused.code() == LinkException.LOST || refused.code() == LinkException.TIMED_OUT) {
                    // also one that is frozen: another may answer
                    throw new IOException(refused.getMessage(), refused);
                }
                throw refused;
            }
            throw e;
        }
    }

    private static SocketAddress resolved(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.isUnresolved()
                ? new InetSocketAddress(inet.getHostString(), inet.getPort())
                : address;
    }

    /** The address of a cluster's broker, asked of name servers in turn. */
    public InetSocketAddress lookUp(Iterable<InetSocketAddress> nameServers, int timeoutMillis, @Nullable String wanted)
            throws LinkException {
        checkOpen();
        LinkException last = null;
        for (InetSocketAddress nameServer : nameServers) {
            try {
                return choose(ask(nameServer, timeoutMillis), wanted);
            } catch (IOException | FrameException e) {
                last = new LinkException(LinkException.LOST, "name server " + nameServer + ": " + e.getMessage(), e);
            }
        }
        throw last == null ? new LinkException(LinkException.LOST, "no name server is named") : last;
    }

    private JsonNode ask(InetSocketAddress nameServer, int timeoutMillis) throws IOException {
        Connection connection = client.connect(
                resolved(nameServer),
                timeoutMillis,
                request -> request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "no requests are taken here"));
        try {
            Frame answer = connection
                    .request(
                            Frame.request(
                                    RequestCode.GET_BROKER_CLUSTER_INFO,
                                    Map.of(),
                                    Unpooled.EMPTY_BUFFER,
                                    HeaderEncoding.JSON),
                            timeoutMillis)
                    .get();
            try {
                return JsonBody.parse(answer.body());
            } finally {
                answer.release();
            }
        } catch (ExecutionException e) {
            throw new IOException(
                    e.getCause() == null ? e.toString() : e.getCause().getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            connection.close();
        }
    }

    private static InetSocketAddress choose(JsonNode clusterInfo, @Nullable String wanted) throws LinkException {
        Map<String, String> masters = new TreeMap<>();
        clusterInfo.path("brokerAddrTable").properties().forEach(broker -> {
            JsonNode master = broker.getValue().path("brokerAddrs").path("0");
            if (master.isTextual()) {
                masters.put(broker.getKey(), master.asText());
            }
        });
        String address = wanted != null
                ? masters.get(wanted)
                : masters.size() == 1 ? masters.values().iterator().next() : null;
        if (address == null) {
            throw new LinkException(
                    ResponseCode.SERVICE_NOT_AVAILABLE,
                    masters.isEmpty()
                            ? "the name server knows no broker"
                            : "the name server knows the brokers " + masters.keySet()
                                    + ": choose one with the option broker=NAME");
        }
        int colon = address.lastIndexOf(':');
        return InetSocketAddress.createUnresolved(
                address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    }

    /** The address of a broker inside this process, started if it does not run yet. */
    public synchronized SocketAddress embedded(Map<String, String> options) throws LinkException {
        checkOpen();
        EmbeddedBroker.Running running = embedded;
        if (running == null) {
            EmbeddedBroker broker = ServiceLoader.load(EmbeddedBroker.class)
                    .findFirst()
                    .orElseThrow(() -> new LinkException(
                            ResponseCode.SERVICE_NOT_AVAILABLE,
                            "fulmar:embedded needs the artifact org.fulmar:fulmar-broker on the class path"));
            try {
                running = broker.start(options);
            } catch (IOException e) {
                throw new LinkException(
                        ResponseCode.SERVICE_NOT_AVAILABLE, "the embedded broker did not start: " + e.getMessage(), e);
            }
            embedded = running;
        }
        return running.address();
    }

    @Override
    public synchronized void close() {
        closed = true;
        client.closeConnections();
        EmbeddedBroker.Running running = embedded;
        embedded = null;
        if (running != null) {
            running.close();
        }
        client.close();
    }
}
