package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fulmar.broker.filter.SqlFilter;
import org.fulmar.broker.filter.SqlFilters;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;

/**
 * The RocketMQ clients that have sent heartbeats: the members of each group and what the group subscribes to. A state
 * machine owned by the core; each change answers with the groups whose members are to be told.
 */
final class ClientTable {
    private static final int MAX_GROUPS = 100_000;
    private static final int MAX_SUBSCRIPTIONS = 10_000;
    /** Longest name of a group, in characters. */
    static final int MAX_NAME = 255;
    /** Longest client id, in characters. */
    private static final int MAX_CLIENT_ID = 1024;

    /**
     * What a group wants of a topic.
     *
     * @param tagHashes by tag: empty if it wants everything
     * @param text the expression; that of a SQL92 filter leads to the compiled filter, by {@link #filters}
     */
    record Subscription(String topic, String expressionType, Set<Integer> tagHashes, String text, long version) {
        Subscription {
            if (text.length() > SqlFilter.MAX_LENGTH) {
                // too long to be compiled, and to be kept; what is too long stays so
                text = text.substring(0, SqlFilter.MAX_LENGTH + 1);
            }
        }

        boolean isTag() {
            return isTag(expressionType);
        }

        static boolean isTag(String expressionType) {
            return expressionType.isEmpty() || expressionType.equals("TAG");
        }

        /** The expression in a form in which equal ones are equal. */
        String wanted() {
            String tags = tagHashes.isEmpty() ? "*" : text + " " + new TreeSet<>(tagHashes);
            return isTag() ? tags : expressionType + " " + text;
        }

        static Subscription fromJson(JsonNode json) {
            Set<Integer> hashes = new HashSet<>();
            json.path("codeSet").forEach(code -> hashes.add(code.asInt()));
            String text = json.path("subString").asText("*");
            return new Subscription(
                    json.path("topic").asText(),
                    json.path("expressionType").asText("TAG"),
                    text.equals("*") ? Set.of() : Set.copyOf(hashes),
                    text,
                    json.path("subVersion").asLong());
        }

        /** From the text of a pull: {@code *}, or tags joined by {@code ||}. */
        static Subscription ofText(String topic, String expressionType, @Nullable String text, long version) {
            Set<Integer> hashes = new HashSet<>();
            if (text != null
                    && isTag(expressionType)
                    && !text.isBlank()
                    && !text.strip().equals("*")) {
                for (String tag : text.split("\\|\\|")) {
                    hashes.add(tag.strip().hashCode());
                }
            }
            return new Subscription(topic, expressionType, Set.copyOf(hashes), text == null ? "" : text, version);
        }
    }

    /**
     * A client in a group.
     *
     * @param heardAt when it was last heard of, in milliseconds since the epoch
     * @param said what it says of the group, in bytes
     */
    private record Member(String clientId, long heardAt, long said) {}

    /** What a heartbeat says of one group, checked but not yet taken. */
    record Joining(
            Connection connection, String group, Member member, Map<String, Subscription> own, boolean notifies) {
        private @Nullable Member before(@Nullable Group there) {
            return there == null ? null : there.members.get(connection);
        }

        /** The group's subscriptions from now on: each is the newest that was heard. */
        private Map<String, Subscription> fresh(@Nullable Group there) {
            Map<String, Subscription> fresh = new HashMap<>(own);
            Map<String, Subscription> known = there == null ? Map.of() : there.subscriptions;
            fresh.replaceAll((topic, mine) -> {
                Subscription before = known.get(topic);
                return before != null && before.version() > mine.version() ? before : mine;
            });
            return fresh;
        }

        /** By how many bytes the connection says more than before. */
        private long saying(@Nullable Group there) {
            Member before = before(there);
            return member.said - (before == null ? 0 : before.said);
        }

        /** By how many bytes more is kept than before. */
        private long keeping(@Nullable Group there) {
            Member before = before(there);
            long more = HeartbeatRoom.member(group, member.clientId)
                    + HeartbeatRoom.bytes(fresh(there).values());
            long less = before == null ? 0 : HeartbeatRoom.member(group, before.clientId);
            return more - less - (there == null ? 0 : there.bytes);
        }
    }

    private static final class Group {
        final Map<Connection, Member> members = new HashMap<>();
        final Map<String, Subscription> subscriptions = new HashMap<>();
        final MemberSubscriptions alike = new MemberSubscriptions();
        /** What the subscriptions take. */
        long bytes;

        boolean notify = true;
    }

