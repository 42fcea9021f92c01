package org.fulmar.broker.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.GroupTable;
import org.fulmar.broker.delivery.SubscriptionGroup;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.protocol.command.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * What administrators may make of topics: no change hides a message that somebody has not read, and none takes from a JMS
 * destination what it needs. Decides on the core, changes nothing.
 */
final class TopicRules {
    /** Most characters of all attributes of a topic together; they are part of every registration. */
    private static final int MAX_ATTRIBUTES = 4096;

    private static final int ALL_PERMISSIONS = TopicConfig.READ | TopicConfig.WRITE | TopicConfig.INHERIT;
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,10}");
    private static final Pattern ANY = Pattern.compile(".{1,1024}");

    /** An attribute that there is: its values, and whether a topic that exists can be given another. */
    private record Attribute(Pattern values, boolean changeable, String meaning) {}

    private static final Map<String, Attribute> ATTRIBUTES = attributes();

    private static Map<String, Attribute> attributes() {
        Map<String, Attribute> all = new TreeMap<>();
        all.put(
                "message.type",
                new Attribute(
                        Pattern.compile("UNSPECIFIED|NORMAL|FIFO|DELAY|TRANSACTION"),
                        true,
                        "UNSPECIFIED, NORMAL, FIFO, DELAY or TRANSACTION"));
        all.put("queue.type", new Attribute(Pattern.compile("SimpleCQ"), false, "SimpleCQ, the only type there is"));
        all.put("cleanup.policy", new Attribute(Pattern.compile("DELETE"), false, "DELETE, the only policy there is"));
        all.put(
                "reserve.time",
                new Attribute(Pattern.compile("-1"), true, "-1: files are kept for the same time for all topics"));
        all.put(TopicTable.KIND, new Attribute(Pattern.compile("queue|topic"), false, "queue or topic"));
        all.put(TopicTable.NAME, new Attribute(ANY, false, "the JMS name of the destination"));
        all.put("fulmar.maxRedeliveries", new Attribute(NUMBER, true, "a number"));
        all.put("fulmar.redeliveryDelay", new Attribute(NUMBER, true, "a number of milliseconds"));
        all.put("fulmar.expiryQueue", new Attribute(ANY, true, "the name of a JMS queue"));
        return all;
    }

    private final BrokerConfig config;
    private final ConsumerOffsets offsets;
    private final ClientTable clients;
    private final GroupTable groups;
    private final MessageStore store;

    TopicRules(
            BrokerConfig config, ConsumerOffsets offsets, ClientTable clients, GroupTable groups, MessageStore store) {
        this.config = config;
        this.offsets = offsets;
        this.clients = clients;
        this.groups = groups;
        this.store = store;
    }

    /** The topics that every broker has, and that administrators leave as they are. */
    Set<String> systemTopics() {
        Set<String> all = new LinkedHashSet<>(List.of(
                TopicService.DEFAULT_TOPIC,
                "SCHEDULE_TOPIC_XXXX",
                "BenchmarkTest",
                "RMQ_SYS_TRANS_HALF_TOPIC",
                "RMQ_SYS_TRACE_TOPIC",
                "RMQ_SYS_TRANS_OP_HALF_TOPIC",
                "TRANS_CHECK_MAX_TIME_TOPIC",
                "SELF_TEST_TOPIC",
                "OFFSET_MOVED_EVENT",
                "CHECKPOINT_TOPIC"));
        all.add(config.clusterName());
        all.add(config.brokerName());
        all.add(config.clusterName() + "_REPLY_TOPIC");
        return all;
    }

    boolean isSystem(String topic) {
        return topic.startsWith("rmq_sys_") || systemTopics().contains(topic);
    }

    /**
     * The attributes of a topic after changes written as {@code +name=value} and {@code -name}.
     *
     * @param before null if the topic is new
     * @throws IllegalArgumentException if a change is not allowed
     */
    Map<String, String> changed(@Nullable TopicConfig before, List<String> changes) {
        Map<String, String> now = new HashMap<>(before == null ? Map.of() : before.attributes());
        Set<String> named = new LinkedHashSet<>();
        for (String change : changes) {
            int equals = change.indexOf('=');
            String name = (equals < 0 ? change : change.substring(0, equals)).strip();
            boolean adds = name.startsWith("+");
            if (name.length() < 2 || !adds && !name.startsWith("-") || adds && equals < 0) {
                throw new IllegalArgumentException(
                        "an attribute is set with +name=value and removed with -name, not with " + change);
            }
            name = name.substring(1);
            Attribute attribute = ATTRIBUTES.get(name);
            if (attribute == null) {
                throw new IllegalArgumentException(
                        "unsupported key: " + name + "; the attributes that there are: " + ATTRIBUTES.keySet());
            }
            if (!named.add(name)) {
                throw new IllegalArgumentException("key duplication: " + name);
            }
            change(
                    now,
                    before,
                    name,
                    attribute,
                    adds ? change.substring(equals + 1).strip() : null);
        }
        int length = now.entrySet().stream()
                .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
                .sum();
        if (length > MAX_ATTRIBUTES) {
            throw new IllegalArgumentException(
                    "the attributes of a topic have at most " + MAX_ATTRIBUTES + " characters, not " + length);
        }
        return now;
    }

    private static void change(
            Map<String, String> now,
            @Nullable TopicConfig before,
            String name,
            Attribute attribute,
            @Nullable String value) {
        boolean there = now.containsKey(name);
        boolean same = value != null && value.equals(now.get(name));
        if (before != null && !attribute.changeable && !same) {
            throw new IllegalArgumentException("attempt to update an unchangeable attribute. key: " + name);
        }
        if (value == null) {
            if (!there) {
                throw new IllegalArgumentException("attempt to delete a nonexistent key: " + name);
            }
            now.remove(name);
        } else if (attribute.values.matcher(value).matches()) {
            now.put(name, value);
        } else {
            throw new IllegalArgumentException(
                    "value of " + name + " is not in the range: it is " + attribute.meaning + ", not " + value);
        }
    }

    /** Why a topic can't be what is wanted; null if it can. */
    @Nullable String refusal(@Nullable TopicConfig before, TopicConfig wanted) {
        if (wanted.readQueueNums() < 1 || wanted.writeQueueNums() < 1) {
            return "a topic has at least one queue to read and one to write";
        }
        if ((wanted.perm() & ~ALL_PERMISSIONS) != 0) {
            return "perm is a sum of 4 (may be read), 2 (may be written to) and 1 (is inherited), not " + wanted.perm();
        }
        if (wanted.writeQueueNums() > wanted.readQueueNums()) {
            return "topic " + wanted.name() + " with " + wanted.writeQueueNums() + " queues to write and "
                    + wanted.readQueueNums() + " to read would have messages that nobody is told of:"
                    + " readQueueNums must be at least writeQueueNums";
        }
        if (before == null) {
            return null;
        }
        boolean fewer =
                wanted.readQueueNums() < before.readQueueNums() || wanted.writeQueueNums() < before.writeQueueNums();
        if (fewer && before.attributes().containsKey(TopicTable.KIND)) {
            return before.name() + " is a JMS " + before.attributes().get(TopicTable.KIND)
                    + ", whose queues are lanes of priorities: it has " + before.readQueueNums()
                    + " and can't have fewer";
        }
        for (int id = wanted.readQueueNums(); id < before.readQueueNums(); id++) {
            String unread = unread(before, id);
            if (unread != null) {
                return "queue " + id + " of " + before.name() + " " + unread
                        + ": first take fewer queues to write, then, when all is read, fewer to read";
            }
        }
        return null;
    }

    /** Why a queue must still be read; null if everybody has read it. */
    private @Nullable String unread(TopicConfig topic, int queueId) {
        QueueLog queue = store.queueIfPresent(topic.name(), queueId);
        if (queue == null || queue.nextOffset() == queue.minOffset()) {
            return null;
        }
        for (String group : knownGroups(topic.name())) {
            long committed = Math.max(queue.minOffset(), offsets.query(topic.name(), group, queueId));
            if (committed < queue.nextOffset()) {
                return "holds " + (queue.nextOffset() - committed) + " messages that group " + group + " has not read";
            }
        }
        for (SubscriptionGroup group : groups.ofTopic(topic.name())) {
            if (group.hasUnsettled(queueId, queue.nextOffset())) {
                String who = group.name().equals(SubscriptionGroup.QUEUE) ? "the JMS queue" : group.name();
                return "holds messages that " + who + " has not acknowledged";
            }
        }
        return null;
    }

    /** Those with offsets of a topic, and those who subscribe to it now; but for broadcasts, whose offsets are theirs. */
    private List<String> knownGroups(String topic) {
        Set<String> known = new LinkedHashSet<>(offsets.groupsOf(topic));
        for (String group : clients.attendance().consumerGroups()) {
            boolean broadcast =
                    clients.attendance().profile(group).messageModel().equals("BROADCASTING");
            if (!broadcast && clients.subscription(group, topic) != null) {
                known.add(group);
            }
        }
        return new ArrayList<>(known);
    }
}
