package org.fulmar.client.consumer;

import java.util.function.Consumer;
import org.fulmar.client.ClientException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out where queues that have become ours begin, as often as it takes. Owned by the consumer's loop. */
final class Locator {
    private static final Logger LOG = LoggerFactory.getLogger(Locator.class);
    private static final long RETRY_MILLIS = 500;

    private final StartPositions starts;
    private final Loop loop;
    private final Consumer<HeldQueue> located;

    /** @param located told when the queue has its first offset */
    Locator(StartPositions starts, Loop loop, Consumer<HeldQueue> located) {
        this.starts = starts;
        this.loop = loop;
        this.located = located;
    }

    /** The queue is {@link HeldQueue.State#LOCATING}; what it was asked for before counts no more. */
    void locate(HeldQueue queue) {
        int epoch = ++queue.epoch;
        starts.of(queue.queue, queue.fromFirst)
                .whenComplete((offset, failure) -> loop.execute(() -> {
                    if (!isFor(queue, epoch)) {
                        return;
                    }
                    if (failure == null) {
                        begin(queue, offset);
                        return;
                    }
                    LOG.info(
                            "where to begin with {} is not known yet: {}",
                            queue.queue,
                            ClientException.of(failure).getMessage());
                    loop.after(RETRY_MILLIS, () -> {
                        if (isFor(queue, epoch)) {
                            locate(queue);
                        }
                    });
                }));
    }

    private static boolean isFor(HeldQueue queue, int epoch) {
        return queue.epoch == epoch && queue.state == HeldQueue.State.LOCATING;
    }

    private void begin(HeldQueue queue, long stored) {
        queue.messages.startAt(queue.seekTo >= 0 ? queue.seekTo : Math.max(stored, queue.floor));
        queue.floor = -1;
        queue.seekTo = -1;
        queue.committed = stored;
        located.accept(queue);
    }
}
