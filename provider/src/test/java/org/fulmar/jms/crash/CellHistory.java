package org.fulmar.jms.crash;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What happened in one cell of the matrix, in the order in which the test came to know it. Any thread may add to it;
 * what has caused something is added before it.
 */
final class CellHistory {
    /** Something that happened. */
    sealed interface Event {}

    /** A client was told to do some work. */
    record Begun(Work work) implements Event {}

    /** A client was handed a message. */
    record Handed(Receipt receipt) implements Event {}

    /** A client has said what became of a transaction; one that was killed does not. */
    record Ran(String transaction, Work.Outcome outcome) implements Event {}

    /** The manager was told to roll a transaction back. */
    record ToRollBack(String transaction) implements Event {}

    /** The broker has answered the manager's commit. */
    record Committed(String transaction) implements Event {}

    /** The manager was told to end what is in doubt, but for these transactions. */
    record Scanning(Set<String> live) implements Event {}

    /** The manager has found, and ended, so many branches in doubt. */
    record Scanned(int found) implements Event {}

    /**
     * A message that was there when all was over.
     *
     * @param movedBy the transaction that has put it there; null if none has
     * @param of how many messages that transaction has put anywhere
     */
    record Found(Receipt receipt, String movedBy, int of) implements Event {}

    private final Map<String, Places> seeded = new LinkedHashMap<>();
    private final List<Event> events = new ArrayList<>();
    private final Map<String, Boolean> decisions = new LinkedHashMap<>();
    private boolean reached;

    /** A message is at a source. */
    synchronized void seed(Places place, String token) {
        seeded.put(token, place);
    }

    synchronized void add(Event event) {
        events.add(event);
    }

    /** The broker was held at the point, and the victim killed there. */
    synchronized void reach() {
        reached = true;
    }

    /** What the manager's log says in the end. */
    synchronized void decided(Map<String, Boolean> log) {
        decisions.putAll(log);
    }

    synchronized boolean isReached() {
        return reached;
    }

    synchronized Map<String, Places> seeded() {
        return seeded;
    }

    synchronized Map<String, Boolean> decisions() {
        return decisions;
    }

    synchronized List<Event> events() {
        return List.copyOf(events);
    }

    /** The events of one kind, in order. */
    <E extends Event> List<E> all(Class<E> kind) {
        return events().stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The tokens that were handed out in a transaction. */
    Set<String> handedTo(String transaction) {
        Set<String> tokens = new LinkedHashSet<>();
        for (Handed handed : all(Handed.class)) {
            if (handed.receipt().by().equals(transaction)) {
                tokens.add(handed.receipt().token());
            }
        }
        return tokens;
    }

    /** What a client has said of a transaction; null if it has not. */
    Work.Outcome outcome(String transaction) {
        Work.Outcome outcome = null;
        for (Ran ran : all(Ran.class)) {
            if (ran.transaction().equals(transaction)) {
                outcome = ran.outcome();
            }
        }
        return outcome;
    }

    /** One event a line. */
    @Override
    public synchronized String toString() {
        StringBuilder text = new StringBuilder("decisions ").append(decisions);
        events.forEach(event -> text.append('\n').append(event));
        return text.toString();
    }
}
