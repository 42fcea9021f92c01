package org.fulmar.broker.delivery;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.fulmar.broker.delivery.MemoryBacklog.Wants;
import org.jspecify.annotations.Nullable;

/**
 * What deliveries have to look like, in the simplest terms: each message of each group has one state. It is told what is
 * done to the engine and what the engine delivers, and objects to what must not be.
 */
final class DeliveryModel {
    enum State {
        AVAILABLE,
        HELD,
        RETURNED,
        /** Has come back, and is to be delivered again only later. */
        DELAYED,
        SETTLED;

        /** What an offset is in the engine. */
        static State of(Cursor cursor, long offset) {
            boolean settled = cursor.isSettled(offset);
            boolean held = cursor.held(offset) != null;
            boolean returned = cursor.returned().containsKey(offset);
            require(
                    (settled ? 1 : 0) + (held ? 1 : 0) + (returned ? 1 : 0) <= 1,
                    () -> offset + " is more than one of settled, in flight and returned");
            if (settled) {
                return SETTLED;
            }
            if (held && cursor.held(offset).holder == null) {
                return DELAYED;
            }
            return held ? HELD : returned ? RETURNED : AVAILABLE;
        }
    }

    /** A message as one group sees it. */
    static final class Entry {
        final Lane lane;
        final long offset;
        State state = State.AVAILABLE;
        /** Deliveries that the application may have seen. */
        int count;

        @Nullable Member holder;

        long number;
        long due;
        /** Whether it went to the dead-letter queue. */
        boolean dead;
        /** Whether an application has seen it for certain. */
        boolean seen;
        /** Whether something happened to it in this turn, which a crash may undo as a whole or in part. */
        boolean touched;

        boolean wasAvailable;
        int lowest;
        int highest;

        Entry(Lane lane, long offset) {
            this.lane = lane;
            this.offset = offset;
        }

        @Override
        public String toString() {
            return lane.group.name + "/" + lane.queueId + "/" + offset + " " + state + " x" + count;
        }
    }

    static final class Lane {
        final Group group;
        final int queueId;
        final long start;
        final List<Entry> entries = new ArrayList<>();
        /** Everything before this index is settled. */
        int settled;

        Lane(Group group, int queueId, long start) {
            this.group = group;
            this.queueId = queueId;
            this.start = start;
        }

        Entry entry(long offset) {
            while (start + entries.size() <= offset) {
                entries.add(new Entry(this, start + entries.size()));
            }
            return entries.get((int) (offset - start));
        }
    }

    static final class Group {
        final String name;
        final String topic;
        final boolean subscription;
        final boolean lasting;
        final @Nullable Integer colour;
        final TreeMap<Integer, Lane> lanes = new TreeMap<>(BY_PRIORITY);
        final List<Member> members = new ArrayList<>();
        /** Who has a message group, by selector. */
        final Map<String, Member> owners = new HashMap<>();

        SubscriptionGroup real;

        Group(
                String name,
                String topic,
                boolean subscription,
                boolean lasting,
                @Nullable Integer colour,
                SubscriptionGroup real) {
            this.name = name;
            this.topic = topic;
            this.subscription = subscription;
            this.lasting = lasting;
            this.colour = colour;
            this.real = real;
        }
    }

    /** A consumer. */
    static final class Member {
        final Group group;
        final int session;
        final @Nullable Integer colour;
        final Consumer real;
        int credit;
        boolean open = true;
        boolean running;
        long delivered;
        /** Number of its last delivery that has left the broker. */
        long sent;
        /** Number of its last delivery that the application has seen. */
        long handedOut;

        final TreeMap<Long, Entry> held = new TreeMap<>();

        Member(Group group, int session, @Nullable Integer colour, Consumer real, int credit) {
            this.group = group;
            this.session = session;
            this.colour = colour;
            this.real = real;
            this.credit = credit;
        }

        boolean wantsMore() {
            return open && running && credit > 0;
        }

