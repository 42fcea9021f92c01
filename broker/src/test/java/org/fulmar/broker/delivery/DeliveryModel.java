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
        SETTLED
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
        private final List<Entry> entries = new ArrayList<>();
        /** Everything before this index is settled. */
        private int settled;

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
    private int deliveries;
    private int redeliveries;
    private int grouped;
    private int deaths;
    private int delays;

    DeliveryModel(MemoryBacklog backlog, Failing failing) {
        this.backlog = backlog;
        this.failing = failing;
    }

    static void require(boolean ok, Supplier<String> what) {
        if (!ok) {
            throw new AssertionError(what.get());
        }
    }

    int deliveries() {
        return deliveries;
    }

    int redeliveries() {
        return redeliveries;
    }

    int grouped() {
        return grouped;
    }

    int deaths() {
        return deaths;
    }

    int delays() {
        return delays;
    }

    private boolean expired(Entry entry) {
        return backlog.isUseless(entry.lane.group.topic, entry.lane.queueId, entry.offset);
    }

    private boolean matches(@Nullable Integer colour, Entry entry) {
        return colour == null || colour == backlog.colour(entry.lane.group.topic, entry.lane.queueId, entry.offset);
    }

    /** Whether nobody is to have it, so that it may be settled behind everyone's back. */
    private boolean unwanted(Entry entry) {
        Group group = entry.lane.group;
        return expired(entry) || group.subscription && !matches(group.colour, entry);
    }

    private int messageGroup(Entry entry) {
        return backlog.group(entry.lane.group.topic, entry.lane.queueId, entry.offset);
    }

    /** Who has the message's group among consumers with the member's selector; null if it has none, or nobody has it. */
    private @Nullable Member owner(Member member, Entry entry) {
        int messageGroup = messageGroup(entry);
        return messageGroup < 0 ? null : member.group.owners.get(member.colour + "/" + messageGroup);
    }

    private boolean isFor(Member member, Entry entry) {
        Member owner = owner(member, entry);
        return (owner == null || owner == member) && matches(member, entry);
    }

    private boolean matches(Member member, Entry entry) {
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

    private long visible(Lane lane) {
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
            grouped++;
            member.group.owners.put(member.colour + "/" + messageGroup, member);
        }
        touch(entry);
        deliveries++;
        redeliveries += count > 1 ? 1 : 0;
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
    void released(Entry entry, boolean replenish, long now) {
        Member member = entry.holder;
        returned(entry, true, true, now);
        if (replenish && member.open) {
            member.credit++;
        }
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
                deaths++;
                return;
            }
            wait = 1000;
        } else if (policy.delayMillis() > 0) {
            wait = Math.min(policy.maxDelayMillis(), policy.delayMillis() << Math.min(20, entry.count - 1));
        }
        if (wait > 0) {
            entry.state = State.DELAYED;
            entry.due = now + wait;
            delays++;
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

    /** Compares the state of each message with the engine's. */
    void check() {
        for (Group group : groups) {
            for (Lane lane : group.lanes.values()) {
                check(lane);
            }
        }
        members.values().forEach(DeliveryModel::check);
    }

    private static void check(Member member) {
        require(member.real.isOpen() == member.open, () -> member + " is open: " + member.real.isOpen());
        require(
                member.real.credit() == member.credit,
                () -> member + " has a credit of " + member.real.credit() + ", not " + member.credit);
        require(
                member.real.held() == member.held.size(),
                () -> member + " holds " + member.real.held() + ", not " + member.held.size());
        Cursor.InFlight link = member.real.oldestHeld();
        for (Entry entry : member.held.values()) {
            Cursor.InFlight here = link;
            require(
                    here != null && here.offset == entry.offset && here.number == entry.number,
                    () -> member + " does not list " + entry + " in order of delivery");
            link = here.next;
        }
        require(link == null, () -> member + " lists more than it holds");
    }

    private void check(Lane lane) {
        Cursor cursor = lane.group.real.cursor(lane.queueId);
        require(cursor != null, () -> "no cursor of " + lane.group.name + " for queue " + lane.queueId);
        int held = 0;
        int returned = 0;
        while (lane.settled < lane.entries.size() && lane.entries.get(lane.settled).state == State.SETTLED) {
            lane.settled++;
        }
        require(
                lane.settled == 0 || cursor.floor() >= lane.start + lane.settled,
                () -> "floor " + cursor.floor() + " instead of " + (lane.start + lane.settled));
        for (long offset = lane.start + lane.settled; offset < visible(lane); offset++) {
            Entry entry = lane.entry(offset);
            State real = real(cursor, offset);
            if (real != entry.state) {
                boolean dropped = real == State.SETTLED
                        && (entry.state == State.AVAILABLE || entry.state == State.RETURNED)
                        && unwanted(entry);
                require(dropped, () -> entry + " is " + real + " in the engine");
                continue;
            }
            switch (entry.state) {
                case HELD -> {
                    held++;
                    checkHeld(cursor, entry);
                }
                case DELAYED -> held++;
                case RETURNED -> {
                    returned++;
                    checkReturnedIsFound(cursor, entry);
                    int count = cursor.returned().get(offset);
                    require(count == entry.count, () -> entry + " has a count of " + count + " in the engine");
                }
                case AVAILABLE -> checkFindable(cursor, entry);
                case SETTLED -> {}
            }
        }
        int heldInAll = held;
        require(cursor.inFlight().size() == held, () -> cursor.inFlight().size() + " in flight, not " + heldInAll);
        int returnedInAll = returned;
        require(
                cursor.returned().size() == returned,
                () -> cursor.returned().size() + " returned, not " + returnedInAll);
    }

    private static State real(Cursor cursor, long offset) {
        boolean settled = cursor.isSettled(offset);
        boolean held = cursor.held(offset) != null;
        boolean returned = cursor.returned().containsKey(offset);
        require(
                (settled ? 1 : 0) + (held ? 1 : 0) + (returned ? 1 : 0) <= 1,
                () -> offset + " is more than one of settled, in flight and returned");
        if (settled) {
            return State.SETTLED;
        }
        if (held && cursor.held(offset).holder == null) {
            return State.DELAYED;
        }
        return held ? State.HELD : returned ? State.RETURNED : State.AVAILABLE;
    }

    private static void checkHeld(Cursor cursor, Entry entry) {
        Cursor.InFlight message = cursor.held(entry.offset);
        require(message.holder == entry.holder.real, () -> entry + " is not held by " + entry.holder);
        require(message.number == entry.number, () -> entry + " has number " + message.number);
        require(message.deliveries == entry.count, () -> entry + " has a count of " + message.deliveries);
    }

    /** What is available lies before nobody's scan position who wants it. */
    private void checkFindable(Cursor cursor, Entry entry) {
        require(
                cursor.available(entry.offset, entry.offset + 1) == entry.offset,
                () -> entry + " is not found by the cursor");
        if (unwanted(entry)) {
            return;
        }
        Group group = entry.lane.group;
        boolean scanned = !group.subscription || group.colour == null;
        boolean parked = group.members.stream().anyMatch(member -> isParked(member, cursor, entry));
        require(
                !scanned || parked || entry.offset >= cursor.scan(),
                () -> entry + " lies behind the scan " + cursor.scan());
        for (Member member : group.members) {
            require(
                    !matches(member, entry)
                            || entry.offset >= member.real.scan().position(cursor)
                            || isParked(member, cursor, entry),
                    () -> entry + " lies behind the scan of " + member);
        }
    }

    /** What has come back lies before nobody's position among the returned who wants it. */
    private void checkReturnedIsFound(Cursor cursor, Entry entry) {
        for (Member member : entry.lane.group.members) {
            require(
                    !matches(member, entry)
                            || entry.offset >= member.real.scan().returnedPosition(cursor)
                            || isParked(member, cursor, entry),
                    () -> entry + " was passed over by " + member);
        }
    }

    /** Whether it waits for the owner of its message group. */
    private boolean isParked(Member member, Cursor cursor, Entry entry) {
        Member owner = owner(member, entry);
        Consumer.Parked parked = new Consumer.Parked(cursor, entry.offset);
        return owner != null
                && (entry.state == State.RETURNED ? owner.real.parkedReturned() : owner.real.parked()).contains(parked);
    }

    /** What a browser of a queue is to be shown: lane, offset and delivery count of each message, in order. */
    List<String> available(Group group, @Nullable Integer colour) {
        List<String> shown = new ArrayList<>();
        for (Lane lane : group.lanes.values()) {
            for (long offset = lane.start; offset < visible(lane); offset++) {
                Entry entry = lane.entry(offset);
                boolean free = entry.state == State.AVAILABLE || entry.state == State.RETURNED;
                if (free && !expired(entry) && matches(colour, entry)) {
                    shown.add(lane.queueId + "/" + offset + " x" + (entry.count + 1));
                }
            }
        }
        return shown;
    }

    /** No message is moved twice, none is moved that was acknowledged, and a dead one is moved. */
    void checkMoves(RecordedFacts facts) {
        for (Group group : groups) {
            for (Lane lane : group.lanes.values()) {
                int cursorId = group.real.cursor(lane.queueId).id();
                for (Entry entry : group.lasting ? lane.entries : List.<Entry>of()) {
                    long moves = facts.moves(cursorId, entry.offset);
                    boolean acknowledged = entry.state == State.SETTLED && !entry.dead;
                    require(
                            entry.dead ? moves == 1 : moves == 0 || moves == 1 && !acknowledged && expired(entry),
                            () -> entry + " was moved " + moves + " times");
                }
            }
        }
    }

    /** When there is nothing more to do, no consumer that wants more is left without a message for it. */
    void checkQuiet() {
        for (Group group : groups) {
            for (Member member : group.members) {
                if (!member.wantsMore()) {
                    continue;
                }
                for (Lane lane : group.lanes.values()) {
                    for (long offset = lane.start + lane.settled; offset < visible(lane); offset++) {
                        Entry entry = lane.entry(offset);
                        require(!isFor(member, entry), () -> entry + " waits although " + member + " wants it");
                    }
                }
            }
        }
    }

    /** The end of it all: every message has been settled, and nothing is remembered. */
    void checkDrained() {
        for (Group group : groups) {
            for (Lane lane : group.lanes.values()) {
                for (long offset = lane.start; offset < visible(lane); offset++) {
                    Entry entry = lane.entry(offset);
                    require(entry.state == State.SETTLED || unwanted(entry), () -> entry + " was never settled");
                }
                Cursor cursor = group.real.cursor(lane.queueId);
                require(
                        cursor.floor() == Math.max(lane.start, visible(lane)),
                        () -> "the floor " + cursor.floor() + " is not the end " + visible(lane));
                require(
                        cursor.settled().ranges(cursor.floor()).isEmpty()
                                && cursor.inFlight().isEmpty()
                                && cursor.returned().isEmpty(),
                        () -> "something is remembered of " + group.name);
            }
        }
    }

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
        State real = real(cursor, entry.offset);
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
