package org.fulmar.client.consumer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.client.ClientException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many messages of a queue at the same time. The queues take turns; no more batches are with the workers than keep them
 * busy. What fails is sent back to the broker, to come again later; in broadcasting it is logged and let go.
 */
final class ConcurrentDelivery extends PushDelivery {
    private static final Logger LOG = LoggerFactory.getLogger(ConcurrentDelivery.class);
    private static final long HERE_AGAIN_MILLIS = 5000;
    private static final int LEVEL_OF_SLOW = 3;

    private final ConsumerOptions options;
    private final SendBack sendBack;
    private final Deque<HeldQueue> line = new ArrayDeque<>();
    private int submitted;

    ConcurrentDelivery(
            Loop loop, Workers workers, MessageListener listener, ConsumerOptions options, SendBack sendBack) {
        super(loop, workers, listener);
        this.options = options;
        this.sendBack = sendBack;
    }

    @Override
    public boolean isOrdered() {
        return false;
    }

    @Override
    public void arrived(HeldQueue held) {
        if (!held.inLine && held.messages.hasWaiting()) {
            held.inLine = true;
            line.add(held);
        }
        dispatch();
    }

    private void dispatch() {
        while (submitted < 2 * workers.most() && !line.isEmpty()) {
            HeldQueue held = line.removeFirst();
            held.inLine = false;
            if (!held.isServing() || !held.messages.hasWaiting()) {
                continue;
            }
            submitted++;
            submit(new Batch(held, held.messages.take(options.consumeBatch(false))));
            if (held.messages.hasWaiting()) {
                held.inLine = true;
                line.add(held);
            }
        }
    }

    @Override
    void withdrawn(Batch batch) {
        submitted--;
    }

    @Override
    void afterEnd(HeldQueue held) {
        submitted--;
        dispatch();
    }

    @Override
    void ended(Batch batch) {
        int successful = batch.successful();
        for (int i = 0; i < batch.entries.size(); i++) {
            ProcessQueue.Entry entry = batch.entries.get(i);
            if (i < successful) {
                batch.held.messages.finish(entry);
            } else {
                failed(batch.held, entry, batch.context.delayLevel());
            }
        }
        progressed(batch.held);
    }

    private void failed(HeldQueue held, ProcessQueue.Entry entry, int delayLevel) {
        if (options.broadcasts()) {
            LOG.warn("{} failed and is not tried again, as is the rule in broadcasting", entry.message());
            held.messages.finish(entry);
            return;
        }
        if (entry.isFinished()) {
            return;
        }
        sendBack.sendBack(held.queue, entry.message(), delayLevel)
                .whenComplete((done, failure) -> loop.execute(() -> {
                    if (failure == null) {
                        held.messages.finish(entry);
                        progressed(held);
                    } else {
                        hereAgain(held, entry, ClientException.of(failure));
                    }
                }));
    }

    /** The broker does not take it back: it stays here and is tried again. */
    private void hereAgain(HeldQueue held, ProcessQueue.Entry entry, ClientException failure) {
        LOG.info(
                "{} could not be given back and is tried again here in {} ms: {}",
                entry.message(),
                HERE_AGAIN_MILLIS,
                failure.getMessage());
        loop.after(HERE_AGAIN_MILLIS, () -> {
            held.messages.giveBack(List.of(entry));
            progressed(held);
        });
    }

    @Override
    public void sweep(HeldQueue held) {
        long now = System.nanoTime();
        boolean any = false;
        for (Batch batch : held.batches) {
            boolean slow = batch.isRunning()
                    && !batch.timedOut
                    && now - batch.startedNanos() > TimeUnit.MILLISECONDS.toNanos(options.consumeTimeoutMillis);
            if (slow) {
                batch.timedOut = true;
                LOG.warn(
                        "a listener takes longer than {} ms with {}: they are given back, to come again",
                        options.consumeTimeoutMillis,
                        batch.entries.get(0).message());
                batch.entries.forEach(entry -> failed(held, entry, LEVEL_OF_SLOW));
                any = true;
            }
        }
        if (any) {
            // what is let go at once, as in broadcasting, has made room
            progressed(held);
        }
    }
}
