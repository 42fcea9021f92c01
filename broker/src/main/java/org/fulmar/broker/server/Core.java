package org.fulmar.broker.server;

import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one owner of the broker's state: tasks run one after the other, never two at once.
 *
 * <p>There is no core thread. Whoever brings a task to an idle core runs it, and what others bring meanwhile, so that
 * a lone request is served without a change of threads, and many are served in batches. After each batch the turn is
 * ended once: the log is written, deliveries are made, answers leave. A thread that has run many tasks hands the rest
 * to an event loop. Threads that must not run tasks, as the flusher, come by way of {@link #fromElsewhere}.
 */
final class Core implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(Core.class);
    private static final int TASKS_PER_TURN = 512;
    private static final int TURNS_PER_THREAD = 16;

    private final Queue<Runnable> mailbox;
    private final AtomicInteger pending = new AtomicInteger();
    private final Executor eventLoop;
    private final Turn turn;

    /** What begins and ends a turn. */
    interface Turn {
        /** Before the first task. */
        default void begin() {}

        /** Whether there is more to do at once. */
        boolean end();
    }

    Core(Executor eventLoop, Turn turn) {
        this(eventLoop, turn, new MpscUnboundedArrayQueue<>(1024));
    }

    /**
     * @param mailbox takes tasks from any thread, gives them to one
     */
    Core(Executor eventLoop, Turn turn, Queue<Runnable> mailbox) {
        this.mailbox = mailbox;
        this.eventLoop = eventLoop;
        this.turn = turn;
    }

    @Override
    public void execute(Runnable task) {
        // counted before it can be taken: the count must not reach 0 while its owner still runs tasks
        boolean owner = pending.getAndIncrement() == 0;
        mailbox.add(task);
        if (owner) {
            drain();
        }
    }

    /** For threads that must not run the core themselves: an event loop does. */
    Executor fromElsewhere() {
        return task -> eventLoop.execute(() -> execute(task));
    }

    private void drain() {
        for (int turns = 0; turns < TURNS_PER_THREAD; turns++) {
            int done = 0;
            Runnable task = mailbox.poll();
            if (task != null) {
                turn.begin();
            }
            while (task != null) {
                run(task);
                done++;
                task = done < TASKS_PER_TURN ? mailbox.poll() : null;
            }
            if (endTurn()) {
                // a turn without a task goes on with what this one has left
                pending.getAndIncrement();
                mailbox.add(() -> {});
            } else if (done == 0) {
                // a task is counted, but the thread that brings it was interrupted before it could hand it over
                Thread.yield();
            }
            if (pending.addAndGet(-done) == 0) {
                return;
            }
        }
        eventLoop.execute(this::drain);
    }

    private boolean endTurn() {
        try {
            return turn.end();
        } catch (RuntimeException | Error e) {
            // the core must go on, also when there was no direct memory left: whoever waits for this turn runs into its
            // time-out, the others do not
            LOG.error("a turn of the core could not be ended", e);
            return false;
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("a task of the core failed", e);
        }
    }
}
