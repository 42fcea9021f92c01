package org.fulmar.ra.inbound;

import jakarta.resource.spi.work.Work;
import org.fulmar.ra.connection.ServerThreads;

/** Something short that a thread of the server does. It ends by itself. */
record Task(Runnable task) implements Work {
    @Override
    public void run() {
        try {
            task.run();
        } finally {
            ServerThreads.leave();
        }
    }

    @Override
    public void release() {
        // it ends soon
    }
}
