package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.delivery.Consumer;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.delivery.TransactedDeliveries;
import org.fulmar.broker.delivery.TransactedDeliveries.Held;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.Branch;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.jms.TransactionRecovery;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of JMS clients, local ones and XA branches: decides what each operation may do, and has it written.
 * Owned by the broker's core.
 *
 * <p>Guaranteed: a commit or prepare is answered when it is as durable as it has to be; one that is refused has changed
 * nothing, and its transaction is rolled back. An open transaction goes with a connection that has brought parts of it; a
 * prepared branch is ended by its transaction manager or an administrator alone.
 */
final class JmsTransactions {
    private final Core core;
    private final MessageIntake intake;
    private final TransactionTable table;
    private final ProducerTable producers;
    private final TransactionWriter writer;
    private final Reappend reappend;
    private final Appender appender;
    private final TurnEnd turn;
    private final LongSupplier clock;
    private final Probe probe;
    private final OpenTransactions open;

    JmsTransactions(
            Core core,
            OpenTransactions open,
            MessageIntake intake,
            TransactionTable table,
            ProducerTable producers,
            TransactionWriter writer,
            Reappend reappend,
            Appender appender,
            TurnEnd turn,
            LongSupplier clock,
            Probe probe) {
        this.core = core;
        this.open = open;
        this.intake = intake;
        this.table = table;
        this.producers = producers;
        this.writer = writer;
        this.reappend = reappend;
        this.appender = appender;
        this.turn = turn;
        this.clock = clock;
        this.probe = probe;
    }

    /** What an operation does on the core with the part of a transaction that it brings. */
    private interface PartOperation {
        void run(Request request, JmsPeer peer, TransactionPart part) throws DeliveryException, StoreException;
    }

    /** Of a part that is refused, what it acknowledges comes again, as all that its transaction has received. */
    private void decoded(Request request, PartOperation operation) {
        TransactionPart part = TransactionPart.decode(request.body());
        JmsConnections.Operation onCore = peer -> {
            try {
                operation.run(request, peer, part);
            } catch (DeliveryException | StoreException e) {
                giveBack(peer, part.acknowledged());
                throw e;
            }
        };
        core.execute(() -> RequestRouter.run(r -> JmsConnections.run(r, onCore), request));
    }

    private void giveBack(JmsPeer peer, List<Acknowledge.Range> ranges) {
        List<Held> held = new ArrayList<>();
        for (Acknowledge.Range range : ranges) {
            Consumer consumer = peer.consumer(range.consumerId());
            if (consumer != null) {
                held.add(new Held(consumer, range.queueId(), range.offset(), range.count()));
            }
        }
        open.giveBack(held);
    }

    /** Passes the point when it is stored, then answers. */
    private Appender.Listener answer(Request request, Probe.Point point) {
        JmsSender.Answer answer = new JmsSender.Answer(request);
        return new Appender.Listener() {
            @Override
            public void stored(long physicalOffset, long queueOffset) {
                probe.at(point);
                answer.stored(physicalOffset, queueOffset);
            }

            @Override
            public void failed(StoreException cause) {
                answer.failed(cause);
            }
        };
    }

    // Parts.

    private void passEnd(TransactionPart part) {
        if (part.ended()) {
            probe.at(Probe.Point.END);
        }
    }

    void add(Request request) {
        decoded(request, this::add);
    }

    private void add(Request request, JmsPeer peer, TransactionPart part) throws DeliveryException, StoreException {
        if (!part.messages().isEmpty()) {
            probe.at(Probe.Point.SEND);
        }
        if (!part.acknowledged().isEmpty()) {
            probe.at(Probe.Point.ACKNOWLEDGE);
        }
        passEnd(part);
        checkNew(part.id());
        OpenTransaction transaction = open.find(peer, part);
        if (transaction == null) {
            transaction = open.add(part.id(), clock.getAsLong());
        }
        try {
            List<Held> held = TransactedDeliveries.checked(part.acknowledged(), peer::consumer);
            List<MessageIntake.Taken> messages = taken(peer, part);
            if (!messages.isEmpty()) {
                transaction.branch(writer.addHalves(part.id(), transaction.branch(), messages));
                transaction.addPersistent(messages.stream().anyMatch(MessageIntake.Taken::isPersistent));
            }
            transaction.held().addAll(held);
            transaction.countPart(peer);
        } catch (DeliveryException e) {
            open.rollBack(transaction);
            throw ofPart(part, e);
        } catch (StoreException e) {
            // its half messages are dropped
            open.rollBack(transaction);
            throw e;
        }
        turn.successAfterLog(request);
    }

    /** An acknowledgement of what is not held is no mistake of the client, but the end of its transaction. */
    private static DeliveryException ofPart(TransactionPart part, DeliveryException e) {
        return e.code() == ResponseCode.JMS_ILLEGAL_STATE
                        && !part.acknowledged().isEmpty()
                ? OpenTransactions.rolledBack(part.id(), e.getMessage())
                : e;
    }

