package org.fulmar.samples.xa;

import com.arjuna.ats.arjuna.common.CoreEnvironmentBeanException;
import com.arjuna.ats.arjuna.common.ObjectStoreEnvironmentBean;
import com.arjuna.ats.arjuna.common.RecoveryEnvironmentBean;
import com.arjuna.ats.arjuna.common.arjPropertyManager;
import com.arjuna.ats.arjuna.common.recoveryPropertyManager;
import com.arjuna.ats.arjuna.recovery.RecoveryManager;
import com.arjuna.ats.internal.arjuna.recovery.AtomicActionRecoveryModule;
import com.arjuna.ats.internal.jta.recovery.arjunacore.JTAActionStatusServiceXAResourceOrphanFilter;
import com.arjuna.ats.internal.jta.recovery.arjunacore.JTANodeNameXAResourceOrphanFilter;
import com.arjuna.ats.internal.jta.recovery.arjunacore.JTATransactionLogXAResourceOrphanFilter;
import com.arjuna.ats.internal.jta.recovery.arjunacore.XARecoveryModule;
import com.arjuna.ats.jta.common.JTAEnvironmentBean;
import com.arjuna.ats.jta.common.jtaPropertyManager;
import com.arjuna.ats.jta.recovery.XAResourceRecoveryHelper;
import com.arjuna.common.internal.util.propertyservice.BeanPopulator;
import jakarta.transaction.TransactionManager;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/**
 * Narayana, the transaction manager, inside this process. All that has to be set is here; most of it is for recovery. One
 * for each process.
 */
final class Narayana implements AutoCloseable {
    /**
     * Names this program among all that use the same database or broker, for ever: it is in each Xid, and recovery ends
     * the branches of this name. Two programs of one name end each other's branches.
     */
    private static final String NODE = "bank-1";

    private final RecoveryManager recovery;

    /**
     * @param directory for the decisions of the transaction manager. To lose it is to lose them: what they would have
     *     committed is rolled back then.
     * @param resources each opens a connection to one of the resources that take part in transactions, for recovery alone
     */
    Narayana(Path directory, List<Callable<XAResource>> resources) {
        setUp(directory);
        setUpRecovery();
        recovery = startRecovery(resources);
    }

    TransactionManager transactions() {
        return com.arjuna.ats.jta.TransactionManager.transactionManager();
    }

    private static void setUp(Path directory) {
        try {
            arjPropertyManager.getCoreEnvironmentBean().setNodeIdentifier(NODE);
        } catch (CoreEnvironmentBeanException e) {
            throw new IllegalStateException("a node can't be named " + NODE, e);
        }
        // the three stores that Narayana has; by default they are in the working directory
        for (String store : new String[] {null, "stateStore", "communicationStore"}) {
            BeanPopulator.getNamedInstance(ObjectStoreEnvironmentBean.class, store)
                    .setObjectStoreDir(directory.toString());
        }
        // a transaction that takes longer than its timeout is rolled back by Narayana. It does not tell the resources
        // of the
        // timeout: Derby 10.16 then rolls back on its own, even a branch that is prepared, for which it must not
        jtaPropertyManager.getJTAEnvironmentBean().setXaTransactionTimeoutEnabled(false);
        // for a recovery manager in a process of its own; ours is in this one, and needs no port
        arjPropertyManager.getCoordinatorEnvironmentBean().setTransactionStatusManagerEnable(false);
    }

    private static void setUpRecovery() {
        JTAEnvironmentBean jta = jtaPropertyManager.getJTAEnvironmentBean();
        // whose branches are ours to end
        jta.setXaRecoveryNodes(List.of(NODE));
        // how it is told what to do with a branch in doubt without a decision: none is rolled back that has one, that
        // belongs to a transaction that goes on just now, or to another node
        jta.setXaResourceOrphanFilterClassNames(List.of(
                JTATransactionLogXAResourceOrphanFilter.class.getName(),
                JTAActionStatusServiceXAResourceOrphanFilter.class.getName(),
                JTANodeNameXAResourceOrphanFilter.class.getName()));
        // ms that a branch without a decision must have been in doubt. Leave it at its default of 20,000 where another
        // program may have this node's name for a moment, as with a restart before the old one has ended
        jta.setOrphanSafetyInterval(0);

        RecoveryEnvironmentBean scans = recoveryPropertyManager.getRecoveryEnvironmentBean();
        scans.setRecoveryModuleClassNames(
                List.of(AtomicActionRecoveryModule.class.getName(), XARecoveryModule.class.getName()));
        // seconds between scans, and between the two passes of one; the defaults are 120 and 10
        scans.setPeriodicRecoveryPeriod(2);
        scans.setRecoveryBackoffPeriod(1);
    }

    /** Registers what is recovered, ends what an earlier life has left in doubt, and goes on to look for more. */
    private static RecoveryManager startRecovery(List<Callable<XAResource>> resources) {
        RecoveryManager.delayRecoveryManagerThread();
        RecoveryManager manager = RecoveryManager.manager();
        XARecoveryModule module = XARecoveryModule.getRegisteredXARecoveryModule();
        for (Callable<XAResource> resource : resources) {
            module.addXAResourceRecoveryHelper(new Recovered(resource));
        }
        // the second is for a branch whose resource has answered the first too late
        manager.scan();
        manager.scan();
        // a resource that is away for a while, as a broker that is restarted, is recovered when it is back
        manager.startRecoveryManagerThread();
        return manager;
    }

    /** Gives the recovery manager what it sees the branches in doubt through. Used by one scan at a time. */
    private static final class Recovered implements XAResourceRecoveryHelper {
        private final Callable<XAResource> open;
        private @Nullable XAResource opened;

        Recovered(Callable<XAResource> open) {
            this.open = open;
        }

        @Override
        public boolean initialise(String unused) {
            return true;
        }

        /** When it throws, the next scan tries again. */
        @Override
        public XAResource[] getXAResources() throws Exception {
            if (opened == null) {
                opened = open.call();
            }
            return new XAResource[] {opened};
        }
    }

    /** When no transaction goes on any more: ends what is in doubt still. */
    void recover() {
        recovery.scan();
        recovery.scan();
    }

    @Override
    public void close() {
        recovery.terminate();
    }
}
