package org.fulmar.jms.kill;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.fulmar.jms.kill.History.Receipt;
import org.fulmar.jms.kill.History.Send;
import org.fulmar.jms.kill.HistoryEvent.Kind;
import org.fulmar.jms.kill.Verdict.Fault;

/**
 * Judges the histories of a kill test: {@code java ... HistoryChecker DIRECTORY [KILLS [MILLIS]]}; exit code 0 if every
 * promise was kept, 1 otherwise. One thread, a process of its own; it shares nothing with load and broker but the
 * files.
 *
 * <p>The rules; a correct broker and client keep each of them always:
 * <ul>
 * <li><b>Lost</b>: a message whose {@code send} returned was never received on its queue (by any consumer), or not on
 * a subscription of its topic. A send that threw may have arrived or not. The subscription exists before the first
 * send.
 * <li><b>Invented</b>: a receipt of what was never attempted at that destination, or of another text.
 * <li><b>Repeated</b>: a receipt after an earlier one whose acknowledgement was confirmed to the application, flagged
 * or not. It does not matter whether the confirmation came before or after the second receipt.
 * <li><b>Unflagged</b>: a later receipt of a message, none of the earlier confirmed, without {@code JMSRedelivered}
 * or with a count below 2. A first receipt may be flagged: the broker need not know what an application saw of its
 * buffer.
 * <li><b>Miscounted</b>: {@code JMSRedelivered} and {@code JMSXDeliveryCount >= 2} disagree, or the count is below 1.
 * <li><b>Order</b>: within one session, what one producer sent to one destination comes in the order of sending,
 * flagged or not: returned messages go before newer ones, in order. The load ends sessions by killing the broker,
 * which returns all in-flight messages at once; where another session of the queue ended alone (no kill between its
 * opening and its end), what it held may come late to the others, and an inversion after that is not counted. A
 * subscription has one session at a time, so there the first receipts are in order over all its sessions too. The
 * same message twice is no inversion.
 * <li><b>Fed after death</b>: {@code onMessage} began after the exception listener had been told, or after the broker
 * was gone, which can confirm no acknowledgement any more. One call can overtake the news unseen, where the
 * acknowledgement of the message before it was confirmed in time: so the first after the death is allowed, if the
 * listener was idle at the death and the call began within MILLIS (5000), as its thread may stall on the way. Also a {@code receive()} that was called after the
 * exception listener had been told and returned a message; and anything that came after {@code close()} had returned.
 * <li><b>Nothing proved</b>: no kill, no kill under load (at least one send and one receipt since the broker was
 * ready), fewer of them than KILLS, no send, or a channel without receipts.
 * </ul>
 */
public final class HistoryChecker {

    private static final long OVERTAKING_MILLIS = 5000;
    private static final long NOTICE = TimeUnit.SECONDS.toNanos(5);

    private final History history;
    private final int expectedKills;
    private final long overtaking;
    private final Verdict verdict = new Verdict();
    private int lostAlone;

    private HistoryChecker(History history, int expectedKills, long overtakingMillis) {
        this.overtaking = TimeUnit.MILLISECONDS.toNanos(overtakingMillis);
        this.history = history;
        this.expectedKills = expectedKills;
    }

    public static void main(String[] args) {
        boolean ok = false;
        try {
            int expectedKills = args.length > 1 ? Integer.parseInt(args[1]) : 1;
            long overtaking = args.length > 2 ? Long.parseLong(args[2]) : OVERTAKING_MILLIS;
            Verdict verdict = check(Path.of(args[0]), expectedKills, overtaking);
            System.out.print(verdict.print());
            ok = verdict.isOk();
        } catch (IOException e) {
            System.out.println("histories: FAILED\nFAULT unreadable: " + e.getMessage());
        }
        System.exit(ok ? 0 : 1);
    }