    private final Map<String, Group> consumers = new HashMap<>();
    private final Map<String, Set<Connection>> producers = new HashMap<>();
    private final SqlFilters filters = new SqlFilters();
    private final Attendance attendance = new Attendance();
    private final HeartbeatRoom room = new HeartbeatRoom();

    Attendance attendance() {
        return attendance;
    }

    /** The producers' clients by their ids, and back. */
    private final Map<String, Connection> clientsById = new HashMap<>();

    private final Map<Connection, String> clientIds = new HashMap<>();

    /** Whose members changed, and whom to tell. */
    record Change(String group, List<Connection> members) {}

    /**
     * Looks at one consumer group of a heartbeat, and keeps nothing.
     *
     * @param now milliseconds since the epoch
     * @throws FrameException if it can't be taken
     */
    Joining joining(Connection connection, String clientId, JsonNode data, long now) {
        String name = data.path("groupName").asText();
        if (name.isEmpty() || name.length() > MAX_NAME) {
            throw new FrameException("a consumer group name has 1 to " + MAX_NAME + " characters");
        }
        if (clientId.length() > MAX_CLIENT_ID) {
            throw new FrameException("a client id has at most " + MAX_CLIENT_ID + " characters");
        }
        Group group = consumers.get(name);
        if (group == null && consumers.size() >= MAX_GROUPS) {
            throw new FrameException("more than " + MAX_GROUPS + " consumer groups");
        }
        Map<String, Subscription> own = new HashMap<>();
        for (JsonNode node : data.path("subscriptionDataSet")) {
            Subscription subscription = Subscription.fromJson(node);
            own.put(subscription.topic(), subscription);
        }
        if (own.size() > MAX_SUBSCRIPTIONS) {
            throw new FrameException("more than " + MAX_SUBSCRIPTIONS + " subscriptions of one group");
        }
        long said = HeartbeatRoom.member(name, clientId) + HeartbeatRoom.bytes(own.values());
        boolean notify = !data.path("messageModel").asText().equals("BROADCASTING");
        Joining joining = new Joining(connection, name, new Member(clientId, now, said), own, notify);
        if (!room.fits(connection, joining.saying(group), joining.keeping(group))) {
            throw new FrameException(HeartbeatRoom.full(name));
        }
        return joining;
    }

    /** Takes what was looked at just before; a change if the client is new in the group, else null. */
    @Nullable Change consumer(Joining joining) {
        String name = joining.group;
        Connection connection = joining.connection;
        Group there = consumers.get(name);
        room.add(connection, joining.saying(there), joining.keeping(there));
        Group group = there == null ? new Group() : there;
        consumers.put(name, group);
        Member before = group.members.put(connection, joining.member);
        String clientId = joining.member.clientId();
        Map<String, Subscription> fresh = joining.fresh(group);
        group.alike.heard(connection, name, clientId, joining.own, group.subscriptions);
        group.subscriptions.clear();
        group.subscriptions.putAll(fresh);
        group.bytes = HeartbeatRoom.bytes(fresh.values());
        group.notify = joining.notifies;
        return before == null || !clientId.equals(before.clientId()) ? change(name, group) : null;
    }

    /** Takes a client as a producer of a group; false if there is no room for it. */
    boolean producer(Connection connection, String group) {
        if (group.length() > MAX_NAME) {
            throw new FrameException("a producer group name has at most " + MAX_NAME + " characters");
        }
        Set<Connection> members = producers.get(group);
        if (members != null && members.contains(connection)) {
            return true;
        }
        long bytes = HeartbeatRoom.member(group, "");
        if (members == null && producers.size() >= MAX_GROUPS || !room.fits(connection, bytes, bytes)) {
            return false;
        }
        room.add(connection, bytes, bytes);
        producers.computeIfAbsent(group, g -> new LinkedHashSet<>()).add(connection);
        return true;
    }

    /** A client with producers has told its id; a later one of the same id takes its place. */
    void producerClient(Connection connection, String clientId) {
        if (clientId.length() > MAX_CLIENT_ID) {
            throw new FrameException("a client id has at most " + MAX_CLIENT_ID + " characters");
        }
        if (!clientId.isEmpty() && !clientId.equals(clientIds.get(connection))) {
            forgetClient(connection);
            clientIds.put(connection, clientId);
            clientsById.put(clientId, connection);
        }
    }

    /** The connection of the client of this id that has producers; null if there is none. */
    @Nullable Connection producerClient(String clientId) {
        return clientsById.get(clientId);
    }

