package org.fulmar.broker.delivery;

import java.util.ArrayDeque;
import java.util.Deque;

/** What was done last in a random life, for a failure's message. */
final class Trace {
    private static final int LINES = 60;

    private final Deque<String> lines = new ArrayDeque<>();

    void add(String what) {
        if (lines.size() == LINES) {
            lines.remove();
        }
        lines.add(what);
    }

    @Override
    public String toString() {
        return String.join("\n", lines);
    }
}
