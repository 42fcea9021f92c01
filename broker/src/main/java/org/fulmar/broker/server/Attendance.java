package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * What RocketMQ clients say of themselves in heartbeats, for administrators who ask. Owned by the core, kept in step with
 * the {@link ClientTable} that it belongs to.
 */
final class Attendance {
    /** Most bytes of all groups' subscriptions, as they are kept here; those of further groups are not shown. */
    private static final long MAX_BYTES = 64 << 20;

    /** RocketMQ's names of the languages, by number. */
    private static final List<String> LANGUAGES = List.of(
            "JAVA", "CPP", "DOTNET", "PYTHON", "DELPHI", "ERLANG", "RUBY", "OTHER", "HTTP", "GO", "PHP", "OMS", "RUST",
            "NODE_JS");

    static final int CPP = 1;

    /** Most pairs of a connection and a group. */
    private static final int MAX_MEMBERS = 200_000;

    /**
     * A client in a group.
     *
     * @param language and version as numbers of RocketMQ's
     * @param lastSeen milliseconds since the epoch
     */
    record Member(Connection connection, String clientId, int language, int version, long lastSeen) {}

    /** A consumer group, as the last heartbeat of a member describes it. */
    record Profile(String consumeType, String messageModel, String consumeFromWhere, byte[] subscriptions) {
        static final Profile NONE =
                new Profile("CONSUME_PASSIVELY", "CLUSTERING", "CONSUME_FROM_LAST_OFFSET", new byte[0]);

        /** The subscriptions in RocketMQ's JSON, by topic. */
        Map<String, JsonNode> byTopic() {
            Map<String, JsonNode> table = new TreeMap<>();
            if (subscriptions.length > 0) {
                JsonBody.parse(subscriptions)
                        .forEach(node -> table.put(node.path("topic").asText(), node));
            }
            return table;
        }
    }

    private static final class Group {
        final Map<Connection, Member> members = new LinkedHashMap<>();
        Profile profile = Profile.NONE;
    }

    private final Map<String, Group> consumers = new HashMap<>();
    private final Map<String, Group> producers = new HashMap<>();
    /** The groups that each connection is in, so that its loss need not look at all. */
    private final Map<Connection, Set<String>> groupsOf = new HashMap<>();

    private LongSupplier clock = () -> 0;
    private int members;
    private long bytes;

    /** Called once, before anybody is heard: milliseconds since the epoch. */
    void clock(LongSupplier millis) {
        this.clock = millis;
    }

    /** A client has sent a heartbeat; of its groups these were taken. */
    void heard(Request request, JsonNode heartbeat, List<JsonNode> producing, List<JsonNode> consuming) {
        if (!request.connection().isOpen()) {
            // its loss may have been seen to already, and nothing would take it out again
            return;
        }
        Member member = new Member(
                request.connection(),
                heartbeat.path("clientID").asText(),
                request.frame().language(),
                request.frame().version(),
                clock.getAsLong());
        for (JsonNode producer : producing) {
            put(producers, producer.path("groupName").asText(), member);
        }
        boolean withoutSubscriptions = heartbeat.path("withoutSub").asBoolean(false);
        for (JsonNode consumer : consuming) {
            Group group = put(consumers, consumer.path("groupName").asText(), member);
            if (group != null) {
                describe(group, consumer, withoutSubscriptions);
            }
        }
    }

    private @Nullable Group put(Map<String, Group> table, String name, Member member) {
        Group group = table.get(name);
        if (group == null || !group.members.containsKey(member.connection)) {
            if (members >= MAX_MEMBERS) {
                return null;
            }
            members++;
        }
        Group there = table.computeIfAbsent(name, n -> new Group());
        there.members.put(member.connection, member);
        groupsOf.computeIfAbsent(member.connection, c -> new HashSet<>()).add(name);
        return there;
    }

