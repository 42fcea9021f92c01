package org.fulmar.broker.server;

import org.fulmar.broker.delay.DelayLevels;
import org.fulmar.broker.delay.LevelProgress;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.QueueLook;
import org.fulmar.protocol.command.TopicConfig;
import org.jspecify.annotations.Nullable;

/** The messages that wait for a delay level. Owned by the broker's core. */
final class LiveLevels implements LiveRecords {
    private final LevelProgress progress;
    private final MessageStore store;

    LiveLevels(LevelProgress progress, MessageStore store) {
        this.progress = progress;
        this.store = store;
    }

    @Override
    public Look before(long position) {
        return new Look() {
            private int level;
            private @Nullable QueueLook current;

            @Override
            public boolean next(Found found) {
                while (true) {
                    QueueLook look = current;
                    if (look != null && look.next(found)) {
                        return true;
                    }
                    current = null;
                    if (level == TopicConfig.MAX_QUEUES) {
                        return false;
                    }
                    int next = ++level;
                    QueueLog queue = store.queueIfPresent(DelayLevels.TOPIC, next - 1);
                    current = queue == null
                            ? null
                            : new QueueLook(queue, position, from -> Math.max(from, progress.next(next)));
                }
            }
        };
    }
}
