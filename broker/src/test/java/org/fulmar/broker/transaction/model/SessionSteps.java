package org.fulmar.broker.transaction.model;

import static org.fulmar.broker.transaction.model.Ledger.require;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.fulmar.broker.transaction.model.Actor.Mode;
import org.fulmar.broker.transaction.model.Actor.Receiver;
import org.fulmar.broker.transaction.model.Wire.Call;
import org.fulmar.broker.transaction.model.Wire.Link;
import org.fulmar.broker.transaction.model.Work.Delivery;
import org.fulmar.broker.transaction.model.Work.Kind;
import org.fulmar.broker.transaction.model.Work.Message;
import org.fulmar.broker.transaction.model.Work.State;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.jspecify.annotations.Nullable;

/** What sessions do, at random: work in transactions, end them, and find out what became of those whose answer was lost. */
final class SessionSteps {
    private static final String[] DESTINATIONS = {"q0", "q1", "q2", Actor.TOPIC};
    private static final int[] PRIORITIES = {4, 4, 4, 9, 0};

    private final Random random;
    private final Machine machine;
    private final Wire wire;
    private final Ledger ledger;
    private final Consumer<String> log;
    private final Set<String> destinations = new LinkedHashSet<>(List.of(DESTINATIONS));
    private final boolean large;
    private int receivers;
    private long numbers;
    private int xids;

    SessionSteps(Random random, Machine machine, Wire wire, Ledger ledger, Consumer<String> log) {
        this.random = random;
        this.machine = machine;
        this.wire = wire;
        this.ledger = ledger;
        this.log = log;
        this.large = random.nextInt(3) == 0;
    }

    /** All that was ever sent to and outlives connections. */
    Set<String> destinations() {
        return destinations;
    }

    @Nullable Receiver open(Actor actor, String destination) {
        return actor.receive(++receivers, destination, 1 + random.nextInt(20));
    }

    void act(Actor actor) {
        Call call = actor.call;
        if (actor.isBusy() && call != null) {
            if (random.nextBoolean()) {
                wire.await(call);
            }
            return;
        }
        if (actor.doubt != null) {
            resolve(actor, actor.doubt);
        } else if (actor.receivers.size() < 2 && random.nextInt(3) == 0) {
            open(actor, DESTINATIONS[random.nextInt(DESTINATIONS.length)]);
        } else if (actor.mode == Mode.AUTO) {
            alone(actor);
        } else {
            transacted(actor);
        }
    }

    // ---- in transactions

