package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.link.LinkException;
import org.fulmar.jms.message.WireMessage;
import org.fulmar.protocol.jms.SendOperation;
import org.jspecify.annotations.Nullable;

/**
 * The persistent messages of one session that the broker has not confirmed yet, in their order: when the link is lost
 * they are sent again over the next one, before newer ones. The broker knows each by its producer and sequence, so that
 * one whose answer was lost is not stored twice.
 *
 * <p>The monitor guards the order; the producers of a session, the event loop and the thread that reconnects use it.
 * Nothing is waited for while it is held. A future completes when its message is as durable as it must be, and fails if
 * the broker has refused it or the connection was not found again in time; it may have been stored then.
 */
final class PendingSends {
    private static final class Pending {
        final FulmarDestination to;
        final WireMessage wire;
        final long sequence;
        final long deadline;
        final CompletableFuture<Void> done = new CompletableFuture<>();
        /** Its answer was lost with the link; it waits for the next one. */
        boolean unanswered;

        Pending(FulmarDestination to, WireMessage wire, long sequence, long deadline) {
            this.to = to;
            this.wire = wire;
            this.sequence = sequence;
            this.deadline = deadline;
        }
    }

    private final FulmarConnection connection;
    private final MessageIds ids;
    /** Sent over the link of {@link #generation}, unanswered. */
    private final Deque<Pending> sent = new ArrayDeque<>();
    /** Not yet sent over it. */
    private final Deque<Pending> waiting = new ArrayDeque<>();

    private int generation;
    private boolean closed;

    /**
     * @param ids of the session's persistent messages
     */
    PendingSends(FulmarConnection connection, MessageIds ids) {
        this.connection = connection;
        this.ids = ids;
    }

    /** Takes a message whose identifier was given last, and sends it if there is a link that knows its destination. */
    synchronized CompletableFuture<Void> add(FulmarDestination to, WireMessage wire, long sequence) {
        if (closed || connection.isLost()) {
            // whoever fails what waits may have been here already
            return CompletableFuture.failedFuture(
                    new LinkException(LinkException.LOST, "the connection to the broker was lost"));
        }
        long deadline = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(connection.options().requestTimeoutMillis());
        Pending pending = new Pending(to, wire, sequence, deadline);
        waiting.add(pending);
        Attached at = connection.attached();
        if (at != null) {
            pump(at);
        } else if (connection.isLost()) {
            fail();
        }
        return pending.done;
    }

    /**
     * Sends what was not yet sent over this link, in order.
     *
     * @return the destination that must be opened before it can go on, or null if all is sent
     */
    synchronized @Nullable FulmarDestination pump(Attached at) {
        if (at.generation() < generation || closed) {
            return null;
        }
        if (at.generation() > generation) {
            while (!sent.isEmpty()) {
                Pending last = sent.removeLast();
                last.unanswered = false;
                waiting.addFirst(last);
            }
            generation = at.generation();
        }
        while (!waiting.isEmpty()) {
            Pending next = waiting.element();
            Integer handle = at.handles().get(next.to);
            if (handle == null) {
                return next.to;
            }
            waiting.remove();
            sent.add(next);
            SendOperation.Envelope envelope =
                    new SendOperation.Envelope(handle, next.wire.deliverAt(), ids.producerId(), next.sequence);
            at.link().send(envelope, next.wire).whenComplete((ok, failure) -> answered(at, next, failure));
        }
        return null;
    }

    MessageIds ids() {
        return ids;
    }

    /** Sends what waits, if there is a link; what it can't send now the next one will. */
    void go() throws JMSException {
        Attached at = connection.attached();
        if (at == null) {
            return;
        }
        try {
            pumpAll(at, false);
        } catch (JMSException e) {
            if (!JmsErrors.isLost(e)) {
                throw e;
            }
        }
    }

    /**
     * Sends all, and waits while destinations are opened for it.
     *
     * @param patient whether what can't be sent now waits for another link, unless the broker has said no
     */
    void pumpAll(Attached at, boolean patient) throws JMSException {
        FulmarDestination missing = pump(at);
        while (missing != null) {
            try {
                at.handle(missing);
            } catch (JMSException e) {
                boolean interrupted = e.getCause() instanceof InterruptedException;
                if (JmsErrors.isLost(e) || interrupted || patient && JmsErrors.mayPass(e)) {
                    throw e;
                }
                refuse(missing, e);
            }
            missing = pump(at);
        }
    }

    private void answered(Attached at, Pending pending, @Nullable Throwable failure) {
        synchronized (this) {
            pending.unanswered = at.generation() == generation && isLost(failure);
            boolean again = isLost(failure) && !connection.isLost() && !closed;
            if (again || at.generation() != generation || !sent.remove(pending)) {
                return;
            }
        }
        complete(pending, failure);
    }

    private static boolean isLost(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof LinkException link && link.code() == LinkException.LOST;
    }

    private static void complete(Pending pending, @Nullable Throwable failure) {
        if (failure == null) {
            pending.done.complete(null);
        } else {
            pending.done.completeExceptionally(failure);
        }
    }

    /** The next message for a destination can't be sent: it fails, and the others go on. */
    private void refuse(FulmarDestination to, JMSException why) {
        List<Pending> refused = new ArrayList<>();
        synchronized (this) {
            waiting.removeIf(pending -> pending.to.equals(to) && refused.add(pending));
        }
        refused.forEach(pending -> complete(pending, why));
    }

    /** Without a link: fails what has waited too long for one. */
    void expire() {
        long now = System.nanoTime();
        failIf(pending -> pending.deadline - now <= 0, "the broker was not found again in time");
    }

    /** There will be no link any more. */
    void fail() {
        failIf(pending -> true, "the connection to the broker was lost");
    }

    /** The session is closed: what is not under way over a link will not be sent. */
    void close() {
        synchronized (this) {
            closed = true;
            waiting.forEach(pending -> pending.unanswered = true);
        }
        failIf(pending -> pending.unanswered, "the session was closed");
    }

    private void failIf(java.util.function.Predicate<Pending> which, String why) {
        List<Pending> failed = new ArrayList<>();
        synchronized (this) {
            sent.removeIf(pending -> which.test(pending) && failed.add(pending));
            waiting.removeIf(pending -> which.test(pending) && failed.add(pending));
        }
        failed.forEach(pending -> complete(
                pending, new LinkException(LinkException.LOST, why + "; the broker may have the message or not")));
    }
}
