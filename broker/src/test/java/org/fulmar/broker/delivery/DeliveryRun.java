package org.fulmar.broker.delivery;

import static org.fulmar.broker.delivery.DeliveryModel.require;
import static org.fulmar.broker.delivery.RandomDestinations.SHARED;
import static org.fulmar.broker.delivery.RandomDestinations.TEMPORARY;
import static org.fulmar.broker.delivery.RandomDestinations.TOPIC;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.fulmar.broker.delivery.DeliveryModel.Entry;
import org.fulmar.broker.delivery.DeliveryModel.Group;
import org.fulmar.broker.delivery.DeliveryModel.Member;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.Release;
import org.jspecify.annotations.Nullable;

/**
 * A random life of a broker's delivery engine: the same is done to the engine and to a {@link DeliveryModel}, which
 * objects to what must not be. What is done lies in turns, as in the broker; a crash may come within one.
 */
final class DeliveryRun implements DeliveryEngine.Deliveries {
    private static final int SESSIONS = 6;
    private static final int SESSIONS_PER_CONNECTION = 2;

    private final Random random;
    private final int steps;
    private final Trace trace = new Trace();
    private final MemoryBacklog backlog = new MemoryBacklog();
    private final RecordedFacts facts = new RecordedFacts();
    private final Failing failing;
    private final DeliveryModel model;
    private final DeliveryChecks checks;
    private final RandomRanges ranges;
    private final MortalEngine mortal;
    private final RandomDestinations destinations;
    private long now = 1_000_000;
    private int lastConsumerId;

    DeliveryRun(long seed, int steps) {
        this.random = new Random(seed);
        this.steps = steps;
        this.failing = new Failing(random, facts);
        this.model = new DeliveryModel(backlog, failing);
        this.checks = new DeliveryChecks(model);
        this.ranges = new RandomRanges(random, model, backlog);
        this.mortal = new MortalEngine(random, backlog, facts, failing, model, this, () -> now);
        this.destinations = new RandomDestinations(random, backlog, facts, model, mortal, trace);
    }

    DeliveryCounts counts() {
        return model.counts;
    }

    /** What was done last, for a failure's message. */
    String trace() {
        return trace.toString();
    }

    private void log(String what) {
        trace.add(what);
    }

    void run() throws DeliveryException {
        destinations.begin();
        endTurn();
        for (int step = 0; step < steps; step++) {
            step();
            checks.check();
        }
        drain();
    }

