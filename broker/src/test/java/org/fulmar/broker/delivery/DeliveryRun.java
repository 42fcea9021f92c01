package org.fulmar.broker.delivery;

import static org.fulmar.broker.delivery.DeliveryModel.require;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.fulmar.broker.delivery.DeliveryModel.Entry;
import org.fulmar.broker.delivery.DeliveryModel.Group;
import org.fulmar.broker.delivery.DeliveryModel.Lane;
import org.fulmar.broker.delivery.DeliveryModel.Member;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Acknowledge;
import org.jspecify.annotations.Nullable;

/**
 * A random life of a broker's delivery engine: the same is done to the engine and to a {@link DeliveryModel}, which
 * objects to what must not be. What is done lies in turns, as in the broker; a crash may come within one.
 */
final class DeliveryRun implements DeliveryEngine.Deliveries {
    private static final String QUEUE = "queue";
    private static final String TOPIC = "a \"topic\"";
    private static final String TEMPORARY = "temporary";
    private static final String SHARED = "shared";
    private static final String[] SUBSCRIPTIONS = {"sub", "sub\"2\\", "sub\u0001é\uD83D\uDC27"};
    private static final int SESSIONS = 6;
    private static final int SESSIONS_PER_CONNECTION = 2;
    private static final int COLOURS = 3;
    private static final int MESSAGE_GROUPS = 4;
    private static final int TRACE = 60;

    /** A captured state, written only when it is needed, as on another thread. */
    private record Snapshot(int position, Supplier<byte[]> content) {}

    private final Random random;
    private final int steps;
    private final Deque<String> trace = new ArrayDeque<>();
    private final MemoryBacklog backlog = new MemoryBacklog();
    private final RecordedFacts facts = new RecordedFacts();
    private final Failing failing;
    private final DeliveryModel model;
    private final List<Snapshot> snapshots = new ArrayList<>();
    private GroupTable groups = new GroupTable();
    private DeliveryEngine engine;
    private long now = 1_000_000;
    /** Facts that are in the log, come what may. */
    private int logged;

    private int lastConsumerId;
    private int crashes;
    private int refusals;
    private int browsed;

    DeliveryRun(long seed, int steps) {
        this.random = new Random(seed);
        this.steps = steps;
        this.failing = new Failing(random, facts);
        this.model = new DeliveryModel(backlog, failing);
        this.engine = newEngine();
    }

    private DeliveryEngine newEngine() {
        return new DeliveryEngine(groups, backlog, facts, this, failing, () -> now);
    }

    DeliveryModel model() {
        return model;
    }

    int browsed() {
        return browsed;
    }

    int deliveries() {
        return model.deliveries();
    }

    int redeliveries() {
        return model.redeliveries();
    }

    int crashes() {
        return crashes;
    }

    int refusals() {
        return refusals;
    }

    /** What was done last, for a failure's message. */
    String trace() {
        return String.join("\n", trace);
    }

    private void log(String what) {
        if (trace.size() == TRACE) {
            trace.remove();
        }
        trace.add(what);
    }

    void run() throws DeliveryException {
        begin();
        for (int step = 0; step < steps; step++) {
            step();
            model.check();
        }
        drain();
    }

    private void begin() {
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
                groups.create(SubscriptionGroup.QUEUE, QUEUE, false, null, false, false, starts, facts);
        model.add(new Group(SubscriptionGroup.QUEUE, QUEUE, false, true, null, real), starts);
        endTurn();
    }

    private void step() throws DeliveryException {
        int choice = random.nextInt(1000);
        if (choice < 180) {
            append();
        } else if (choice < 310) {
            show();
        } else if (choice < 390) {
            open();
        } else if (choice < 420) {
            withMember(member -> member.open, this::close);
        } else if (choice < 500) {
            withMember(member -> member.open, this::credit);
        } else if (choice < 560) {
            running();
        } else if (choice < 690) {
            dispatch(random.nextInt(4) == 0);
        } else if (choice < 755) {
            acknowledge();
        } else if (choice < 770) {
            release();
        } else if (choice < 800) {
            acknowledgeWrongly();
        } else if (choice < 850) {
            withMember(member -> member.sent > member.handedOut, this::handOut);
        } else if (choice < 875) {
            recover(random.nextInt(SESSIONS));
        } else if (choice < 885) {
            closeSession(random.nextInt(SESSIONS));
        } else if (choice < 895) {
            loseConnection(random.nextInt(SESSIONS / SESSIONS_PER_CONNECTION));
        } else if (choice < 905) {
            addQueue();
        } else if (choice < 915) {
            changeSubscription();
        } else if (choice < 920) {
            changeTemporaryQueue();
        } else if (choice < 935) {
            expire();
        } else if (choice < 945) {
            browse();
        } else if (choice < 955) {
            now += random.nextInt(400);
            log("it is " + now);
        } else if (choice < 990) {
            endTurn();
        } else {
            crash();
        }
    }

