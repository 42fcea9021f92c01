package org.fulmar.appservers.wildfly.app;

import jakarta.transaction.RollbackException;
import jakarta.transaction.SystemException;
import jakarta.transaction.TransactionManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/**
 * A second resource of a transaction, which says what becomes of it: in the journal, and, if it is given a directory, in
 * files there, {@code at.STEP}, which stay when the server dies. While a file {@code hold.STEP} is there it waits.
 */
public class Witness implements XAResource {
    /** What it can be told. */
    enum Step {
        PREPARE,
        COMMIT,
        ROLLBACK
    }

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(180);

    private final String name;
    private final Path directory;

    /** @param directory null for one that only writes to the journal */
    Witness(String name, Path directory) {
        this.name = name;
        this.directory = directory;
    }

    /** One takes part in the transaction of this thread. */
    static void enlist(String name, Path directory) {
        enlist(new Witness(name, directory));
    }

    static void enlist(XAResource resource) {
        try {
            TransactionManager manager =
                    (TransactionManager) new InitialContext().lookup("java:jboss/TransactionManager");
            manager.getTransaction().enlistResource(resource);
        } catch (NamingException | RollbackException | SystemException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes that the step was reached, and then waits if so ordered. */
    private void reach(Step step) {
        Journal.add("witness " + name + " " + step.name().toLowerCase(Locale.ROOT));
        if (directory == null) {
            return;
        }
        try {
            Files.writeString(directory.resolve("at." + step), "");
            long begun = System.nanoTime();
            while (Files.exists(directory.resolve("hold." + step)) && System.nanoTime() - begun < PATIENCE_NANOS) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int prepare(Xid xid) {
        reach(Step.PREPARE);
        return XA_OK;
    }

    @Override
    public void commit(Xid xid, boolean onePhase) {
        reach(Step.COMMIT);
    }

    @Override
    public void rollback(Xid xid) {
        reach(Step.ROLLBACK);
    }

    @Override
    public void start(Xid xid, int flags) {}

    @Override
    public void end(Xid xid, int flags) {}

    @Override
    public void forget(Xid xid) {}

    @Override
    public Xid[] recover(int flag) throws XAException {
        return new Xid[0];
    }

    @Override
    public boolean isSameRM(XAResource other) {
        return other == this;
    }

    @Override
    public int getTransactionTimeout() {
        return 0;
    }

    @Override
    public boolean setTransactionTimeout(int seconds) {
        return false;
    }
}