        @Override
        public String toString() {
            return "consumer " + real.id();
        }
    }

    private static final int[] PRIORITIES = {4, 5, 6, 7, 8, 9, 3, 2, 1, 0};
    static final Comparator<Integer> BY_PRIORITY = Comparator.<Integer>comparingInt(
                    queueId -> queueId < 10 ? -PRIORITIES[queueId] : 1)
            .thenComparingInt(queueId -> queueId);

    final List<Group> groups = new ArrayList<>();
    final Map<Integer, Member> members = new HashMap<>();
    private final MemoryBacklog backlog;
    private final Failing failing;
    private final List<Entry> touched = new ArrayList<>();
    final DeliveryCounts counts = new DeliveryCounts();

    DeliveryModel(MemoryBacklog backlog, Failing failing) {
        this.backlog = backlog;
        this.failing = failing;
    }

    static void require(boolean ok, Supplier<String> what) {
        if (!ok) {
            throw new AssertionError(what.get());
        }
    }

    boolean expired(Entry entry) {
        return backlog.isUseless(entry.lane.group.topic, entry.lane.queueId, entry.offset);
    }

    boolean matches(@Nullable Integer colour, Entry entry) {
        return colour == null || colour == backlog.colour(entry.lane.group.topic, entry.lane.queueId, entry.offset);
    }

    /** Whether nobody is to have it, so that it may be settled behind everyone's back. */
    boolean unwanted(Entry entry) {
        Group group = entry.lane.group;
        return expired(entry) || group.subscription && !matches(group.colour, entry);
    }

    private int messageGroup(Entry entry) {
        return backlog.group(entry.lane.group.topic, entry.lane.queueId, entry.offset);
    }

    /** Who has the message's group among consumers with the member's selector; null if it has none, or nobody has it. */
    @Nullable Member owner(Member member, Entry entry) {
        int messageGroup = messageGroup(entry);
        return messageGroup < 0 ? null : member.group.owners.get(member.colour + "/" + messageGroup);
    }

    boolean isFor(Member member, Entry entry) {
        Member owner = owner(member, entry);
        return (owner == null || owner == member) && matches(member, entry);
    }

    boolean matches(Member member, Entry entry) {
        return (entry.state == State.AVAILABLE || entry.state == State.RETURNED)
                && !expired(entry)
                && matches(member.colour, entry);
    }

    private void touch(Entry entry) {
        if (!entry.touched) {
            entry.touched = true;
            entry.wasAvailable = entry.state == State.AVAILABLE;
            entry.lowest = entry.count;
            entry.highest = entry.count;
            touched.add(entry);
        }
    }

    private static void count(Entry entry, int count) {
        entry.count = count;
        entry.lowest = Math.min(entry.lowest, count);
        entry.highest = Math.max(entry.highest, count);
    }

    long visible(Lane lane) {
        return backlog.visibleOffset(lane.group.topic, lane.queueId);
    }

    // What is done

    Group add(Group group, Map<Integer, Long> starts) {
        starts.forEach((queueId, start) -> group.lanes.put(queueId, new Lane(group, queueId, start)));
        groups.add(group);
        return group;
    }

    void queueAdded(String topic, int queueId) {
        for (Group group : groups) {
            if (group.topic.equals(topic)) {
                group.lanes.put(queueId, new Lane(group, queueId, 0));
            }
        }
    }

    void opened(Member member) {
        member.group.members.add(member);
        members.put(member.real.id(), member);
    }

