package org.fulmar.jms.kill;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What the checker found: counts, and the faults with examples.
 *
 * <p>Filled and printed by the checker's only thread. One fault of any kind makes the run fail.
 */
final class Verdict {

    private static final int EXAMPLES = 10;

    private final List<String> counts = new ArrayList<>();
    private final Map<Fault, Integer> found = new EnumMap<>(Fault.class);
    private final Map<Fault, List<String>> examples = new EnumMap<>(Fault.class);

    /** The ways in which a run can be wrong, under the names that the checker prints. */
    enum Fault {
        LOST("lost"),
        INVENTED("invented"),
        REPEATED("repeated after its acknowledgement was confirmed"),
        UNFLAGGED("redelivered unflagged"),
        MISCOUNTED("flag and delivery count disagree"),
        ORDER("order inversion"),
        FED_AFTER_DEATH("fed after death"),
        SEND_FAILED("send failed, or without outcome"),
        LATE("late after the broker's return"),
        NOTHING_PROVED("nothing proved");

        private final String title;

        Fault(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    void count(String line) {
        counts.add(line);
    }

    void fault(Fault fault, String what) {
        found.merge(fault, 1, Integer::sum);
        List<String> shown = examples.computeIfAbsent(fault, f -> new ArrayList<>());
        if (shown.size() < EXAMPLES) {
            shown.add(what);
        }
    }

    boolean isOk() {
        return found.isEmpty();
    }

    String print() {
        StringBuilder text = new StringBuilder("histories: ")
                .append(isOk() ? "OK" : "FAILED")
                .append('\n');
        counts.forEach(line -> text.append("  ").append(line).append('\n'));
        for (Fault fault : Fault.values()) {
            text.append("  ")
                    .append(fault.title())
                    .append(": ")
                    .append(found.getOrDefault(fault, 0))
                    .append('\n');
        }
        examples.forEach((fault, shown) -> shown.forEach(what -> text.append("FAULT ")
                .append(fault.title())
                .append(": ")
                .append(what)
                .append('\n')));
        return text.toString();
    }
}
