package org.fulmar.jms.crash;

import jakarta.jms.JMSException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.fulmar.broker.transaction.Probe.Point;
import org.fulmar.jms.crash.CellChecker.Finding;
import org.fulmar.jms.crash.Work.Kind;
import org.fulmar.jms.crash.Work.Outcome;

/**
 * One cell of the matrix: some transactions, one of which is held at the point while the victim is killed; recovery; and
 * what is there then. Used by one thread, once.
 */
final class CellRun {
    private static final int QUEUED = 12;
    private static final int EVENTS = 6;
    private static final String DOUBTFUL = "t2";
    private static final String NONE = "-";

    private final Stage stage;
    private final Plan plan;
    private final String cell;
    private final Path log;
    private final CellHistory history = new CellHistory();
    /** Prepared, and for the manager to decide. */
    private final Set<String> undecided = new TreeSet<>();
    /** Whether a client is at work on the transaction of the point. */
    private boolean clientBusy;
    /** What the manager has still to answer; null for nothing. */
    private String[] managerOwes;

    CellRun(Stage stage, Plan plan, String cell) {
        this.stage = stage;
        this.plan = plan;
        this.cell = cell;
        this.log = stage.directory().resolve("decisions-" + cell + ".log");
    }

    /** Returns what is wrong, and leaves the processes as they were before, or others in their places. */
    List<Finding> run(Observer observer) throws IOException, InterruptedException, JMSException {
        observer.seed(cell, QUEUED, EVENTS, history);
        stage.prepareSuccessor(plan.victim());
        open(Victim.CLIENT);
        open(Victim.MANAGER);
        runAndDecide(new Work("t1", Kind.TWO_PHASE, 1, 100, false), true);
        if (plan.doubt()) {
            run(new Work(DOUBTFUL, Kind.TWO_PHASE, 1, 100, false));
        }
        stage.get(Victim.BROKER).say("ARM " + plan.point() + " " + plan.passing());
        stage.get(Victim.BROKER).await("ARMED");
        passThePoint();
        killAndReplace();
        awaitWhatIsUnderWay();
        decideWhatIsLeft();
        goOn();
        finish();
        observer.drain(cell, history, expected());
        return CellChecker.check(history);
    }

    private void open(Victim victim) throws IOException, InterruptedException {
        callBroker(victim);
        stage.get(victim).await("OPENED");
    }

    private void callBroker(Victim victim) throws IOException {
        Child child = stage.get(victim);
        if (victim == Victim.CLIENT) {
            child.news(line -> history.add(new CellHistory.Handed(Receipt.parse(line))));
            child.say("OPEN " + stage.port() + " " + cell + " " + plan.options());
        } else {
            child.say("OPEN " + stage.port() + " " + cell + " " + log + " " + plan.options());
        }
    }

    private void begin(Work work) throws IOException {
        history.add(new CellHistory.Begun(work));
        stage.get(Victim.CLIENT).say("RUN " + work.text());
    }

    private Outcome awaitOutcome(Work work) throws IOException, InterruptedException {
        Outcome outcome = Outcome.valueOf(stage.get(Victim.CLIENT).await("RAN", work.name())[0]);
        history.add(new CellHistory.Ran(work.name(), outcome));
        if (outcome == Outcome.PREPARED) {
            undecided.add(work.name());
        }
        return outcome;
    }

    private void run(Work work) throws IOException, InterruptedException {
        begin(work);
        awaitOutcome(work);
    }

    private void runAndDecide(Work work, boolean commit) throws IOException, InterruptedException {
        run(work);
        if (undecided.contains(work.name())) {
            decide(work.name(), commit);
            awaitManager();
        }
    }

    /** The manager's decision is forced when this returns; its call is under way. */
    private void decide(String name, boolean commit) throws IOException, InterruptedException {
        undecided.remove(name);
        Child manager = stage.get(Victim.MANAGER);
        if (name.equals(plan.work().name()) && plan.work().kind() == Kind.HALF) {
            manager.say("DECIDE " + name + " " + commit);
            manager.await("DECIDED", name);
            return;
        }
        if (!commit) {
            history.add(new CellHistory.ToRollBack(name));
        }
        manager.say((commit ? "COMMIT " : "ROLLBACK ") + name);
        manager.await("DECIDED", name);
        managerOwes = new String[] {"ENDED", name, commit ? "commit" : "rollback"};
    }

