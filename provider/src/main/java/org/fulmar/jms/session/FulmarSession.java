package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.fulmar.jms.message.FulmarMessage;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.jspecify.annotations.Nullable;

/**
 * A session (JMS 3.1, section 6.2): hands out messages one by one and acknowledges them.
 *
 * <p>Used by one thread of the application at a time, or by its own thread for listeners; {@code close} may come from
 * any thread and ends a receive that waits. The lock guards the consumers' buffers and what is handed out; nothing is
 * sent while it is held. In AUTO_ACKNOWLEDGE a message is handed out only when the acknowledgement of the one before
 * it is confirmed; a receive never loses the message that it is about to return.
 */
final class FulmarSession extends SessionFactory {
    private final FulmarConnection connection;
    private final int id;
    private final int mode;
    private final int prefetch;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<FulmarConsumer> consumers = new ArrayList<>();
    private final Acknowledgements acknowledgements;
    private final Transactions transactions;
    private final Receiving receiving;
    private volatile @Nullable ListenerLoop listeners;
    /** The thread that is inside a listener, or takes a message, now. */
    private volatile @Nullable Thread busy;

    /** Takes and hands out nothing more; a listener that runs may use the session until it returns (section 6.1.8). */
    private volatile boolean closing;

    private volatile boolean closed;
    private volatile boolean ended;

    /** How a session's work is acknowledged. */
    enum Kind {
        PLAIN,
        TRANSACTED,
        XA
    }

    /**
     * @param mode of what belongs to no transaction
     * @param prefetch messages sent ahead to each of its consumers
     */
    FulmarSession(FulmarConnection connection, int id, int mode, Kind kind, int prefetch) {
        super(connection, id, mode);
        this.connection = connection;
        this.id = id;
        this.mode = mode;
        this.prefetch = prefetch;
        this.transactions = switch (kind) {
            case PLAIN -> Transactions.NONE;
            case TRANSACTED -> new LocalTransactions(this);
            case XA -> new FulmarXaResource(this);
        };
        this.acknowledgements = new Acknowledgements(connection, transactions, this, mode);
        this.receiving = new Receiving(this, acknowledgements, mode);
    }

    /** Messages sent ahead to each of its consumers; 0 sends one when it is asked for. */
    int prefetch() {
        return prefetch;
    }

    @Override
    Transactions transactions() {
        return transactions;
    }

    boolean isXa() {
        return transactions instanceof FulmarXaResource;
    }

    /** Of an XA session. */
    FulmarXaResource xaResource() {
        return (FulmarXaResource) transactions;
    }

