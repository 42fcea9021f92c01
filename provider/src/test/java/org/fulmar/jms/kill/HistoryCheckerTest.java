package org.fulmar.jms.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.fulmar.jms.kill.HistoryEvent.Kind;
import org.fulmar.jms.kill.Verdict.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Shows that {@link HistoryChecker}, run as the kill test runs it, finds each kind of fault, and only that, in a
 * history that was correct before one thing in it was changed.
 */
@Timeout(60)
class HistoryCheckerTest {

    private static final int KILLS = 3;
    /** Shorter than between two sessions of the model. */
    private static final int OVERTAKING_MILLIS = 500;

    private final ModelHistory model = new ModelHistory();

    @TempDir
    private Path directory;

    @Test
    void passesACorrectHistoryWithRedeliveries() throws Exception {
        CheckerProcess.Result result = check();
        assertThat(result.ok()).as(result.output()).isTrue();
        assertThat(result.output())
                .contains("kills: 3, under load: 3")
                .contains("outcome unknown: 6")
                .doesNotContain("redelivered: 0")
                .doesNotContain("FAULT");
    }

    @Test
    void findsAMessageLostFromTheQueue() throws Exception {
        MessageId lost = receipts(ModelHistory.RECEIVER).get(4).message();
        model.files()
                .values()
                .forEach(events -> events.removeIf(e ->
                        e.message().equals(lost) && (e.kind() == Kind.RECEIVED || e.kind() == Kind.ACK_CONFIRMED)));
        assertFindsOnly(Fault.LOST, lost.toString());
    }

    @Test
    void findsAMessageLostFromTheSubscription() throws Exception {
        MessageId lost = receipts(ModelHistory.DURABLE).get(4).message();
        events(ModelHistory.DURABLE).removeIf(e -> e.message().equals(lost));
        assertFindsOnly(Fault.LOST, lost.toString());
    }

    @Test
    void findsAMessageThatWasNeverSent() throws Exception {
        HistoryEvent last = lastReceipt(ModelHistory.RECEIVER);
        MessageId invented = new MessageId(last.channel().destination(), last.producer(), 1_000);
        insertAfter(
                ModelHistory.RECEIVER,
                last,
                ModelHistory.receipt(invented, last.session(), last.channel(), last.nanos() + 1, 1, last.nanos()));
        assertFindsOnly(Fault.INVENTED, invented.toString());
    }

    @Test
    void findsAMessageWithAnotherText() throws Exception {
        HistoryEvent e = receipts(ModelHistory.DURABLE).get(3);
        replace(
                ModelHistory.DURABLE,
                e,
                new HistoryEvent(
                        e.kind(),
                        e.nanos(),
                        e.session(),
                        e.channel(),
                        e.producer(),
                        e.seq(),
                        e.checksum() + 1,
                        e.redelivered(),
                        e.deliveryCount(),
                        e.callNanos()));
        assertFindsOnly(Fault.INVENTED, "another text");
    }

    @Test
    void findsAMessageRepeatedAfterItsAcknowledgement() throws Exception {
        for (String consumer : List.of(ModelHistory.RECEIVER, ModelHistory.CLIENT)) {
            HistoryEvent confirmed = receipts(consumer).get(1);
            HistoryEvent opened = first(ModelHistory.LISTENER, e -> e.session() == 2);
            insertAfter(
                    ModelHistory.LISTENER,
                    opened,
                    ModelHistory.receipt(
                            confirmed.message(), 2, ModelHistory.QUEUE, opened.nanos() + confirmed.seq() + 1, 2, 0));
            assertFindsOnly(Fault.REPEATED, confirmed.message().toString());
            events(ModelHistory.LISTENER).remove(events(ModelHistory.LISTENER).indexOf(opened) + 1);
        }
    }

    @Test
    void findsARepetitionOfTheLastMessageOfASessionThatWasClosedInOrder() throws Exception {
        HistoryEvent confirmed = lastReceipt(ModelHistory.DURABLE);
        long later = last(events(ModelHistory.DURABLE)).nanos() + TimeUnit.SECONDS.toNanos(1);
        events(ModelHistory.DURABLE)
                .addAll(List.of(
                        HistoryEvent.session(Kind.SESSION_OPENED, later, 5, ModelHistory.AUDIT),
                        ModelHistory.receipt(confirmed.message(), 5, ModelHistory.AUDIT, later + 2, 2, later + 1)));
        assertFindsOnly(Fault.REPEATED, confirmed.message().toString());
    }

    @Test
    void findsAnUnflaggedRedelivery() throws Exception {
        for (String consumer : List.of(ModelHistory.RECEIVER, ModelHistory.DURABLE)) {
            HistoryEvent again = first(consumer, HistoryEvent::redelivered);
            HistoryEvent unflagged = flagged(again, false, 1);
            replace(consumer, again, unflagged);
            assertFindsOnly(Fault.UNFLAGGED, again.message().toString());
            replace(consumer, unflagged, again);
        }
    }

