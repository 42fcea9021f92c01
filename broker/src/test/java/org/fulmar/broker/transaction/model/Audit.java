package org.fulmar.broker.transaction.model;

import static org.fulmar.broker.transaction.model.Ledger.require;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.broker.transaction.model.Actor.Line;
import org.fulmar.broker.transaction.model.Actor.Mode;
import org.fulmar.broker.transaction.model.Actor.Receiver;
import org.fulmar.broker.transaction.model.Wire.Call;
import org.fulmar.broker.transaction.model.Work.Delivery;
import org.fulmar.broker.transaction.model.Work.Message;
import org.fulmar.broker.transaction.model.Work.State;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.jms.Credit;
import org.fulmar.protocol.jms.JmsCode;

/** Takes everything that is left, with one consumer for each destination, and compares it with what must be there. */
final class Audit {
    private static final long PATIENCE_SECONDS = Patience.SECONDS;
    private static final int ALL = 1_000_000;

    private final Ledger ledger;
    private final Wire wire;
    private final Machine machine;
    private final Actor actor;

    Audit(Ledger ledger, Wire wire, Machine machine, Line line) {
        this.ledger = ledger;
        this.wire = wire;
        this.machine = machine;
        this.actor = new Actor(1000, Mode.LOCAL, line, wire, 1);
    }

    void run(Set<String> destinations) {
        int id = 1_000_000;
        for (String destination : destinations) {
            require(actor.receive(++id, destination, ALL) != null, "no consumer on %s", destination);
        }
        List<Message> missing = missing();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        drain();
        while (!missing.isEmpty() && System.nanoTime() < deadline) {
            drain();
            missing = missing();
        }
        // what is there twice, or should not be, would have come by now
        drain();
        missing = missing();
        require(
                missing.isEmpty(),
                "%d messages are lost, as %s",
                missing.size(),
                missing.isEmpty() ? "" : missing.get(0));
        for (Receiver receiver : actor.receivers) {
            checkOrder(receiver);
        }
        checkNothingIsOpen();
    }

    private void checkNothingIsOpen() {
        Call call = wire.call(actor.line.link, JmsCode.ADMIN_TRANSACTIONS, Map.of());
        wire.await(call);
        require(call.succeeded(), "%s", call);
        JsonNode json = JsonBody.parse(call.body);
        require(json.path("open").isEmpty() && json.path("transactions").isEmpty(), "the broker has yet %s", json);
    }

    /** Until all that is available has come. */
    private void drain() {
        for (Receiver receiver : actor.receivers) {
            Call call = wire.call(actor.line.link, JmsCode.DRAIN, new Credit(receiver.id, 0, false)::encode);
            wire.await(call);
            require(call.succeeded(), "%s", call);
        }
    }

    /** What must be there and has not come. */
    private List<Message> missing() {
        List<Message> missing = new ArrayList<>();
        for (Message message : ledger.messages()) {
            boolean wanted =
                    message.sentBy.state() == State.COMMITTED && message.claims.isEmpty() && !ledger.isGone(message);
            if (wanted && message.delivery == null) {
                missing.add(message);
            }
        }
        return missing;
    }

    /** In order by priority; of one session, and of those who have heard of each other, in the order of their work. */
    private static void checkOrder(Receiver receiver) {
        Map<Integer, List<Delivery>> lanes = new HashMap<>();
        for (Delivery delivery : receiver.inbox) {
            List<Delivery> lane = lanes.computeIfAbsent(delivery.queueId, queue -> new ArrayList<>());
            if (!lane.isEmpty()) {
                Delivery before = lane.get(lane.size() - 1);
                require(before.offset < delivery.offset, "%s came before %s", before.message, delivery.message);
            }
            lane.add(delivery);
        }
        lanes.values().forEach(lane -> {
            long latest = 0;
            Message last = null;
            lane.sort(Comparator.comparingLong(delivery -> delivery.offset));
            for (Delivery delivery : lane) {
                Message message = delivery.message;
                if (message.deliverAt != 0) {
                    continue;
                }
                Work work = message.sentBy;
                require(work.whole >= latest, "%s lies behind a later one, as %s", message, last);
                require(
                        last == null || last.sentBy != work || last.number < message.number,
                        "%s lies before %s",
                        last,
                        message);
                if (work.asked0 >= latest) {
                    latest = work.asked0;
                }
                last = message;
            }
        });
    }
}
