package org.fulmar.ra.inbound;

import jakarta.resource.spi.work.Work;

/** Something short that a thread of the server does. It ends by itself. */
record Task(Runnable task) implements Work {
    @Override
    public void run() {
        task.run();
    }

    @Override
    public void release() {
        // it ends soon
    }
}