    private void step() throws DeliveryException {
        int choice = random.nextInt(1000);
        if (choice < 180) {
            destinations.append();
        } else if (choice < 310) {
            destinations.show();
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
            endTurnIf(destinations.addQueue());
        } else if (choice < 915) {
            endTurnIf(destinations.changeSubscription());
        } else if (choice < 920) {
            destinations.changeTemporaryQueue();
        } else if (choice < 935) {
            destinations.expire();
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
        Integer colour = group != null && group.subscription ? group.colour : destinations.anyColour();
        MessageTest test = DeliveryModel.test(colour);
        Member member;
        if (group == null) {
            Map<Integer, Long> starts = destinations.starts(TOPIC);
            boolean shared = destinations.group(SHARED, TOPIC) == null && random.nextBoolean();
            String name = shared ? SHARED : "";
            SubscriptionGroup real = mortal.engine().openTransient(name, TOPIC, null, Map.of());
            Consumer consumer = mortal.engine().open(real, Engines.opening(id, session, owner, test, credit));
            Group own = model.add(
                    new Group(shared ? SHARED : "transient", TOPIC, true, false, colour, consumer.group()), starts);
            member = new Member(own, session, colour, consumer, credit);
        } else {
            Consumer consumer = mortal.engine().open(group.real, Engines.opening(id, session, owner, test, credit));
            member = new Member(group, session, colour, consumer, credit);
        }
        model.opened(member);
        log("open " + member + " of " + member.group.name + ", colour " + colour + ", credit " + credit);
        if (random.nextInt(4) > 0) {
            running(member, true);
        }
        return member;
    }

    private void close(Member member) {
        log("close " + member + ", handed out " + member.handedOut);
        mortal.engine().close(member.real, member.handedOut);
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
            mortal.engine().withdrawCredit(member.real);
            member.credit = 0;
            log("withdraw the credit of " + member);
        } else {
            int more = 1 + random.nextInt(10);
            mortal.engine().addCredit(member.real, more);
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
        mortal.engine().running(member.real, started);
        member.running = started;
    }

    private void dispatch(boolean fully) {
        log("dispatch" + (fully ? " fully" : ""));
        model.passed(now);
        boolean more = mortal.engine().dispatch();
        for (int i = 0; more && fully; i++) {
            require(i < 1000, () -> "there is always something more to do");
            more = mortal.engine().dispatch();
        }
        if (!more) {
            checks.checkQuiet();
        }
    }

    @Override
    public void deliver(Consumer consumer, String topic, int queueId, long offset, int count) {
        log("  deliver " + topic + "/" + queueId + "/" + offset + " x" + count + " to consumer " + consumer.id());
        model.delivered(consumer, topic, queueId, offset, count);
    }

    private void acknowledge() throws DeliveryException {
        int session = random.nextInt(SESSIONS);
        List<Entry> held = ranges.heldBy(session);
        Collections.shuffle(held, random);
        if (!held.isEmpty()) {
            acknowledge(session, held.subList(0, 1 + random.nextInt(held.size())), random.nextBoolean());
        }
    }

    private void acknowledge(int session, List<Entry> entries, boolean replenish) throws DeliveryException {
        List<Acknowledge.Range> named = ranges.ranges(entries);
        log("session " + session + " acknowledges " + named);
        mortal.engine().acknowledge(new Acknowledge(session, replenish, named), id -> consumer(session, id));
        List<Member> holders =
                entries.stream().map(entry -> entry.holder).distinct().toList();
        entries.forEach(entry -> model.settled(entry, replenish));
        holders.forEach(this::dropIfDone);
    }

    private void release() throws DeliveryException {
        int session = random.nextInt(SESSIONS);
        List<Entry> held = ranges.heldBy(session);
        Collections.shuffle(held, random);
        if (held.isEmpty()) {
            return;
        }
        List<Entry> entries = held.subList(0, 1 + random.nextInt(held.size()));
        boolean seen = random.nextBoolean() || entries.stream().anyMatch(entry -> entry.seen);
        List<Acknowledge.Range> named = ranges.ranges(entries);
        log("session " + session + " releases " + (seen ? "" : "unseen ") + named);
        mortal.engine().release(new Release(session, seen, named), id -> consumer(session, id));
        List<Member> holders =
                entries.stream().map(entry -> entry.holder).distinct().toList();
        entries.forEach(entry -> model.released(entry, seen, now));
        require(failing.isQuiet(), () -> "a message is taken for dead that is not");
        holders.forEach(this::dropIfDone);
    }

    /** Reads a queue's available messages page by page; nothing changes by that. */
    private void browse() {
        List<Group> queues =
                model.groups.stream().filter(group -> !group.subscription).toList();
        Group group = any(queues);
        Integer colour = destinations.anyColour();
        log("browse " + group.topic + ", colour " + colour);
        List<String> shown = new ArrayList<>();
        Map<Integer, Long> positions = new HashMap<>();
        boolean last = false;
        for (int page = 0; !last; page++) {
            require(page < 10_000, () -> "browsing has no end");
            int max = random.nextInt(page == 0 ? 3 : 12);
            int room = 1 + random.nextInt(12);
            int before = shown.size();
            last = mortal.engine()
                    .browse(group.real, DeliveryModel.test(colour), positions, max, (queueId, offset, count) -> {
                        shown.add(queueId + "/" + offset + " x" + count);
                        return shown.size() - before < room;
                    });
            require(shown.size() - before <= max, () -> "a page of more than " + max);
        }
        List<String> expected = checks.available(group, colour);
        require(shown.equals(expected), () -> "shown is " + shown + " instead of " + expected);
        model.counts.browsed += shown.size();
    }

    private @Nullable Consumer consumer(int session, int id) {
        Member member = model.members.get(id);
        return member == null || member.session != session ? null : member.real;
    }

    /** Names a message that the session's consumer does not hold, beside some that it does. */
    private void acknowledgeWrongly() {
        int session = random.nextInt(SESSIONS);
        List<Entry> held = ranges.heldBy(session);
        Collections.shuffle(held, random);
        Acknowledge.Range wrong = ranges.wrongRange(session, held);
        if (wrong == null) {
            return;
        }
        List<Acknowledge.Range> named = ranges.ranges(held.subList(0, random.nextInt(held.size() + 1)));
        named.add(random.nextInt(named.size() + 1), wrong);
        log("session " + session + " acknowledges wrongly " + named);
        int before = facts.size();
        try {
            mortal.engine().acknowledge(new Acknowledge(session, true, named), id -> consumer(session, id));
        } catch (DeliveryException e) {
            require(e.code() == ResponseCode.JMS_ILLEGAL_STATE, () -> "refused with code " + e.code());
            require(facts.size() == before, () -> "refused, and yet logged");
            model.counts.refusals++;
            return;
        }
        throw new AssertionError(wrong + " is taken");
    }

    private void handOut(Member member) {
        long number = member.handedOut + 1 + random.nextInt((int) (member.sent - member.handedOut));
        log("hand out to " + number + " of " + member);
        model.handedOut(member, number);
    }

    private void returnAll(Member member, long handedOut) {
        log("return all of " + member + ", handed out " + handedOut);
        mortal.engine().returnAll(member.real, handedOut);
        model.returned(member, handedOut, true, Long.MAX_VALUE, now);
    }

    private void recover(int session) {
        for (Member member : members(member -> member.session == session)) {
            returnAll(member, member.handedOut);
            if (random.nextInt(4) > 0) {
                int epoch = member.real.epoch() + 1;
                mortal.engine().newEpoch(member.real, epoch);
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
            mortal.engine().lost(member.real);
            model.returned(member, Long.MAX_VALUE, true, oldest, now);
            mortal.engine().close(member.real, Long.MAX_VALUE);
            model.closed(member, Long.MAX_VALUE);
            dropIfDone(member);
        }
    }

    private void end(Member member, long handedOut) {
        returnAll(member, handedOut);
        mortal.engine().close(member.real, handedOut);
        model.closed(member, handedOut);
        dropIfDone(member);
    }

    private void endTurnIf(boolean over) {
        if (over) {
            endTurn();
        }
    }

    private void endTurn() {
        log("end of turn");
        mortal.endTurn();
        model.turnEnded();
        backlog.allDurable();
        checks.checkMoves(facts);
        if (random.nextInt(10) == 0) {
            mortal.capture();
            log("capture");
        }
    }

    private void crash() {
        if (random.nextBoolean()) {
            endTurn();
        }
        model.counts.crashes++;
        mortal.die();
        log("crash with " + facts.size() + " facts, " + mortal.logged() + " of them for certain");
        backlog.removeTopic(TEMPORARY);
        backlog.crash(random);
        mortal.restart();
        model.crashed(mortal.groups());
    }

    /** Shows everything, and lets one greedy consumer for each group take what is left. */
    private void drain() throws DeliveryException {
        log("drain");
        endTurn();
        for (int session = 0; session < SESSIONS; session++) {
            closeSession(session);
        }
        for (String topic : destinations.topics()) {
            for (int queueId : backlog.queueIds(topic)) {
                backlog.show(topic, queueId, backlog.nextOffset(topic, queueId));
            }
            mortal.engine().wakeTopic(topic);
        }
        now += 10_000;
        dispatch(true);
        for (Group group : model.groups) {
            drain(group);
        }
        endTurn();
        checks.check();
        checks.checkDrained();
        checks.checkMoves(facts);
        mortal.checkRestart();
    }

    private void drain(Group group) throws DeliveryException {
        Consumer consumer = mortal.engine()
                .open(
                        group.real,
                        Engines.opening(
                                ++lastConsumerId,
                                0,
                                0,
                                DeliveryModel.test(group.subscription ? group.colour : null),
                                0));
        Member member = new Member(group, 0, group.subscription ? group.colour : null, consumer, 0);
        model.opened(member);
        running(member, true);
        int credit = 1 + random.nextInt(20);
        mortal.engine().addCredit(consumer, credit);
        member.credit = credit;
        boolean more = mortal.engine().dispatch();
        for (int i = 0; more || !member.held.isEmpty(); i++) {
            require(i < 10_000, () -> "there is no end");
            endTurn();
            List<Entry> held = new ArrayList<>(member.held.values());
            Collections.shuffle(held, random);
            if (!held.isEmpty()) {
                acknowledge(0, held.subList(0, 1 + random.nextInt(held.size())), true);
            }
            more = mortal.engine().dispatch();
        }
        require(
                member.held.isEmpty() && member.credit == credit,
                () -> member + " is left with a credit of " + member.credit + " of " + credit);
        checks.checkQuiet();
    }
}
