package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionRecovery;
import org.jspecify.annotations.Nullable;

/**
 * Ends transactions at the broker, and finds out what became of them when its answer was lost. Stateless; used by the
 * thread that ends the transaction, which waits.
 */
final class TransactionEnd {
    private final FulmarConnection connection;

    TransactionEnd(FulmarConnection connection) {
        this.connection = connection;
    }

    /** Asks the broker something whose answer says how the transaction has ended; null if it is to be told again. */
    private interface Question {
        @Nullable Ending ask(Attached at) throws JMSException;
    }

    /** Commits all of it in one phase. */
    Ending commit(Transaction transaction) {
        TransactionId id = transaction.id();
        return end(
                transaction,
                part -> part.over().link().commit(id, part.before(), part.acknowledged(), part.messages()),
                (at, why) -> {
                    return outcome(transaction, at, why);
                });
    }

    /** What became of a commit that was sent over a link that is lost; null if it can be sent again, and must be. */
    private @Nullable Ending outcome(Transaction transaction, @Nullable Attached over, JMSException why) {
        return find(over, why, at -> {
            if (JmsErrors.await(at.link().wasCommitted(transaction.id()))) {
                return Ending.DONE;
            }
            return transaction.isBound() ? Ending.rolledBack(why) : null;
        });
    }

    /** Asks again for a commit whose outcome was not found out in its time. */
    Ending outcome(Transaction transaction) {
        JMSException never =
                JmsErrors.lost("the connection to the broker was lost while the transaction was committed");
        Ending found = find(
                null,
                never,
                at -> JmsErrors.await(at.link().wasCommitted(transaction.id()))
                        ? Ending.DONE
                        : Ending.rolledBack(never));
        return found == null ? Ending.rolledBack(never) : found;
    }

    /** Prepares a branch. */
    Ending prepare(Transaction transaction, BranchXid xid) {
        TransactionId id = transaction.id();
        return end(
                transaction,
                part -> part.over().link().prepare(id, part.before(), part.acknowledged(), part.messages()),
                (over, why) -> find(over, why, at -> {
                    if (!transaction.isBound()) {
                        // sent again, it is known
                        return null;
                    }
                    return inDoubt(at).contains(xid) ? Ending.DONE : Ending.rolledBack(why);
                }));
    }

    /** The branches that the broker has in doubt. */
    private static List<BranchXid> inDoubt(Attached at) throws JMSException {
        List<BranchXid> all = new ArrayList<>();
        long last = 0;
        TransactionRecovery.Reply page;
        do {
            page = JmsErrors.await(at.link().inDoubt(new TransactionRecovery(last)));
            for (TransactionRecovery.InDoubt branch : page.branches()) {
                all.add(branch.xid());
                last = branch.number();
            }
        } while (page.branches().size() >= TransactionRecovery.PAGE);
        return all;
    }

    /** The branches that the broker has in doubt, whoever prepared them; does not wait for a link. */
    List<BranchXid> inDoubt() throws JMSException {
        connection.checkOpen();
        return inDoubt(connection.lifeline().present());
    }

    private interface LastCall {
        CompletableFuture<Void> with(Transaction.Part part);
    }

    private interface Doubt {
        @Nullable Ending resolve(Attached over, JMSException why);
    }

    private Ending end(Transaction transaction, LastCall call, Doubt doubt) {
        while (true) {
            Transaction.Part part = transaction.lastPart();
            if (part == null) {
                JMSException failure = transaction.failure();
                return Ending.rolledBack(failure == null ? new JMSException("the transaction has ended") : failure);
            }
            try {
                JmsErrors.await(call.with(part));
                return Ending.DONE;
            } catch (JMSException e) {
                if (!isOpen(e, part.over())) {
                    return refused(transaction, e);
                }
                Ending resolved = doubt.resolve(part.over(), e);
                if (resolved != null) {
                    return resolved;
                }
            }
        }
    }

    private static Ending refused(Transaction transaction, JMSException why) {
        if (JmsErrors.isStoreFailure(why) || JmsErrors.isInterrupted(why)) {
            return Ending.unknown(why);
        }
        transaction.refused();
        return Ending.rolledBack(why);
    }

    /** Whether the broker may have done it. One that does not answer in time makes an end of its link. */
    boolean isOpen(JMSException e, Attached over) {
        if (JmsErrors.isTimedOut(e) && connection.options().reconnect()) {
            over.link().abandon();
        }
        return JmsErrors.isTimedOut(e) || JmsErrors.isLost(e);
    }

    /** Asks over links behind the one that was lost, until one answers or it takes too long. */
    private @Nullable Ending find(@Nullable Attached lost, JMSException why, Question question) {
        long deadline = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(connection.options().requestTimeoutMillis());
        Attached at = lost;
        while (true) {
            try {
                at = connection.lifeline().await(at, deadline);
                return question.ask(at);
            } catch (JMSException e) {
                if (at == null || !isOpen(e, at)) {
                    e.addSuppressed(why);
                    return Ending.unknown(e);
                }
            }
        }
    }

    /**
     * Gives up what is not prepared: what it has received comes again, flagged.
     *
     * @param mayRecover whether all that a session holds may be given back, which keeps its order
     */
    void undo(Transaction transaction, Predicate<FulmarSession> mayRecover) throws JMSException {
        // whoever is interrupted gives back all the same
        boolean interrupted = Thread.interrupted();
        try {
            for (FulmarSession session : undoSingly(transaction, mayRecover)) {
                Attached at = connection.attached();
                if (!session.giveBackIfQuiet() && at != null) {
                    giveBack(at, transaction.received(at, session));
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** As {@link #undo}, but for what goes back with the end of a session. */
    void undoButFor(Transaction transaction, FulmarSession closing) throws JMSException {
        undoSingly(transaction, holder -> holder == closing);
    }

    /** Gives back what was received by sessions that others use, too. Those that hold the rest. */
    private List<FulmarSession> undoSingly(Transaction transaction, Predicate<FulmarSession> others)
            throws JMSException {
        transaction.finish();
        List<FulmarSession> left = new ArrayList<>();
        Attached at = connection.attached();
        if (at == null) {
            // the broker has it back
            return left;
        }
        List<Acknowledge.Range> single = new ArrayList<>();
        for (FulmarSession holder : transaction.holders()) {
            if (others.test(holder)) {
                left.add(holder);
            } else {
                single.addAll(transaction.received(at, holder));
            }
        }
        if (transaction.wasShippedOver(at)) {
            connection.tellOver(at, over -> over.link().rollback(transaction.id(), List.of()));
        }
        giveBack(at, single);
        return left;
    }

    /** In no transaction's name: the broker may have another of this one's. */
    private void giveBack(Attached at, List<Acknowledge.Range> ranges) throws JMSException {
        if (!ranges.isEmpty()) {
            TransactionId nobody = new TransactionId(null, new MessageIds().producerId(), 0);
            connection.tellOver(at, over -> over.link().rollback(nobody, ranges));
        }
    }
}