    static Verdict check(Path directory, int expectedKills, long overtakingMillis) throws IOException {
        HistoryChecker checker = new HistoryChecker(History.read(directory), expectedKills, overtakingMillis);
        checker.checkKillsAndSends();
        for (Channel channel : checker.history.channels()) {
            checker.checkChannel(channel);
        }
        checker.checkSendsWithoutChannel();
        checker.history.sessions().forEach(checker::checkFedAfterDeath);
        checker.verdict.count("connections lost without a kill: " + checker.lostAlone);
        return checker.verdict;
    }

    private void checkKillsAndSends() {
        long[] sent = history.sends().values().stream()
                .filter(Send::isOk)
                .mapToLong(Send::okNanos)
                .toArray();
        LongStream.Builder received = LongStream.builder();
        history.sessions().forEach(session -> session.receipts().forEach(event -> received.add(event.nanos())));
        Set<Integer> livesWithSend = livesOf(sent);
        Set<Integer> livesUnderLoad = livesOf(received.build().toArray());
        livesUnderLoad.retainAll(livesWithSend);
        livesUnderLoad.remove(history.kills());
        verdict.count("sent ok: " + sent.length + ", outcome unknown: "
                + (history.sends().size() - sent.length));
        verdict.count("kills: " + history.kills() + ", under load: " + livesUnderLoad.size());
        if (sent.length == 0) {
            verdict.fault(Fault.NOTHING_PROVED, "nothing was sent");
        }
        if (livesUnderLoad.size() < Math.max(1, expectedKills)) {
            verdict.fault(Fault.NOTHING_PROVED, livesUnderLoad.size() + " kills under load");
        }
    }

    private Set<Integer> livesOf(long[] moments) {
        Set<Integer> lives = new HashSet<>();
        for (long moment : moments) {
            lives.add(history.life(moment));
        }
        return lives;
    }

    private void checkChannel(Channel channel) {
        Map<MessageId, List<Receipt>> receipts = history.receipts(channel);
        long total = 0;
        long later = 0;
        long flaggedFirst = 0;
        for (Map.Entry<MessageId, List<Receipt>> entry : receipts.entrySet()) {
            List<Receipt> ofMessage = entry.getValue();
            total += ofMessage.size();
            later += ofMessage.size() - 1;
            flaggedFirst += ofMessage.get(0).event().redelivered() ? 1 : 0;
            ofMessage.forEach(this::checkOrigin);
            checkRepeats(ofMessage);
        }
        history.sends().forEach((id, send) -> {
            if (send.isOk() && id.destination().equals(channel.destination()) && !receipts.containsKey(id)) {
                verdict.fault(Fault.LOST, id + " was sent, and never received from " + channel);
            }
        });
        verdict.count("received from " + channel + ": " + total + ", of these redelivered: " + later
                + "; first receipts that were flagged: " + flaggedFirst);
        if (total == 0) {
            verdict.fault(Fault.NOTHING_PROVED, "nothing was received from " + channel);
        }
        checkOrder(channel);
    }

    private void checkSendsWithoutChannel() {
        Set<String> destinations = new HashSet<>();
        history.channels().forEach(channel -> destinations.add(channel.destination()));
        history.sends().forEach((id, send) -> {
            if (send.isOk() && !destinations.contains(id.destination())) {
                verdict.fault(Fault.LOST, id + " was sent to where nobody received");
            }
        });
        if (destinations.isEmpty()) {
            verdict.fault(Fault.NOTHING_PROVED, "nothing was received at all");
        }
    }

    private void checkOrigin(Receipt receipt) {
        Send send = history.sends().get(receipt.event().message());
        if (send == null) {
            verdict.fault(Fault.INVENTED, "never sent: " + receipt);
        } else if (send.checksum() != receipt.event().checksum()) {
            verdict.fault(Fault.INVENTED, "another text than was sent: " + receipt);
        }
    }