    /** The engine delivers. */
    void delivered(Consumer consumer, String topic, int queueId, long offset, int count) {
        Member member = members.get(consumer.id());
        require(member != null && member.real == consumer, () -> "an unknown consumer " + consumer.id());
        require(member.open && member.running, () -> member + " is closed or stopped");
        require(member.credit > 0, () -> member + " has no credit");
        require(member.group.topic.equals(topic), () -> member + " gets a message of " + topic);
        Lane lane = member.group.lanes.get(queueId);
        require(lane != null && offset >= lane.start, () -> offset + " lies before the group's beginning");
        require(offset < visible(lane), () -> offset + " is not visible yet");
        Entry entry = lane.entry(offset);
        require(isFor(member, entry), () -> entry + " is not for " + member);
        checkOrder(member, entry);
        require(count == entry.count + 1, () -> entry + " is delivered with count " + count);
        require(!entry.seen || count > 1, () -> entry + " was seen and comes again as new");
        int messageGroup = messageGroup(entry);
        if (messageGroup >= 0) {
            counts.grouped++;
            member.group.owners.put(member.colour + "/" + messageGroup, member);
        }
        touch(entry);
        counts.deliveries++;
        counts.redeliveries += count > 1 ? 1 : 0;
        entry.state = State.HELD;
        entry.holder = member;
        entry.number = ++member.delivered;
        count(entry, count);
        member.held.put(entry.number, entry);
        member.credit--;
    }

    private void checkOrder(Member member, Entry entry) {
        for (Lane lane : member.group.lanes.values()) {
            for (long offset = lane.start + lane.settled; offset < visible(lane); offset++) {
                Entry other = lane.entry(offset);
                if (other == entry && entry.state == State.RETURNED) {
                    return;
                }
                boolean earlier = other.state == State.RETURNED
                        || lane != entry.lane
                        || entry.state == State.AVAILABLE && offset < entry.offset;
                require(!earlier || !isFor(member, other), () -> entry + " goes out to " + member + " before " + other);
            }
            if (lane == entry.lane) {
                return;
            }
        }
    }

    void settled(Entry entry, boolean replenish) {
        touch(entry);
        Member member = entry.holder;
        member.held.remove(entry.number);
        entry.holder = null;
        entry.state = State.SETTLED;
        if (replenish && member.open) {
            member.credit++;
        }
    }

    /**
     * A consumer gives back what it holds: all of it, or what the application has not seen.
     *
     * @param failedUpTo number of its last delivery that counts as failed
     */
    void returned(Member member, long handedOut, boolean all, long failedUpTo, long now) {
        for (Entry entry : List.copyOf(member.held.values())) {
            boolean seen = entry.number <= handedOut;
            if (all || !seen) {
                returned(entry, seen, seen && entry.number <= failedUpTo, now);
            }
        }
        require(failing.isQuiet(), () -> "a message is taken for dead that is not");
    }

    /** One message comes back that a session has released. */
    void released(Entry entry, boolean seen, long now) {
        returned(entry, seen, seen, now);
    }

    private void returned(Entry entry, boolean seen, boolean failed, long now) {
        touch(entry);
        Member member = entry.holder;
        member.held.remove(entry.number);
        entry.holder = null;
        entry.state = State.RETURNED;
        if (!seen) {
            count(entry, entry.count - 1);
            member.credit++;
        } else if (failed) {
            failed(entry, now);
        }
    }

    private void failed(Entry entry, long now) {
        Redelivery.Policy policy = failing.policy();
        Group group = entry.lane.group;
        long wait = 0;
        if (policy.maxRedeliveries() >= 0 && entry.count > policy.maxRedeliveries()) {
            int cursorId = group.real.cursor(entry.lane.queueId).id();
            int asked = group.lasting ? failing.asked(cursorId, entry.offset) : entry.count;
            require(asked == entry.count, () -> entry + " is dead after " + asked + " deliveries");
            if (!group.lasting || failing.took(cursorId, entry.offset)) {
                entry.state = State.SETTLED;
                entry.dead = group.lasting;
                counts.deaths++;
                return;
            }
            wait = 1000;
        } else if (policy.delayMillis() > 0) {
            wait = Math.min(policy.maxDelayMillis(), policy.delayMillis() << Math.min(20, entry.count - 1));
        }
        if (wait > 0) {
            entry.state = State.DELAYED;
            entry.due = now + wait;
            counts.delays++;
        }
    }

