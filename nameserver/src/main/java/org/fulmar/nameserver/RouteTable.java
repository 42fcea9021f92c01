package org.fulmar.nameserver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Which brokers live and which topics they hold: a state machine without I/O, clock or locks.
 *
 * <p>Not thread-safe; its owner ({@link NameServerHandler}) guards it with one lock. Results are immutable and may leave
 * that lock. Guaranteed at any time: each address of a group has exactly one sign of life and the other way round, an
 * address has one identity (broker name and id), a broker name belongs to one cluster, a topic is listed only while
 * a group holds it, and a registration is applied as a whole or not at all.
 */
final class RouteTable {
    /** The connection of who has none; it is never lost. */
    static final long NO_CONNECTION = -1;

    /** A broker that is no longer registered. */
    record Departed(String cluster, String brokerName, long brokerId, String address) {}

    /**
     * @param changed whether the broker has to register again
     * @param known the version last registered, or null if the broker is not registered
     */
    record VersionAnswer(boolean changed, @Nullable DataVersion known) {}

    /**
     * @param groups all broker groups by name
     * @param clusters the names of each cluster's groups
     */
    record ClusterInfo(SortedMap<String, BrokerGroup> groups, SortedMap<String, SortedSet<String>> clusters) {}

    private record Place(String cluster, String address) {}

    /**
     * A sign of life.
     *
     * @param version that of the last registration of all topics
     * @param routed whether the topics of that version went into the routes
     */
    private record Live(
            String brokerName,
            long brokerId,
            String haAddress,
            DataVersion version,
            long stateVersion,
            boolean routed,
            long connection,
            long timeoutMillis,
            long deadline) {
        boolean is(String name, long id) {
            return brokerName.equals(name) && brokerId == id;
        }

        Live renewed(long now) {
            return new Live(
                    brokerName,
                    brokerId,
                    haAddress,
                    version,
                    stateVersion,
                    routed,
                    connection,
                    timeoutMillis,
                    now + timeoutMillis);
        }
    }

    private final RouteLimits limits;
    private final SortedMap<String, BrokerGroup> groups = new TreeMap<>();
    private final Map<Place, Live> live = new HashMap<>();
    private final Map<String, SortedMap<String, QueueRoute>> topics = new HashMap<>();
    private int routes;

    RouteTable(RouteLimits limits) {
        this.limits = limits;
    }

    /**
     * Registers a broker, or renews it. A registration of exactly one topic adds or changes that topic and is accepted
     * only from a broker that has registered before. Only a group's master changes routes; with an acting master, so
     * does the lowest id while there is no master, but it offers nothing to write to. Topics that a registration does
     * not list stay.
     *
     * @param connection the connection whose loss ends the registration
     * @param now in milliseconds, never falling
     */
    RegistrationResult register(BrokerRegistration registration, BrokerGroup.Traits traits, long connection, long now) {
        Place place = new Place(registration.clusterName(), registration.brokerAddr());
        Live before = live.get(place);
        if (before != null && !before.is(registration.brokerName(), registration.brokerId())) {
            before = null;
        }
        BrokerGroup group = groups.get(registration.brokerName());
        if (group == null) {
            group = new BrokerGroup(registration.clusterName(), registration.brokerName(), new TreeMap<>(), traits);
        }
        BrokerGroup joined = group.with(registration.brokerId(), registration.brokerAddr(), traits);
        boolean speaks = joined.speaks(registration.brokerId());
        String refusal = refusal(registration, group, before, speaks);
        if (refusal != null) {
            return RegistrationResult.refused(refusal);
        }
        dropFormer(place, registration, group);
        groups.put(joined.name(), joined);
        boolean single = registration.topics().size() == 1;
        if (speaks) {
            boolean renew =
                    single || before == null || !before.routed || !before.version.equals(registration.dataVersion());
            putRoutes(registration, renew);
        }
        live.put(place, alive(registration, single ? before : null, speaks, connection, now));
        if (!joined.hasMaster() && traits.actingMaster()) {
            withdrawWriting(joined.name());
        }
        return accepted(joined, registration, before == null);
    }