    private interface MemberAction {
        void run(Member member);
    }

    private void withMember(Predicate<Member> which, MemberAction action) {
        List<Member> all = model.members.values().stream().filter(which).toList();
        if (!all.isEmpty()) {
            action.run(any(all));
        }
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private List<Member> members(Predicate<Member> which) {
        return model.members.values().stream().filter(which).toList();
    }

    private @Nullable Integer anyColour() {
        return random.nextInt(3) == 0 ? random.nextInt(COLOURS) : null;
    }

    private List<String> topics() {
        return backlog.queueIds(TEMPORARY).length == 0 ? List.of(QUEUE, TOPIC) : List.of(QUEUE, TOPIC, TEMPORARY);
    }

    private int anyQueue(String topic) {
        return random.nextInt(backlog.queueIds(topic).length);
    }

    private void append() {
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
        log("append " + count + " to " + topic + "/" + queueId);
    }

    private void show() {
        String topic = any(topics());
        for (int queueId : backlog.queueIds(topic)) {
            long visible = backlog.visibleOffset(topic, queueId);
            long waiting = backlog.nextOffset(topic, queueId) - visible;
            if (waiting > 0) {
                backlog.show(topic, queueId, visible + 1 + random.nextInt((int) waiting));
            }
        }
        engine.wakeTopic(topic);
        log("show " + topic);
    }

    private void open() {
        if (members(member -> member.open).size() >= 12) {
            return;
        }
        int choice = random.nextInt(10);
        if (choice < 2) {
            open(null);
        } else {
            Group group = any(model.groups);
            if (group.lasting || !group.subscription || group.name.equals(SHARED)) {
                open(group);
            }
        }
    }

    /** Opens a consumer of a group, or a non-durable subscriber. */
    private Member open(@Nullable Group group) {
        int id = ++lastConsumerId;
        int session = random.nextInt(SESSIONS);
        Object owner = session / SESSIONS_PER_CONNECTION;
        int credit = random.nextInt(8);
        Integer colour = group != null && group.subscription ? group.colour : anyColour();
        MessageTest test = DeliveryModel.test(colour);
        Member member;
        if (group == null) {
            Map<Integer, Long> starts = starts(TOPIC);
            boolean shared = group(SHARED, TOPIC) == null && random.nextBoolean();
            String name = shared ? SHARED : "";
            SubscriptionGroup real = engine.openTransient(name, TOPIC, null, Map.of());
            Consumer consumer = engine.open(real, Engines.opening(id, session, owner, test, credit));
            Group own = model.add(
                    new Group(shared ? SHARED : "transient", TOPIC, true, false, colour, consumer.group()), starts);
            member = new Member(own, session, colour, consumer, credit);
        } else {
            Consumer consumer = engine.open(group.real, Engines.opening(id, session, owner, test, credit));
            member = new Member(group, session, colour, consumer, credit);
        }
        model.opened(member);
        log("open " + member + " of " + member.group.name + ", colour " + colour + ", credit " + credit);
        if (random.nextInt(4) > 0) {
            running(member, true);
        }
        return member;
    }

    private Map<Integer, Long> starts(String topic) {
        Map<Integer, Long> starts = new HashMap<>();
        for (int queueId : backlog.queueIds(topic)) {
            starts.put(queueId, backlog.nextOffset(topic, queueId));
        }
        return starts;
    }

    private void close(Member member) {
        log("close " + member + ", handed out " + member.handedOut);
        engine.close(member.real, member.handedOut);
        model.closed(member, member.handedOut);
        dropIfDone(member);
    }

    private void dropIfDone(Member member) {
        if (!member.open && member.held.isEmpty()) {
            model.members.remove(member.real.id());
        }
    }

    private void credit(Member member) {
        if (random.nextInt(8) == 0) {
            engine.withdrawCredit(member.real);
            member.credit = 0;
            log("withdraw the credit of " + member);
        } else {
            int more = 1 + random.nextInt(10);
            engine.addCredit(member.real, more);
            member.credit += more;
            log("credit " + more + " for " + member);
        }
    }

    private void running() {
        int connection = random.nextInt(SESSIONS / SESSIONS_PER_CONNECTION);
        boolean started = random.nextInt(4) > 0;
        members(member -> member.session / SESSIONS_PER_CONNECTION == connection)
                .forEach(member -> running(member, started));
    }

    private void running(Member member, boolean started) {
        log((started ? "start " : "stop ") + member);
        engine.running(member.real, started);
        member.running = started;
    }

    private void dispatch(boolean fully) {
        log("dispatch" + (fully ? " fully" : ""));
        model.passed(now);
        boolean more = engine.dispatch();
        for (int i = 0; more && fully; i++) {
            require(i < 1000, () -> "there is always something more to do");
            more = engine.dispatch();
        }
        if (!more) {
            model.checkQuiet();
        }
    }

    @Override
    public void deliver(Consumer consumer, String topic, int queueId, long offset, int count) {
        log("  deliver " + topic + "/" + queueId + "/" + offset + " x" + count + " to consumer " + consumer.id());
        model.delivered(consumer, topic, queueId, offset, count);
    }

    private List<Entry> heldBy(int session) {
        List<Entry> held = new ArrayList<>();
        members(member -> member.session == session).forEach(member -> held.addAll(member.held.values()));
        return held;
    }

    private void acknowledge() throws DeliveryException {
        int session = random.nextInt(SESSIONS);
        List<Entry> held = heldBy(session);
        Collections.shuffle(held, random);
        if (!held.isEmpty()) {
            acknowledge(session, held.subList(0, 1 + random.nextInt(held.size())), random.nextBoolean());
        }
    }

    private void acknowledge(int session, List<Entry> entries, boolean replenish) throws DeliveryException {
        List<Acknowledge.Range> ranges = ranges(entries);
        log("session " + session + " acknowledges " + ranges);
        engine.acknowledge(new Acknowledge(session, replenish, ranges), id -> consumer(session, id));
        List<Member> holders =
                entries.stream().map(entry -> entry.holder).distinct().toList();
        entries.forEach(entry -> model.settled(entry, replenish));
        holders.forEach(this::dropIfDone);
    }

    private void release() throws DeliveryException {
        int session = random.nextInt(SESSIONS);
        List<Entry> held = heldBy(session);
        Collections.shuffle(held, random);
        if (held.isEmpty()) {
            return;
        }
        List<Entry> entries = held.subList(0, 1 + random.nextInt(held.size()));
        boolean replenish = random.nextBoolean();
        List<Acknowledge.Range> ranges = ranges(entries);
        log("session " + session + " releases " + ranges);
        engine.release(new Acknowledge(session, replenish, ranges), id -> consumer(session, id));
        List<Member> holders =
                entries.stream().map(entry -> entry.holder).distinct().toList();
        entries.forEach(entry -> model.released(entry, replenish, now));
        require(failing.isQuiet(), () -> "a message is taken for dead that is not");
        holders.forEach(this::dropIfDone);
    }

    /** Reads a queue's available messages page by page; nothing changes by that. */
    private void browse() {
        List<Group> queues =
                model.groups.stream().filter(group -> !group.subscription).toList();
        Group group = any(queues);
        Integer colour = anyColour();
        log("browse " + group.topic + ", colour " + colour);
        List<String> shown = new ArrayList<>();
        Map<Integer, Long> positions = new HashMap<>();
        boolean last = false;
        for (int page = 0; !last; page++) {
            require(page < 10_000, () -> "browsing has no end");
            int max = random.nextInt(page == 0 ? 3 : 12);
            int room = 1 + random.nextInt(12);
            int before = shown.size();
            last = engine.browse(group.real, DeliveryModel.test(colour), positions, max, (queueId, offset, count) -> {
                shown.add(queueId + "/" + offset + " x" + count);
                return shown.size() - before < room;
            });
            require(shown.size() - before <= max, () -> "a page of more than " + max);
        }
        List<String> expected = model.available(group, colour);
        require(shown.equals(expected), () -> "shown is " + shown + " instead of " + expected);
        browsed += shown.size();
    }

    private @Nullable Consumer consumer(int session, int id) {
        Member member = model.members.get(id);
        return member == null || member.session != session ? null : member.real;
    }

    /** One range for each entry, or neighbours in one, in any order. */
    private List<Acknowledge.Range> ranges(List<Entry> entries) {
        boolean merge = random.nextBoolean();
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.<Entry>comparingInt(entry -> entry.holder.real.id())
                .thenComparingInt(entry -> entry.lane.queueId)
                .thenComparingLong(entry -> entry.offset));
        List<Acknowledge.Range> ranges = new ArrayList<>();
        for (Entry entry : sorted) {
            int id = entry.holder.real.id();
            Acknowledge.Range last = ranges.isEmpty() ? null : ranges.get(ranges.size() - 1);
            if (merge
                    && last != null
                    && last.consumerId() == id
                    && last.queueId() == entry.lane.queueId
                    && last.offset() + last.count() == entry.offset) {
                ranges.set(
                        ranges.size() - 1, new Acknowledge.Range(id, last.queueId(), last.offset(), last.count() + 1));
            } else {
                ranges.add(new Acknowledge.Range(id, entry.lane.queueId, entry.offset, 1));
            }
        }
        Collections.shuffle(ranges, random);
        return ranges;
    }