    @Override
    FulmarSession session() {
        return this;
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /** Something has changed: who waits looks again. */
    void wake() {
        assigned().wake();
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    void checkOpen() throws JMSException {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        connection.checkOpen();
    }

    void checkNotInListener(String what) throws IllegalStateException {
        ListenerLoop loop = listeners;
        if (loop != null && loop.isCurrent() || assigned().isRunning()) {
            throw new IllegalStateException("a message listener must not " + what + " that it belongs to");
        }
    }

    // Receiving.

    /** Waits up to {@code nanos} for a message of a consumer; null if none comes, or the consumer is closed. */
    <T> @Nullable T receive(FulmarConsumer consumer, long nanos, Reading<T> reading) throws JMSException {
        consumer.checkOpen();
        if (listeners != null && hasConsumer(each -> each.listener() != null)) {
            throw new IllegalStateException("a session with a message listener can't receive synchronously");
        }
        return receiving.receive(consumer, nanos, reading);
    }

    FulmarMessage toMessage(Delivery next) throws JMSException {
        try {
            return next.toMessage(connection.options().reading(), this::acknowledge);
        } catch (JMSException e) {
            next.consumer().creditAnother(next);
            throw e;
        }
    }

    /** Section 6.2.10: acknowledges all that the session has handed out, if it is for the client to do so. */
    void acknowledge() throws JMSException {
        checkOpen();
        if (mode == CLIENT_ACKNOWLEDGE) {
            acknowledgements.acknowledgeAll();
        }
    }

    /** Section 6.2.11: what is not acknowledged is delivered again, in order. */
    @Override
    public void recover() throws JMSException {
        checkOpen();
        if (transactions.isTransacted()) {
            throw new IllegalStateException("a transacted session is not recovered, but rolled back");
        }
        connection.checkNotLost();
        acknowledgements.awaitConfirmed();
        giveBack();
        assigned().recover();
    }

    @Override
    public void commit() throws JMSException {
        checkOpen();
        transactions.commit();
    }

    @Override
    public void rollback() throws JMSException {
        checkOpen();
        transactions.rollback();
    }

    /** All that is handed out and not acknowledged comes again, in order. */
    void giveBack() throws JMSException {
        acknowledgements.flushLazy();
        Delivery inListener = acknowledgements.forget();
        try {
            Attached over = connection.attached();
            if (over != null) {
                // without it the broker has everything back
                connection.tellOver(over, at -> at.link().recover(positions(over, FulmarConsumer::restart)));
            }
        } finally {
            if (inListener != null) {
                // its credit would have come with the acknowledgement that it will not get
                inListener.consumer().creditAnother(inListener);
            }
        }
    }

    /** As {@link #giveBack}, unless another thread takes a message just now, or a listener has one of no transaction. */
    boolean giveBackIfQuiet() throws JMSException {
        acknowledgements.flushLazy();
        Attached over = connection.attached();
        if (over == null) {
            return true;
        }
        ConsumerPosition.OfSession positions;
        lock.lock();
        try {
            if (busy != null && busy != Thread.currentThread() || acknowledgements.hasCurrent()) {
                return false;
            }
            positions = positions(over, FulmarConsumer::restart);
        } finally {
            lock.unlock();
        }
        connection.tellOver(over, at -> at.link().recover(positions));
        return true;
    }

    /** Of the consumers that were made over this link. */
    private ConsumerPosition.OfSession positions(Attached over, Function<FulmarConsumer, ConsumerPosition> position) {
        lock.lock();
        try {
            return new ConsumerPosition.OfSession(
                    id,
                    consumers.stream()
                            .filter(consumer -> consumer.isOver(over))
                            .map(position)
                            .toList());
        } finally {
            lock.unlock();
        }
    }

    /** With the lock held: waits for a {@link #wake}. */
    void awaitChange() throws InterruptedException {
        changed.await();
    }

    /** With the lock held: waits for a {@link #wake}, at most so long. What is left of that. */
    long awaitChange(long nanos) throws InterruptedException {
        return changed.awaitNanos(nanos);
    }

    @Override
    boolean hasConsumer(Predicate<FulmarConsumer> such) {
        lock.lock();
        try {
            return consumers.stream().anyMatch(such);
        } finally {
            lock.unlock();
        }
    }

    void startListening(FulmarConsumer consumer) throws JMSException {
        lock.lock();
        try {
            if (listeners == null) {
                listeners = new ListenerLoop(this, acknowledgements, mode != CLIENT_ACKNOWLEDGE);
                listeners.start();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        consumer.askForOne();
    }

    /** With the lock held. */
    List<FulmarConsumer> consumers() {
        return consumers;
    }

    /** This thread takes a message. */
    void busy() {
        busy = Thread.currentThread();
    }

    boolean isClosing() {
        return closing;
    }

    void quiet() {
        busy = null;
        wake();
    }

    /** Waits until no listener runs, unless called by one. */
    void awaitQuiet() {
        assigned().awaitQuiet();
        lock.lock();
        try {
            while (busy != null && busy != Thread.currentThread()) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    // Another link.

    /** Makes the consumers again; one that the broker refuses is closed, and the exception listener told why. */
    void restore(Attached next) throws JMSException {
        for (FulmarConsumer consumer : snapshot()) {
            if (!consumer.isEstablished() || consumer.isClosed()) {
                continue;
            }
            try {
                int handle = next.handle(consumer.destination());
                JmsErrors.await(next.link().createConsumer(consumer.attach(next.generation(), handle)));
            } catch (JMSException e) {
                if (JmsErrors.mayPass(e)) {
                    throw e;
                }
                lock.lock();
                try {
                    consumer.markClosed();
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
                connection.report(e);
            }
        }
    }

    private List<FulmarConsumer> snapshot() {
        lock.lock();
        try {
            return List.copyOf(consumers);
        } finally {
            lock.unlock();
        }
    }

    /** For those who wait for a message where none is sent ahead. */
    void askAgain() {
        lock.lock();
        try {
            consumers.forEach(FulmarConsumer::askAgain);
        } finally {
            lock.unlock();
        }
    }

    /** The session as it was made again over a new link: nothing of it was handed out. */
    ConsumerPosition.OfSession untouched() {
        lock.lock();
        try {
            return new ConsumerPosition.OfSession(
                    id,
                    consumers.stream()
                            .map(consumer -> new ConsumerPosition(consumer.id(), 0, 0))
                            .toList());
        } finally {
            lock.unlock();
        }
    }

    // Ending.

    @Override
    void register(FulmarConsumer consumer) {
        lock.lock();
        try {
            consumers.add(consumer);
        } finally {
            lock.unlock();
        }
        connection.add(consumer);
    }

    void unregister(FulmarConsumer consumer) {
        connection.remove(consumer);
        lock.lock();
        try {
            consumers.remove(consumer);
        } finally {
            lock.unlock();
        }
    }

    void close(FulmarConsumer consumer) throws JMSException {
        lock.lock();
        try {
            if (!consumer.markClosed()) {
                return;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        awaitQuiet();
        if (!connection.isLost()) {
            if (!inListener()) {
                acknowledgements.awaitConfirmed();
            }
            acknowledgements.flushLazy();
            closeAtBroker(consumer);
        }
        unregister(consumer);
    }

    private void closeAtBroker(FulmarConsumer consumer) throws JMSException {
        connection.departed().add(consumer);
        if (connection.tell(at -> at.link().closeConsumer(consumer.position()))) {
            connection.departed().remove(consumer);
        }
    }

    private boolean inListener() {
        return busy == Thread.currentThread() || assigned().isRunning();
    }

    /** Section 6.2.15 leaves it open whether a listener may close its own session: here it must not. */
    @Override
    public void close() throws JMSException {
        completions().checkNotInCallback();
        lock.lock();
        try {
            if (closing) {
                while (!ended && !inListener()) {
                    changed.awaitUninterruptibly();
                }
                return;
            }
            checkNotInListener("close the session");
            closing = true;
            consumers.forEach(FulmarConsumer::markClosed);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        assigned().end();
        awaitQuiet();
        closed = true;
        completions().close();
        try {
            if (!connection.isLost()) {
                assigned().close();
                acknowledgements.awaitConfirmed();
                acknowledgements.flushLazy();
                transactions.close();
                endAtBroker();
            }
        } finally {
            connection.remove(this);
            sends().close();
            ended = true;
            wake();
        }
    }

    private void endAtBroker() throws JMSException {
        if (transactions.outlive()) {
            // what its consumers hold is settled with a branch; the session ends then
            for (FulmarConsumer consumer : snapshot()) {
                closeAtBroker(consumer);
            }
            return;
        }
        connection.departed().add(this);
        if (connection.tell(at -> at.link().closeSession(positions(at, FulmarConsumer::position)))) {
            connection.departed().remove(this);
        }
    }

    /** The last branch that needed what a closed session holds is decided. */
    void endAfterBranches() throws JMSException {
        connection.tell(at -> at.link().closeSession(untouched()));
    }

    void connectionClosed() {
        assigned().end();
        lock.lock();
        try {
            closing = true;
            closed = true;
            ended = true;
            consumers.forEach(FulmarConsumer::markClosed);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