    private void transacted(Actor actor) {
        Work work = actor.work;
        if (work == null) {
            work = begin(actor);
        }
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> send(actor, work);
            case 3, 4, 5, 6 -> receive(actor, work);
            case 7 -> add(actor, work);
            case 8 -> rest(actor, work);
            default -> end(actor, work);
        }
    }

    private Work begin(Actor actor) {
        BranchXid xid = actor.mode == Mode.XA ? xid() : null;
        Work work = new Work(
                xid == null ? Kind.LOCAL : Kind.BRANCH, new TransactionId(xid, actor.producer, ++actor.sequence));
        actor.work = work;
        ledger.add(work);
        return work;
    }

    /** A new one, or now and then one whose branch is rolled back. */
    private BranchXid xid() {
        Work before = ledger.works().isEmpty()
                ? null
                : ledger.works().get(random.nextInt(ledger.works().size()));
        boolean free = before != null
                && before.kind == Kind.BRANCH
                && before.state() == State.ROLLED_BACK
                && before.hard
                && before.free
                && ledger.branch(before.xid()) == before;
        return before != null && free
                ? before.xid()
                : new BranchXid(7, new byte[] {(byte) ++xids, (byte) (xids >> 8)}, new byte[1]);
    }

    private Message message(Work work, String destination) {
        int bytes = large && random.nextInt(3) == 0 ? random.nextInt(12_000) : random.nextInt(200);
        long number = ++numbers;
        Message message = new Message(
                number,
                destination,
                PRIORITIES[random.nextInt(PRIORITIES.length)],
                random.nextInt(4) > 0,
                random.nextInt(8) == 0 ? machine.now() + 1 + random.nextInt(5000) : 0,
                work,
                Actor.body(number, bytes));
        ledger.add(message);
        log.accept("message " + number + " to " + destination + " in " + work);
        return message;
    }

    private void send(Actor actor, Work work) {
        String destination = DESTINATIONS[random.nextInt(DESTINATIONS.length)];
        if (random.nextInt(25) == 0) {
            String temporary = actor.makeTemporary();
            if (temporary == null || open(actor, temporary) == null) {
                return;
            }
            destination = temporary;
        } else if (!actor.line.temporary.isEmpty() && random.nextInt(5) == 0) {
            destination = actor.line.temporary.get(0);
        }
        work.bound |= destination.startsWith("temp-");
        for (int i = 1 + random.nextInt(random.nextInt(6) == 0 ? 20 : 3); i > 0; i--) {
            message(work, destination);
        }
    }

    private void receive(Actor actor, Work work) {
        if (actor.receivers.isEmpty()) {
            return;
        }
        Receiver receiver = actor.receivers.get(random.nextInt(actor.receivers.size()));
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            Delivery delivery = actor.consume(receiver);
            if (delivery == null) {
                return;
            }
            work.bound = true;
            work.acknowledged.add(delivery);
            delivery.message.claims.add(work);
            log.accept(actor.sessionId + " receives " + delivery.message.number + " in " + work);
        }
    }

    private void add(Actor actor, Work work) {
        if (work.shippedMessages == work.messages.size() && work.shippedAcknowledged == work.acknowledged.size()) {
            return;
        }
        List<TransactionPart.Outgoing> outgoing = actor.outgoing(work, machine.now());
        if (outgoing == null || actor.work != work) {
            return;
        }
        log.accept(actor.sessionId + " adds to " + work);
        actor.part(JmsCode.TRANSACTION_ADD, work, outgoing).then = call -> {
            work.asked = false;
            require(call.lost || call.succeeded(), "a part of %s: %s", work, call);
        };
    }

    /** Gives back what it holds, or closes its consumers, if its transaction has nothing of it. */
    private void rest(Actor actor, Work work) {
        if (!work.acknowledged.isEmpty()) {
            return;
        }
        log.accept(actor.sessionId + " rests");
        Call call = random.nextBoolean() ? actor.recover() : actor.close();
        call.then = done -> require(done.lost || done.succeeded(), "%s", done);
    }

    private void end(Actor actor, Work work) {
        if (work.isEmpty()) {
            return;
        }
        int dice = random.nextInt(8);
        if (dice < 2) {
            rollback(actor, work);
            return;
        }
        List<TransactionPart.Outgoing> outgoing = actor.outgoing(work, machine.now());
        if (outgoing == null || actor.work != work) {
            return;
        }
        if (work.kind == Kind.BRANCH && dice < 7) {
            prepare(actor, work, outgoing);
        } else {
            commit(actor, work, outgoing);
        }
    }

    private void rollback(Actor actor, Work work) {
        log.accept(actor.sessionId + " rolls back " + work);
        actor.work = null;
        boolean there = work.parts > 0 || !work.acknowledged.isEmpty();
        if (there) {
            actor.rollback(work).then = call -> {
                require(call.lost || call.succeeded(), "rollback of %s: %s", work, call);
                work.free = !call.lost;
            };
        }
        ledger.known(work, State.ROLLED_BACK);
    }

    private void commit(Actor actor, Work work, List<TransactionPart.Outgoing> outgoing) {
        log.accept(actor.sessionId + " commits " + work);
        actor.work = null;
        work.state(State.COMMIT_UNKNOWN);
        long asked = ledger.event();
        work.asked0 = Math.min(work.asked0, asked);
        actor.part(JmsCode.TRANSACTION_COMMIT, work, outgoing).then = call -> {
            work.asked = false;
            if (call.lost) {
                inDoubt(actor, work);
                return;
            }
            require(call.succeeded(), "commit of %s: %s", work, call);
            log.accept("committed " + work.id.text());
            committed(work, asked);
        };
    }

    private void committed(Work work, long asked) {
        if (work.isLasting() || !work.acknowledged.isEmpty()) {
            ledger.known(work, State.COMMITTED);
            ledger.forced(asked);
        } else {
            ledger.known(work, State.COMMITTED, State.COMMIT_UNKNOWN);
        }
    }

    private void prepare(Actor actor, Work work, List<TransactionPart.Outgoing> outgoing) {
        log.accept(actor.sessionId + " prepares " + work);
        actor.work = null;
        work.state(State.PREPARE_UNKNOWN);
        long asked = ledger.event();
        actor.part(JmsCode.TRANSACTION_PREPARE, work, outgoing).then = call -> {
            work.asked = false;
            if (call.lost) {
                inDoubt(actor, work);
                return;
            }
            require(call.succeeded(), "prepare of %s: %s", work, call);
            ledger.known(work, State.PREPARED);
            ledger.forced(asked);
        };
    }

    private static void inDoubt(Actor actor, Work work) {
        work.acknowledged.forEach(Delivery::end);
        actor.doubt = work;
    }

    // ---- in none

    private void alone(Actor actor) {
        if (random.nextBoolean() || actor.receivers.isEmpty()) {
            Work work = new Work(Kind.SEND, new TransactionId(null, actor.producer, ++actor.sequence));
            ledger.add(work);
            message(work, DESTINATIONS[random.nextInt(DESTINATIONS.length)]);
            work.state(State.COMMIT_UNKNOWN);
            work.asked0 = ledger.event();
            actor.doubt = work;
            send(actor, work, ledger.event());
            return;
        }
        Delivery delivery = actor.consume(actor.receivers.get(random.nextInt(actor.receivers.size())));
        if (delivery == null) {
            return;
        }
        Work work = new Work(Kind.ACKNOWLEDGE, new TransactionId(null, 0, 0));
        ledger.add(work);
        work.acknowledged.add(delivery);
        delivery.message.claims.add(work);
        work.state(State.COMMIT_UNKNOWN);
        work.asked = true;
        actor.acknowledge(delivery).then = call -> {
            work.asked = false;
            delivery.end();
            require(call.lost || call.succeeded(), "acknowledgement: %s", call);
            if (!call.lost) {
                ledger.known(work, State.COMMITTED, State.COMMIT_UNKNOWN);
            }
        };
    }

    /** Sends it, again if need be: it is there once. */
    private void send(Actor actor, Work work, long asked) {
        Message message = work.messages.get(0);
        int handle = Actor.handle(wire, actor.line.link, message.destination);
        if (handle < 0) {
            return;
        }
        actor.send(message, handle, machine.now()).then = call -> {
            require(call.lost || call.succeeded(), "send of %s: %s", message, call);
            if (!call.lost) {
                actor.doubt = null;
                committed(work, asked);
            }
        };
    }

    // ---- what became of it

    private void resolve(Actor actor, Work work) {
        if (work.kind == Kind.SEND) {
            send(actor, work, ledger.event());
        } else if (work.state() == State.COMMIT_UNKNOWN) {
            if (random.nextInt(3) == 0 && work.messages.stream().noneMatch(ledger::isGone)) {
                again(actor, work, JmsCode.TRANSACTION_COMMIT);
            } else {
                actor.call = ask(actor.line.link, work, () -> actor.doubt = null);
            }
        } else if (work.state() == State.PREPARE_UNKNOWN && !work.bound) {
            again(actor, work, JmsCode.TRANSACTION_PREPARE);
        } else {
            // a list of branches in doubt will tell
            actor.doubt = null;
        }
    }

    /** Asks what became of a commit. */
    private Call ask(Link link, Work work, Runnable then) {
        long asked = ledger.event();
        Call asking = wire.call(link, JmsCode.TRANSACTION_OUTCOME, work.id::encode);
        asking.then = call -> {
            if (call.lost) {
                return;
            }
            require(call.succeeded(), "outcome of %s: %s", work, call);
            boolean committed = Unpooled.wrappedBuffer(call.body).readBoolean();
            log.accept("outcome of " + work + ": " + committed);
            ledger.known(work, committed ? State.COMMITTED : State.ROLLED_BACK);
            if (committed) {
                ledger.forced(asked);
            }
            then.run();
        };
        return asking;
    }

    /** Asks for the end again, in the same words, but over another connection. */
    private void again(Actor actor, Work work, int code) {
        log.accept(actor.sessionId + " asks again for " + work);
        work.parts--;
        work.shippedMessages = work.lastPart.messages();
        work.shippedAcknowledged = work.lastPart.acknowledged();
        List<TransactionPart.Outgoing> outgoing = actor.outgoing(work, machine.now());
        if (outgoing == null || actor.doubt != work) {
            work.parts++;
            return;
        }
        long asked = ledger.event();
        actor.part(code, work, outgoing).then = call -> {
            work.asked = false;
            if (call.lost) {
                return;
            }
            boolean refused = call.answer == ResponseCode.JMS_TRANSACTION_ROLLED_BACK && work.bound;
            require(refused || call.succeeded(), "%s again: %s", work, call);
            State done = code == JmsCode.TRANSACTION_COMMIT ? State.COMMITTED : State.PREPARED;
            ledger.known(work, refused ? State.ROLLED_BACK : done);
            if (!refused) {
                ledger.forced(asked);
            }
            actor.doubt = null;
        };
    }

    /** After a loss of power: asks for all commits of which nothing is certain any more. */
    void resolveUndone(Link link) {
        for (Work work : new ArrayList<>(ledger.works())) {
            boolean transaction = work.kind == Kind.LOCAL || work.kind == Kind.BRANCH;
            if (transaction && work.state() == State.COMMIT_UNKNOWN && !machine.isDead()) {
                wire.await(ask(link, work, () -> {}));
            }
        }
    }

    /** The connection is lost: what it held is the broker's again, and open transactions that need it are no more. */
    void lost(Actor actor) {
        actor.forgetReceivers();
        Work work = actor.work;
        if (work != null && work.bound) {
            actor.work = null;
            ledger.known(work, State.ROLLED_BACK);
        }
        Work doubt = actor.doubt;
        if (doubt != null && doubt.state() != State.COMMIT_UNKNOWN && doubt.state() != State.PREPARE_UNKNOWN) {
            actor.doubt = null;
        }
    }

    /** Ends what the session has begun, and closes it; whether all is done. */
    boolean finish(Actor actor) {
        Call call = actor.call;
        if (call != null) {
            wire.await(call);
        }
        while (actor.doubt != null && !machine.isDead()) {
            resolve(actor, actor.doubt);
            Call asked = actor.call;
            if (asked != null) {
                wire.await(asked);
            }
        }
        Work work = actor.work;
        if (work != null && !work.isEmpty() && random.nextBoolean()) {
            end(actor, work);
            return false;
        }
        if (work != null) {
            rollback(actor, work);
        }
        Call closing = actor.close();
        wire.await(closing);
        return closing.succeeded();
    }
}
