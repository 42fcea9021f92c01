package org.fulmar.jms.session;

import jakarta.jms.ConnectionConsumer;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.ServerSession;
import jakarta.jms.ServerSessionPool;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection consumer (JMS 3.1, section 11.2): takes messages with a consumer on a session of its own, which holds
 * them at the broker, and puts them into the sessions that an application server gives it.
 *
 * <p>A thread of its own asks the pool for a server session when messages are there and the connection is started,
 * loads it and starts it. The monitor guards that nothing is loaded after the end began. When the close returns, no message
 * of this consumer is handed out any more, and what nobody has seen is at the broker again, uncounted.
 */
public final class FulmarConnectionConsumer implements ConnectionConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(FulmarConnectionConsumer.class);

    /** How long it waits before it asks a pool again that has failed. */
    private static final long RETRY_MILLIS = 200;

    /** Makes the consumer on the session that holds its messages. */
    interface Source {
        MessageConsumer on(Session holder) throws JMSException;
    }

    private final FulmarConnection connection;
    private final FulmarSession holder;
    private final FulmarConsumer consumer;
    private final ServerSessionPool pool;
    private final int maxMessages;
    private final Thread thread;
    private final Set<AssignedMessages> loaded = ConcurrentHashMap.newKeySet();
    /** What was taken away from sessions at the end. */
    private final List<Delivery> unseen = new ArrayList<>();
    /** Done when the broker has back what was not seen. */
    private final CompletableFuture<Void> given = new CompletableFuture<>();

    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private boolean asking;
    private boolean giving;
    private boolean closing;
    /** Whether a message is on its way that was asked for; of the thread alone. */
    private boolean asked;

    private volatile boolean closed;

    private FulmarConnectionConsumer(
            FulmarConnection connection,
            FulmarSession holder,
            FulmarConsumer consumer,
            ServerSessionPool pool,
            int maxMessages) {
        this.connection = connection;
        this.holder = holder;
        this.consumer = consumer;
        this.pool = pool;
        this.maxMessages = maxMessages;
        this.thread = new Thread(this::dispatch, "fulmar-connection-consumer-" + consumer.id());
        thread.setDaemon(true);
    }

    static FulmarConnectionConsumer open(
            FulmarConnection connection, @Nullable ServerSessionPool pool, int maxMessages, int prefetch, Source source)
            throws JMSException {
        if (pool == null) {
            throw new JMSException("a connection consumer needs a pool of server sessions");
        }
        if (maxMessages < 1) {
            throw new JMSException("a server session gets at least one message at a time, not " + maxMessages);
        }
        FulmarSession holder = connection.session(Session.AUTO_ACKNOWLEDGE, prefetch);
        try {
            FulmarConsumer consumer = (FulmarConsumer) source.on(holder);
            return new FulmarConnectionConsumer(connection, holder, consumer, pool, maxMessages);
        } catch (JMSException e) {
            holder.close();
            throw e;
        }
    }

    /** Begins to take messages. Called once. */
    void start() {
        thread.start();
    }

    private void dispatch() {
        boolean going = true;
        while (going) {
            try {
                going = awaitMessages();
                if (going) {
                    serve();
                }
            } catch (JMSException | RuntimeException e) {
                failed(e);
            }
        }
    }

    /**
     * Whether it hands out nothing any more: it was closed, its connection is lost for good, or the broker has refused it
     * when its connection was made again, which the exception listener is told. Any thread may ask.
     */
    public boolean isEnded() {
        return closed || connection.isLost() || consumer.isClosed();
    }

    /** Whether messages are sent one by one, and none is here or on its way. */
    private boolean isToAsk() {
        holder.lock();
        try {
            return consumer.isPull() && !asked && !consumer.isBuffered() && !isEnded();
        } finally {
            holder.unlock();
        }
    }

    /** Waits until messages may be handed out; false if that will not be any more. */
    private boolean awaitMessages() throws JMSException {
        if (isToAsk()) {
            consumer.askForOne();
            asked = true;
        }
        holder.lock();
        try {
            while (!isEnded() && !(consumer.isBuffered() && connection.feeds())) {
                holder.awaitChange();
            }
        } catch (InterruptedException e) {
            LOG.debug("{} was interrupted and looks again", thread.getName(), e);
        } finally {
            holder.unlock();
        }
        return !isEnded();
    }

    private void serve() throws JMSException {
        ServerSession server = ask();
        if (server == null) {
            return;
        }
        AssignedMessages to = sessionOf(server);
        load(to);
        try {
            // also with nothing loaded: a server session goes back to its pool by its run
            server.start();
        } catch (JMSException | RuntimeException e) {
            synchronized (this) {
                if (!closed) {
                    consumer.unload(to.withdraw(consumer));
                }
            }
            throw e;
        }
    }

    private @Nullable ServerSession ask() throws JMSException {
        synchronized (this) {
            if (closed) {
                return null;
            }
            asking = true;
        }
        try {
            ServerSession server = pool.getServerSession();
            if (server == null) {
                throw new JMSException("the pool has given no server session");
            }
            return server;
        } finally {
            synchronized (this) {
                asking = false;
                if (closed && Thread.interrupted()) {
                    LOG.debug("{} was closed while it waited for a server session", thread.getName());
                }
            }
        }
    }

    private AssignedMessages sessionOf(ServerSession server) throws JMSException {
        Session given = server.getSession();
        Session session = given instanceof DomainSession ofDomain ? ofDomain.session() : given;
        if (!(session instanceof FulmarSession ours) || ours.connection() != connection) {
            throw new IllegalStateException("a server session needs a session of the connection that it serves");
        }
        if (ours.assigned().listener() == null) {
            throw new IllegalStateException("the session of a server session needs a message listener");
        }
        return ours.assigned();
    }

    private synchronized void load(AssignedMessages to) throws JMSException {
        if (closed) {
            return;
        }
        List<Delivery> messages = consumer.load(maxMessages);
        asked &= messages.isEmpty();
        loaded.removeIf(AssignedMessages::isClosed);
        loaded.add(to);
        if (!to.assign(messages)) {
            consumer.unload(messages);
            throw new IllegalStateException("the session of a server session is closed");
        }
    }

    /** What goes wrong with a server session is told, and tried again after a while. */
    private void failed(Exception failure) {
        if (isEnded()) {
            LOG.debug("a connection consumer has ended", failure);
            return;
        }
        connection.report(JmsErrors.of(failure));
        holder.lock();
        try {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS);
            for (long left = deadline - System.nanoTime();
                    left > 0 && !isEnded();
                    left = deadline - System.nanoTime()) {
                holder.awaitChange(left);
            }
        } catch (InterruptedException e) {
            LOG.debug("{} was interrupted and tries again", thread.getName(), e);
        } finally {
            holder.unlock();
        }
    }

    @Override
    public ServerSessionPool getServerSessionPool() throws JMSException {
        if (closed) {
            throw new IllegalStateException("the connection consumer is closed");
        }
        connection.checkOpen();
        return pool;
    }

    /**
     * Takes nothing more, and gives the broker back at once what no listener has seen, so that others get it; waits for no
     * listener. For who can't wait for {@link #close}, which is still to be called. Any thread may do it, again, too.
     *
     * @throws JMSException if the broker refuses it; all goes back with the connection then
     */
    public void withdraw() throws JMSException {
        boolean interrupted = Thread.interrupted();
        try {
            stop();
            giveBack();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void stop() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            if (asking && thread != Thread.currentThread()) {
                thread.interrupt();
            }
            for (AssignedMessages from : loaded) {
                unseen.addAll(from.withdraw(consumer));
            }
        }
        holder.wake();
    }

    private void giveBack() throws JMSException {
        List<Delivery> passed = new ArrayList<>();
        boolean mine;
        synchronized (this) {
            mine = !giving;
            giving = true;
            if (mine) {
                unseen.stream().filter(consumer::isPassed).forEach(passed::add);
                passed.addAll(consumer.withdrawPassed());
                unseen.clear();
            }
        }
        if (!mine) {
            given.join();
            return;
        }
        try {
            // first, so that what is given back now does not come here again
            consumer.close();
        } finally {
            try {
                if (!connection.isLost()) {
                    holder.assigned().release(HeldMessages.of(passed), false);
                }
            } finally {
                given.complete(null);
            }
        }
    }

    /** Also waits for the listeners that have a message of it, unless one of them calls this. */
    @Override
    public void close() throws JMSException {
        // who is interrupted gives back all the same
        boolean interrupted = Thread.interrupted();
        try {
            stop();
            if (isFirstToClose()) {
                end();
            } else if (loaded.stream().noneMatch(AssignedMessages::isRunning)) {
                ended.join();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized boolean isFirstToClose() {
        boolean first = !closing;
        closing = true;
        return first;
    }

    private void end() throws JMSException {
        boolean held = false;
        try {
            for (AssignedMessages from : loaded) {
                from.settle(consumer);
                held |= from.needs(holder);
            }
            // also by sessions that are closed
            held |= connection.branches().isNeededBesides(holder, null);
        } finally {
            try {
                giveBack();
            } finally {
                try {
                    // what the sessions have seen and not acknowledged or committed is held by its session
                    if (!held) {
                        holder.close();
                    }
                } finally {
                    connection.remove(this);
                    ended.complete(null);
                }
            }
        }
    }
}