    /** Names a message that the session's consumer does not hold, beside some that it does. */
    private void acknowledgeWrongly() {
        int session = random.nextInt(SESSIONS);
        List<Entry> held = heldBy(session);
        Collections.shuffle(held, random);
        Acknowledge.Range wrong = wrongRange(session, held);
        if (wrong == null) {
            return;
        }
        List<Acknowledge.Range> ranges = ranges(held.subList(0, random.nextInt(held.size() + 1)));
        ranges.add(random.nextInt(ranges.size() + 1), wrong);
        log("session " + session + " acknowledges wrongly " + ranges);
        int before = facts.size();
        try {
            engine.acknowledge(new Acknowledge(session, true, ranges), id -> consumer(session, id));
        } catch (DeliveryException e) {
            require(e.code() == ResponseCode.JMS_ILLEGAL_STATE, () -> "refused with code " + e.code());
            require(facts.size() == before, () -> "refused, and yet logged");
            refusals++;
            return;
        }
        throw new AssertionError(wrong + " is taken");
    }

    private Acknowledge.@Nullable Range wrongRange(int session, List<Entry> held) {
        List<Member> all = List.copyOf(model.members.values());
        if (all.isEmpty()) {
            return new Acknowledge.Range(4711, 0, 0, 1);
        }
        Member member = any(all);
        List<Lane> lanes = List.copyOf(member.group.lanes.values());
        Lane lane = any(lanes);
        long end = backlog.visibleOffset(member.group.topic, lane.queueId);
        return switch (random.nextInt(4)) {
            case 0 -> new Acknowledge.Range(member.real.id(), 99, 0, 1);
            case 1 -> {
                // held by another session's consumer
                Entry entry = member.held.isEmpty() ? null : any(List.copyOf(member.held.values()));
                yield entry == null || member.session == session
                        ? null
                        : new Acknowledge.Range(member.real.id(), entry.lane.queueId, entry.offset, 1);
            }
            case 2 -> {
                // whatever is not held by this one
                long offset = random.nextInt((int) end + 2);
                boolean isHeld = member.held.values().stream()
                        .anyMatch(entry -> entry.lane.queueId == lane.queueId && entry.offset == offset);
                yield isHeld ? null : new Acknowledge.Range(member.real.id(), lane.queueId, offset, 1);
            }
            default -> {
                // from a held one to the first that is not
                if (held.isEmpty()) {
                    yield null;
                }
                Entry first = held.get(0);
                int count = 1;
                while (holds(first.holder, first.lane, first.offset + count)) {
                    count++;
                }
                yield new Acknowledge.Range(first.holder.real.id(), first.lane.queueId, first.offset, count + 1);
            }
        };
    }