    /** Takes away what this registration replaces: the address's other identity, and another address's same identity. */
    private void dropFormer(Place place, BrokerRegistration registration, BrokerGroup group) {
        Live former = live.get(place);
        if (former != null && !former.brokerName.equals(registration.brokerName())) {
            remove(place, former);
        }
        String holder = group.addresses().get(registration.brokerId());
        if (holder != null && !holder.equals(place.address)) {
            live.remove(new Place(place.cluster, holder));
        }
    }

    private Live alive(
            BrokerRegistration registration, @Nullable Live full, boolean speaks, long connection, long now) {
        long asked = registration.heartbeatTimeoutMillis();
        long timeout = asked <= 0 ? limits.brokerExpiryMillis() : Math.min(asked, RouteLimits.MAX_EXPIRY_MILLIS);
        return new Live(
                registration.brokerName(),
                registration.brokerId(),
                registration.haServerAddr(),
                full == null ? registration.dataVersion() : full.version,
                registration.dataVersion().stateVersion(),
                full == null ? speaks : full.routed,
                connection,
                timeout,
                now + timeout);
    }

    private RegistrationResult accepted(BrokerGroup group, BrokerRegistration registration, boolean first) {
        String master = group.addresses().get(BrokerGroup.MASTER);
        if (registration.brokerId() == BrokerGroup.MASTER || master == null) {
            return new RegistrationResult(null, first, null, null);
        }
        Live masterLive = live.get(new Place(group.cluster(), master));
        return new RegistrationResult(null, first, master, masterLive == null ? null : masterLive.haAddress);
    }

    private @Nullable String refusal(
            BrokerRegistration registration, BrokerGroup group, @Nullable Live before, boolean speaks) {
        for (String name : List.of(registration.clusterName(), registration.brokerName(), registration.brokerAddr())) {
            if (!isName(name)) {
                return "cluster, broker name and address must have 1 to " + RouteLimits.MAX_NAME_LENGTH + " characters";
            }
        }
        if (registration.haServerAddr().length() > RouteLimits.MAX_NAME_LENGTH) {
            return "the address for replication must have at most " + RouteLimits.MAX_NAME_LENGTH + " characters";
        }
        if (registration.brokerId() < 0) {
            return "the broker id is negative: " + registration.brokerId();
        }
        if (!group.cluster().equals(registration.clusterName())) {
            return "the broker name " + group.name() + " belongs to cluster " + group.cluster();
        }
        String holder = group.addresses().get(registration.brokerId());
        if (holder != null && !holder.equals(registration.brokerAddr())) {
            Live current = live.get(new Place(group.cluster(), holder));
            long stateVersion = registration.dataVersion().stateVersion();
            if (current != null && current.stateVersion > stateVersion) {
                return "state version " + stateVersion + " is stale: " + holder + " is registered as id "
                        + registration.brokerId() + " with " + current.stateVersion;
            }
        }
        if (before == null && registration.topics().size() == 1) {
            return "a single topic can be registered only after the broker has registered all its topics";
        }
        if (before == null && holder == null && live.size() >= limits.maxBrokers()) {
            return "there are " + live.size() + " brokers already, at most " + limits.maxBrokers() + " are accepted";
        }
        return speaks ? topicRefusal(registration) : null;
    }

