package org.fulmar.bench;

import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.jms.XASession;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/**
 * Two-phase transactions of one XA session, each a single branch that is driven as a transaction manager would drive
 * it, but for its log: start; then end, prepare, commit.
 */
final class XaTransactions implements Transactions {

    private final XASession session;
    private final XAResource resource;
    private final String run;
    private final int worker;
    private long begun;
    private Branch branch;

    /** Takes a name that is this run's alone, and the number of the session in it. */
    XaTransactions(XASession session, String run, int worker) {
        this.session = session;
        this.resource = session.getXAResource();
        this.run = run;
        this.worker = worker;
        this.branch = new Branch(run, worker, begun);
    }

    @Override
    public Session session() {
        return session;
    }

    @Override
    public void begin() throws JMSException {
        branch = new Branch(run, worker, ++begun);
        try {
            resource.start(branch, XAResource.TMNOFLAGS);
        } catch (XAException e) {
            throw failed("start", e);
        }
    }

    @Override
    public void commit() throws JMSException {
        String step = "end";
        try {
            resource.end(branch, XAResource.TMSUCCESS);
            step = "prepare";
            int vote = resource.prepare(branch);
            if (vote != XAResource.XA_OK) {
                throw new JMSException("prepare of a branch with messages answered " + vote + ", not XA_OK");
            }
            step = "commit";
            resource.commit(branch, false);
        } catch (XAException e) {
            throw failed(step, e);
        }
    }

    private static JMSException failed(String step, XAException cause) {
        return (JMSException)
                new JMSException("XA " + step + " failed with error code " + cause.errorCode).initCause(cause);
    }

    /** The one branch of a global transaction. */
    private static final class Branch implements Xid {

        private static final int FORMAT = 0x62656e63;
        private static final int GLOBAL_BYTES = 2 * Long.BYTES + Integer.BYTES + Long.BYTES;

        private final byte[] global;

        Branch(String run, int worker, long number) {
            UUID unique = UUID.nameUUIDFromBytes(run.getBytes(StandardCharsets.UTF_8));
            this.global = ByteBuffer.allocate(GLOBAL_BYTES)
                    .putLong(unique.getMostSignificantBits())
                    .putLong(unique.getLeastSignificantBits())
                    .putInt(worker)
                    .putLong(number)
                    .array();
        }

        @Override
        public int getFormatId() {
            return FORMAT;
        }

        @Override
        public byte[] getGlobalTransactionId() {
            return global.clone();
        }

        @Override
        public byte[] getBranchQualifier() {
            return new byte[] {1};
        }
    }
}