    private static boolean holds(Member member, Lane lane, long offset) {
        return member.held.values().stream().anyMatch(entry -> entry.lane == lane && entry.offset == offset);
    }

    private void handOut(Member member) {
        long number = member.handedOut + 1 + random.nextInt((int) (member.sent - member.handedOut));
        log("hand out to " + number + " of " + member);
        model.handedOut(member, number);
    }

    private void returnAll(Member member, long handedOut) {
        log("return all of " + member + ", handed out " + handedOut);
        engine.returnAll(member.real, handedOut);
        model.returned(member, handedOut, true, Long.MAX_VALUE, now);
    }

    private void recover(int session) {
        for (Member member : members(member -> member.session == session)) {
            returnAll(member, member.handedOut);
            if (random.nextInt(4) > 0) {
                int epoch = member.real.epoch() + 1;
                engine.newEpoch(member.real, epoch);
                require(member.real.epoch() == epoch, () -> member + " has epoch " + member.real.epoch());
            }
            dropIfDone(member);
        }
    }

    private void closeSession(int session) {
        log("close session " + session);
        for (Member member : members(member -> member.session == session)) {
            running(member, false);
            end(member, member.handedOut);
        }
    }

    private void loseConnection(int connection) {
        log("lose connection " + connection);
        for (Member member : members(member -> member.session / SESSIONS_PER_CONNECTION == connection)) {
            log("lose " + member);
            running(member, false);
            long oldest = member.held.isEmpty() ? 0 : member.held.firstKey();
            engine.lost(member.real);
            model.returned(member, Long.MAX_VALUE, true, oldest, now);
            engine.close(member.real, Long.MAX_VALUE);
            model.closed(member, Long.MAX_VALUE);
            dropIfDone(member);
        }
    }

