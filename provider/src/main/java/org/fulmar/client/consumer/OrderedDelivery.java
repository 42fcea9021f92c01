package org.fulmar.client.consumer;

import java.util.List;
import org.fulmar.client.ClientException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messages of a queue one after the other: the next ones when the listener is done with these. After a failure the
 * queue waits a moment and the same messages come first again, unless they have come too often: then they go to the
 * dead-letter topic.
 */
final class OrderedDelivery extends PushDelivery {
    private static final Logger LOG = LoggerFactory.getLogger(OrderedDelivery.class);

    private final ConsumerOptions options;
    private final SendBack sendBack;

    OrderedDelivery(Loop loop, Workers workers, MessageListener listener, ConsumerOptions options, SendBack sendBack) {
        super(loop, workers, listener);
        this.options = options;
        this.sendBack = sendBack;
    }

    @Override
    public boolean isOrdered() {
        return true;
    }

    @Override
    public void arrived(HeldQueue held) {
        boolean free = held.batches.isEmpty() && !held.suspended && held.messages.taken() == 0;
        if (free && held.state == HeldQueue.State.ACTIVE && held.messages.hasWaiting()) {
            submit(new Batch(held, held.messages.take(options.consumeBatch(false))));
        }
    }

    @Override
    void withdrawn(Batch batch) {
        // it waits again, and nothing else was counted
    }

    @Override
    void afterEnd(HeldQueue held) {
        arrived(held);
    }

    @Override
    void ended(Batch batch) {
        HeldQueue held = batch.held;
        if (batch.result == ConsumeResult.SUCCESS) {
            batch.entries.forEach(held.messages::finish);
            progressed(held);
            return;
        }
        boolean tooOften = !options.broadcasts()
                && options.maxReconsumeTimes >= 0
                && batch.entries.stream().allMatch(entry -> entry.failures() >= options.maxReconsumeTimes);
        if (tooOften) {
            bury(held, batch.entries, 0);
        } else {
            suspend(batch);
        }
    }

    private void suspend(Batch batch) {
        HeldQueue held = batch.held;
        batch.entries.forEach(ProcessQueue.Entry::failed);
        held.suspended = true;
        held.messages.giveBack(batch.entries);
        loop.after(batch.context.suspendMillis(options.suspendMillis), () -> {
            held.suspended = false;
            arrived(held);
        });
        progressed(held);
    }

    /** To the dead letters, one after the other, and then the queue goes on. */
    private void bury(HeldQueue held, List<ProcessQueue.Entry> entries, int index) {
        if (index == entries.size()) {
            progressed(held);
            return;
        }
        ProcessQueue.Entry entry = entries.get(index);
        if (entry.isFinished()) {
            bury(held, entries, index + 1);
            return;
        }
        sendBack.sendBack(held.queue, entry.message(), SendBack.DEAD)
                .whenComplete((done, failure) -> loop.execute(() -> {
                    if (failure == null) {
                        held.messages.finish(entry);
                        bury(held, entries, index + 1);
                        return;
                    }
                    LOG.info(
                            "{} could not be moved to the dead letters and comes again: {}",
                            entry.message(),
                            ClientException.of(failure).getMessage());
                    held.suspended = true;
                    held.messages.giveBack(entries.subList(index, entries.size()));
                    loop.after(options.suspendMillis, () -> {
                        held.suspended = false;
                        arrived(held);
                    });
                    progressed(held);
                }));
    }

    @Override
    public void sweep(HeldQueue held) {
        // ordered listeners may take as long as they need
    }
}