    @Test
    void findsARedeliveryThatIsFlaggedButNotCounted() throws Exception {
        HistoryEvent again = first(ModelHistory.RECEIVER, HistoryEvent::redelivered);
        replace(ModelHistory.RECEIVER, again, flagged(again, true, 1));
        assertFindsOnly(Fault.UNFLAGGED, again.message().toString());
    }

    @Test
    void findsAFirstDeliveryWhoseFlagAndCountDisagree() throws Exception {
        HistoryEvent once = receipts(ModelHistory.RECEIVER).get(2);
        replace(ModelHistory.RECEIVER, once, flagged(once, false, 0));
        assertFindsOnly(Fault.MISCOUNTED, once.message().toString());
    }

    @Test
    void findsTwoMessagesThatWereSwapped() throws Exception {
        for (String consumer : List.of(ModelHistory.RECEIVER, ModelHistory.DURABLE)) {
            List<HistoryEvent> ofOneProducer = receipts(consumer).stream()
                    .filter(e -> e.producer().equals("p2"))
                    .filter(e -> e.session() == 2 && !e.redelivered())
                    .toList();
            swap(consumer, ofOneProducer.get(1), ofOneProducer.get(2));
            assertFindsOnly(Fault.ORDER, ofOneProducer.get(1).message().toString());
            swap(consumer, ofOneProducer.get(1), ofOneProducer.get(2));
        }
    }

    @Test
    void findsAMessageThatASubscriptionPassedOverAndBroughtAfterTheKill() throws Exception {
        HistoryEvent passedOver = receipts(ModelHistory.DURABLE).get(3);
        events(ModelHistory.DURABLE).removeIf(e -> e.message().equals(passedOver.message()));
        HistoryEvent opened = first(ModelHistory.DURABLE, e -> e.session() == 2);
        insertAfter(
                ModelHistory.DURABLE,
                opened,
                ModelHistory.receipt(
                        passedOver.message(), 2, ModelHistory.AUDIT, opened.nanos() + 2, 1, opened.nanos() + 1));
        assertFindsOnly(Fault.ORDER, passedOver.message() + " in durable session 2");
    }

    @Test
    void findsAListenerThatIsFedAfterItsConnectionDied() throws Exception {
        feedAfterDeath(Kind.CONNECTION_LOST, 600, false);
        assertFindsOnly(Fault.FED_AFTER_DEATH, "listener session 1");
    }

    @Test
    void findsAListenerThatIsFedAtOnceAfterTheCallDuringWhichItsConnectionDied() throws Exception {
        feedAfterDeath(Kind.CONNECTION_LOST, 1, true);
        assertFindsOnly(Fault.FED_AFTER_DEATH, "listener session 1");
    }

    @Test
    void allowsOneCallToOvertakeTheExceptionListener() throws Exception {
        feedAfterDeath(Kind.CONNECTION_LOST, 1, false);
        assertThat(check().ok()).isTrue();
    }

    @Test
    void findsAListenerThatIsFedWithoutAnAcknowledgementAfterTheBrokerDied() throws Exception {
        feedAfterDeath(Kind.BROKER_DEAD, 1, true);
        assertFindsOnly(Fault.FED_AFTER_DEATH, "listener session 1");
    }

    @Test
    void findsAReceiveThatGivesAMessageAfterItsConnectionDied() throws Exception {
        HistoryEvent death = first(ModelHistory.RECEIVER, e -> e.kind() == Kind.CONNECTION_LOST);
        HistoryEvent next = comesNext();
        insertAfter(
                ModelHistory.RECEIVER,
                death,
                ModelHistory.receipt(next.message(), 1, ModelHistory.QUEUE, death.nanos() + 2, 1, death.nanos() + 1));
        assertFindsOnly(Fault.FED_AFTER_DEATH, "receiver session 1");
    }

    @Test
    void failsARunWithoutKills() throws Exception {
        events("broker").removeIf(e -> e.kind() == Kind.BROKER_KILLED || e.kind() == Kind.BROKER_DEAD);
        assertFindsOnly(Fault.NOTHING_PROVED, "0 kills");
    }

    @Test
    void failsARunWithFewerKillsThanItWasToHave() throws Exception {
        int lastKill = events("broker").size() - 3;
        events("broker").subList(lastKill, lastKill + 2).clear();
        assertFindsOnly(Fault.NOTHING_PROVED, "2 kills");
    }

    @Test
    void failsARunInWhichNothingWasReceived() throws Exception {
        model.files().values().forEach(events -> events.removeIf(e -> e.kind() == Kind.RECEIVED));
        assertThat(check().output())
                .contains("FAULT nothing proved: nothing was received")
                .contains("FAULT lost");
    }