    private void end(Member member, long handedOut) {
        returnAll(member, handedOut);
        engine.close(member.real, handedOut);
        model.closed(member, handedOut);
        dropIfDone(member);
    }

    private void addQueue() {
        String topic = any(topics());
        if (backlog.queueIds(topic).length < 12) {
            int queueId = backlog.addQueue(topic);
            engine.queueAdded(topic, queueId);
            model.queueAdded(topic, queueId);
            log("add queue " + topic + "/" + queueId);
            endTurn();
        }
    }

    private void changeSubscription() {
        String name = any(List.of(SUBSCRIPTIONS));
        Group there = group(name, TOPIC);
        if (there != null && !there.members.isEmpty()) {
            return;
        }
        if (there != null) {
            groups.delete(there.real, facts);
            model.groups.remove(there);
            log("delete " + name);
            if (random.nextInt(3) == 0) {
                endTurn();
                return;
            }
        }
        Integer colour = anyColour();
        String selector = colour == null ? null : "colour " + colour;
        Map<Integer, Long> starts = starts(TOPIC);
        SubscriptionGroup real = groups.create(name, TOPIC, true, selector, false, false, starts, facts);
        model.add(new Group(name, TOPIC, true, true, colour, real), starts);
        log("create " + name + " for colour " + colour + " from " + starts);
        endTurn();
    }

    private @Nullable Group group(String name, String topic) {
        for (Group group : model.groups) {
            if (group.name.equals(name) && group.topic.equals(topic)) {
                return group;
            }
        }
        return null;
    }

    private void changeTemporaryQueue() {
        Group there = group(SubscriptionGroup.QUEUE, TEMPORARY);
        if (there == null) {
            backlog.addQueue(TEMPORARY);
            SubscriptionGroup real = groups.createTemporary(SubscriptionGroup.QUEUE, TEMPORARY, 1);
            model.add(new Group(SubscriptionGroup.QUEUE, TEMPORARY, false, false, null, real), Map.of(0, 0L));
            log("create the temporary queue");
        } else if (members(member -> member.group == there).isEmpty()) {
            groups.topicDeleted(TEMPORARY);
            backlog.removeTopic(TEMPORARY);
            model.groups.remove(there);
            log("delete the temporary queue");
        }
    }

