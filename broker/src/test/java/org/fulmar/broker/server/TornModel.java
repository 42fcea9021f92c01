package org.fulmar.broker.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a broker has answered, and so must know after any restart. */
final class TornModel {
    static final int QUEUES = 2;

    /** A topic of RocketMQ clients, from when it was made to when it is deleted. */
    static final class Topic {
        final List<List<String>> queues = new ArrayList<>();
        final Set<String> popped = new TreeSet<>();
        /** What was committed, of each queue in its order; it begins with nothing. */
        final List<Commits> commits = new ArrayList<>();

        Topic() {
            for (int i = 0; i < QUEUES; i++) {
                queues.add(new ArrayList<>());
                commits.add(new Commits());
            }
        }

        Set<String> unsettled() {
            Set<String> all = new TreeSet<>();
            queues.forEach(all::addAll);
            all.removeAll(popped);
            return all;
        }
    }

    /** Committed offsets are saved with the views alone: what came after that may be gone. */
    static final class Commits {
        final List<Long> values = new ArrayList<>(List.of(-1L));
        int saved;
        int saving;

        /** What may be there after a restart. */
        List<Long> possible() {
            return values.subList(saved, values.size());
        }
    }

    /** A destination with one group of JMS consumers. */
    static final class Destination {
        final Set<String> waiting = new LinkedHashSet<>();
        boolean subscribed;
    }

    final Map<String, Topic> topics = new TreeMap<>();

    @Nullable Destination queue;

    @Nullable Destination topic;
    /** When messages are due that wait for a time. */
    final Map<String, Long> timers = new TreeMap<>();

    final Map<String, String> handles = new HashMap<>();
    final Set<String> given = new TreeSet<>();
    int numbers;

    String next(String name) {
        return name + numbers++;
    }

    private List<Commits> commits() {
        List<Commits> all = new ArrayList<>();
        topics.values().forEach(each -> all.addAll(each.commits));
        return all;
    }

    void saveBegins() {
        commits().forEach(each -> each.saving = each.values.size() - 1);
    }

    void saveEnds() {
        commits().forEach(each -> each.saved = each.saving);
    }

    void offsetsGone() {
        topics.values().forEach(each -> each.commits.replaceAll(before -> new Commits()));
    }

    private static Destination copy(Destination from) {
        Destination copy = new Destination();
        copy.waiting.addAll(from.waiting);
        copy.subscribed = from.subscribed;
        return copy;
    }

    TornModel copy() {
        TornModel copy = new TornModel();
        topics.forEach((name, from) -> {
            Topic to = new Topic();
            to.popped.addAll(from.popped);
            for (int i = 0; i < QUEUES; i++) {
                to.queues.get(i).addAll(from.queues.get(i));
                to.commits.get(i).values.clear();
                to.commits.get(i).values.addAll(from.commits.get(i).values);
                to.commits.get(i).saved = from.commits.get(i).saved;
            }
            copy.topics.put(name, to);
        });
        copy.queue = queue == null ? null : copy(queue);
        copy.topic = topic == null ? null : copy(topic);
        copy.timers.putAll(timers);
        copy.handles.putAll(handles);
        copy.given.addAll(given);
        copy.numbers = numbers;
        return copy;
    }
}
