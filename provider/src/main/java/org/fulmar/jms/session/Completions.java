package org.fulmar.jms.session;

import jakarta.jms.CompletionListener;
import jakarta.jms.IllegalStateException;
import jakarta.jms.Message;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells completion listeners how asynchronous sends have ended (JMS 3.1, section 7.3): in the order of the sends, one
 * at a time, on a thread of its own that runs while there are any.
 */
final class Completions {
    private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

    /** Sends that may wait for their answer at once; one more waits. */
    private static final int MAX_WAITING = 10_000;

    private record Sent(
            CompletableFuture<Void> answer, Object producer, Message message, CompletionListener listener) {}

    /** How long the thread waits for another send before it ends. */
    private static final long IDLE_MILLIS = 1000;

    private final int sessionId;
    private final Queue<Sent> waiting = new ArrayDeque<>();
    private @Nullable Thread thread;
    private boolean closed;
    /** Sends whose listener has returned. */
    private long told;

    Completions(int sessionId) {
        this.sessionId = sessionId;
    }

    /** Waits while too many sends are unanswered. */
    synchronized void add(CompletableFuture<Void> answer, Object producer, Message message, CompletionListener listener)
            throws InterruptedException {
        while (waiting.size() >= MAX_WAITING && Thread.currentThread() != thread) {
            wait();
        }
        waiting.add(new Sent(answer, producer, message, listener));
        notifyAll();
        if (thread == null) {
            Thread teller = new Thread(this::tell, "fulmar-completion-" + sessionId);
            teller.setDaemon(true);
            thread = teller;
            teller.start();
        }
    }

    private void tell() {
        Sent next = peek();
        while (next != null) {
            tell(next);
            next = next();
        }
    }

    private synchronized @Nullable Sent peek() {
        return waiting.peek();
    }

    /** Takes the one that is done away; ends the thread if no other comes for a while. */
    private synchronized @Nullable Sent next() {
        waiting.remove();
        told++;
        notifyAll();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS);
        while (waiting.isEmpty() && !closed) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                break;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                break;
            }
        }
        Sent next = waiting.peek();
        if (next == null) {
            thread = null;
        }
        return next;
    }

    private static void tell(Sent sent) {
        try {
            // not to be interrupted: the listener before may have left the thread so
            Exception failure = sent.answer
                    .handle((ok, cause) -> cause == null ? null : JmsErrors.of(unwrapped(cause)))
                    .join();
            if (failure == null) {
                sent.listener.onCompletion(sent.message);
            } else {
                sent.listener.onException(sent.message, failure);
            }
        } catch (RuntimeException | Error e) {
            LOG.error("a completion listener failed", e);
        }
    }

    private static Throwable unwrapped(Throwable cause) {
        Throwable inner = cause.getCause();
        return cause instanceof java.util.concurrent.CompletionException && inner != null ? inner : cause;
    }

    void checkNotInCallback() throws IllegalStateException {
        checkNotInCallback("close its session or connection");
    }

    private synchronized void checkNotInCallback(String what) throws IllegalStateException {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a completion listener must not " + what);
        }
    }

    /** Waits until every listener was told; refused to them. */
    synchronized void awaitAll(String what) throws IllegalStateException {
        checkNotInCallback(what);
        awaitTold(told + waiting.size());
    }

    /** Waits until the listeners of a producer's sends were told; refused to those listeners. */
    synchronized void close(Object producer) throws IllegalStateException {
        long number = told;
        long last = 0;
        for (Sent sent : waiting) {
            number++;
            if (sent.producer == producer) {
                last = number;
            }
        }
        if (Thread.currentThread() != thread) {
            awaitTold(last);
        } else if (waiting.element().producer == producer) {
            throw new IllegalStateException("a completion listener must not close its producer");
        }
    }

    /** Waits until every listener was told. */
    synchronized void close() {
        closed = true;
        notifyAll();
        awaitTold(told + waiting.size());
    }

    private synchronized void awaitTold(long number) {
        boolean interrupted = false;
        while (told < number) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