    /** Time has passed: what waited for it can be delivered. */
    void passed(long now) {
        for (Group group : groups) {
            for (Lane lane : group.lanes.values()) {
                for (Entry entry : lane.entries) {
                    if (entry.state == State.DELAYED && entry.due <= now) {
                        entry.state = State.RETURNED;
                    }
                }
            }
        }
    }

    void closed(Member member, long handedOut) {
        member.open = false;
        returned(member, handedOut, false, 0, 0);
        Group group = member.group;
        group.owners.values().removeIf(owner -> owner == member);
        if (group.members.remove(member) && !group.lasting && group.subscription && group.members.isEmpty()) {
            groups.remove(group);
        }
    }

    /** The application has seen the deliveries up to a number. */
    void handedOut(Member member, long number) {
        member.handedOut = number;
        member.held.headMap(number, true).values().forEach(entry -> entry.seen = true);
    }

    /** What happened is in the log, and what was delivered has left the broker. */
    void turnEnded() {
        touched.forEach(entry -> entry.touched = false);
        touched.clear();
        members.values().forEach(member -> member.sent = member.delivered);
    }

    // What has to hold

    /** The broker was killed and has recovered: nothing that was in the log may be lost, and nobody holds anything. */
    void crashed(GroupTable table) {
        members.clear();
        groups.removeIf(group -> !group.lasting);
        for (Group group : groups) {
            group.members.clear();
            group.owners.clear();
            SubscriptionGroup real = table.find(group.name, group.topic);
            require(real != null, () -> "group " + group.name + " is lost");
            require(
                    real.isSubscription() == group.subscription
                            && real.isLasting()
                            && (group.colour == null ? "null" : "colour " + group.colour)
                                    .equals(String.valueOf(real.selector())),
                    () -> "group " + group.name + " has changed");
            require(
                    real.cursors().size() == group.lanes.size(),
                    () -> "group " + group.name + " has other queues than before");
            group.real = real;
            group.lanes.values().forEach(this::recover);
        }
        turnEnded();
    }

    private void recover(Lane lane) {
        Cursor cursor = lane.group.real.cursor(lane.queueId);
        require(cursor != null, () -> "no cursor of " + lane.group.name + " for queue " + lane.queueId);
        lane.settled = 0;
        for (long offset = lane.start; offset < visible(lane); offset++) {
            recover(cursor, lane.entry(offset));
        }
        int end = (int) Math.max(0, visible(lane) - lane.start);
        if (end < lane.entries.size()) {
            lane.entries.subList(end, lane.entries.size()).clear();
        }
    }

    private void recover(Cursor cursor, Entry entry) {
        State real = State.of(cursor, entry.offset);
        require(real != State.HELD, () -> entry + " is held after a restart");
        int count = cursor.returned().getOrDefault(entry.offset, 0);
        boolean expected;
        if (real == State.SETTLED) {
            expected = entry.state == State.SETTLED || entry.state != State.HELD && unwanted(entry);
        } else if (!entry.touched) {
            expected = entry.state == State.AVAILABLE
                    ? real == State.AVAILABLE
                    : entry.state != State.SETTLED && real == State.RETURNED && count == entry.count;
        } else {
            // the log may hold any part of what happened in the turn
            expected = real == State.AVAILABLE
                    ? entry.wasAvailable
                    : count >= entry.lowest && count <= entry.highest && (!entry.seen || count > 0);
        }
        require(expected, () -> entry + " is " + real + " x" + count + " after a restart");
        entry.holder = null;
        entry.dead &= real == State.SETTLED;
        if (real != State.SETTLED) {
            entry.state = real;
            entry.count = count;
        } else if (!unwanted(entry)) {
            entry.state = real;
        } else if (entry.state == State.HELD) {
            entry.state = State.RETURNED;
        }
    }

    static @Nullable Wants test(@Nullable Integer colour) {
        return colour == null ? null : new Wants(colour);
    }
}
