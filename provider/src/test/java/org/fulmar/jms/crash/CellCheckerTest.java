package org.fulmar.jms.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.fulmar.jms.crash.CellChecker.Fault;
import org.fulmar.jms.crash.CellChecker.Finding;
import org.fulmar.jms.crash.CellHistory.Begun;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows that {@link CellChecker} finds each kind of fault in a history that was correct before one thing was changed. */
@Timeout(20)
class CellCheckerTest {
    private static final String NOBODY = "nobody";

    private final List<Event> events = new ArrayList<>();
    private final Map<String, Boolean> decisions = new TreeMap<>(Map.of("committed", true, "half", true));
    private boolean reached = true;

    CellCheckerTest() {
        begin("committed", Kind.TWO_PHASE, 1);
        hand(Places.FROM_QUEUE, "m0", "committed", 1);
        hand(Places.FROM_SUBSCRIPTION, "e0", "committed", 1);
        events.add(new Ran("committed", Outcome.PREPARED));
        events.add(new Committed("committed"));
        begin("back", Kind.TWO_PHASE, 1);
        hand(Places.FROM_QUEUE, "m1", "back", 1);
        hand(Places.FROM_SUBSCRIPTION, "e1", "back", 1);
        events.add(new Ran("back", Outcome.PREPARED));
        events.add(new ToRollBack("back"));
        begin("half", Kind.HALF, 1);
        events.add(new Ran("half", Outcome.PREPARED));
        begin("local", Kind.LOCAL, 2);
        hand(Places.FROM_QUEUE, "m1", "local", 2);
        hand(Places.FROM_QUEUE, "m2", "local", 1);
        hand(Places.FROM_SUBSCRIPTION, "e1", "local", 2);
        events.add(new Ran("local", Outcome.COMMITTED));
        events.add(new Scanning(Set.of("-")));
        events.add(new Scanned(1));
        events.add(new Scanning(Set.of("-")));
        events.add(new Scanned(0));
        find(Places.FROM_QUEUE, "m3", null, 0);
        find(Places.FROM_SUBSCRIPTION, "e2", null, 0);
        find(Places.TO_QUEUE, "m0", "committed", 2);
        find(Places.TO_SUBSCRIPTION, "e0", "committed", 2);
        find(Places.TO_QUEUE, "m1", "local", 3);
        find(Places.TO_QUEUE, "m2", "local", 3);
        find(Places.TO_SUBSCRIPTION, "e1", "local", 3);
        find(Places.TO_QUEUE, "half-half", "half", 1);
    }

    private void begin(String name, Kind kind, int messages) {
        events.add(new Begun(new Work(name, kind, messages, 10, false)));
    }

    private static Receipt receipt(Places place, String token, String by, int times) {
        return new Receipt(place, token, by, times > 1, times);
    }

    private void hand(Places place, String token, String by, int times) {
        events.add(new Handed(receipt(place, token, by, times)));
    }

    private void find(Places place, String token, String by, int of) {
        events.add(new Found(receipt(place, token, NOBODY, 1), by, of));
    }

