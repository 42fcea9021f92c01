package org.fulmar.broker.server;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.fulmar.broker.store.MessageStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the views of the log saved when something has changed. Captured on the core, written on the maintenance thread,
 * whose own this is.
 */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

    private final Executor core;
    private final MessageStore store;
    private final ConsumerOffsets offsets;
    private final TurnEnd turn;
    /** What the last checkpoint that was written knew; the core compares. */
    private volatile Known last = new Known(-1, -1);

    private record Known(long log, long offsets) {}

    private record Captured(Known known, MessageStore.CheckpointWork work) {}

    Checkpoints(Executor core, MessageStore store, ConsumerOffsets offsets, TurnEnd turn) {
        this.core = core;
        this.store = store;
        this.offsets = offsets;
        this.turn = turn;
    }

    /**
     * @param always also if nothing has changed since the last
     * @return whether one is written
     */
    boolean write(boolean always) {
        // fails if the capture fails: nobody must wait for ever
        Captured checkpoint =
                CompletableFuture.supplyAsync(() -> capture(always), core).join();
        if (checkpoint == null) {
            return false;
        }
        try {
            checkpoint.work.run();
            last = checkpoint.known;
            return true;
        } catch (IOException e) {
            LOG.warn("a checkpoint could not be written; a restart replays more of the log", e);
            return false;
        }
    }

    private @Nullable Captured capture(boolean always) {
        boolean same = last.equals(known());
        if (same && !always || store.appender().failed()) {
            return null;
        }
        turn.writeNow();
        return new Captured(known(), store.checkpoint());
    }

    private Known known() {
        return new Known(store.log().written(), offsets.changes());
    }
}
