package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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

    /** What a group wants of a topic. Tag hashes are empty if it wants everything. */
    record Subscription(String topic, String expressionType, Set<Integer> tagHashes, long version) {
        boolean isTag() {
            return expressionType.isEmpty() || expressionType.equals("TAG");
        }

        boolean wants(long tagHash) {
            return tagHashes.isEmpty() || tagHashes.contains((int) tagHash);
        }

        static Subscription fromJson(JsonNode json) {
            Set<Integer> hashes = new HashSet<>();
            json.path("codeSet").forEach(code -> hashes.add(code.asInt()));
            String text = json.path("subString").asText("*");
            return new Subscription(
                    json.path("topic").asText(),
                    json.path("expressionType").asText("TAG"),
                    text.equals("*") ? Set.of() : Set.copyOf(hashes),
                    json.path("subVersion").asLong());
        }

        /** From the text of a pull: {@code *}, or tags joined by {@code ||}. */
        static Subscription ofText(String topic, String expressionType, @Nullable String text, long version) {
            Set<Integer> hashes = new HashSet<>();
            if (text != null && !text.isBlank() && !text.strip().equals("*")) {
                for (String tag : text.split("\\|\\|")) {
                    hashes.add(tag.strip().hashCode());
                }
            }
            return new Subscription(topic, expressionType, Set.copyOf(hashes), version);
        }
    }

    private static final class Group {
        final Map<Connection, String> members = new HashMap<>();
        final Map<String, Subscription> subscriptions = new HashMap<>();
        boolean notify = true;
    }

    private final Map<String, Group> consumers = new HashMap<>();
    private final Map<String, Set<Connection>> producers = new HashMap<>();
    /** The producers' clients by their ids, and back. */
    private final Map<String, Connection> clientsById = new HashMap<>();

    private final Map<Connection, String> clientIds = new HashMap<>();

    /** Whose members changed, and whom to tell. */
    record Change(String group, List<Connection> members) {}

    /** Takes one consumer group of a heartbeat; a change if the client is new in the group, else null. */
    @Nullable Change consumer(Connection connection, String clientId, JsonNode data) {
        String name = data.path("groupName").asText();
        if (name.isEmpty() || name.length() > MAX_NAME) {
            throw new FrameException("a consumer group name has 1 to " + MAX_NAME + " characters");
        }
        if (clientId.length() > MAX_CLIENT_ID) {
            throw new FrameException("a client id has at most " + MAX_CLIENT_ID + " characters");
        }
        if (!consumers.containsKey(name) && consumers.size() >= MAX_GROUPS) {
            throw new FrameException("more than " + MAX_GROUPS + " consumer groups");
        }
        Group group = consumers.computeIfAbsent(name, n -> new Group());
        boolean joined = !clientId.equals(group.members.put(connection, clientId));
        Map<String, Subscription> fresh = new HashMap<>();
        for (JsonNode node : data.path("subscriptionDataSet")) {
            Subscription subscription = Subscription.fromJson(node);
            Subscription there = group.subscriptions.get(subscription.topic());
            fresh.put(
                    subscription.topic(),
                    there != null && there.version() > subscription.version() ? there : subscription);
        }
        if (fresh.size() > MAX_SUBSCRIPTIONS) {
            throw new FrameException("more than " + MAX_SUBSCRIPTIONS + " subscriptions of one group");
        }
        group.subscriptions.clear();
        group.subscriptions.putAll(fresh);
        group.notify = !data.path("messageModel").asText().equals("BROADCASTING");
        return joined ? change(name, group) : null;
    }

    void producer(Connection connection, String group) {
        if (group.length() > MAX_NAME) {
            throw new FrameException("a producer group name has at most " + MAX_NAME + " characters");
        }
        if (producers.containsKey(group) || producers.size() < MAX_GROUPS) {
            producers.computeIfAbsent(group, g -> new LinkedHashSet<>()).add(connection);
        }
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
        Group group = consumers.get(name);
        if (group == null || group.members.remove(connection) == null) {
            return null;
        }
        if (group.members.isEmpty()) {
            consumers.remove(name);
            return null;
        }
        return change(name, group);
    }

    void unregisterProducer(Connection connection, String group) {
        Set<Connection> members = producers.get(group);
        if (members != null && members.remove(connection) && members.isEmpty()) {
            producers.remove(group);
        }
    }

    List<Change> connectionLost(Connection connection) {
        forgetClient(connection);
        List<Change> changes = new java.util.ArrayList<>();
        for (String group : List.copyOf(consumers.keySet())) {
            Change change = unregisterConsumer(connection, group);
            if (change != null) {
                changes.add(change);
            }
        }
        List.copyOf(producers.keySet()).forEach(group -> unregisterProducer(connection, group));
        return changes;
    }

    /** The client ids of a group, sorted. */
    List<String> members(String group) {
        Group found = consumers.get(group);
        return found == null
                ? List.of()
                : found.members.values().stream().sorted().toList();
    }

    boolean knows(String group) {
        return consumers.containsKey(group);
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