    private int found(String token) {
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i) instanceof Found found && found.receipt().token().equals(token)) {
                return i;
            }
        }
        throw new IllegalArgumentException(token);
    }

    private void replace(Event was, Event is) {
        assertThat(events).contains(was);
        events.set(events.indexOf(was), is);
    }

    private List<Finding> check() {
        CellHistory history = new CellHistory();
        for (String token : List.of("m0", "m1", "m2", "m3")) {
            history.seed(Places.FROM_QUEUE, token);
        }
        for (String token : List.of("e0", "e1", "e2")) {
            history.seed(Places.FROM_SUBSCRIPTION, token);
        }
        events.forEach(history::add);
        history.decided(decisions);
        if (reached) {
            history.reach();
        }
        return CellChecker.check(history);
    }

    private void assertFinds(Fault... faults) {
        assertThat(check()).extracting(Finding::fault).containsExactlyInAnyOrder(faults);
    }

    @Test
    void passesACorrectHistory() {
        assertThat(check()).isEmpty();
    }

    @Test
    void findsThatThePointWasNotReached() {
        reached = false;
        assertFinds(Fault.POINT_NOT_REACHED);
    }

    @Test
    void findsALostMessage() {
        events.remove(found("m3"));
        assertFinds(Fault.LOST);
    }

    @Test
    void findsAMessageThatIsAtBothPlaces() {
        find(Places.FROM_QUEUE, "m2", null, 0);
        assertFinds(Fault.DUPLICATED, Fault.HANDED_OUT_WHILE_TAKEN, Fault.UNFLAGGED);
    }

    @Test
    void findsAMessageThatIsTwiceAtOnePlace() {
        find(Places.TO_QUEUE, "m2", "local", 3);
        assertFinds(Fault.DUPLICATED, Fault.UNFLAGGED);
    }

    @Test
    void findsAMessageThatNobodyHasSent() {
        find(Places.TO_QUEUE, "m7", null, 0);
        assertFinds(Fault.INVENTED);
    }

    @Test
    void findsAMessageAtAPlaceOfOthers() {
        int at = found("e2");
        events.remove(at);
        find(Places.FROM_QUEUE, "e2", null, 0);
        assertFinds(Fault.INVENTED);
    }

    @Test
    void findsATransactionOfWhichAMessageIsMissing() {
        events.remove(found("m2"));
        assertFinds(Fault.LOST, Fault.TORN);
    }

    @Test
    void findsATransactionWhoseMessageWasNotAcknowledged() {
        int at = found("m2");
        events.set(at, new Found(receipt(Places.FROM_QUEUE, "m2", NOBODY, 2), null, 0));
        assertFinds(Fault.TORN, Fault.HANDED_OUT_WHILE_TAKEN);
    }

    @Test
    void findsThatTheSubscriptionDisagreesWithTheQueue() {
        events.set(found("e0"), new Found(receipt(Places.FROM_SUBSCRIPTION, "e0", NOBODY, 2), null, 0));
        assertFinds(Fault.TORN, Fault.HANDED_OUT_WHILE_TAKEN);
    }

    @Test
    void findsAMessageThatIsMovedButWasNotReceived() {
        events.remove(new Handed(receipt(Places.FROM_QUEUE, "m2", "local", 1)));
        assertFinds(Fault.TORN);
    }

    @Test
    void findsACommitOfWhatWasNotDecided() {
        decisions.remove("committed");
        assertFinds(Fault.DECISION_BROKEN);
    }

    @Test
    void findsADecisionThatIsNotCarriedOut() {
        decisions.put("back", true);
        assertFinds(Fault.DECISION_BROKEN);
    }

    @Test
    void findsAHalfMessageWhoseOutcomeIsNotHeeded() {
        decisions.put("half", false);
        assertFinds(Fault.DECISION_BROKEN);
    }

    @Test
    void findsAnAnsweredCommitThatIsGone() {
        begin("gone", Kind.ONE_PHASE, 1);
        events.add(new Ran("gone", Outcome.COMMITTED));
        assertFinds(Fault.ANSWER_BROKEN, Fault.STUCK);
    }

    @Test
    void findsACommitThatWasSaidToBeRolledBack() {
        replace(new Ran("local", Outcome.COMMITTED), new Ran("local", Outcome.ROLLED_BACK));
        assertFinds(Fault.ANSWER_BROKEN);
    }

    @Test
    void leavesItOpenHowATransactionOfUnknownOutcomeEnds() {
        replace(new Ran("local", Outcome.COMMITTED), new Ran("local", Outcome.UNKNOWN));
        assertFinds();
    }

    @Test
    void findsThatABranchStaysInDoubt() {
        replace(new Scanned(0), new Scanned(1));
        assertFinds(Fault.IN_DOUBT);
    }

    @Test
    void findsThatThereWasOneScanAlone() {
        events.remove(new Scanned(1));
        assertFinds(Fault.IN_DOUBT);
    }

    @Test
    void findsThatNothingGoesOnAfterwards() {
        begin("last", Kind.LOCAL, 1);
        events.add(new Ran("last", Outcome.ROLLED_BACK));
        assertFinds(Fault.STUCK);
    }

    @Test
    void findsAMessageThatComesAgainUnflagged() {
        Receipt again = receipt(Places.FROM_QUEUE, "m1", "local", 2);
        replace(new Handed(again), new Handed(new Receipt(again.place(), again.token(), again.by(), false, 2)));
        assertFinds(Fault.UNFLAGGED);
    }

    @Test
    void findsACountThatDoesNotGrow() {
        replace(
                new Handed(receipt(Places.FROM_QUEUE, "m1", "back", 1)),
                new Handed(receipt(Places.FROM_QUEUE, "m1", "back", 2)));
        assertFinds(Fault.UNFLAGGED);
    }

    @Test
    void findsAMessageThatIsHandedOutWhileAPreparedBranchHasIt() {
        events.remove(new ToRollBack("back"));
        assertFinds(Fault.HANDED_OUT_WHILE_TAKEN, Fault.HANDED_OUT_WHILE_TAKEN);
    }

    @Test
    void takesAScanForTheRollbackOfWhatIsNotDecided() {
        replace(new ToRollBack("back"), new Scanning(Set.of("-")));
        assertFinds();
        replace(new Scanning(Set.of("-")), new Scanning(Set.of("back")));
        assertFinds(Fault.HANDED_OUT_WHILE_TAKEN, Fault.HANDED_OUT_WHILE_TAKEN);
    }
}
