package org.fulmar.nameserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.nameserver.Registrations.CLUSTER;
import static org.fulmar.nameserver.Registrations.full;
import static org.fulmar.nameserver.Registrations.of;
import static org.fulmar.nameserver.Registrations.topic;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.fulmar.nameserver.BrokerGroup.Traits;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.TopicConfig;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private static final String A = "127.0.0.1:10911";
    private static final String B = "127.0.0.1:10921";
    private static final Traits ACTING = new Traits(true, null);

    private final RouteTable table = new RouteTable(new RouteLimits(3, 10, 12, 120_000));

    private RegistrationResult register(BrokerRegistration registration) {
        return table.register(registration, Traits.NONE, 1, 0);
    }

    private SortedMap<Long, String> addresses(String broker) {
        BrokerGroup group = table.clusterInfo().groups().get(broker);
        return group == null ? new TreeMap<>() : group.addresses();
    }

    private int perm(String topic) {
        return table.route(topic).queues().get(0).perm();
    }

    @Test
    void aRegisteredMastersTopicsAreRouted() {
        assertThat(register(full("a", 0, A, 1, topic("T"))).accepted()).isTrue();

        TopicRoute route = table.route("T");
        assertThat(route.groups()).singleElement().satisfies(group -> {
            assertThat(group.cluster()).isEqualTo(CLUSTER);
            assertThat(group.addresses()).isEqualTo(Map.of(0L, A));
        });
        assertThat(route.queues()).containsExactly(new QueueRoute("a", 4, 4, 6, 0));
        assertThat(table.topics()).containsExactlyInAnyOrder("T", "TBW102", "a");
        assertThat(table.route("other")).isNull();
    }

    @Test
    void anAddressHasOneIdInAGroup() {
        register(full("a", 1, A, 1));
        register(full("a", 0, A, 1, topic("T")));

        assertThat(addresses("a")).isEqualTo(Map.of(0L, A));
        assertThat(table.route("T")).isNotNull();
        assertThat(table.scan(120_000)).hasSize(1);
        assertThat(table.clusterInfo().groups()).isEmpty();
    }

    @Test
    void anAddressThatComesBackUnderAnotherNameLeavesTheFormerGroup() {
        register(full("a", 0, A, 1, topic("T")));
        register(full("b", 0, A, 1));

        assertThat(table.clusterInfo().groups()).containsOnlyKeys("b");
        assertThat(table.route("T")).isNull();
    }

    @Test
    void anotherAddressTakesOverAnIdAndTheFormerOneLeavesNoTrace() {
        table.register(full("a", 0, A, 1), Traits.NONE, 1, 0);
        table.register(full("a", 0, B, 1), Traits.NONE, 2, 0);

        assertThat(addresses("a")).isEqualTo(Map.of(0L, B));
        assertThat(table.connectionLost(1)).isEmpty();
        assertThat(addresses("a")).isEqualTo(Map.of(0L, B));
    }

    @Test
    void aStaleStateVersionChangesNothing() {
        register(of("a", 0, A, new DataVersion(5, 1, 1), topic("T"), topic("U")));

        RegistrationResult stale = register(of("a", 0, B, new DataVersion(4, 9, 9), topic("V"), topic("W")));

        assertThat(stale.refusal()).contains("state version 4 is stale");
        assertThat(addresses("a")).isEqualTo(Map.of(0L, A));
        assertThat(table.topics()).containsExactlyInAnyOrder("T", "U");
        assertThat(register(of("a", 0, B, new DataVersion(5, 9, 9), topic("V"), topic("W")))
                        .accepted())
                .isTrue();
    }

    @Test
    void aSingleTopicIsRegisteredOnlyAfterAllTopics() {
        assertThat(register(of("a", 0, A, new DataVersion(0, 1, 1), topic("T"))).refusal())
                .contains("only after");
        assertThat(table.clusterInfo().groups()).isEmpty();

        register(full("a", 0, A, 1));
        assertThat(register(of("a", 0, A, new DataVersion(0, 1, 2), topic("T"))).accepted())
                .isTrue();
        assertThat(table.route("T")).isNotNull();
        assertThat(table.route("TBW102")).isNotNull();
    }

    @Test
    void aSingleTopicDoesNotHideAChangeThatOnlyTheNextFullRegistrationTells() {
        register(full("a", 0, A, 1, topic("T")));
        register(of("a", 0, A, new DataVersion(0, 1, 3), topic("U")));

        register(full("a", 0, A, 3, topic("T").withPerm(TopicConfig.READ), topic("U")));

        assertThat(perm("T")).isEqualTo(TopicConfig.READ);
    }

    @Test
    void onlyTheMasterChangesRoutes() {
        register(full("a", 1, B, 1, topic("OfSlave")));
        assertThat(table.topics()).isEmpty();
        register(full("a", 0, A, 1, topic("T")));
        register(full("a", 1, B, 2, topic("T").withPerm(0), topic("OfSlave")));

        assertThat(table.route("OfSlave")).isNull();
        assertThat(perm("T")).isEqualTo(6);
    }

    @Test
    void aSlaveIsToldItsMaster() {
        RegistrationResult alone = register(full("a", 1, B, 1));
        assertThat(alone.masterAddr()).isNull();
        RegistrationResult master = register(full("a", 0, A, 1));
        assertThat(master.masterAddr()).isNull();
        assertThat(master.first()).isTrue();

        RegistrationResult slave = register(full("a", 1, B, 1));

        assertThat(slave.masterAddr()).isEqualTo(A);
        assertThat(slave.masterHaAddr()).isEqualTo("ha-" + A);
        assertThat(slave.first()).isFalse();
    }

    @Test
    void aBrokerDiesAtItsTimeoutAndNotBefore() {
        register(full("a", 0, A, 1, topic("T")));
        assertThat(table.scan(119_999)).isEmpty();
        assertThat(table.scan(120_000)).containsExactly(new RouteTable.Departed(CLUSTER, "a", 0, A));
        assertThat(table.topics()).isEmpty();
    }

    @Test
    void aBrokersOwnTimeoutHoldsAndARenewalCountsFromNow() {
        BrokerRegistration quick = new BrokerRegistration(
                CLUSTER, "a", A, 0, "", 100, new DataVersion(0, 1, 1), List.of(topic("T"), topic("U")));
        table.register(quick, Traits.NONE, 1, 0);
        table.register(quick, Traits.NONE, 1, 80);
        assertThat(table.scan(179)).isEmpty();
        assertThat(table.scan(180)).hasSize(1);
    }

    @Test
    void anAbsurdTimeoutIsCutToADay() {
        BrokerRegistration eternal =
                new BrokerRegistration(CLUSTER, "a", A, 0, "", Long.MAX_VALUE, new DataVersion(0, 1, 1), List.of());
        table.register(eternal, Traits.NONE, 1, 5);
        assertThat(table.scan(86_400_004)).isEmpty();
        assertThat(table.scan(86_400_005)).hasSize(1);
    }

    @Test
    void aLostConnectionUnregistersAtOnceButOnlyWhatLastRegisteredOverIt() {
        table.register(full("a", 0, A, 1), Traits.NONE, 1, 0);
        table.register(full("b", 0, B, 1), Traits.NONE, 1, 0);
        table.register(full("b", 0, B, 1), Traits.NONE, 2, 0);

        assertThat(table.connectionLost(1))
                .extracting(RouteTable.Departed::brokerName)
                .containsExactly("a");
        assertThat(table.clusterInfo().groups()).containsOnlyKeys("b");
    }

    @Test
    void aMastersDeathKeepsItsSlavesAndTheirTopics() {
        table.register(full("a", 0, A, 1, topic("T")), Traits.NONE, 1, 0);
        table.register(full("a", 1, B, 1, topic("T")), Traits.NONE, 2, 0);

        table.connectionLost(1);

        assertThat(table.route("T").groups().get(0).addresses()).isEqualTo(Map.of(1L, B));
        assertThat(perm("T")).isEqualTo(6);
    }

    @Test
    void anActingMasterOffersReadingUntilTheMasterIsBack() {
        table.register(full("a", 0, A, 1, topic("T")), ACTING, 1, 0);
        table.register(full("a", 1, B, 1, topic("T")), ACTING, 2, 0);
        table.connectionLost(1);
        assertThat(perm("T")).isEqualTo(TopicConfig.READ);

        table.register(full("a", 1, B, 2, topic("T"), topic("U")), ACTING, 2, 0);
        assertThat(perm("U")).isEqualTo(TopicConfig.READ);

        table.register(full("a", 0, A, 1, topic("T")), ACTING, 3, 0);
        assertThat(perm("T")).isEqualTo(6);
    }

    @Test
    void aBrokerNameBelongsToOneCluster() {
        register(full("a", 0, A, 1));
        BrokerRegistration other =
                new BrokerRegistration("Other", "a", B, 1, "", 0, new DataVersion(0, 1, 1), List.of());
        assertThat(register(other).refusal()).contains("belongs to cluster " + CLUSTER);
    }

    @Test
    void unregisteringNeedsTheSameIdentity() {
        register(full("a", 0, A, 1));
        assertThat(table.unregister(CLUSTER, "a", 1, A)).isNull();
        assertThat(table.unregister(CLUSTER, "a", 0, B)).isNull();
        assertThat(table.unregister("Other", "a", 0, A)).isNull();
        assertThat(table.unregister(CLUSTER, "a", 0, A)).isNotNull();
        assertThat(table.topics()).isEmpty();
    }

    @Test
    void withdrawnWritingStaysWithdrawnUntilTheTopicsChange() {
        register(full("a", 0, A, 1, topic("T")));
        assertThat(table.withdrawWriting("a")).isEqualTo(3);
        assertThat(table.withdrawWriting("nobody")).isZero();

        register(full("a", 0, A, 1, topic("T")));
        assertThat(perm("T")).isEqualTo(TopicConfig.READ);
        assertThat(perm("TBW102")).isEqualTo(TopicConfig.READ | TopicConfig.INHERIT);

        assertThat(table.grantWriting("a")).isEqualTo(3);
        assertThat(perm("TBW102")).isEqualTo(7);

        table.withdrawWriting("a");
        register(full("a", 0, A, 2, topic("T")));
        assertThat(perm("T")).isEqualTo(6);
    }

    @Test
    void aDeletedTopicIsGoneInItsClusterOrEverywhere() {
        register(full("a", 0, A, 1, topic("T")));
        table.deleteTopic("T", "Other");
        assertThat(table.route("T")).isNotNull();
        table.deleteTopic("T", CLUSTER);
        assertThat(table.route("T")).isNull();
        table.deleteTopic("TBW102", null);
        table.deleteTopic("TBW102", null);
        assertThat(table.topics()).containsExactly("a");
        assertThat(table.topicsOfCluster(CLUSTER)).containsExactly("a");
        assertThat(table.topicsOfCluster("Other")).isEmpty();
    }

    @Test
    void aTopicThatAFullRegistrationNoLongerListsStays() {
        register(full("a", 0, A, 1, topic("T")));
        register(full("a", 0, A, 2));
        assertThat(table.route("T")).isNotNull();
    }

    @Test
    void aRegistrationOverABoundChangesNothing() {
        TopicConfig[] many = new TopicConfig[9];
        for (int i = 0; i < many.length; i++) {
            many[i] = topic("T" + i);
        }
        assertThat(register(full("a", 0, A, 1, many)).refusal()).contains("at most 10");
        assertThat(table.clusterInfo().groups()).isEmpty();

        register(full("a", 0, A, 1, Arrays.copyOf(many, 8)));
        assertThat(register(full("b", 0, B, 1, topic("T1"))).refusal()).contains("topics");
        assertThat(register(of("b", 0, B, new DataVersion(0, 1, 1), Arrays.copyOf(many, 3)))
                        .refusal())
                .contains("at most 12");
        assertThat(table.topics()).hasSize(10);

        register(of("b", 1, "x:1", new DataVersion(0, 1, 1)));
        register(of("b", 2, "x:2", new DataVersion(0, 1, 1)));
        assertThat(register(of("b", 3, "x:3", new DataVersion(0, 1, 1))).refusal())
                .contains("at most 3");
    }

    @Test
    void whatDepartsOrIsDeletedMakesRoomForOthers() {
        for (int i = 0; i < 20; i++) {
            assertThat(register(full("a", 0, A, i, topic("T"), topic("U"))).accepted())
                    .isTrue();
            table.deleteTopic("T", CLUSTER);
            table.unregister(CLUSTER, "a", 0, A);
        }
    }

    @Test
    void namesAreBounded() {
        String longName = "x".repeat(256);
        assertThat(register(full(longName, 0, A, 1)).refusal()).contains("1 to 255");
        assertThat(register(full("", 0, A, 1)).refusal()).contains("1 to 255");
        assertThat(register(full("a", 0, A, 1, topic(longName))).refusal()).contains("1 to 255");
        assertThat(register(full("a", -1, A, 1)).refusal()).contains("negative");
        assertThat(table.clusterInfo().groups()).isEmpty();
    }

    @Test
    void anUnchangedVersionIsASignOfLifeAndAChangedOneAsksForARegistration() {
        DataVersion version = new DataVersion(0, 1, 1);
        assertThat(table.compareVersion(CLUSTER, A, version, 1, 0).known()).isNull();
        register(full("a", 0, A, 1));

        assertThat(table.compareVersion(CLUSTER, A, version, 1, 100_000))
                .isEqualTo(new RouteTable.VersionAnswer(false, version));
        assertThat(table.scan(219_999)).isEmpty();

        assertThat(table.compareVersion(CLUSTER, A, version.next(2), 1, 210_000).changed())
                .isTrue();
        assertThat(table.compareVersion(CLUSTER, A, version, 2, 210_000).changed())
                .isTrue();
        assertThat(table.scan(220_000)).hasSize(1);
    }
}
