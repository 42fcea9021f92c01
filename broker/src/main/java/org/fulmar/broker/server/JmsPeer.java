package org.fulmar.broker.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.broker.delivery.Consumer;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;

/** A JMS connection as the broker knows it: who it is, what it has opened, and its consumers. Owned by the core. */
final class JmsPeer {
    /** A destination that the connection has opened. */
    static final class Destination {
        final DestinationKind kind;
        final String name;
        final String topic;
        final byte[] topicBytes;
        /** The client id of a RocketMQ producer whose request is replied to by sending here; null if it is no such place. */
        final @Nullable String requester;

        final @Nullable QueueLog[] lanes = new QueueLog[10];

        Destination(DestinationKind kind, String name, String topic, @Nullable String requester) {
            this.requester = requester;
            this.kind = kind;
            this.name = name;
            this.topic = topic;
            this.topicBytes = topic.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    /** Most destinations that one connection opens. */
    static final int MAX_DESTINATIONS = 200_000;

    /** Most producers of one connection whose numbers are forgotten with it. */
    private static final int MAX_PRODUCERS = 100_000;

    private final Connection connection;
    private final long id;
    private final @Nullable String user;
    private final byte[] host;
    private final List<Destination> destinations = new ArrayList<>();
    private final Map<DestinationKind, Map<String, Integer>> handles = new HashMap<>();
    private final Map<Integer, Consumer> consumers = new HashMap<>();
    private final Set<String> temporaryTopics = new HashSet<>();
    private final Set<Long> producers = new HashSet<>();
    private final Set<OpenTransaction> transactions = new HashSet<>();
    private String instance = "";
    private @Nullable String clientId;
    private boolean running;
    private boolean lost;

    JmsPeer(Connection connection, long id, @Nullable String user, byte[] host) {
        this.connection = connection;
        this.id = id;
        this.user = user;
        this.host = host;
    }

    Connection connection() {
        return connection;
    }

    long id() {
        return id;
    }

    @Nullable String user() {
        return user;
    }

    /** Address and port in the form of a record. */
    byte[] host() {
        return host;
    }

    @Nullable String clientId() {
        return clientId;
    }

    void clientId(String newId) {
        this.clientId = newId;
    }

    /** Who it is, for people. */
    String text() {
        return (user == null ? "anonymous" : user) + (clientId == null ? "" : ", client id " + clientId) + ", "
                + connection.remoteAddress();
    }

    /** What the client calls its connection; empty if it does not. */
    String instance() {
        return instance;
    }

    void instance(String name) {
        this.instance = name;
    }

    /** One has sent over it, or committed a transaction; what is above a bound is not remembered. */
    void addProducer(long producerId) {
        if (producers.size() < MAX_PRODUCERS) {
            producers.add(producerId);
        }
    }

    /** The producers that have sent over it. */
    Set<Long> producers() {
        return producers;
    }

    /** The open transactions that it has brought parts of. */
    Set<OpenTransaction> transactions() {
        return transactions;
    }

    boolean running() {
        return running;
    }

    void running(boolean started) {
        this.running = started;
    }

    boolean lost() {
        return lost;
    }

    void markLost() {
        lost = true;
    }

    /** The handle of a destination, given anew if it has none yet; -1 if there are too many. */
    int open(DestinationKind kind, String name, String topic) {
        return open(kind, name, topic, null);
    }

    int open(DestinationKind kind, String name, String topic, @Nullable String requester) {
        Map<String, Integer> ofKind = handles.computeIfAbsent(kind, k -> new HashMap<>());
        Integer handle = ofKind.get(name);
        if (handle == null) {
            if (destinations.size() >= MAX_DESTINATIONS) {
                return -1;
            }
            handle = destinations.size();
            destinations.add(new Destination(kind, name, topic, requester));
            ofKind.put(name, handle);
        }
        return handle;
    }

    @Nullable Destination destination(int handle) {
        return handle < 0 || handle >= destinations.size() ? null : destinations.get(handle);
    }

    void permissionsChanged() {
        destinations.forEach(destination -> java.util.Arrays.fill(destination.lanes, null));
    }

    void topicDeleted(String topic) {
        for (Destination destination : destinations) {
            if (destination.topic.equals(topic)) {
                java.util.Arrays.fill(destination.lanes, null);
            }
        }
    }

    Collection<Consumer> consumers() {
        return consumers.values();
    }

    @Nullable Consumer consumer(int consumerId) {
        return consumers.get(consumerId);
    }

    void add(Consumer consumer) {
        consumers.put(consumer.id(), consumer);
    }

    void remove(Consumer consumer) {
        consumers.remove(consumer.id());
    }

    Set<String> temporaryTopics() {
        return temporaryTopics;
    }
}
