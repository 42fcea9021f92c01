package org.fulmar.client.producer;

import org.fulmar.client.ClientException;

/**
 * Counts the sends under way, and bounds the asynchronous ones by number and bytes. Thread-safe. One that is larger
 * than the bound on bytes goes alone.
 */
final class InFlight {
    private final int maxMessages;
    private final long maxBytes;
    private final boolean waits;
    private int messages;
    private long bytes;
    private int synchronous;
    private boolean closed;

    InFlight(int maxMessages, long maxBytes, boolean waits) {
        this.maxMessages = maxMessages;
        this.maxBytes = maxBytes;
        this.waits = waits;
    }

    private boolean fits(long size) {
        return messages == 0 || (messages < maxMessages && bytes + size <= maxBytes);
    }

    /**
     * @param mayWait whether the caller may be held up
     * @throws ClientException if it is closed, or there was no room in time
     */
    synchronized void beginAsync(long size, long timeoutMillis, boolean mayWait)
            throws ClientException, InterruptedException {
        long deadline = System.nanoTime() + timeoutMillis * 1_000_000;
        while (!closed && !fits(size)) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (!waits || !mayWait || left <= 0) {
                throw new ClientException(
                        ClientException.Kind.OVERLOADED,
                        messages + " asynchronous sends of " + bytes + " bytes are under way, and " + maxMessages
                                + " of " + maxBytes + " are allowed: send slower, or raise maxAsyncMessages or"
                                + " maxAsyncBytes");
            }
            wait(left);
        }
        checkOpen();
        messages++;
        bytes += size;
    }

    synchronized void endAsync(long size) {
        messages--;
        bytes -= size;
        notifyAll();
    }

    synchronized void begin() throws ClientException {
        checkOpen();
        synchronous++;
    }

    synchronized void end() {
        synchronous--;
        if (closed) {
            notifyAll();
        }
    }

    private void checkOpen() throws ClientException {
        if (closed) {
            throw new ClientException(ClientException.Kind.CLOSED, "the producer is closed");
        }
    }

    /** No more may begin. Returns whether this was the first call. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        notifyAll();
        return first;
    }

    /** Waits until none is under way, at most so long. */
    synchronized void awaitNone(long millis) throws InterruptedException {
        long deadline = System.nanoTime() + millis * 1_000_000;
        long left = millis;
        while (messages + synchronous > 0 && left > 0) {
            wait(left);
            left = (deadline - System.nanoTime()) / 1_000_000;
        }
    }

    synchronized int messages() {
        return messages;
    }
}
