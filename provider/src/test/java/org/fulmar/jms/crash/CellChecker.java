package org.fulmar.jms.crash;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fulmar.jms.crash.CellHistory.Committed;
import org.fulmar.jms.crash.CellHistory.Event;
import org.fulmar.jms.crash.CellHistory.Found;
import org.fulmar.jms.crash.CellHistory.Handed;
import org.fulmar.jms.crash.CellHistory.Ran;
import org.fulmar.jms.crash.CellHistory.Scanned;
import org.fulmar.jms.crash.CellHistory.Scanning;
import org.fulmar.jms.crash.CellHistory.ToRollBack;
import org.fulmar.jms.crash.Work.Kind;
import org.fulmar.jms.crash.Work.Outcome;

/**
 * Judges the history of one cell: every transaction is whole or absent, as it was decided and answered; nothing is in
 * doubt after two scans; nothing came twice unflagged, or while or after it was another's. Used by one thread, once.
 */
final class CellChecker {
    /** What can be wrong. */
    enum Fault {
        POINT_NOT_REACHED,
        LOST,
        DUPLICATED,
        INVENTED,
        TORN,
        DECISION_BROKEN,
        ANSWER_BROKEN,
        IN_DOUBT,
        STUCK,
        UNFLAGGED,
        HANDED_OUT_WHILE_TAKEN
    }

    /** One thing that is wrong. */
    record Finding(Fault fault, String what) {
        @Override
        public String toString() {
            return fault + ": " + what;
        }
    }

    private final CellHistory history;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<String, Work> works = new LinkedHashMap<>();
    /** What each transaction has moved, as far as it was found. */
    private final Map<String, List<Found>> moved = new TreeMap<>();

    private CellChecker(CellHistory history) {
        this.history = history;
        history.all(CellHistory.Begun.class)
                .forEach(begun -> works.put(begun.work().name(), begun.work()));
        for (Found found : history.all(Found.class)) {
            if (found.movedBy() != null) {
                moved.computeIfAbsent(found.movedBy(), name -> new ArrayList<>())
                        .add(found);
            }
        }
    }

    static List<Finding> check(CellHistory history) {
        CellChecker checker = new CellChecker(history);
        if (!history.isReached()) {
            checker.found(Fault.POINT_NOT_REACHED, "nobody was killed at the point");
        }
        checker.checkPlaces();
        checker.checkWholeness();
        checker.checkOutcomes();
        checker.checkDoubt();
        checker.checkProgress();
        checker.checkFlags();
        checker.checkTaken();
        return checker.findings;
    }

    private void found(Fault fault, String what) {
        findings.add(new Finding(fault, what));
    }

    /** Each message is at one place, once. */
    private void checkPlaces() {
        Map<String, List<Found>> places = new TreeMap<>();
        for (Found found : history.all(Found.class)) {
            places.computeIfAbsent(found.receipt().token(), token -> new ArrayList<>())
                    .add(found);
        }
        for (String token : history.seeded().keySet()) {
            if (!places.containsKey(token)) {
                found(Fault.LOST, token);
            }
        }
        places.forEach((token, all) -> {
            if (all.size() > 1) {
                found(Fault.DUPLICATED, token + " is found as " + all);
            }
            all.forEach(this::checkPlace);
        });
    }

    private void checkPlace(Found found) {
        Receipt receipt = found.receipt();
        Places origin = history.seeded().get(receipt.token());
        Work mover = found.movedBy() == null ? null : works.get(found.movedBy());
        boolean right;
        if (mover != null && mover.kind() == Kind.HALF) {
            right = receipt.token().equals(mover.halfToken()) && receipt.place() == Places.TO_QUEUE;
        } else if (origin == null || found.movedBy() != null && mover == null) {
            right = false;
        } else if (mover == null) {
            right = receipt.place() == origin;
        } else {
            right = receipt.place() == (origin == Places.FROM_QUEUE ? Places.TO_QUEUE : Places.TO_SUBSCRIPTION);
        }
        if (!right) {
            found(Fault.INVENTED, found.toString());
        }
    }

    /** What a transaction has put anywhere is just what it has received, and all of it. */
    private void checkWholeness() {
        moved.forEach((name, all) -> {
            Set<String> tokens = new TreeSet<>();
            all.forEach(found -> tokens.add(found.receipt().token()));
            Work work = works.get(name);
            if (tokens.size() != all.get(0).of()) {
                found(Fault.TORN, name + " has moved " + all.get(0).of() + " messages, of which are found " + tokens);
            } else if (work != null && work.kind() != Kind.HALF) {
                Set<String> handed = new TreeSet<>(history.handedTo(name));
                if (!handed.equals(tokens)) {
                    found(Fault.TORN, name + " has received " + handed + " and moved " + tokens);
                }
            }
        });
    }