    private @Nullable String topicRefusal(BrokerRegistration registration) {
        long newTopics = 0;
        long newRoutes = 0;
        for (TopicConfig topic : registration.topics()) {
            if (!isName(topic.name())) {
                return "a topic's name must have 1 to " + RouteLimits.MAX_NAME_LENGTH + " characters";
            }
            Map<String, QueueRoute> known = topics.get(topic.name());
            if (known == null) {
                newTopics++;
            }
            if (known == null || !known.containsKey(registration.brokerName())) {
                newRoutes++;
            }
        }
        if (topics.size() + newTopics > limits.maxTopics()) {
            return "this would make " + (topics.size() + newTopics) + " topics, at most " + limits.maxTopics()
                    + " are accepted";
        }
        if (routes + newRoutes > limits.maxRoutes()) {
            return "this would make " + (routes + newRoutes) + " routes, at most " + limits.maxRoutes()
                    + " are accepted";
        }
        return null;
    }

    private static boolean isName(String name) {
        return !name.isEmpty() && name.length() <= RouteLimits.MAX_NAME_LENGTH;
    }

    private void putRoutes(BrokerRegistration registration, boolean renew) {
        String brokerName = registration.brokerName();
        for (TopicConfig topic : registration.topics()) {
            Map<String, QueueRoute> byBroker = topics.computeIfAbsent(topic.name(), name -> new TreeMap<>());
            if (renew || !byBroker.containsKey(brokerName)) {
                if (byBroker.put(brokerName, QueueRoute.of(brokerName, topic)) == null) {
                    routes++;
                }
            }
        }
    }

    /**
     * Says where a topic is, in place of the brokers that are named. All of it or nothing.
     *
     * @return why it is not taken; null if it is
     */
    @Nullable String putRoutes(String topic, List<QueueRoute> queues) {
        if (!isName(topic)) {
            return "a topic's name must have 1 to " + RouteLimits.MAX_NAME_LENGTH + " characters";
        }
        for (QueueRoute queue : queues) {
            if (!groups.containsKey(queue.brokerName())) {
                return "there is no broker " + queue.brokerName();
            }
        }
        if (routes + queues.size() > limits.maxRoutes()
                || !topics.containsKey(topic) && topics.size() >= limits.maxTopics()) {
            return "there are too many topics or routes already";
        }
        for (QueueRoute queue : queues) {
            if (topics.computeIfAbsent(topic, name -> new TreeMap<>()).put(queue.brokerName(), queue) == null) {
                routes++;
            }
        }
        return null;
    }

    /** Removes a broker; null if this address is not registered under this name and id. */
    @Nullable Departed unregister(String cluster, String brokerName, long brokerId, String address) {
        Place place = new Place(cluster, address);
        Live current = live.get(place);
        if (current == null || !current.is(brokerName, brokerId)) {
            return null;
        }
        return remove(place, current);
    }

    /** Removes the brokers that last registered over this connection. */
    List<Departed> connectionLost(long connection) {
        return connection == NO_CONNECTION ? List.of() : removeIf(current -> current.connection == connection);
    }

    /** Removes the brokers whose time-out has passed at {@code now} (milliseconds). */
    List<Departed> scan(long now) {
        return removeIf(current -> current.deadline <= now);
    }

    private List<Departed> removeIf(Predicate<Live> gone) {
        Map<Place, Live> leaving = new HashMap<>();
        live.forEach((place, current) -> {
            if (gone.test(current)) {
                leaving.put(place, current);
            }
        });
        List<Departed> departed = new ArrayList<>();
        leaving.forEach((place, current) -> departed.add(remove(place, current)));
        return departed;
    }

    private Departed remove(Place place, Live current) {
        live.remove(place);
        BrokerGroup group = groups.get(current.brokerName);
        if (group != null) {
            BrokerGroup left = group.without(current.brokerId);
            if (left.addresses().isEmpty()) {
                groups.remove(left.name());
                topics.values().removeIf(byBroker -> dropRoute(byBroker, left.name()));
            } else {
                groups.put(left.name(), left);
                if (left.traits().actingMaster() && !left.hasMaster()) {
                    withdrawWriting(left.name());
                }
            }
        }
        return new Departed(place.cluster, current.brokerName, current.brokerId, place.address);
    }

