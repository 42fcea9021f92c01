package org.fulmar.ra.inbound;

import jakarta.ejb.EJBException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ApplicationServerInternalException;
import jakarta.resource.spi.BootstrapContext;
import jakarta.resource.spi.XATerminator;
import jakarta.resource.spi.endpoint.MessageEndpoint;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import jakarta.resource.spi.work.ExecutionContext;
import jakarta.resource.spi.work.Work;
import jakarta.resource.spi.work.WorkContext;
import jakarta.resource.spi.work.WorkListener;
import jakarta.resource.spi.work.WorkManager;
import jakarta.resource.spi.work.WorkRejectedException;
import jakarta.transaction.HeuristicMixedException;
import jakarta.transaction.HeuristicRollbackException;
import jakarta.transaction.NotSupportedException;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Queue;
import java.util.Timer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAResource;
import org.fulmar.ra.container.Transactions;

/**
 * What an application server does for an adapter's endpoints, in small: threads for works, and endpoints whose deliveries
 * are transactions of Narayana.
 */
final class InboundContainer implements BootstrapContext, WorkManager, AutoCloseable {
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "container-work");
        thread.setDaemon(true);
        return thread;
    });
    private final TransactionManager transactions;
    /** Whether deliveries can't begin any more. */
    final AtomicBoolean failing = new AtomicBoolean();
    /** Whether the server does not end the transactions of deliveries, and those that it has not ended. */
    final AtomicBoolean forgetting = new AtomicBoolean();

    final Queue<Transaction> forgotten = new ConcurrentLinkedQueue<>();
    /** How many of the next deliveries the server does not enlist the resource for. */
    final AtomicInteger unlisted = new AtomicInteger();
    /** Whether works are refused. */
    final AtomicBoolean refusing = new AtomicBoolean();

    InboundContainer(Path directory) {
        this.transactions = Transactions.on(directory);
    }

    TransactionManager transactions() {
        return transactions;
    }

    /** An application's endpoint. */
    final class Application implements MessageEndpointFactory {
        private final MessageListener listener;
        private final boolean transacted;
        final AtomicInteger instances = new AtomicInteger();
        final AtomicBoolean ready = new AtomicBoolean(true);
        final AtomicBoolean releasable = new AtomicBoolean(true);

        Application(boolean transacted, MessageListener listener) {
            this.listener = listener;
            this.transacted = transacted;
        }

        @Override
        public MessageEndpoint createEndpoint(XAResource resource) throws jakarta.resource.spi.UnavailableException {
            if (!ready.get()) {
                throw new jakarta.resource.spi.UnavailableException("not ready");
            }
            instances.incrementAndGet();
            return new Instance(this, resource);
        }

        @Override
        public MessageEndpoint createEndpoint(XAResource resource, long timeout)
                throws jakarta.resource.spi.UnavailableException {
            return createEndpoint(resource);
        }

        @Override
        public boolean isDeliveryTransacted(Method method) {
            return transacted;
        }

        @Override
        public String getActivationName() {
            return "test";
        }

        @Override
        public Class<?> getEndpointClass() {
            return listener.getClass();
        }
    }

    private final class Instance implements MessageEndpoint, MessageListener {
        private final Application of;
        private final XAResource resource;

        Instance(Application of, XAResource resource) {
            this.of = of;
            this.resource = resource;
        }

        @Override
        public void beforeDelivery(Method method) throws ResourceException {
            if (failing.get()) {
                throw new ApplicationServerInternalException("the application is going");
            }
            try {
                transactions.begin();
                if (unlisted.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
                    transactions.getTransaction().enlistResource(resource);
                }
            } catch (NotSupportedException | SystemException | RollbackException e) {
                throw new ApplicationServerInternalException(e);
            }
        }

        @Override
        public void onMessage(Message message) {
            try {
                of.listener.onMessage(message);
            } catch (EJBException e) {
                // as WildFly while the bean shuts down: the transaction is not marked, and would be committed
                throw e;
            } catch (RuntimeException e) {
                if (of.transacted) {
                    setRollbackOnly();
                }
                throw e;
            }
        }

        @Override
        public void afterDelivery() throws ResourceException {
            try {
                if (forgetting.get()) {
                    forgotten.add(transactions.suspend());
                    throw new ApplicationServerInternalException("the application is gone");
                }
                if (transactions.getStatus() == Status.STATUS_ACTIVE) {
                    transactions.commit();
                } else {
                    transactions.rollback();
                }
            } catch (RollbackException | HeuristicMixedException | HeuristicRollbackException | SystemException e) {
                throw new ApplicationServerInternalException(e);
            }
        }

        @Override
        public void release() {
            of.instances.decrementAndGet();
            if (!of.releasable.get()) {
                throw new IllegalStateException("the application is gone");
            }
        }
    }

    /** The listener's transaction is to be rolled back. */
    void setRollbackOnly() {
        try {
            transactions.setRollbackOnly();
        } catch (SystemException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public WorkManager getWorkManager() {
        return this;
    }

    @Override
    public XATerminator getXATerminator() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Timer createTimer() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isContextSupported(Class<? extends WorkContext> type) {
        return false;
    }

    @Override
    public TransactionSynchronizationRegistry getTransactionSynchronizationRegistry() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void scheduleWork(Work work) throws WorkRejectedException {
        if (refusing.get()) {
            throw new WorkRejectedException("no thread is free");
        }
        threads.execute(work);
    }

    @Override
    public void doWork(Work work) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void doWork(Work work, long timeout, ExecutionContext context, WorkListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long startWork(Work work) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long startWork(Work work, long timeout, ExecutionContext context, WorkListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void scheduleWork(Work work, long timeout, ExecutionContext context, WorkListener listener)
            throws WorkRejectedException {
        scheduleWork(work);
    }

    @Override
    public void close() throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(20, TimeUnit.SECONDS)) {
            throw new AssertionError("works have not ended");
        }
    }
}