    private void checkRepeats(List<Receipt> ofMessage) {
        Receipt confirmed = null;
        for (int i = 0; i < ofMessage.size(); i++) {
            Receipt receipt = ofMessage.get(i);
            HistoryEvent event = receipt.event();
            if (confirmed != null) {
                verdict.fault(Fault.REPEATED, receipt + ", confirmed in " + confirmed.session());
            } else if (i > 0 && !receipt.isFlagged()) {
                verdict.fault(
                        Fault.UNFLAGGED,
                        receipt + ", before in " + ofMessage.get(i - 1).session());
            } else if (event.deliveryCount() < 1 || event.redelivered() != event.deliveryCount() >= 2) {
                verdict.fault(Fault.MISCOUNTED, receipt.toString());
            }
            if (confirmed == null && receipt.isConfirmed()) {
                confirmed = receipt;
            }
        }
    }

    private void checkOrder(Channel channel) {
        Set<HistoryEvent> inversions = new HashSet<>();
        for (SessionHistory session : history.sessions()) {
            if (channel.equals(session.channel())) {
                lostAlone += session.lost() != SessionHistory.NEVER && endedAlone(session) ? 1 : 0;
                checkOrderWithin(session, inversions);
            }
        }
        if (channel.isSubscription()) {
            checkOrderOfFirstReceipts(channel, inversions);
        }
    }

    private void checkOrderWithin(SessionHistory session, Set<HistoryEvent> inversions) {
        Map<String, HistoryEvent> newest = new HashMap<>();
        for (HistoryEvent event : session.receipts()) {
            HistoryEvent before = newest.get(event.producer());
            if (before == null || before.seq() < event.seq()) {
                newest.put(event.producer(), event);
            } else if (before.seq() > event.seq() && !anotherEndedAlone(session, event.nanos())) {
                inversions.add(event);
                verdict.fault(Fault.ORDER, new Receipt(session, event) + " after " + before.message());
            }
        }
    }

    private void checkOrderOfFirstReceipts(Channel channel, Set<HistoryEvent> inversions) {
        Map<String, HistoryEvent> newest = new HashMap<>();
        Set<MessageId> seen = new HashSet<>();
        for (Receipt receipt : history.inOrder(channel)) {
            HistoryEvent event = receipt.event();
            if (!seen.add(event.message())) {
                continue;
            }
            HistoryEvent before = newest.get(event.producer());
            if (before == null || before.seq() < event.seq()) {
                newest.put(event.producer(), event);
            } else if (!inversions.contains(event)) {
                verdict.fault(Fault.ORDER, receipt + " for the first time, after " + before.message());
            }
        }
    }

    /** A session whose end no kill explains. */
    private boolean endedAlone(SessionHistory session) {
        return session.ended() != SessionHistory.NEVER
                && history.life(session.ended()) == history.life(session.opened());
    }

    private boolean anotherEndedAlone(SessionHistory session, long moment) {
        for (SessionHistory other : history.sessions()) {
            if (other != session
                    && other.channel().equals(session.channel())
                    && endedAlone(other)
                    && other.ended() >= session.opened()
                    && other.ended() <= moment + NOTICE
                    && history.life(other.ended()) == history.life(moment)) {
                return true;
            }
        }
        return false;
    }

    private void checkFedAfterDeath(SessionHistory session) {
        long end = Math.min(session.lost(), session.closed());
        for (HistoryEvent event : session.receipts()) {
            if (event.callNanos() > end || event.nanos() > session.closed()) {
                verdict.fault(Fault.FED_AFTER_DEATH, new Receipt(session, event) + after(end, event));
            }
        }
        long death = Math.min(session.lost(), history.brokerDeath(session));
        boolean first = true;
        boolean busyAtDeath = false;
        for (HistoryEvent event : session.listenerCalls()) {
            if (event.nanos() <= death) {
                continue;
            }
            if (event.kind() == Kind.LISTENER_DONE) {
                busyAtDeath = true;
                continue;
            }
            if (!first || busyAtDeath || event.nanos() - death > overtaking) {
                verdict.fault(Fault.FED_AFTER_DEATH, "listener of " + session + after(death, event));
            }
            first = false;
        }
    }

    private static String after(long death, HistoryEvent event) {
        return ", " + TimeUnit.NANOSECONDS.toMicros(event.nanos() - death) + " us after its connection died";
    }
}