    /** Drops one broker's queues of a topic; true if the topic is nowhere any more. */
    private boolean dropRoute(Map<String, QueueRoute> byBroker, String brokerName) {
        if (byBroker.remove(brokerName) != null) {
            routes--;
        }
        return byBroker.isEmpty();
    }

    /**
     * Takes the right to write from all topics of a broker group until it registers a changed version.
     *
     * @return the number of the group's topics
     */
    int withdrawWriting(String brokerName) {
        return changePerms(brokerName, ~TopicConfig.WRITE, 0);
    }

    /** Gives the right to write to all topics of a broker group, and returns their number. */
    int grantWriting(String brokerName) {
        return changePerms(brokerName, ~0, TopicConfig.WRITE);
    }

    private int changePerms(String brokerName, int keep, int add) {
        int touched = 0;
        for (Map<String, QueueRoute> byBroker : topics.values()) {
            QueueRoute queues = byBroker.get(brokerName);
            if (queues != null) {
                byBroker.put(brokerName, queues.withPerm((queues.perm() & keep) | add));
                touched++;
            }
        }
        return touched;
    }

    /** Forgets a topic, in one cluster or (null) in all. A broker that still lists it brings it back. */
    void deleteTopic(String topic, @Nullable String cluster) {
        SortedMap<String, QueueRoute> byBroker = topics.get(topic);
        if (byBroker == null) {
            return;
        }
        int had = byBroker.size();
        byBroker.keySet().removeIf(brokerName -> cluster == null || inCluster(brokerName, cluster));
        routes -= had - byBroker.size();
        if (byBroker.isEmpty()) {
            topics.remove(topic);
        }
    }

    private boolean inCluster(String brokerName, String cluster) {
        BrokerGroup group = groups.get(brokerName);
        return group != null && group.cluster().equals(cluster);
    }

    /** Where the topic is, or null if no broker holds it. */
    @Nullable TopicRoute route(String topic) {
        SortedMap<String, QueueRoute> byBroker = topics.get(topic);
        if (byBroker == null) {
            return null;
        }
        List<BrokerGroup> holders = new ArrayList<>(byBroker.size());
        for (String brokerName : byBroker.keySet()) {
            BrokerGroup group = groups.get(brokerName);
            if (group != null) {
                holders.add(group);
            }
        }
        return new TopicRoute(List.copyOf(holders), List.copyOf(byBroker.values()));
    }

    ClusterInfo clusterInfo() {
        SortedMap<String, SortedSet<String>> clusters = new TreeMap<>();
        for (BrokerGroup group : groups.values()) {
            clusters.computeIfAbsent(group.cluster(), name -> new TreeSet<>()).add(group.name());
        }
        return new ClusterInfo(new TreeMap<>(groups), clusters);
    }

    /** All topics, in no order. */
    List<String> topics() {
        return List.copyOf(topics.keySet());
    }

    /** The topics of a cluster's brokers, in no order; none if there is no such cluster. */
    List<String> topicsOfCluster(String cluster) {
        List<String> found = new ArrayList<>();
        topics.forEach((topic, byBroker) -> {
            if (byBroker.keySet().stream().anyMatch(name -> inCluster(name, cluster))) {
                found.add(topic);
            }
        });
        return found;
    }

    /**
     * Whether a broker whose topics have this version must register. If not, this counts as a sign of life. A broker that
     * asks over another connection than it registered on must, so that its registration moves to the new one.
     */
    VersionAnswer compareVersion(String cluster, String address, DataVersion version, long connection, long now) {
        Place place = new Place(cluster, address);
        Live current = live.get(place);
        if (current == null) {
            return new VersionAnswer(true, null);
        }
        boolean changed = current.connection != connection || !current.version.equals(version);
        if (!changed) {
            live.put(place, current.renewed(now));
        }
        return new VersionAnswer(changed, current.version);
    }
}
