package org.fulmar.bench;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Runs another main class in this JVM and ends the JVM as soon as standard input ends, so that a child never outlives
 * the {@link Compare} that started it, even one killed by SIGKILL.
 *
 * <p>Arguments: the main class, then its arguments. The watching thread is a daemon and sleeps in a read.
 */
final class Guarded {

    private static final int ORPHANED = 70;

    private Guarded() {}

    public static void main(String[] args) throws ReflectiveOperationException {
        Thread watch = new Thread(Guarded::haltAtEndOfInput, "parent-watch");
        watch.setDaemon(true);
        watch.start();
        Object rest = Arrays.copyOfRange(args, 1, args.length);
        try {
            Class.forName(args[0]).getMethod("main", String[].class).invoke(null, rest);
        } catch (InvocationTargetException e) {
            // Threads of a main that failed half-way must not keep the JVM.
            e.printStackTrace();
            System.exit(1);
        }
    }

    /** Halts instead of exiting: the data is a benchmark's, and nothing must be able to hold the exit up. */
    private static void haltAtEndOfInput() {
        try (InputStream input = System.in) {
            while (input.read() >= 0) {
                continue;
            }
        } catch (IOException e) {
            System.err.println("standard input: " + e);
        }
        Runtime.getRuntime().halt(ORPHANED);
    }
}
