package org.fulmar.client.consumer;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.fulmar.client.ReceivedMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What both ways of calling a listener share: batches to the workers, and what they report back to the loop. Owned by
 * the consumer's loop, but for {@link #run}, which is the workers'.
 */
abstract class PushDelivery implements Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(PushDelivery.class);

    final Loop loop;
    final Workers workers;
    private final MessageListener listener;
    private final Queue<Batch> reported = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean reportDue = new AtomicBoolean();
    private Consumer<HeldQueue> progress = held -> {};

    PushDelivery(Loop loop, Workers workers, MessageListener listener) {
        this.loop = loop;
        this.workers = workers;
        this.listener = listener;
    }

    /** @param progressed told when messages were finished or given back */
    final void connect(Consumer<HeldQueue> progressed) {
        this.progress = progressed;
    }

    final void progressed(HeldQueue held) {
        progress.accept(held);
    }

    final void submit(Batch batch) {
        batch.held.batches.add(batch);
        workers.submit(() -> run(batch));
    }

    private void run(Batch batch) {
        long now = System.nanoTime();
        if (!batch.begin(now)) {
            return;
        }
        // the broker may have given the lock to somebody else meanwhile: then nothing is begun
        batch.skipped = !batch.held.isLockedAt(now);
        try {
            if (!batch.skipped) {
                batch.result = call(batch);
            }
        } finally {
            batch.endedNanos = System.nanoTime();
            // also when the listener throws an Error: then there is no result, and its messages come again
            reported.add(batch);
            if (reportDue.compareAndSet(false, true)) {
                loop.execute(this::takeReports);
            }
        }
    }

    private ConsumeResult call(Batch batch) {
        List<ReceivedMessage> messages = new ArrayList<>(batch.entries.size());
        batch.entries.forEach(entry -> messages.add(entry.message()));
        try {
            ConsumeResult result = listener.consume(messages, batch.context);
            if (result != null) {
                return result;
            }
            LOG.warn("the listener says nothing of {}: they come again", messages);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            LOG.info("a listener was interrupted; {} come again", messages);
        } catch (Exception e) {
            LOG.warn("the listener failed; {} come again", messages, e);
        }
        return ConsumeResult.RETRY_LATER;
    }

    private void takeReports() {
        reportDue.set(false);
        Batch batch = reported.poll();
        while (batch != null) {
            batch.end();
            batch.held.batches.remove(batch);
            count(batch);
            if (batch.skipped) {
                batch.held.messages.giveBack(batch.entries);
                progressed(batch.held);
            } else if (!batch.timedOut) {
                ended(batch);
            }
            afterEnd(batch.held);
            batch = reported.poll();
        }
    }

    private static void count(Batch batch) {
        if (!batch.skipped) {
            int successful = batch.successful();
            long took = batch.endedNanos - batch.startedNanos();
            batch.held.rates.consumed(batch.endedNanos, took, successful, batch.entries.size() - successful);
        }
    }

    /** The listener has ended with these messages. */
    abstract void ended(Batch batch);

    /** A worker has become free. */
    abstract void afterEnd(HeldQueue held);

    @Override
    public void withdraw(HeldQueue held) {
        Batch last = held.batches.peekLast();
        while (last != null && last.withdraw()) {
            held.batches.removeLast();
            held.messages.giveBack(last.entries);
            withdrawn(last);
            last = held.batches.peekLast();
        }
    }

    /** The batch was taken back before it began. */
    abstract void withdrawn(Batch batch);

    @Override
    public void gone(HeldQueue held) {
        for (Batch batch : held.batches) {
            batch.timedOut = true;
            if (batch.withdraw()) {
                withdrawn(batch);
            }
        }
        held.batches.clear();
    }

    @Override
    public void close() {
        workers.close();
    }
}
