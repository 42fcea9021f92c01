package org.fulmar.client.consumer;

import java.util.Set;
import java.util.concurrent.Executor;
import org.fulmar.client.MessageQueue;
import org.jspecify.annotations.Nullable;

/**
 * Tells a listener of assignments in their order and one at a time, whatever number of threads callbacks have. Those that
 * a newer one has overtaken are left out, so that a slow listener makes nothing pile up. For any thread.
 */
final class Assignments {
    private final AssignmentListener listener;
    private final Executor callbacks;
    private @Nullable Set<MessageQueue> newest;
    private boolean telling;

    Assignments(AssignmentListener listener, Executor callbacks) {
        this.listener = listener;
        this.callbacks = callbacks;
    }

    void tell(Set<MessageQueue> queues) {
        synchronized (this) {
            newest = queues;
            if (telling) {
                return;
            }
            telling = true;
        }
        callbacks.execute(this::tellNewest);
    }

    private void tellNewest() {
        try {
            Set<MessageQueue> queues = take();
            if (queues != null) {
                listener.assigned(queues);
            }
        } finally {
            if (isBehind()) {
                callbacks.execute(this::tellNewest);
            }
        }
    }

    private synchronized @Nullable Set<MessageQueue> take() {
        Set<MessageQueue> queues = newest;
        newest = null;
        return queues;
    }

    private synchronized boolean isBehind() {
        telling = newest != null;
        return telling;
    }
}
