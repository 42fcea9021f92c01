package org.fulmar.nameserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.fulmar.nameserver.BrokerGroup.Traits;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.TopicConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random steps on a {@link RouteTable} and on a naive model of it, which must agree after each step. */
class RouteTableModelTest {
    private static final int STEPS = 4000;
    private static final long EXPIRY = 100;

    /** The rules of registration over plain lists, searched from end to end. */
    private static final class Model {
        final List<Broker> brokers = new ArrayList<>();
        final Map<String, Boolean> acting = new HashMap<>();
        final Map<List<String>, Integer> perms = new HashMap<>();

        boolean register(BrokerRegistration r, boolean actingMaster, long connection, long now) {
            boolean single = r.topics().size() == 1;
            Broker me = find(b ->
                    b.at(r.clusterName(), r.brokerAddr()) && b.name.equals(r.brokerName()) && b.id == r.brokerId());
            Broker holder = find(b -> b.name.equals(r.brokerName()) && b.id == r.brokerId() && b != me);
            boolean foreign = find(b -> b.name.equals(r.brokerName()) && !b.cluster.equals(r.clusterName())) != null;
            boolean stale = holder != null && holder.state > r.dataVersion().stateVersion();
            if (foreign || stale || (single && me == null)) {
                return false;
            }
            Set<String> left = new HashSet<>();
            brokers.removeIf(b -> {
                boolean out = b == holder || b.at(r.clusterName(), r.brokerAddr());
                if (out && !b.name.equals(r.brokerName())) {
                    left.add(b.name);
                }
                return out;
            });
            Broker next = new Broker(r, connection, now);
            brokers.add(next);
            acting.put(r.brokerName(), actingMaster);
            boolean lowest = brokers.stream().noneMatch(b -> b.name.equals(next.name) && b.id < next.id);
            boolean speaks = next.id == 0 || (actingMaster && lowest);
            boolean news = me == null || single || !me.routed || !me.version.equals(r.dataVersion());
            if (speaks) {
                for (TopicConfig topic : r.topics()) {
                    List<String> key = List.of(topic.name(), r.brokerName());
                    if (news || !perms.containsKey(key)) {
                        perms.put(key, topic.perm());
                    }
                }
            }
            next.version = single ? me.version : r.dataVersion();
            next.routed = single ? me.routed : speaks;
            left.forEach(this::departed);
            departed(next.name);
            return true;
        }

        Broker find(Predicate<Broker> wanted) {
            return brokers.stream().filter(wanted).findFirst().orElse(null);
        }

        void removeIf(Predicate<Broker> gone) {
            Set<String> names = new HashSet<>();
            brokers.stream().filter(gone).forEach(b -> names.add(b.name));
            brokers.removeIf(gone);
            names.forEach(this::departed);
        }

        private void departed(String name) {
            if (find(b -> b.name.equals(name)) == null) {
                perms.keySet().removeIf(key -> key.get(1).equals(name));
            } else if (acting.get(name) && find(b -> b.name.equals(name) && b.id == 0) == null) {
                change(name, ~TopicConfig.WRITE, 0);
            }
        }

        void change(String name, int keep, int add) {
            perms.replaceAll((key, perm) -> key.get(1).equals(name) ? (perm & keep) | add : perm);
        }

        void delete(String topic, String cluster) {
            perms.keySet()
                    .removeIf(key -> key.get(0).equals(topic)
                            && (cluster == null
                                    || find(b -> b.name.equals(key.get(1)) && b.cluster.equals(cluster)) != null));
        }
    }

    private static final class Broker {
        final String cluster;
        final String name;
        final String address;
        final long id;
        final long state;
        final long connection;
        final long timeout;
        long deadline;
        DataVersion version;
        boolean routed;

        Broker(BrokerRegistration r, long connection, long now) {
            cluster = r.clusterName();
            name = r.brokerName();
            address = r.brokerAddr();
            id = r.brokerId();
            state = r.dataVersion().stateVersion();
            this.connection = connection;
            timeout = r.heartbeatTimeoutMillis() == 0 ? EXPIRY : r.heartbeatTimeoutMillis();
            deadline = now + timeout;
        }