    private void describe(Group group, JsonNode consumer, boolean withoutSubscriptions) {
        JsonNode set = consumer.path("subscriptionDataSet");
        byte[] now = group.profile.subscriptions;
        if (!withoutSubscriptions && set.isArray()) {
            now = JsonBody.bytes(set);
            if (bytes + now.length - group.profile.subscriptions.length > MAX_BYTES) {
                now = new byte[0];
            }
        }
        bytes += now.length - group.profile.subscriptions.length;
        group.profile = new Profile(
                word(consumer, "consumeType", Profile.NONE.consumeType),
                word(consumer, "messageModel", Profile.NONE.messageModel),
                word(consumer, "consumeFromWhere", Profile.NONE.consumeFromWhere),
                now);
    }

    /** A constant's name; anything else is taken for the usual one. */
    private static String word(JsonNode json, String name, String otherwise) {
        String text = json.path(name).asText();
        return text.isEmpty() || text.length() > 64 ? otherwise : text;
    }

    void consumerLeft(Connection connection, String group) {
        left(consumers, connection, group);
    }

    void producerLeft(Connection connection, String group) {
        left(producers, connection, group);
    }

    private void left(Map<String, Group> table, Connection connection, String name) {
        Group group = table.get(name);
        if (group == null || group.members.remove(connection) == null) {
            return;
        }
        members--;
        if (group.members.isEmpty()) {
            bytes -= group.profile.subscriptions.length;
            table.remove(name);
        }
        Set<String> others = groupsOf.getOrDefault(connection, Set.of());
        if (!isIn(consumers, connection, name) && !isIn(producers, connection, name)) {
            others.remove(name);
        }
        if (others.isEmpty()) {
            groupsOf.remove(connection);
        }
    }

    private static boolean isIn(Map<String, Group> table, Connection connection, String name) {
        Group group = table.get(name);
        return group != null && group.members.containsKey(connection);
    }

    void lost(Connection connection) {
        for (String group : List.copyOf(groupsOf.getOrDefault(connection, Set.of()))) {
            consumerLeft(connection, group);
            producerLeft(connection, group);
        }
    }

    /** Those who consume in a group now. */
    Collection<Member> consumers(String group) {
        Group found = consumers.get(group);
        return found == null ? List.of() : List.copyOf(found.members.values());
    }

    /** Those who produce in a group now. */
    Collection<Member> producers(String group) {
        Group found = producers.get(group);
        return found == null ? List.of() : List.copyOf(found.members.values());
    }

    /** A consumer that can be asked something now; null if there is none. */
    @Nullable Member consumer(String group, String clientId) {
        for (Member member : consumers(group)) {
            if (member.clientId.equals(clientId) && member.connection.isOpen()) {
                return member;
            }
        }
        return null;
    }

    Profile profile(String group) {
        Group found = consumers.get(group);
        return found == null ? Profile.NONE : found.profile;
    }

    /** The groups with consumers now. */
    List<String> consumerGroups() {
        return new ArrayList<>(consumers.keySet());
    }

    void eachProducer(BiConsumer<String, Member> visitor) {
        producers.forEach((name, group) -> group.members.values().forEach(member -> visitor.accept(name, member)));
    }

    static String languageName(int language) {
        return language >= 0 && language < LANGUAGES.size() ? LANGUAGES.get(language) : "OTHER";
    }

    static void describe(Member member, ObjectNode json) {
        json.put("clientAddr", address(member.connection))
                .put("clientId", member.clientId)
                .put("language", languageName(member.language))
                .put("version", member.version);
    }

    /** Address and port of the peer of a connection, without its host's name. */
    static String address(Connection connection) {
        return address(connection, false);
    }

    /** Address and port of either side of a connection. */
    static String address(Connection connection, boolean ours) {
        String text = String.valueOf(ours ? connection.localAddress() : connection.remoteAddress());
        return text.substring(text.lastIndexOf('/') + 1);
    }
}
