package org.fulmar.broker.delivery;

import static org.fulmar.broker.delivery.DeliveryModel.require;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.broker.delivery.DeliveryModel.Entry;
import org.fulmar.broker.delivery.DeliveryModel.Group;
import org.fulmar.broker.delivery.DeliveryModel.Lane;
import org.fulmar.broker.delivery.DeliveryModel.Member;
import org.fulmar.broker.delivery.DeliveryModel.State;
import org.jspecify.annotations.Nullable;

/** What has to hold between the engine and its {@link DeliveryModel}, now or when there is nothing more to do. */
final class DeliveryChecks {
    private final DeliveryModel model;

    DeliveryChecks(DeliveryModel model) {
        this.model = model;
    }

    /** Compares the state of each message with the engine's. */
    void check() {
        for (Group group : model.groups) {
            for (Lane lane : group.lanes.values()) {
                check(lane);
            }
        }
        model.members.values().forEach(DeliveryChecks::check);
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
        for (long offset = lane.start + lane.settled; offset < model.visible(lane); offset++) {
            Entry entry = lane.entry(offset);
            State real = State.of(cursor, offset);
            if (real != entry.state) {
                boolean dropped = real == State.SETTLED
                        && (entry.state == State.AVAILABLE || entry.state == State.RETURNED)
                        && model.unwanted(entry);
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
        if (model.unwanted(entry)) {
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
                    !model.matches(member, entry)
                            || entry.offset >= member.real.scan().position(cursor)
                            || isParked(member, cursor, entry),
                    () -> entry + " lies behind the scan of " + member);
        }
    }

    /** What has come back lies before nobody's position among the returned who wants it. */
    private void checkReturnedIsFound(Cursor cursor, Entry entry) {
        for (Member member : entry.lane.group.members) {
            require(
                    !model.matches(member, entry)
                            || entry.offset >= member.real.scan().returnedPosition(cursor)
                            || isParked(member, cursor, entry),
                    () -> entry + " was passed over by " + member);
        }
    }

    /** Whether it waits for the owner of its message group. */
    private boolean isParked(Member member, Cursor cursor, Entry entry) {
        Member owner = model.owner(member, entry);
        Consumer.Parked parked = new Consumer.Parked(cursor, entry.offset);
        return owner != null
                && (entry.state == State.RETURNED ? owner.real.parkedReturned() : owner.real.parked()).contains(parked);
    }

    /** What a browser of a queue is to be shown: lane, offset and delivery count of each message, in order. */
    List<String> available(Group group, @Nullable Integer colour) {
        List<String> shown = new ArrayList<>();
        for (Lane lane : group.lanes.values()) {
            for (long offset = lane.start; offset < model.visible(lane); offset++) {
                Entry entry = lane.entry(offset);
                boolean free = entry.state == State.AVAILABLE || entry.state == State.RETURNED;
                if (free && !model.expired(entry) && model.matches(colour, entry)) {
                    shown.add(lane.queueId + "/" + offset + " x" + (entry.count + 1));
                }
            }
        }
        return shown;
    }

    /** No message is moved twice, none is moved that was acknowledged, and a dead one is moved. */
    void checkMoves(RecordedFacts facts) {
        for (Group group : model.groups) {
            for (Lane lane : group.lanes.values()) {
                int cursorId = group.real.cursor(lane.queueId).id();
                for (Entry entry : group.lasting ? lane.entries : List.<Entry>of()) {
                    long moves = facts.moves(cursorId, entry.offset);
                    boolean acknowledged = entry.state == State.SETTLED && !entry.dead;
                    require(
                            entry.dead ? moves == 1 : moves == 0 || moves == 1 && !acknowledged && model.expired(entry),
                            () -> entry + " was moved " + moves + " times");
                }
            }
        }
    }

    /** When there is nothing more to do, no consumer that wants more is left without a message for it. */
    void checkQuiet() {
        for (Group group : model.groups) {
            for (Member member : group.members) {
                if (!member.wantsMore()) {
                    continue;
                }
                for (Lane lane : group.lanes.values()) {
                    for (long offset = lane.start + lane.settled; offset < model.visible(lane); offset++) {
                        Entry entry = lane.entry(offset);
                        require(!model.isFor(member, entry), () -> entry + " waits although " + member + " wants it");
                    }
                }
            }
        }
    }

    /** The end of it all: every message has been settled, and nothing is remembered. */
    void checkDrained() {
        for (Group group : model.groups) {
            for (Lane lane : group.lanes.values()) {
                for (long offset = lane.start; offset < model.visible(lane); offset++) {
                    Entry entry = lane.entry(offset);
                    require(entry.state == State.SETTLED || model.unwanted(entry), () -> entry + " was never settled");
                }
                Cursor cursor = group.real.cursor(lane.queueId);
                require(
                        cursor.floor() == Math.max(lane.start, model.visible(lane)),
                        () -> "the floor " + cursor.floor() + " is not the end " + model.visible(lane));
                require(
                        cursor.settled().ranges(cursor.floor()).isEmpty()
                                && cursor.inFlight().isEmpty()
                                && cursor.returned().isEmpty(),
                        () -> "something is remembered of " + group.name);
            }
        }
    }
}
