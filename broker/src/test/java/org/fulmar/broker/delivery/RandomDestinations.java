package org.fulmar.broker.delivery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.fulmar.broker.delivery.DeliveryModel.Group;
import org.jspecify.annotations.Nullable;

/** What happens to the topics, queues and subscriptions of a random life, and to the messages in them. */
final class RandomDestinations {
    static final String QUEUE = "queue";
    static final String TOPIC = "a \"topic\"";
    static final String TEMPORARY = "temporary";
    static final int COLOURS = 3;
    static final String SHARED = "shared";
    private static final String[] SUBSCRIPTIONS = {"sub", "sub\"2\\", "sub\u0001é\uD83D\uDC27"};
    private static final int MESSAGE_GROUPS = 4;

    private final Random random;
    private final MemoryBacklog backlog;
    private final RecordedFacts facts;
    private final DeliveryModel model;
    private final MortalEngine mortal;
    private final Trace trace;

    RandomDestinations(
            Random random,
            MemoryBacklog backlog,
            RecordedFacts facts,
            DeliveryModel model,
            MortalEngine mortal,
            Trace trace) {
        this.random = random;
        this.backlog = backlog;
        this.facts = facts;
        this.model = model;
        this.mortal = mortal;
        this.trace = trace;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    void begin() {
        for (String topic : List.of(QUEUE, TOPIC)) {
            for (int lanes = 1 + random.nextInt(3); lanes > 0; lanes--) {
                backlog.addQueue(topic);
            }
        }
        Map<Integer, Long> starts = new HashMap<>();
        for (int queueId : backlog.queueIds(QUEUE)) {
            starts.put(queueId, 0L);
        }
        SubscriptionGroup real =
                mortal.groups().create(SubscriptionGroup.QUEUE, QUEUE, false, null, false, false, starts, facts);
        model.add(new Group(SubscriptionGroup.QUEUE, QUEUE, false, true, null, real), starts);
    }

    List<String> topics() {
        return backlog.queueIds(TEMPORARY).length == 0 ? List.of(QUEUE, TOPIC) : List.of(QUEUE, TOPIC, TEMPORARY);
    }

    @Nullable Integer anyColour() {
        return random.nextInt(3) == 0 ? random.nextInt(COLOURS) : null;
    }

    private int anyQueue(String topic) {
        return random.nextInt(backlog.queueIds(topic).length);
    }

    void append() {
        String topic = any(topics());
        int queueId = anyQueue(topic);
        int count = 1 + random.nextInt(random.nextInt(20) == 0 ? 30 : 3);
        for (int i = 0; i < count; i++) {
            int colour = random.nextInt(COLOURS);
            if (random.nextInt(3) == 0) {
                backlog.appendGrouped(topic, queueId, colour, random.nextInt(MESSAGE_GROUPS));
            } else {
                backlog.append(topic, queueId, colour, 1);
            }
        }
        trace.add("append " + count + " to " + topic + "/" + queueId);
    }

    void show() {
        String topic = any(topics());
        for (int queueId : backlog.queueIds(topic)) {
            long visible = backlog.visibleOffset(topic, queueId);
            long waiting = backlog.nextOffset(topic, queueId) - visible;
            if (waiting > 0) {
                backlog.show(topic, queueId, visible + 1 + random.nextInt((int) waiting));
            }
        }
        mortal.engine().wakeTopic(topic);
        trace.add("show " + topic);
    }

    /** Whether a queue came to a topic, which a turn ends with. */
    boolean addQueue() {
        String topic = any(topics());
        if (backlog.queueIds(topic).length < 12) {
            int queueId = backlog.addQueue(topic);
            mortal.engine().queueAdded(topic, queueId);
            model.queueAdded(topic, queueId);
            trace.add("add queue " + topic + "/" + queueId);
            return true;
        }
        return false;
    }

    /** Makes or deletes a subscription that nobody uses. Whether it did, which a turn ends with. */
    boolean changeSubscription() {
        String name = any(List.of(SUBSCRIPTIONS));
        Group there = group(name, TOPIC);
        if (there != null && !there.members.isEmpty()) {
            return false;
        }
        if (there != null) {
            mortal.groups().delete(there.real, facts);
            model.groups.remove(there);
            trace.add("delete " + name);
            if (random.nextInt(3) == 0) {
                return true;
            }
        }
        Integer colour = anyColour();
        String selector = colour == null ? null : "colour " + colour;
        Map<Integer, Long> starts = starts(TOPIC);
        SubscriptionGroup real = mortal.groups().create(name, TOPIC, true, selector, false, false, starts, facts);
        model.add(new Group(name, TOPIC, true, true, colour, real), starts);
        trace.add("create " + name + " for colour " + colour + " from " + starts);
        return true;
    }

    @Nullable Group group(String name, String topic) {
        for (Group group : model.groups) {
            if (group.name.equals(name) && group.topic.equals(topic)) {
                return group;
            }
        }
        return null;
    }

    void changeTemporaryQueue() {
        Group there = group(SubscriptionGroup.QUEUE, TEMPORARY);
        if (there == null) {
            backlog.addQueue(TEMPORARY);
            SubscriptionGroup real = mortal.groups().createTemporary(SubscriptionGroup.QUEUE, TEMPORARY, 1);
            model.add(new Group(SubscriptionGroup.QUEUE, TEMPORARY, false, false, null, real), Map.of(0, 0L));
            trace.add("create the temporary queue");
        } else if (model.members.values().stream().noneMatch(member -> member.group == there)) {
            mortal.groups().topicDeleted(TEMPORARY);
            backlog.removeTopic(TEMPORARY);
            model.groups.remove(there);
            trace.add("delete the temporary queue");
        }
    }

    void expire() {
        String topic = any(topics());
        int queueId = anyQueue(topic);
        long next = backlog.nextOffset(topic, queueId);
        if (next > 0) {
            long offset = random.nextInt((int) next);
            if (random.nextBoolean()) {
                backlog.expire(topic, queueId, offset);
            } else {
                backlog.lose(topic, queueId, offset);
            }
            trace.add("expire or lose " + topic + "/" + queueId + "/" + offset);
        }
    }

    Map<Integer, Long> starts(String topic) {
        Map<Integer, Long> starts = new HashMap<>();
        for (int queueId : backlog.queueIds(topic)) {
            starts.put(queueId, backlog.nextOffset(topic, queueId));
        }
        return starts;
    }
}