    private void forgetClient(Connection connection) {
        String id = clientIds.remove(connection);
        if (id != null) {
            clientsById.remove(id, connection);
        }
    }

    /** A producer of the group that can be asked something now, each in turn; null if there is none. */
    @Nullable Connection nextProducer(String group) {
        Set<Connection> members = producers.getOrDefault(group, Set.of());
        for (Connection member : members) {
            if (member.isOpen() && member.isWritable()) {
                members.remove(member);
                members.add(member);
                return member;
            }
        }
        return null;
    }

    private static @Nullable Change change(String name, Group group) {
        return group.notify ? new Change(name, List.copyOf(group.members.keySet())) : null;
    }

    @Nullable Change unregisterConsumer(Connection connection, String name) {
        attendance.consumerLeft(connection, name);
        Group group = consumers.get(name);
        Member gone = group == null ? null : group.members.remove(connection);
        if (group == null || gone == null) {
            return null;
        }
        room.add(connection, -gone.said, -HeartbeatRoom.member(name, gone.clientId));
        group.alike.left(connection);
        if (group.members.isEmpty()) {
            room.add(connection, 0, -group.bytes);
            consumers.remove(name);
            return null;
        }
        return change(name, group);
    }

    void unregisterProducer(Connection connection, String group) {
        attendance.producerLeft(connection, group);
        Set<Connection> members = producers.get(group);
        if (members != null && members.remove(connection)) {
            room.add(connection, -HeartbeatRoom.member(group, ""), -HeartbeatRoom.member(group, ""));
            if (members.isEmpty()) {
                producers.remove(group);
            }
        }
    }

    /** A connection has ended: it is no producer of any group. */
    void producerLost(Connection connection) {
        attendance.lost(connection);
        forgetClient(connection);
        List.copyOf(producers.keySet()).forEach(group -> unregisterProducer(connection, group));
    }

    /** The client ids of a group, sorted; once each, also if a client is there by two connections for a while. */
    List<String> members(String group) {
        Group found = consumers.get(group);
        return found == null
                ? List.of()
                : found.members.values().stream()
                        .map(Member::clientId)
                        .distinct()
                        .sorted()
                        .toList();
    }

    /** The client that a connection is in a group; null if it is none. */
    @Nullable String clientId(String group, Connection connection) {
        Group found = consumers.get(group);
        Member member = found == null ? null : found.members.get(connection);
        return member == null ? null : member.clientId();
    }

    /** Whether a client is in a group by any connection. */
    boolean isMember(String group, String clientId) {
        Group found = consumers.get(group);
        return found != null && found.members.values().stream().anyMatch(member -> clientId.equals(member.clientId()));
    }

    /** The groups that a connection is a member of. */
    List<String> groupsOf(Connection connection) {
        return consumers.entrySet().stream()
                .filter(each -> each.getValue().members.containsKey(connection))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whom to tell when something has changed for a group; null if nobody. */
    @Nullable Change change(String name) {
        Group group = consumers.get(name);
        return group == null || group.members.isEmpty() ? null : change(name, group);
    }

    boolean isBroadcasting(String name) {
        Group group = consumers.get(name);
        return group != null && !group.notify;
    }

    /** A member of a group. */
    record Membership(String group, Connection connection) {}

    /**
     * The members that have not been heard of since. Producers go with their connections.
     *
     * @param time milliseconds since the epoch
     */
    List<Membership> silentSince(long time) {
        List<Membership> silent = new ArrayList<>();
        consumers.forEach((name, group) -> group.members.forEach((connection, member) -> {
            if (member.heardAt() < time) {
                silent.add(new Membership(name, connection));
            }
        }));
        return silent;
    }

    boolean knows(String group) {
        return consumers.containsKey(group);
    }

    /** The groups whose members subscribe differently now, each with one topic of which they do. */
    List<SubscriptionConflict> conflicts() {
        List<SubscriptionConflict> found = new ArrayList<>();
        for (Group group : consumers.values()) {
            SubscriptionConflict conflict = group.alike.conflict();
            if (conflict != null) {
                found.add(conflict);
            }
        }
        return found;
    }

    /** The compiled filters of subscriptions. */
    SqlFilters filters() {
        return filters;
    }

    @Nullable Subscription subscription(String group, String topic) {
        Group found = consumers.get(group);
        return found == null ? null : found.subscriptions.get(topic);
    }

    Map<String, Subscription> subscriptions(String group) {
        Group found = consumers.get(group);
        return found == null ? Map.of() : new TreeMap<>(found.subscriptions);
    }
}
