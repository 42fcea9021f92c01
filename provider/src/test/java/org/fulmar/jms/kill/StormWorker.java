package org.fulmar.jms.kill;

import jakarta.jms.JMSException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A client in the storm: whatever becomes of the broker, none of its calls may fail.
 *
 * <p>One daemon thread of its own runs {@link #work}; callbacks of the provider come on others. Everything that is
 * thrown is kept as a failure of the run; a worker goes on after the first ones, so that a run shows more than one.
 */
abstract class StormWorker {
    private static final int MOST_FAILURES = 20;

    private final String name;
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());
    private final StopSignal stop;
    private final HistoryWriter history;
    private final Thread thread;
    private volatile long lastSuccess;

    StormWorker(String name, StopSignal stop, Path histories) {
        this.name = name;
        this.stop = stop;
        this.history = new HistoryWriter(histories, name);
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Works until the signal is set; called again after it has thrown. */
    abstract void work() throws JMSException;

    private void run() {
        while (!stop.isSet() && failures.size() < MOST_FAILURES) {
            try {
                work();
            } catch (JMSException | RuntimeException e) {
                failed(e);
            }
        }
    }

    final void start() {
        thread.start();
    }

    final boolean join(long millis) throws InterruptedException {
        thread.join(millis);
        return !thread.isAlive();
    }

    final String name() {
        return name;
    }

    final StopSignal stopSignal() {
        return stop;
    }

    final void write(HistoryEvent event) {
        history.write(event);
    }

    /** Something came from the broker, or was confirmed by it. */
    final void succeeded() {
        lastSuccess = System.nanoTime();
    }

    final boolean hasSucceededSince(long nanos) {
        return lastSuccess - nanos > 0;
    }

    final void failed(Exception e) {
        StackTraceElement[] trace = e.getStackTrace();
        failed(e
                + (trace.length > 0 ? " at " + List.of(trace).subList(0, Math.min(6, trace.length)) : "")
                + (e.getCause() == null ? "" : " because of " + e.getCause()));
    }

    final void failed(String what) {
        if (failures.size() < MOST_FAILURES) {
            failures.add(name + ": " + what);
        }
    }

    final List<String> failures() {
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }

    final void closeHistory() {
        history.close();
    }
}
