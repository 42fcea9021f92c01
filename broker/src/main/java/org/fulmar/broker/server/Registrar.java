package org.fulmar.broker.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one name server of this broker's topics: of all every period, of one that was made or changed at once.
 *
 * <p>It has a thread of its own, so that a name server that does not answer delays what the others are told. What is to
 * be told while that thread waits is gathered, and told with one request. Any thread may call.
 */
final class Registrar {
    private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);

    /** What the last try has shown; who is better asked comes first. */
    enum State {
        ANSWERS,
        UNKNOWN,
        SILENT
    }

    /** What is to be told next. */
    private static final class Telling {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        /** The only topic; null for all. */
        @Nullable TopicConfig topic;
    }

    private final InetSocketAddress address;
    private final NameServerPeer peer;
    private final Function<@Nullable TopicConfig, Frame> registration;
    private final ScheduledExecutorService thread;
    /** Guarded by this. */
    private @Nullable Telling next;

    private volatile State state = State.UNKNOWN;

    /**
     * @param registration makes the request that tells of one topic, or of all for null
     */
    Registrar(
            InetSocketAddress address,
            NameServerPeer peer,
            String threadName,
            Function<@Nullable TopicConfig, Frame> registration) {
        this.address = address;
        this.peer = peer;
        this.registration = registration;
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread made = new Thread(task, threadName);
            made.setDaemon(true);
            return made;
        });
    }

    InetSocketAddress address() {
        return address;
    }

    State state() {
        return state;
    }

    /** Tells of all topics now and every period; done when that was tried for the first time. */
    CompletableFuture<Void> start(long periodMillis) {
        CompletableFuture<Void> first = tell(null);
        thread.scheduleWithFixedDelay(() -> tell(null), periodMillis, periodMillis, TimeUnit.MILLISECONDS);
        return first;
    }

    /**
     * Tells soon of a topic.
     *
     * @param topic null for all topics
     * @return done when it was tried
     */
    synchronized CompletableFuture<Void> tell(@Nullable TopicConfig topic) {
        Telling waiting = next;
        if (waiting != null) {
            boolean same =
                    topic != null && waiting.topic != null && topic.name().equals(waiting.topic.name());
            waiting.topic = same ? topic : null;
            return waiting.done;
        }
        Telling made = new Telling();
        made.topic = topic;
        try {
            thread.execute(this::tellNext);
            next = made;
        } catch (RejectedExecutionException e) {
            made.done.completeExceptionally(new IOException("the broker closes", e));
        }
        return made.done;
    }

    private void tellNext() {
        Telling now;
        synchronized (this) {
            now = next;
            next = null;
        }
        if (now == null) {
            return;
        }
        try {
            NameServerPeer.Answer answer = peer.ask(registration.apply(now.topic));
            state = State.ANSWERS;
            if (!answer.isSuccess()) {
                LOG.warn("name server {} refuses the registration: {}", address, answer.remark());
            }
        } catch (IOException e) {
            state = State.SILENT;
            LOG.warn("name server {} can't be told of this broker: {}", address, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("name server {} could not be told of this broker", address, e);
        } finally {
            now.done.complete(null);
        }
    }

    /** Tells nothing more, as soon as it can. */
    void end() {
        thread.shutdownNow();
    }

    /** Waits until it has ended, then leaves with a last request, if the name server can be reached. */
    void leave(Frame last, long deadlineNanos) throws InterruptedException {
        if (!thread.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            LOG.warn("name server {} is still being told of this broker", address);
        }
        peer.leave(last);
    }
}