    private void checkOutcomes() {
        works.forEach((name, work) -> {
            boolean present = moved.containsKey(name);
            String is = name + " (" + work.kind() + ") is " + (present ? "there" : "not there");
            switch (work.kind()) {
                case TWO_PHASE, HALF -> {
                    boolean decided = Boolean.TRUE.equals(history.decisions().get(name));
                    if (present != decided) {
                        found(
                                Fault.DECISION_BROKEN,
                                is + ", its manager's log says " + (decided ? "commit" : "no commit"));
                    }
                }
                case ONE_PHASE, LOCAL -> {
                    Outcome outcome = history.outcome(name);
                    if (outcome == Outcome.COMMITTED && !present || outcome == Outcome.ROLLED_BACK && present) {
                        found(Fault.ANSWER_BROKEN, is + ", its client was told " + outcome);
                    }
                }
                case BRANCH_ROLLED_BACK, LOCAL_ROLLED_BACK -> {
                    if (present) {
                        found(Fault.ANSWER_BROKEN, is);
                    }
                }
            }
        });
    }

    private void checkDoubt() {
        List<Scanned> scans = history.all(Scanned.class);
        if (scans.size() < 2) {
            found(Fault.IN_DOUBT, scans.size() + " scans were made");
        } else if (scans.get(scans.size() - 1).found() != 0) {
            found(
                    Fault.IN_DOUBT,
                    "the last scan has found " + scans.get(scans.size() - 1).found());
        }
    }

    /** The last transaction, which nothing disturbs, has succeeded. */
    private void checkProgress() {
        String last = works.isEmpty() ? "" : List.copyOf(works.keySet()).get(works.size() - 1);
        if (!moved.containsKey(last)) {
            found(Fault.STUCK, "after recovery, transaction " + last + " has not succeeded");
        }
    }

    /** Each time that a message comes again it is flagged, with a higher count. */
    private void checkFlags() {
        Map<String, Receipt> last = new HashMap<>();
        for (Receipt receipt : receipts()) {
            Receipt before = last.put(receipt.place() + " " + receipt.token(), receipt);
            if (before != null && (!receipt.isFlagged() || receipt.times() <= before.times())) {
                found(Fault.UNFLAGGED, receipt + " after " + before);
            }
        }
    }

    private List<Receipt> receipts() {
        List<Receipt> receipts = new ArrayList<>();
        for (Event event : history.events()) {
            if (event instanceof Handed handed) {
                receipts.add(handed.receipt());
            } else if (event instanceof Found found) {
                receipts.add(found.receipt());
            }
        }
        return receipts;
    }

    /** Nobody is handed what a prepared branch has received, or what a committed one had. */
    private void checkTaken() {
        Map<String, String> taken = new HashMap<>();
        for (Event event : history.events()) {
            if (event instanceof Ran ran && ran.outcome() != Outcome.UNKNOWN && ran.outcome() != Outcome.ROLLED_BACK) {
                take(taken, ran.transaction());
            } else if (event instanceof Committed committed) {
                take(taken, committed.transaction());
            } else if (event instanceof ToRollBack back) {
                taken.values().removeIf(back.transaction()::equals);
            } else if (event instanceof Scanning scanning) {
                taken.values().removeIf(name -> mayBeRolledBack(name, scanning));
            } else if (event instanceof Handed handed) {
                checkHanded(taken, handed.receipt());
            } else if (event instanceof Found found && found.receipt().place().isSource()) {
                checkHanded(taken, found.receipt());
            }
        }
    }

    private boolean mayBeRolledBack(String name, Scanning scanning) {
        Work work = works.get(name);
        return work != null
                && work.kind() == Kind.TWO_PHASE
                && !scanning.live().contains(name)
                && !Boolean.TRUE.equals(history.decisions().get(name));
    }

    private void take(Map<String, String> taken, String transaction) {
        history.handedTo(transaction).forEach(token -> taken.put(token, transaction));
    }

    private void checkHanded(Map<String, String> taken, Receipt receipt) {
        String by = taken.get(receipt.token());
        if (by != null) {
            found(Fault.HANDED_OUT_WHILE_TAKEN, receipt + ", though " + by + " has taken it");
        }
    }
}
