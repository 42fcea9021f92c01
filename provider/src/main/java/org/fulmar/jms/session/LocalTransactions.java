package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of a transacted session, one after the other (JMS 3.1, section 6.2.7). Used by the session's thread,
 * which may be that of its listeners, and by the one that closes it.
 */
final class LocalTransactions implements Transactions {
    private final FulmarSession session;
    private final TransactionEnd ends;
    private final MessageIds numbers = new MessageIds();
    private volatile Transaction current;

    LocalTransactions(FulmarSession session) {
        this.session = session;
        this.ends = new TransactionEnd(session.connection());
        this.current = begun();
    }

    private Transaction begun() {
        return new Transaction(session.connection(), null, numbers);
    }

    @Override
    public @Nullable Transaction current() {
        return current;
    }

    @Override
    public boolean isTransacted() {
        return true;
    }

    /** Section 7.3.5: after completion listeners were told. What is not committed is given back, and another begins. */
    @Override
    public void commit() throws JMSException {
        session.completions().awaitAll("commit its session");
        Transaction ending = current;
        if (ending.isEmpty()) {
            return;
        }
        Ending end = ends.commit(ending);
        JMSException why = end.why();
        if (why == null) {
            current = begun();
            return;
        }
        JMSException told = end.result() == Ending.Result.UNKNOWN
                ? JmsErrors.with(
                        new JMSException("it is not known whether the transaction was committed: " + why.getMessage()),
                        why)
                : JmsErrors.rolledBack(why);
        try {
            undo();
        } catch (JMSException e) {
            told.addSuppressed(e);
        }
        throw told;
    }

    @Override
    public void rollback() throws JMSException {
        session.completions().awaitAll("roll its session back");
        undo();
    }

    private void undo() throws JMSException {
        Transaction ending = current;
        current = begun();
        ends.undo(ending, holder -> holder == session);
    }

    @Override
    public void close() throws JMSException {
        // what its own consumers hold goes back with the session
        ends.undoButFor(current, session);
    }

    @Override
    public boolean outlive() {
        return false;
    }

    @Override
    public boolean needs(FulmarSession holder) {
        return !session.isClosing() && current.isHeldBy(holder);
    }
}