        boolean at(String itsCluster, String itsAddress) {
            return cluster.equals(itsCluster) && address.equals(itsAddress);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void agreesWithTheNaiveModelAfterEachRandomStep(long seed) {
        Random random = new Random(seed);
        RouteTable table = new RouteTable(new RouteLimits(100, 100, 1000, EXPIRY));
        Model model = new Model();
        long now = 0;
        for (int step = 0; step < STEPS; step++) {
            now += random.nextInt(10);
            String did = "seed " + seed + " step " + step + ": " + step(random, table, model, now);
            compare(did, table, model);
        }
    }

    private static String step(Random random, RouteTable table, Model model, long now) {
        String cluster = random.nextInt(10) == 0 ? "c2" : "c1";
        String name = "broker-" + "abc".charAt(random.nextInt(3));
        long id = random.nextInt(3);
        String address = "host:" + random.nextInt(5);
        long connection = random.nextInt(6);
        switch (random.nextInt(12)) {
            case 0 -> {
                boolean removed = table.unregister(cluster, name, id, address) != null;
                int before = model.brokers.size();
                model.removeIf(b -> b.at(cluster, address) && b.name.equals(name) && b.id == id);
                assertThat(removed).isEqualTo(model.brokers.size() < before);
                return "unregister " + name + id + address;
            }
            case 1 -> {
                table.connectionLost(connection);
                model.removeIf(b -> b.connection == connection);
                return "lost " + connection;
            }
            case 2 -> {
                table.scan(now);
                model.removeIf(b -> b.deadline <= now);
                return "scan " + now;
            }
            case 3 -> {
                boolean grant = random.nextBoolean();
                int touched = grant ? table.grantWriting(name) : table.withdrawWriting(name);
                model.change(name, grant ? ~0 : ~TopicConfig.WRITE, grant ? TopicConfig.WRITE : 0);
                assertThat(touched).isEqualTo((int) model.perms.keySet().stream()
                        .filter(key -> key.get(1).equals(name))
                        .count());
                return "change perms of " + name;
            }
            case 4 -> {
                String where = random.nextBoolean() ? null : cluster;
                String topic = "T" + random.nextInt(6);
                table.deleteTopic(topic, where);
                model.delete(topic, where);
                return "delete " + topic;
            }
            case 5 -> {
                compareVersion(random, table, model, cluster, address, connection, now);
                return "compare version";
            }
            default -> {
                BrokerRegistration r = registration(random, cluster, name, id, address);
                boolean acting = name.equals("broker-b");
                boolean accepted = table.register(r, new Traits(acting, null), connection, now)
                        .accepted();
                assertThat(accepted).as(r.toString()).isEqualTo(model.register(r, acting, connection, now));
                return "register " + r;
            }
        }
    }

    private static void compareVersion(
            Random random, RouteTable table, Model model, String cluster, String address, long connection, long now) {
        DataVersion version = new DataVersion(random.nextInt(2), 0, random.nextInt(3));
        RouteTable.VersionAnswer answer = table.compareVersion(cluster, address, version, connection, now);
        Broker known = model.find(b -> b.at(cluster, address));
        boolean same = known != null && known.connection == connection && known.version.equals(version);
        assertThat(answer.changed()).isEqualTo(!same);
        if (same) {
            known.deadline = now + known.timeout;
        }
    }

    private static BrokerRegistration registration(
            Random random, String cluster, String name, long id, String address) {
        List<TopicConfig> topics = new ArrayList<>();
        int count = random.nextInt(4);
        int first = random.nextInt(6);
        for (int i = 0; i < count; i++) {
            topics.add(new TopicConfig("T" + (first + i) % 6, 4, random.nextInt(8)));
        }
        long timeout = random.nextBoolean() ? 0 : 20 + random.nextInt(300);
        DataVersion version = new DataVersion(random.nextInt(2), 0, random.nextInt(3));
        return new BrokerRegistration(cluster, name, address, id, "", timeout, version, topics);
    }

    private static void compare(String did, RouteTable table, Model model) {
        Map<String, Map<Long, String>> groups = new TreeMap<>();
        model.brokers.forEach(
                b -> groups.computeIfAbsent(b.name, name -> new TreeMap<>()).put(b.id, b.address));
        Map<String, Map<Long, String>> real = new TreeMap<>();
        table.clusterInfo().groups().forEach((name, group) -> real.put(name, group.addresses()));
        assertThat(real).as(did).isEqualTo(groups);

        Map<List<String>, Integer> perms = new HashMap<>();
        for (String topic : table.topics()) {
            TopicRoute route = table.route(topic);
            assertThat(route.queues()).as(did).isNotEmpty().hasSameSizeAs(route.groups());
            route.queues().forEach(queue -> perms.put(List.of(topic, queue.brokerName()), queue.perm()));
        }
        assertThat(perms).as(did).isEqualTo(model.perms);
    }
}
