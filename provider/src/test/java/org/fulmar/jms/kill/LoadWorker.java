package org.fulmar.jms.kill;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A worker that keeps connecting and working until it is told to stop.
 *
 * <p>One daemon thread of its own runs {@link #run()}; callbacks of the provider may come on others. A
 * {@link JMSException} means that the connection is gone, and leads to a new one after a short wait; anything else
 * that comes out of the provider is kept as a failure of the run, and the worker goes on.
 */
abstract class LoadWorker implements Runnable {

    private static final long FIRST_WAIT_MILLIS = 10;
    private static final long LONGEST_WAIT_MILLIS = 100;

    private final String name;
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    private volatile long connectedNanos;
    private volatile boolean connected;
    private Thread thread;

    protected final ConnectionFactory factory;
    protected final HistoryWriter history;
    protected final Progress progress;

    LoadWorker(String name, ConnectionFactory factory, Path directory, Progress progress) {
        this.name = name;
        this.factory = factory;
        this.progress = progress;
        this.history = new HistoryWriter(directory, name);
    }

    /** Connects and works on that one connection until it is lost or the signal is set; closes it in every case. */
    protected abstract void workOnOneConnection(StopSignal stop) throws JMSException;

    protected abstract StopSignal stopSignal();

    @Override
    public void run() {
        StopSignal stop = stopSignal();
        long wait = FIRST_WAIT_MILLIS;
        while (!stop.isSet()) {
            try {
                workOnOneConnection(stop);
            } catch (JMSException expected) {
                wait = connected ? FIRST_WAIT_MILLIS : Math.min(2 * wait, LONGEST_WAIT_MILLIS);
            } catch (RuntimeException e) {
                failed(e);
            }
            connected = false;
            stop.awaitMillis(wait);
        }
    }

    final void start() {
        thread = new Thread(this, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits for the end of the thread; false if it is still there after the time. */
    final boolean join(long millis) throws InterruptedException {
        thread.join(millis);
        return !thread.isAlive();
    }

    protected final void connected() {
        connectedNanos = System.nanoTime();
        connected = true;
    }

    final boolean isConnectedSince(long nanos) {
        return connected && connectedNanos - nanos > 0;
    }

    protected final void failed(Exception e) {
        StackTraceElement[] trace = e.getStackTrace();
        failures.add(name + ": " + e + (trace.length > 0 ? " at " + trace[0] : ""));
    }

    final List<String> failures() {
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }

    final void closeHistory() {
        history.close();
    }

    @Override
    public final String toString() {
        return name;
    }
}