    private void scan(String live) throws IOException {
        history.add(new CellHistory.Scanning(Set.of(live.split(","))));
        stage.get(Victim.MANAGER).say("SCAN " + live);
        managerOwes = new String[] {"SCANNED"};
    }

    private void awaitManager() throws IOException, InterruptedException {
        String[] owed = managerOwes;
        if (owed == null) {
            return;
        }
        managerOwes = null;
        Child manager = stage.get(Victim.MANAGER);
        if (owed[0].equals("SCANNED")) {
            history.add(new CellHistory.Scanned(Integer.parseInt(manager.await("SCANNED")[0])));
            return;
        }
        manager.await("ENDED", owed[1]);
        if (owed[2].equals("commit")) {
            history.add(new CellHistory.Committed(owed[1]));
        }
    }

    /** Returns when the broker is held at the point. */
    private void passThePoint() throws IOException, InterruptedException {
        begin(plan.work());
        clientBusy = true;
        if (plan.isOfManager() || plan.work().kind() == Kind.HALF) {
            awaitOutcome(plan.work());
            clientBusy = false;
        }
        if (plan.point() == Point.RECOVER) {
            scan(String.join(",", undecided));
        } else if (plan.isOfManager() || plan.work().kind() == Kind.HALF && plan.early()) {
            decide(plan.work().name(), plan.commit());
        }
        stage.get(Victim.BROKER).await("AT", plan.point().name());
    }

    private void killAndReplace() throws IOException, InterruptedException {
        Victim victim = plan.victim();
        stage.replace(victim);
        history.reach();
        if (victim == Victim.BROKER) {
            stage.startBroker();
            return;
        }
        if (plan.early()) {
            callBroker(victim);
        }
        stage.get(Victim.BROKER).say("GO");
        if (!plan.early()) {
            callBroker(victim);
        }
        stage.get(victim).await("OPENED");
        if (victim == Victim.CLIENT) {
            clientBusy = false;
            return;
        }
        managerOwes = null;
        boolean half = plan.work().kind() == Kind.HALF
                && undecided.contains(plan.work().name());
        undecided.clear();
        if (half) {
            undecided.add(plan.work().name());
        }
        scan(clientBusy ? plan.work().name() : NONE);
    }

    private void awaitWhatIsUnderWay() throws IOException, InterruptedException {
        if (clientBusy) {
            awaitOutcome(plan.work());
            clientBusy = false;
        }
        awaitManager();
    }

    private void decideWhatIsLeft() throws IOException, InterruptedException {
        for (String name : Set.copyOf(undecided)) {
            decide(name, name.equals(DOUBTFUL) ? plan.commitDoubt() : plan.commit());
            awaitManager();
        }
    }

    /** Another transaction succeeds; the first may find that its connection is lost, which is not made again. */
    private void goOn() throws IOException, InterruptedException {
        int tries = plan.victim() == Victim.BROKER ? 2 : 1;
        Outcome outcome = Outcome.UNKNOWN;
        for (int i = 0; i < tries && outcome != Outcome.COMMITTED && outcome != Outcome.PREPARED; i++) {
            Work work = new Work("t" + (4 + i), plan.after(), 2, 100, true);
            runAndDecide(work, true);
            outcome = history.outcome(work.name());
        }
    }

    /** The client goes first: what is in doubt then is nobody's. */
    private void finish() throws IOException, InterruptedException {
        stage.get(Victim.CLIENT).say("CLOSE");
        stage.get(Victim.CLIENT).await("CLOSED");
        for (int i = 0; i < 2; i++) {
            scan(NONE);
            awaitManager();
        }
        history.decided(DecisionLog.read(log));
        stage.get(Victim.MANAGER).say("CLOSE");
        stage.get(Victim.MANAGER).await("CLOSED");
    }

    /** How many messages are to be there. */
    private int expected() {
        boolean half = plan.work().kind() == Kind.HALF
                && Boolean.TRUE.equals(history.decisions().get(plan.work().name()));
        return QUEUED + EVENTS + (half ? 1 : 0);
    }

    CellHistory history() {
        return history;
    }
}
