package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.fulmar.jms.message.FulmarMessage;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session (JMS 3.1, section 6.2): hands out messages one by one and acknowledges them.
 *
 * <p>Used by one thread of the application at a time, or by its own thread for listeners; {@code close} may come from
 * any thread and ends a receive that waits. The lock guards the consumers' buffers and what is handed out; nothing is
 * sent while it is held. In AUTO_ACKNOWLEDGE a message is handed out only when the acknowledgement of the one before
 * it is confirmed; a receive never loses the message that it is about to return.
 */
final class FulmarSession extends SessionFactory {
    private static final Logger LOG = LoggerFactory.getLogger(FulmarSession.class);

    private final FulmarConnection connection;
    private final int id;
    private final int mode;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<FulmarConsumer> consumers = new ArrayList<>();
    private final Acknowledgements acknowledgements;
    private @Nullable Thread listenerThread;
    /** The thread that is inside a listener, or takes a message, now. */
    private volatile @Nullable Thread busy;

    /** Takes and hands out nothing more; a listener that runs may use the session until it returns (section 6.1.8). */
    private boolean closing;

    private volatile boolean closed;
    private volatile boolean ended;

    FulmarSession(FulmarConnection connection, int id, int mode) {
        super(connection, id, mode);
        this.connection = connection;
        this.id = id;
        this.mode = mode;
        this.acknowledgements = new Acknowledgements(connection, id, mode);
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
        if (Thread.currentThread() == listenerThread || assigned().isRunning()) {
            throw new IllegalStateException("a message listener must not " + what + " that it belongs to");
        }
    }

    // Receiving.

    /** Waits up to {@code nanos} for a message of a consumer; null if none comes, or the consumer is closed. */
    <T> @Nullable T receive(FulmarConsumer consumer, long nanos, Reading<T> reading) throws JMSException {
        consumer.checkOpen();
        if (listenerThread != null && hasConsumer(each -> each.listener() != null)) {
            throw new IllegalStateException("a session with a message listener can't receive synchronously");
        }
        acknowledgements.awaitConfirmed();
        long deadline = nanos == Long.MAX_VALUE ? Long.MAX_VALUE : System.nanoTime() + nanos;
        boolean asked = false;
        while (true) {
            Delivery next = take(consumer, 0);
            if (next == null) {
                acknowledgements.flushLazy();
            }
            if (next == null && nanos > 0) {
                if (!asked) {
                    consumer.askForOne();
                    asked = consumer.isPull();
                }
                next = take(consumer, deadline);
            }
            if (next == null && !consumer.isClosed() && connection.deliverable() && (nanos == 0 || asked)) {
                // what is at the broker now, or on its way, comes before the answer
                int credit = consumer.isPull() && !asked ? 1 : 0;
                consumer.noLongerWanting();
                connection.tell(at -> at.link().drain(consumer.id(), credit, consumer.isPull()));
                next = take(consumer, 0);
            } else if (next == null) {
                consumer.noLongerWanting();
            }
            if (next == null) {
                return null;
            }
            T result;
            try {
                result = handOut(next, reading);
            } finally {
                quiet();
            }
            if (result != null) {
                return result;
            }
            asked = false;
        }
    }