    @Test
    void failsAnEmptyAndAnUnreadableHistory() throws Exception {
        CheckerProcess.Result empty = CheckerProcess.run(directory, 1);
        assertThat(empty.ok()).isFalse();
        assertThat(empty.output()).contains("FAULT nothing proved: nothing was sent");

        model.writeTo(directory);
        Files.writeString(directory.resolve("p1.history"), "SEND_OK\t1\n", StandardOpenOption.APPEND);
        CheckerProcess.Result torn = CheckerProcess.run(directory, 1);
        assertThat(torn.ok()).isFalse();
        assertThat(torn.output()).contains("FAULT unreadable: p1.history");
    }

    private CheckerProcess.Result check() throws Exception {
        Path histories = Files.createTempDirectory(directory, "histories");
        model.writeTo(histories);
        return CheckerProcess.run(histories, KILLS, OVERTAKING_MILLIS);
    }

    private void assertFindsOnly(Fault fault, String named) throws Exception {
        CheckerProcess.Result result = check();
        assertThat(result.ok()).as(result.output()).isFalse();
        List<String> faults = Arrays.stream(result.output().split("\n"))
                .filter(l -> l.startsWith("FAULT "))
                .toList();
        assertThat(faults).as(result.output()).hasSize(1);
        assertThat(faults.get(0)).startsWith("FAULT " + fault.title() + ": ").contains(named);
    }

    /**
     * What the listener is fed in its first session after a death; the message comes again, flagged, after the kill.
     */
    private void feedAfterDeath(Kind cause, long millisLater, boolean busyAtDeath) {
        String worker = cause == Kind.BROKER_DEAD ? "broker" : ModelHistory.LISTENER;
        long death = first(worker, e -> e.kind() == cause).nanos();
        long at = death + TimeUnit.MILLISECONDS.toNanos(millisLater);
        HistoryEvent lastCall = last(events(ModelHistory.LISTENER).stream()
                .filter(e -> e.kind() == Kind.LISTENER_DONE && e.session() == 1)
                .toList());
        HistoryEvent closed = first(ModelHistory.LISTENER, e -> e.kind() == Kind.SESSION_CLOSED);
        replace(
                ModelHistory.LISTENER,
                closed,
                HistoryEvent.session(Kind.SESSION_CLOSED, Math.max(closed.nanos(), at + 1), 1, ModelHistory.QUEUE));
        insertAfter(
                ModelHistory.LISTENER,
                lastCall,
                ModelHistory.receipt(comesNext().message(), 1, ModelHistory.QUEUE, at, 1, 0));
        insertAfter(
                ModelHistory.LISTENER, lastCall, HistoryEvent.session(Kind.LISTENER_FED, at, 1, ModelHistory.QUEUE));
        if (busyAtDeath) {
            replace(
                    ModelHistory.LISTENER,
                    lastCall,
                    HistoryEvent.session(Kind.LISTENER_DONE, death + 1, 1, ModelHistory.QUEUE));
        }
    }

    /** The first message that came for the first time after the first kill; from now on it comes flagged. */
    private HistoryEvent comesNext() {
        HistoryEvent next =
                first(ModelHistory.CLIENT, e -> e.kind() == Kind.RECEIVED && e.session() == 2 && !e.redelivered());
        replace(ModelHistory.CLIENT, next, flagged(next, true, 2));
        return next;
    }

    private List<HistoryEvent> events(String worker) {
        return model.files().get(worker);
    }

    private List<HistoryEvent> receipts(String worker) {
        return events(worker).stream().filter(e -> e.kind() == Kind.RECEIVED).toList();
    }

    private HistoryEvent first(String worker, Predicate<HistoryEvent> wanted) {
        return events(worker).stream().filter(wanted).findFirst().orElseThrow();
    }

    private HistoryEvent lastReceipt(String worker) {
        return last(receipts(worker));
    }

    private static HistoryEvent last(List<HistoryEvent> events) {
        return events.get(events.size() - 1);
    }

    private void replace(String worker, HistoryEvent old, HistoryEvent event) {
        events(worker).set(events(worker).indexOf(old), event);
    }

    private void insertAfter(String worker, HistoryEvent before, HistoryEvent event) {
        events(worker).add(events(worker).indexOf(before) + 1, event);
    }

    /** Exchanges what two receipts brought, with their acknowledgements. */
    private void swap(String worker, HistoryEvent one, HistoryEvent other) {
        events(worker).replaceAll(e -> {
            boolean fromOne = e.message().equals(one.message());
            HistoryEvent source = fromOne ? other : e.message().equals(other.message()) ? one : null;
            return source == null
                    ? e
                    : new HistoryEvent(
                            e.kind(),
                            e.nanos(),
                            e.session(),
                            e.channel(),
                            e.producer(),
                            source.seq(),
                            e.kind() == Kind.RECEIVED ? source.checksum() : 0,
                            e.redelivered(),
                            e.deliveryCount(),
                            e.callNanos());
        });
    }

    private static HistoryEvent flagged(HistoryEvent e, boolean redelivered, int count) {
        return new HistoryEvent(
                e.kind(),
                e.nanos(),
                e.session(),
                e.channel(),
                e.producer(),
                e.seq(),
                e.checksum(),
                redelivered,
                count,
                e.callNanos());
    }
}
