package org.fulmar.samples.xa;

import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.XAConnectionFactory;
import jakarta.jms.XAJMSContext;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.NotSupportedException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BiConsumer;
import javax.sql.XAConnection;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does one global transaction after another over a connection to the database and one to the broker, which it keeps. For
 * one thread.
 */
final class Teller implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Teller.class);
    /** Transactions in a row that may fail; a broker that is restarted makes a few fail. */
    private static final int PATIENCE = 50;

    /** Which of the two is enlisted, prepared and committed first. */
    enum Order {
        BANK_FIRST,
        QUEUE_FIRST
    }

    /** What is done in one transaction. */
    interface Work {
        /** There is nothing to do just now. */
        int NOTHING = 0;
        /** There will not be anything to do any more. */
        int FINISHED = -1;

        /** The number of the transfer that it is about. */
        int run(Connection bank, XAJMSContext queue) throws SQLException, JMSException;
    }

    private final TransactionManager transactions;
    private final Order order;
    private final BiConsumer<Moment, Integer> at;
    private final XAConnection bank;
    private final XAJMSContext queue;
    private int transfer;

    /** @param at is told the moments of each commit, with the number of its transfer */
    Teller(
            TransactionManager transactions,
            Bank bank,
            XAConnectionFactory factory,
            Order order,
            BiConsumer<Moment, Integer> at)
            throws SQLException {
        this.transactions = transactions;
        this.order = order;
        this.at = at;
        this.bank = bank.connect();
        this.queue = factory.createXAContext();
    }

    XAJMSContext queue() {
        return queue;
    }

    /** Does transactions until there will not be any more. */
    void run(Work work) throws SystemException, NotSupportedException {
        int failures = 0;
        while (transfer != Work.FINISHED) {
            try {
                transact(work);
                failures = 0;
            } catch (SQLException
                    | JMSException
                    | JMSRuntimeException
                    | RollbackException
                    | HeuristicMixedException
                    | HeuristicRollbackException e) {
                // whatever has become of it: the next transaction sees that in the database
                LOG.info("transfer {} has failed", transfer, e);
                if (++failures == PATIENCE) {
                    throw new IllegalStateException("transactions fail, one after the other", e);
                }
            }
        }
    }

    /** One global transaction: both resources take part, then the work is done, then both commit or neither. */
    private void transact(Work work)
            throws SystemException, NotSupportedException, RollbackException, SQLException, JMSException,
                    HeuristicMixedException, HeuristicRollbackException {
        transactions.begin();
        boolean done = false;
        try {
            enlist(transactions.getTransaction());
            try (Connection connection = bank.getConnection()) {
                transfer = work.run(connection, queue);
            }
            done = transfer > 0;
        } finally {
            if (!done) {
                transactions.rollback();
            }
        }
        if (done) {
            transactions.commit();
        }
    }

    private void enlist(Transaction transaction) throws SystemException, RollbackException, SQLException {
        XAResource money = bank.getXAResource();
        XAResource messages = queue.getXAResource();
        boolean bankFirst = order == Order.BANK_FIRST;
        // without the kills, these would be the two resources themselves
        XAResource first = new Doomed(bankFirst ? money : messages, true, moment -> at.accept(moment, transfer));
        XAResource last = new Doomed(bankFirst ? messages : money, false, moment -> at.accept(moment, transfer));
        if (!transaction.enlistResource(first) || !transaction.enlistResource(last)) {
            throw new RollbackException("a resource does not take part");
        }
    }

    /** How many branches are in doubt at a resource, whosever they are. */
    static int inDoubt(XAResource resource) throws XAException {
        return resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length;
    }

    @Override
    public void close() throws SQLException {
        queue.close();
        bank.close();
    }
}