    /** The next message of a consumer, until the deadline (0: at once); null if there is none or it is closed. */
    private @Nullable Delivery take(FulmarConsumer consumer, long deadline) throws JMSException {
        lock.lock();
        try {
            while (!consumer.isClosed() && !closing) {
                if (connection.isLost()) {
                    throw new JMSException("the connection to the broker was lost; make a new one");
                }
                if (consumer.isBuffered() && connection.deliverable()) {
                    busy = Thread.currentThread();
                    return consumer.poll();
                }
                if (deadline == Long.MAX_VALUE) {
                    changed.await();
                } else {
                    long left = deadline == 0 ? 0 : deadline - System.nanoTime();
                    if (left <= 0) {
                        return null;
                    }
                    changed.awaitNanos(left);
                }
            }
            return null;
        } catch (InterruptedException e) {
            throw JmsErrors.interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    /** Makes what the application gets, and begins the message's acknowledgement; null if it has expired. */
    private <T> @Nullable T handOut(Delivery next, Reading<T> reading) throws JMSException {
        if (next.expired(connection.now())) {
            acknowledgements.settle(next);
            return null;
        }
        FulmarMessage message = toMessage(next);
        T result;
        try {
            result = reading.of(message);
        } catch (JMSException e) {
            if (mode == CLIENT_ACKNOWLEDGE) {
                acknowledgements.handedOut(next);
            } else {
                next.consumer().putBack(next);
            }
            throw e;
        }
        acknowledgements.handedOut(next);
        return result;
    }

    private FulmarMessage toMessage(Delivery next) throws JMSException {
        try {
            return next.toMessage(connection.options().deserialization(), this::acknowledge);
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
        connection.checkNotLost();
        acknowledgements.awaitConfirmed();
        giveBack();
        assigned().recover();
    }

    private void giveBack() throws JMSException {
        acknowledgements.flushLazy();
        Delivery inListener = acknowledgements.forget();
        Attached over = connection.attached();
        if (over != null) {
            // without it the broker has everything back
            connection.tell(at -> at.generation() == over.generation()
                    ? at.link().recover(positions(over, FulmarConsumer::restart))
                    : CompletableFuture.completedFuture(null));
        }
        if (inListener != null) {
            // its credit would have come with the acknowledgement that it will not get
            inListener.consumer().creditAnother(inListener);
        }
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

    /** With the lock held: waits for a {@link #wake}, at most so long. */
    void awaitChange(long nanos) throws InterruptedException {
        changed.awaitNanos(nanos);
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
            if (listenerThread == null) {
                Thread thread = new Thread(this::listen, "fulmar-session-" + id);
                thread.setDaemon(true);
                listenerThread = thread;
                thread.start();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        consumer.askForOne();
    }

    private void listen() {
        boolean going = true;
        while (going) {
            try {
                going = listenOnce();
            } catch (JMSException e) {
                // with one message; there are others
                going = !connection.isLost() && !closing;
                if (going) {
                    connection.report(e);
                } else {
                    LOG.debug("session {} has ended", id, e);
                }
            } catch (InterruptedException e) {
                going = false;
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for a message and hands it to its listener; false when the session has ended. */
    private boolean listenOnce() throws JMSException, InterruptedException {
        Delivery next = null;
        MessageListener listener = null;
        lock.lock();
        try {
            while (next == null) {
                if (closing || connection.isLost()) {
                    return false;
                }
                FulmarConsumer ready = readyToListen();
                if (ready != null) {
                    listener = ready.listener();
                    next = ready.poll();
                    busy = Thread.currentThread();
                } else if (acknowledgements.hasLazy()) {
                    if (!changed.await(Acknowledgements.LAZY_MILLIS, TimeUnit.MILLISECONDS)) {
                        acknowledgements.flushLazy();
                    }
                } else {
                    changed.await();
                }
            }
        } finally {
            lock.unlock();
        }
        try {
            if (listener != null) {
                feed(next, listener);
            }
        } finally {
            quiet();
        }
        return true;
    }

    private @Nullable FulmarConsumer readyToListen() {
        if (connection.deliverable()) {
            for (FulmarConsumer consumer : consumers) {
                if (consumer.isBuffered() && consumer.listener() != null) {
                    return consumer;
                }
            }
        }
        return null;
    }

    private void feed(Delivery next, MessageListener listener) throws JMSException {
        if (next.expired(connection.now())) {
            acknowledgements.settle(next);
        } else {
            call(next, listener);
            acknowledgements.awaitConfirmed();
        }
        if (!next.consumer().isClosed()) {
            next.consumer().askForOne();
        }
    }

    private void call(Delivery next, MessageListener listener) throws JMSException {
        FulmarMessage message;
        try {
            message = toMessage(next);
        } catch (JMSException e) {
            // one that nobody can read stays at the broker, and the others are served
            connection.report(e);
            return;
        }
        acknowledgements.begin(next);
        try {
            listener.onMessage(message);
            acknowledgements.end(next);
        } catch (RuntimeException | Error e) {
            failed(next, e);
        }
    }

    /** Section 8.7: in the automatic modes a message whose listener has failed is delivered again. */
    private void failed(Delivery delivery, Throwable failure) throws JMSException {
        LOG.warn(
                "a message listener failed with message {} of {}",
                delivery.offset(),
                delivery.consumer().destination(),
                failure);
        if (mode != CLIENT_ACKNOWLEDGE && !closing) {
            giveBack();
        }
    }

    private void quiet() {
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
        List<FulmarConsumer> all;
        lock.lock();
        try {
            all = List.copyOf(consumers);
        } finally {
            lock.unlock();
        }
        for (FulmarConsumer consumer : all) {
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
            connection.departed().add(consumer);
            if (connection.tell(at -> at.link().closeConsumer(consumer.position()))) {
                connection.departed().remove(consumer);
            }
        }
        unregister(consumer);
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
                connection.departed().add(this);
                if (connection.tell(at -> at.link().closeSession(positions(at, FulmarConsumer::position)))) {
                    connection.departed().remove(this);
                }
            }
        } finally {
            connection.remove(this);
            sends().close();
            ended = true;
            wake();
        }
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
