package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.Consumer;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.security.Users;
import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.TextOperation;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * JMS connections: their greeting, their client identifiers, and what their end gives back. Owned by the core, but
 * for {@link #hello}, which checks passwords on the business pool first.
 */
final class JmsConnections {
    private final BrokerConfig config;
    private final Users users;
    private final Core core;
    private final DeliveryEngine engine;
    private final TopicService topics;
    private final ProducerTable producers;
    private @Nullable OpenTransactions transactions;
    private final Map<String, JmsPeer> byClientId = new HashMap<>();
    private final Map<String, Connection> byInstance = new HashMap<>();
    private final Set<JmsPeer> peers = new HashSet<>();
    private long lastId;

    JmsConnections(
            BrokerConfig config,
            Users users,
            Core core,
            DeliveryEngine engine,
            TopicService topics,
            ProducerTable producers) {
        this.producers = producers;
        this.config = config;
        this.users = users;
        this.core = core;
        this.engine = engine;
        this.topics = topics;
    }

    /** Called once, before there are connections. */
    void connect(OpenTransactions theTransactions) {
        this.transactions = theTransactions;
    }

    /** What a request asks for on the core, by the connection that asked. */
    interface Operation {
        void run(JmsPeer peer) throws DeliveryException, StoreException;
    }

    /** Runs an operation on the core; what it throws is the answer. */
    static void run(Request request, Operation operation) {
        JmsPeer peer = present(request);
        if (peer == null) {
            return;
        }
        try {
            operation.run(peer);
        } catch (DeliveryException e) {
            request.answer(e.code(), e.getMessage());
        } catch (StoreException e) {
            request.answer(StoreErrors.jmsCode(e), e.getMessage());
        }
    }

    /** As {@link #peer}, on the core; null also if the connection was lost, so that nothing is given to it any more. */
    static @Nullable JmsPeer present(Request request) {
        JmsPeer peer = peer(request);
        if (peer != null && peer.lost()) {
            // its client has come back over another connection, and asks there
            request.done();
            return null;
        }
        return peer;
    }

    /** The JMS connection behind a request, or null after it was answered that there is none. */
    static @Nullable JmsPeer peer(Request request) {
        if (request.connection().attachment() instanceof JmsPeer peer) {
            return peer;
        }
        request.answer(
                ResponseCode.JMS_NOT_NEGOTIATED,
                "operation " + request.frame().code() + " before the connection was greeted (" + JmsCode.HELLO + ")");
        return null;
    }

    void hello(Request request) {
        Hello hello = Hello.decode(request.body());
        if (hello.minVersion() > JmsCode.VERSION || hello.maxVersion() < JmsCode.VERSION) {
            request.answer(
                    ResponseCode.JMS_VERSION,
                    "the client speaks versions " + hello.minVersion() + " to " + hello.maxVersion()
                            + " of the JMS operations, this broker speaks " + JmsCode.VERSION);
            return;
        }
        if (!users.admits(hello.user(), hello.password())) {
            request.answer(
                    ResponseCode.JMS_SECURITY,
                    hello.user() == null
                            ? "this broker takes no anonymous connections: give a user and a password"
                            : "user " + hello.user() + " is unknown or the password is wrong");
            return;
        }
        core.execute(() -> RequestRouter.run(r -> admit(r, hello), request));
    }

    private void admit(Request request, Hello hello) {
        Connection connection = request.connection();
        if (connection.attachment() != null) {
            request.answer(ResponseCode.JMS_ILLEGAL_STATE, "the connection was greeted before");
            return;
        }
        if (!connection.isOpen()) {
            // it went while its password was checked; its client may be here again over another one, which stays
            request.done();
            return;
        }
        byte[] host = connection.remoteAddress() instanceof InetSocketAddress address
                ? MessageId.hostBytes(address)
                : inVmHost(lastId + 1);
        JmsPeer peer = new JmsPeer(connection, ++lastId, hello.user(), host);
        replace(hello.instance(), connection);
        String clientId = hello.clientId();
        if (clientId != null && !claim(peer, clientId)) {
            byInstance.remove(hello.instance(), connection);
            request.answer(ResponseCode.JMS_INVALID_CLIENT_ID, inUse(clientId));
            return;
        }
        peer.instance(hello.instance());
        connection.attach(peer);
        peers.add(peer);
        if (!connection.isOpen()) {
            // it went in this moment, and nobody will tell us any more
            lost(connection);
        }
        ByteBuf body = connection.buffer(256);
        new Hello.Reply(JmsCode.VERSION, config.brokerName(), peer.id(), config.maxMessageBytes()).encode(body);
        request.answer(ResponseCode.SUCCESS, null, Map.of(), body);
    }

    /** In-VM connections have no address; the records of their messages tell them apart all the same. */
    private static byte[] inVmHost(long id) {
        return java.nio.ByteBuffer.allocate(8).putInt(4, (int) id).array();
    }

    /** A client that comes back takes the place of its connection that was lost, which we may not have noticed yet. */
    private void replace(String instance, Connection connection) {
        if (instance.isEmpty()) {
            return;
        }
        Connection before = byInstance.put(instance, connection);
        if (before != null && before != connection) {
            lost(before);
            before.close();
        }
    }

    private boolean claim(JmsPeer peer, String clientId) {
        if (byClientId.putIfAbsent(clientId, peer) != null) {
            return false;
        }
        peer.clientId(clientId);
        return true;
    }

    private static String inUse(String clientId) {
        return "client id " + clientId + " is in use by another connection";
    }

    void setClientId(Request request) {
        JmsPeer peer = present(request);
        if (peer == null) {
            return;
        }
        String clientId = TextOperation.decode(request.body()).text();
        if (clientId.isEmpty()) {
            request.answer(ResponseCode.JMS_INVALID_CLIENT_ID, "a client id must not be empty");
        } else if (peer.clientId() != null) {
            request.answer(ResponseCode.JMS_ILLEGAL_STATE, "the connection has the client id " + peer.clientId());
        } else if (!claim(peer, clientId)) {
            request.answer(ResponseCode.JMS_INVALID_CLIENT_ID, inUse(clientId));
        } else {
            request.answer(ResponseCode.SUCCESS, (String) null);
        }
    }

    static void ping(Request request) {
        request.answer(ResponseCode.SUCCESS, null, Map.of(), Unpooled.EMPTY_BUFFER);
    }

    /** An orderly end, so that a client's next connection finds nothing of this one. */
    void goodbye(Request request) {
        JmsPeer peer = present(request);
        if (peer != null) {
            peer.producers().forEach(producers::ended);
            lost(request.connection());
            request.answer(ResponseCode.SUCCESS, (String) null);
        }
    }

    /** What the connection held goes back at once, its temporary destinations go, its client id is free. */
    void lost(Connection connection) {
        if (!(connection.attachment() instanceof JmsPeer peer) || peer.lost()) {
            return;
        }
        peer.markLost();
        peers.remove(peer);
        for (Consumer consumer : List.copyOf(peer.consumers())) {
            engine.running(consumer, false);
            engine.lost(consumer);
            engine.close(consumer, Long.MAX_VALUE);
            peer.remove(consumer);
        }
        if (transactions != null) {
            transactions.lost(peer);
        }
        List.copyOf(peer.temporaryTopics()).forEach(topics::delete);
        peer.temporaryTopics().clear();
        String clientId = peer.clientId();
        if (clientId != null) {
            byClientId.remove(clientId, peer);
        }
        byInstance.remove(peer.instance(), connection);
    }

    /** Whether a destination may be written to is looked at anew. */
    void permissionsChanged() {
        peers.forEach(JmsPeer::permissionsChanged);
    }

    void topicDeleted(String topic) {
        peers.forEach(peer -> peer.topicDeleted(topic));
    }
}
