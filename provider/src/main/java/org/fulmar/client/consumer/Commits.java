package org.fulmar.client.consumer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.offset.OffsetStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stores how far held queues are. Owned by the consumer's loop. */
final class Commits {
    private static final Logger LOG = LoggerFactory.getLogger(Commits.class);

    private final OffsetStore offsets;

    Commits(OffsetStore offsets) {
        this.offsets = offsets;
    }

    /**
     * Stores what is finished of these queues, as far as they are ours now.
     *
     * @param asked whether the application wants it now, and so the offsets that it has sought as well
     */
    CompletableFuture<Void> store(Collection<HeldQueue> queues, boolean asked) {
        long now = System.nanoTime();
        List<MessageQueue> due = new ArrayList<>();
        for (HeldQueue held : queues) {
            held.sought &= !asked;
            if (!held.sought && held.isServing() && held.isLockedAt(now) && held.resetTo < 0) {
                long point = held.messages.commitPoint();
                if (point != held.committed) {
                    offsets.update(held.queue, point);
                    held.committed = point;
                }
                due.add(held.queue);
            }
        }
        return offsets.write(due).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.info(
                        "offsets could not be stored now, and will be with the next ones: {}",
                        ClientException.of(failure).getMessage());
            }
        });
    }

    /** Stores that the queue goes on at this offset. */
    CompletableFuture<Void> store(HeldQueue held, long offset) {
        offsets.update(held.queue, offset);
        held.committed = offset;
        return offsets.write(List.of(held.queue));
    }
}
