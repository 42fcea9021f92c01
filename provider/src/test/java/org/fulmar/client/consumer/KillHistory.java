package org.fulmar.client.consumer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the members of groups began and ended, and which of them were killed; says what of it may not be. Thread-safe.
 *
 * <p>The messages of each queue are numbered from 0, without gaps. All processes of a machine have the same {@link
 * System#nanoTime}.
 */
final class KillHistory {
    private record Event(boolean begins, String member, String group, String queue, int number, long nanos) {
        @Override
        public String toString() {
            return (begins ? "begin " : "end ") + queue + ":" + number + " by " + member + " at " + nanos / 1000;
        }
    }

    private final List<Event> events = new ArrayList<>();
    private final Map<String, Long> killed = new HashMap<>();
    private final Map<String, Set<String>> ended = new HashMap<>();

    /** Whether the line says what a listener does. */
    synchronized boolean add(String member, String line) {
        String[] words = line.split(" ");
        boolean begins = words[0].equals("begin");
        if (!begins && !words[0].equals("end")) {
            return false;
        }
        int colon = words[2].indexOf(':');
        events.add(new Event(
                begins,
                member,
                words[1],
                words[2].substring(0, colon),
                Integer.parseInt(words[2].substring(colon + 1)),
                Long.parseLong(words[3])));
        if (!begins) {
            ended.computeIfAbsent(words[1], group -> new HashSet<>()).add(words[2]);
            ended.computeIfAbsent(words[1] + "/" + member, group -> new HashSet<>())
                    .add(words[2]);
        }
        return true;
    }

    synchronized void wasKilled(String member, long nanos) {
        killed.put(member, nanos);
    }

    /** How many messages the group has processed. */
    synchronized int processed(String group) {
        return ended.getOrDefault(group, Set.of()).size();
    }

    /** How many messages this member of the group has processed. */
    synchronized int processed(String group, String member) {
        return ended.getOrDefault(group + "/" + member, Set.of()).size();
    }

    private List<Event> of(String group) {
        return events.stream()
                .filter(event -> event.group.equals(group))
                .sorted(Comparator.comparingLong(Event::nanos))
                .toList();
    }

    /** The messages that none of these members has processed, of so many of each queue. */
    synchronized Set<String> missing(String group, Set<String> members, Map<String, Integer> sent) {
        Set<String> missing = new HashSet<>();
        sent.forEach((queue, count) -> {
            for (int i = 0; i < count; i++) {
                missing.add(queue + ":" + i);
            }
        });
        members.forEach(member -> missing.removeAll(ended.getOrDefault(group + "/" + member, Set.of())));
        return missing;
    }

    /** What was processed again although who had processed it lived on. {@code members} share the messages. */
    synchronized List<String> needlessRepeats(String group, Set<String> members) {
        List<String> faults = new ArrayList<>();
        Map<String, Event> before = new HashMap<>();
        for (Event event : of(group)) {
            if (!event.begins && members.contains(event.member)) {
                Event earlier = before.put(event.queue + ":" + event.number, event);
                if (earlier != null && !killed.containsKey(earlier.member)) {
                    faults.add(event + " after " + earlier);
                }
            }
        }
        return faults;
    }

    synchronized int repeats(String group) {
        return (int) of(group).stream().filter(event -> !event.begins).count() - processed(group);
    }

    /**
     * What was not in order: a message that was begun before the one before it had ended, or while another member had
     * one of the queue that lives; and steps of one member other than to the next message.
     */
    synchronized List<String> disorder(String group) {
        List<String> faults = new ArrayList<>();
        Map<String, Event> last = new HashMap<>();
        Map<String, Integer> done = new HashMap<>();
        for (Event event : of(group)) {
            Event before = last.put(event.queue, event);
            if (!event.begins) {
                done.merge(event.queue, event.number, Math::max);
                if (before == null || !before.begins || !before.member.equals(event.member)) {
                    faults.add(event + " after " + before);
                }
                continue;
            }
            boolean skips = event.number > done.getOrDefault(event.queue, -1) + 1;
            boolean overlaps = before != null && before.begins && !killed.containsKey(before.member);
            boolean jumps = before != null && before.member.equals(event.member) && event.number != before.number + 1;
            if (skips || overlaps || jumps) {
                faults.add((skips ? "skips: " : overlaps ? "overlaps: " : "jumps: ") + event + " after " + before);
            }
        }
        return faults;
    }

    /**
     * How long it took until each queue that a killed member had of the group was consumed by another, in milliseconds;
     * -1 if it never was.
     */
    synchronized Map<String, Long> handOvers(String group, String member) {
        long when = killed.get(member);
        Map<String, Event> owners = new TreeMap<>();
        Map<String, Long> millis = new TreeMap<>();
        for (Event event : of(group)) {
            if (event.begins && event.nanos < when) {
                owners.put(event.queue, event);
            }
        }
        owners.values().removeIf(event -> !event.member.equals(member));
        owners.keySet().forEach(queue -> millis.put(queue, -1L));
        for (Event event : of(group)) {
            boolean next = event.begins && event.nanos > when && !event.member.equals(member);
            if (next && owners.remove(event.queue) != null) {
                millis.put(event.queue, (event.nanos - when) / 1_000_000);
            }
        }
        return millis;
    }
}