    private List<MessageIntake.Taken> taken(JmsPeer peer, TransactionPart part)
            throws DeliveryException, StoreException {
        List<MessageIntake.Taken> messages = new ArrayList<>(part.messages().size());
        for (SendOperation send : part.messages()) {
            messages.add(intake.take(peer, send));
        }
        for (SendOperation send : part.messages()) {
            if (send.producerId() != 0) {
                // so that the numbers of transactions leave no gaps
                producers.stored(send.producerId(), send.sequence());
            }
        }
        return messages;
    }

    /** A prepared branch takes no more parts, and no other one may have its name. */
    private void checkNew(TransactionId id) throws DeliveryException {
        BranchXid xid = id.xid();
        Branch branch = xid == null ? null : table.find(xid);
        if (branch != null) {
            throw new DeliveryException(
                    ResponseCode.JMS_TRANSACTION_STATE, "branch " + xid + " is " + branch.state() + " already");
        }
    }

    // Ends.

    void commit(Request request) {
        decoded(request, this::commit);
    }

    private void commit(Request request, JmsPeer peer, TransactionPart part) throws DeliveryException, StoreException {
        passEnd(part);
        probe.at(Probe.Point.COMMIT);
        TransactionId id = part.id();
        peer.addProducer(id.producerId());
        if (producers.isRepeat(id.producerId(), id.sequence())) {
            whenWhole(id, new JmsSender.Answer(request));
            return;
        }
        checkNew(id);
        End end = end(peer, part);
        boolean durably = end.persistent
                || end.messages.stream().anyMatch(MessageIntake.Taken::isPersistent)
                || end.held.stream().anyMatch(Held::isLasting);
        try {
            writer.commit(id, end.branch, end.messages, end.held, durably, answer(request, Probe.Point.COMMITTED));
        } catch (StoreException e) {
            open.undo(end.branch, end.held);
            throw e;
        }
        OpenTransactions.forgetClosed(end.held);
    }

    /** Tells when a transaction that was committed before is visible and durable, all of it. */
    private void whenWhole(TransactionId id, Appender.Listener listener) throws StoreException {
        Branch unfinished = reappend.find(id);
        if (unfinished != null) {
            reappend.await(unfinished, listener);
        } else {
            appender.confirm(true, listener);
        }
    }

    void prepare(Request request) {
        decoded(request, this::prepare);
    }

    private void prepare(Request request, JmsPeer peer, TransactionPart part) throws DeliveryException, StoreException {
        passEnd(part);
        probe.at(Probe.Point.PREPARE);
        BranchXid xid = part.id().xid();
        if (xid == null) {
            throw new DeliveryException(ResponseCode.JMS_ILLEGAL_STATE, "a prepare without an Xid");
        }
        Branch there = table.find(xid);
        if (there != null && there.state() == Branch.State.PREPARED && part.id().equals(there.id())) {
            // its answer was lost
            appender.confirm(true, new JmsSender.Answer(request));
            return;
        }
        checkNew(part.id());
        if (!open.contains(xid)) {
            open.checkRoom();
        }
        End end = end(peer, part);
        try {
            writer.prepare(
                    part.id(),
                    end.branch,
                    end.messages,
                    end.held,
                    clock.getAsLong(),
                    peer.text(),
                    answer(request, Probe.Point.PREPARED));
        } catch (StoreException e) {
            open.undo(end.branch, end.held);
            throw e;
        }
        OpenTransactions.forgetClosed(end.held);
    }

    /** All of a transaction that is about to be committed or prepared. */
    private record End(
            @Nullable Branch branch, List<MessageIntake.Taken> messages, List<Held> held, boolean persistent) {}

    /** Takes an open transaction with its last part; if that can't be, it is rolled back. */
    private End end(JmsPeer peer, TransactionPart part) throws DeliveryException, StoreException {
        OpenTransaction transaction = open.find(peer, part);
        open.take(part.id());
        List<Held> held = new ArrayList<>();
        if (transaction != null) {
            held.addAll(transaction.held());
        }
        try {
            if (!TransactedDeliveries.areHeld(held)) {
                throw OpenTransactions.rolledBack(part.id(), "a message that it acknowledges is not held any more");
            }
            held.addAll(TransactedDeliveries.checked(part.acknowledged(), peer::consumer));
            return new End(
                    transaction == null ? null : transaction.branch(),
                    taken(peer, part),
                    held,
                    transaction != null && transaction.isPersistent());
        } catch (DeliveryException | StoreException e) {
            if (transaction != null) {
                open.undo(transaction);
            }
            if (e instanceof DeliveryException refused) {
                throw ofPart(part, refused);
            }
            throw e;
        }
    }

    void rollback(Request request) {
        JmsConnections.run(request, peer -> {
            probe.at(Probe.Point.ROLLBACK);
            TransactionPart part = TransactionPart.decode(request.body());
            checkNew(part.id());
            open.rollBackAsAsked(part.id());
            giveBack(peer, part.acknowledged());
            turn.successAfterLog(request);
        });
    }

