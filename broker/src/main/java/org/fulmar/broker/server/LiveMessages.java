package org.fulmar.broker.server;

import java.util.Iterator;
import java.util.List;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.QueueLook;
import org.jspecify.annotations.Nullable;

/**
 * The messages of JMS queues and subscriptions that are not settled: available, in flight, returned or in the hands of a
 * prepared branch. Owned by the broker's core.
 */
final class LiveMessages implements LiveRecords {
    private final DeliveryEngine engine;
    private final MessageStore store;

    LiveMessages(DeliveryEngine engine, MessageStore store) {
        this.engine = engine;
        this.store = store;
    }

    @Override
    public Look before(long position) {
        Iterator<DeliveryEngine.ReadQueue> queues =
                List.copyOf(engine.readQueues()).iterator();
        return new Look() {
            private @Nullable QueueLook current;

            @Override
            public boolean next(Found found) {
                while (true) {
                    QueueLook look = current;
                    if (look != null && look.next(found)) {
                        return true;
                    }
                    current = null;
                    if (!queues.hasNext()) {
                        return false;
                    }
                    if (!found.mayGoOn()) {
                        return true;
                    }
                    DeliveryEngine.ReadQueue queue = queues.next();
                    QueueLog log = store.queueIfPresent(queue.topic(), queue.queueId());
                    current = log == null
                            ? null
                            : new QueueLook(log, position, from -> engine.nextUnsettled(queue, from));
                }
            }
        };
    }
}
