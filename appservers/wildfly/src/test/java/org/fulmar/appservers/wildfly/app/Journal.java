package org.fulmar.appservers.wildfly.app;

import java.util.ArrayList;
import java.util.List;

/** What happened in this deployment, in order: a line for each event. For any thread. */
public final class Journal {
    private static final List<String> LINES = new ArrayList<>();

    private Journal() {}

    public static void add(String line) {
        synchronized (LINES) {
            LINES.add(line);
        }
    }

    /** All from a line on. */
    static String[] from(int first) {
        synchronized (LINES) {
            return LINES.subList(Math.min(first, LINES.size()), LINES.size()).toArray(String[]::new);
        }
    }
}