    void decide(Request request) {
        JmsConnections.run(request, peer -> {
            TransactionDecision decision = TransactionDecision.decode(request.body());
            probe.at(decision.commit() ? Probe.Point.COMMIT : Probe.Point.ROLLBACK);
            Branch branch = table.find(decision.xid());
            if (branch == null && open.contains(decision.xid())) {
                throw new DeliveryException(
                        ResponseCode.JMS_TRANSACTION_STATE, "branch " + decision.xid() + " is not prepared");
            }
            if (branch == null) {
                // who has asked before takes it for done: it must not be undone by a loss of power
                whenDurable(
                        request,
                        () -> request.answer(
                                ResponseCode.JMS_TRANSACTION_UNKNOWN, "no branch " + decision.xid() + " is prepared"));
                return;
            }
            if (branch.isHeuristic()) {
                boolean committed = branch.state() != Branch.State.ROLLED_BACK;
                throw new DeliveryException(
                        committed ? ResponseCode.JMS_HEURISTIC_COMMIT : ResponseCode.JMS_HEURISTIC_ROLLBACK,
                        "an administrator has " + (committed ? "committed" : "rolled back") + " branch "
                                + decision.xid());
            }
            decide(request, branch, decision.commit());
        });
    }

    private void decide(Request request, Branch branch, boolean commit) throws DeliveryException, StoreException {
        if (branch.state() == Branch.State.COMMITTING && commit) {
            reappend.await(branch, new JmsSender.Answer(request));
        } else if (branch.state() != Branch.State.PREPARED) {
            throw new DeliveryException(
                    ResponseCode.JMS_TRANSACTION_STATE,
                    "transaction " + branch.number() + " is " + branch.state() + " already");
        } else if (commit) {
            writer.commitPrepared(branch, false, answer(request, Probe.Point.COMMITTED));
        } else {
            writer.rollbackPrepared(branch, false, new JmsSender.Answer(request));
        }
    }

    // Questions.

    private static Appender.Listener answering(Request request, Runnable answer) {
        return new Appender.Listener() {
            @Override
            public void stored(long physicalOffset, long queueOffset) {
                answer.run();
            }

            @Override
            public void failed(StoreException cause) {
                request.answer(StoreErrors.jmsCode(cause), cause.getMessage());
            }
        };
    }

    /** Answers when everything that is in the log now is durable. */
    private void whenDurable(Request request, Runnable answer) throws StoreException {
        appender.confirm(true, answering(request, answer));
    }

    /** Answered when the transaction's end, if it has one, is visible: the same holds of it as of an answered commit. */
    void outcome(Request request) {
        JmsConnections.run(request, peer -> {
            TransactionId id = TransactionId.decode(request.body());
            boolean committed = producers.isRepeat(id.producerId(), id.sequence());
            Appender.Listener answer = answering(request, () -> {
                ByteBuf body = peer.connection().buffer(1);
                body.writeBoolean(committed);
                request.answer(ResponseCode.SUCCESS, null, Map.of(), body);
            });
            if (committed) {
                whenWhole(id, answer);
            } else {
                appender.confirm(false, answer);
            }
        });
    }

    void recover(Request request) {
        JmsConnections.run(request, peer -> {
            probe.at(Probe.Point.RECOVER);
            long after = TransactionRecovery.decode(request.body()).after();
            List<TransactionRecovery.InDoubt> page = new ArrayList<>();
            for (Branch branch : table.all()) {
                TransactionId id = branch.id();
                boolean inDoubt = branch.state() == Branch.State.PREPARED || branch.isHeuristic();
                if (inDoubt && branch.number() > after && id != null && id.xid() != null) {
                    page.add(new TransactionRecovery.InDoubt(branch.number(), id.xid()));
                }
                if (page.size() == TransactionRecovery.PAGE) {
                    break;
                }
            }
            // a transaction manager takes what is not listed for done
            whenDurable(request, () -> {
                ByteBuf body = peer.connection().buffer(16 + page.size() * 160);
                new TransactionRecovery.Reply(page).encode(body);
                request.answer(ResponseCode.SUCCESS, null, Map.of(), body);
            });
        });
    }

    void forget(Request request) {
        JmsConnections.run(request, peer -> {
            BranchXid xid = TransactionId.decode(request.body()).xid();
            Branch branch = xid == null ? null : table.find(xid);
            if (branch == null) {
                throw new DeliveryException(
                        ResponseCode.JMS_TRANSACTION_UNKNOWN, "no branch " + xid + " is there to be forgotten");
            }
            if (!branch.isHeuristic() || branch.state() == Branch.State.COMMITTING) {
                throw new DeliveryException(
                        ResponseCode.JMS_TRANSACTION_STATE,
                        "branch " + xid + " is " + branch.state() + ": only what an administrator has decided is"
                                + " forgotten");
            }
            table.forget(branch, appender);
            turn.successAfterLog(request);
        });
    }
}