    private void expire() {
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
            log("expire or lose " + topic + "/" + queueId + "/" + offset);
        }
    }

    private void endTurn() {
        log("end of turn");
        groups.endRun(facts);
        logged = facts.size();
        model.turnEnded();
        backlog.allDurable();
        model.checkMoves(facts);
        if (random.nextInt(10) == 0) {
            snapshots.add(new Snapshot(logged, groups.capture(logged)));
            log("capture");
        }
    }

    private void crash() {
        if (random.nextBoolean()) {
            endTurn();
        }
        crashes++;
        facts.cut(logged + random.nextInt(facts.size() - logged + 1));
        log("crash with " + facts.size() + " facts, " + logged + " of them for certain");
        backlog.removeTopic(TEMPORARY);
        backlog.crash(random);
        GroupTable replayed = rebuild(null);
        GroupTable restored = snapshots.isEmpty() ? replayed : rebuild(any(snapshots));
        requireSame(replayed, restored);
        groups = random.nextBoolean() ? replayed : restored;
        engine = newEngine();
        logged = facts.size();
        model.crashed(groups);
    }

    private GroupTable rebuild(@Nullable Snapshot snapshot) {
        GroupTable table = new GroupTable();
        long from = table.restore(snapshot == null ? null : snapshot.content.get());
        require(from == (snapshot == null ? 0 : snapshot.position), () -> "to be replayed from " + from);
        facts.replay((int) from, table);
        table.recovered(backlog);
        return table;
    }

    private void requireSame(GroupTable replayed, GroupTable restored) {
        for (String topic : List.of(QUEUE, TOPIC)) {
            List<SubscriptionGroup> expected = replayed.ofTopic(topic);
            require(
                    expected.size() == restored.ofTopic(topic).size()
                            && expected.size()
                                    == model.groups.stream()
                                            .filter(group -> group.lasting && group.topic.equals(topic))
                                            .count(),
                    () -> "the groups of " + topic + " differ");
            for (SubscriptionGroup group : expected) {
                SubscriptionGroup other = restored.find(group.name(), topic);
                require(
                        other != null
                                && other.cursors().size() == group.cursors().size(),
                        () -> "group " + group.name() + " is not restored");
                for (Cursor cursor : group.cursors()) {
                    Cursor there = other.cursor(cursor.queueId());
                    require(
                            there != null
                                    && there.id() == cursor.id()
                                    && there.floor() == cursor.floor()
                                    && there.returned().equals(cursor.returned())
                                    && OffsetSetTest.flat(there.settled().ranges(there.floor()))
                                            .equals(OffsetSetTest.flat(
                                                    cursor.settled().ranges(cursor.floor()))),
                            () -> "cursor " + cursor.id() + " is not the same from a snapshot and from the log");
                }
            }
        }
        require(restored.ofTopic(TEMPORARY).isEmpty(), () -> "a temporary queue has lasted");
    }

    /** Shows everything, and lets one greedy consumer for each group take what is left. */
    private void drain() throws DeliveryException {
        log("drain");
        endTurn();
        for (int session = 0; session < SESSIONS; session++) {
            closeSession(session);
        }
        for (String topic : topics()) {
            for (int queueId : backlog.queueIds(topic)) {
                backlog.show(topic, queueId, backlog.nextOffset(topic, queueId));
            }
            engine.wakeTopic(topic);
        }
        now += 10_000;
        dispatch(true);
        for (Group group : model.groups) {
            drain(group);
        }
        endTurn();
        model.check();
        model.checkDrained();
        model.checkMoves(facts);
        requireSame(rebuild(null), rebuild(snapshots.isEmpty() ? null : any(snapshots)));
    }

    private void drain(Group group) throws DeliveryException {
        Consumer consumer = engine.open(
                group.real,
                Engines.opening(
                        ++lastConsumerId, 0, 0, DeliveryModel.test(group.subscription ? group.colour : null), 0));
        Member member = new Member(group, 0, group.subscription ? group.colour : null, consumer, 0);
        model.opened(member);
        running(member, true);
        int credit = 1 + random.nextInt(20);
        engine.addCredit(consumer, credit);
        member.credit = credit;
        boolean more = engine.dispatch();
        for (int i = 0; more || !member.held.isEmpty(); i++) {
            require(i < 10_000, () -> "there is no end");
            endTurn();
            List<Entry> held = new ArrayList<>(member.held.values());
            Collections.shuffle(held, random);
            if (!held.isEmpty()) {
                acknowledge(0, held.subList(0, 1 + random.nextInt(held.size())), true);
            }
            more = engine.dispatch();
        }
        require(
                member.held.isEmpty() && member.credit == credit,
                () -> member + " is left with a credit of " + member.credit + " of " + credit);
        model.checkQuiet();
    }
}
