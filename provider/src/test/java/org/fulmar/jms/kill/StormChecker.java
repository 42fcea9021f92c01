package org.fulmar.jms.kill;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.kill.History.Receipt;
import org.fulmar.jms.kill.History.Send;
import org.fulmar.jms.kill.Verdict.Fault;

/**
 * Judges the histories of a storm: {@code java ... StormChecker DIRECTORY KILLS}; exit code 0 if every promise was kept,
 * 1 otherwise. One thread, a process of its own.
 *
 * <p>A <em>life</em> ends midway between the broker's death and its successor's being ready: what comes before is of the
 * lost link. The rules:
 * <ul>
 * <li><b>Sends</b>: none has failed, each has an outcome, and those of one session are completed in order.
 * <li><b>Lost</b>, <b>invented</b>: as in {@link HistoryChecker}; every message is received on its queue and on each
 * subscription of its topic.
 * <li><b>Repeated</b>: nothing comes after a receipt that was confirmed.
 * <li><b>Unflagged</b>: every later receipt has {@code JMSRedelivered} and a count of at least 2. A message that was
 * stored twice would be seen here.
 * <li><b>Order</b>: within a life, one consumer gets a producer's messages in the order of sending. On a subscription
 * with one consumer, and in a message group, the first receipts are in order over all lives.
 * <li><b>Groups</b>: within a life, a group is with one consumer.
 * <li><b>Late</b>: a consumer that gets messages in a life has its first at most {@value #LATE_MILLIS} ms after the
 * broker was ready, in more than half of its lives: in one or the other the machine may stall. Consumers of groups and
 * wanderers, who may have nothing to get, are not timed.
 * <li><b>Nothing proved</b>: fewer kills than KILLS, or a channel without receipts.
 * </ul>
 */
public final class StormChecker {
    private static final long LATE_MILLIS = 2_000;

    private final History history;
    private final int expectedKills;
    private final Verdict verdict = new Verdict();
    private final TreeMap<Long, Integer> lives = new TreeMap<>();

    private StormChecker(History history, int expectedKills) {
        this.history = history;
        this.expectedKills = expectedKills;
        for (int i = 0; i < history.deaths().size() && i + 1 < history.births().size(); i++) {
            long dead = history.deaths().get(i);
            lives.put(dead + (history.births().get(i + 1) - dead) / 2, i + 1);
        }
    }

    public static void main(String[] args) {
        boolean ok = false;
        try {
            Verdict verdict = check(Path.of(args[0]), Integer.parseInt(args[1]));
            System.out.print(verdict.print());
            ok = verdict.isOk();
        } catch (IOException e) {
            System.out.println("histories: FAILED\nFAULT unreadable: " + e.getMessage());
        }
        System.exit(ok ? 0 : 1);
    }

    static Verdict check(Path directory, int expectedKills) throws IOException {
        StormChecker checker = new StormChecker(History.read(directory), expectedKills);
        checker.checkKills();
        checker.checkSends();
        checker.history.channels().forEach(checker::checkChannel);
        checker.history.sessions().forEach(checker::checkOrderWithin);
        checker.checkGroups();
        checker.checkReturns();
        return checker.verdict;
    }

    private int life(long nanos) {
        Map.Entry<Long, Integer> begun = lives.floorEntry(nanos);
        return begun == null ? 0 : begun.getValue();
    }

    private void checkKills() {
        verdict.count("kills: " + history.kills());
        if (history.kills() < expectedKills) {
            verdict.fault(Fault.NOTHING_PROVED, history.kills() + " kills of " + expectedKills);
        }
    }

    private void checkSends() {
        Map<String, Send> newest = new HashMap<>();
        history.sends().forEach((id, send) -> {
            if (!send.isOk()) {
                verdict.fault(Fault.SEND_FAILED, id.toString());
                return;
            }
            Send before = newest.put(id.producer(), send);
            if (before != null && before.okNanos() > send.okNanos()) {
                verdict.fault(Fault.ORDER, id + " was completed before the one before it");
            }
        });
        verdict.count("sent: " + history.sends().size());
    }

    private void checkChannel(Channel channel) {
        Map<MessageId, List<Receipt>> receipts = history.receipts(channel);
        int later = 0;
        for (List<Receipt> ofMessage : receipts.values()) {
            later += ofMessage.size() - 1;
            checkMessage(ofMessage);
        }
        history.sends().forEach((id, send) -> {
            if (send.isOk() && id.destination().equals(channel.destination()) && !receipts.containsKey(id)) {
                verdict.fault(Fault.LOST, id + " was sent, and never received from " + channel);
            }
        });
        verdict.count("received from " + channel + ": " + receipts.size() + ", and again: " + later);
        if (receipts.isEmpty()) {
            verdict.fault(Fault.NOTHING_PROVED, "nothing was received from " + channel);
        }
        if (channel.equals(Channel.durable(StormTraffic.EVENTS.destination(), "audit"))) {
            checkFirstReceipts(channel, id -> id.producer());
        }
    }

    private void checkMessage(List<Receipt> ofMessage) {
        boolean confirmed = false;
        for (int i = 0; i < ofMessage.size(); i++) {
            Receipt receipt = ofMessage.get(i);
            HistoryEvent event = receipt.event();
            Send send = history.sends().get(event.message());
            if (send == null || send.checksum() != event.checksum()) {
                verdict.fault(Fault.INVENTED, receipt.toString());
            }
            if (confirmed) {
                verdict.fault(Fault.REPEATED, receipt.toString());
            } else if (i > 0 && !receipt.isFlagged()) {
                verdict.fault(Fault.UNFLAGGED, receipt + ", after " + ofMessage.get(i - 1));
            } else if (event.deliveryCount() < 1 || event.redelivered() != event.deliveryCount() >= 2) {
                verdict.fault(Fault.MISCOUNTED, receipt.toString());
            }
            confirmed |= isConfirmed(ofMessage, i);
        }
    }

    /** Whether a confirmation belongs to this receipt, and not to one that the same consumer had before or afterwards. */
    private static boolean isConfirmed(List<Receipt> ofMessage, int index) {
        Receipt receipt = ofMessage.get(index);
        long confirmed = receipt.session().confirmed(receipt.event().message());
        return confirmed != SessionHistory.NEVER
                && confirmed >= receipt.event().nanos()
                && ofMessage.subList(index + 1, ofMessage.size()).stream()
                        .noneMatch(later -> later.session() == receipt.session()
                                && later.event().nanos() <= confirmed);
    }

    private void checkOrderWithin(SessionHistory session) {
        if (!StormTraffic.of(session.channel().destination()).isOrdered()) {
            return;
        }
        Map<String, HistoryEvent> newest = new HashMap<>();
        for (HistoryEvent event : session.receipts()) {
            HistoryEvent before = newest.put(event.producer(), event);
            if (before != null && life(before.nanos()) == life(event.nanos()) && before.seq() >= event.seq()) {
                verdict.fault(Fault.ORDER, new Receipt(session, event) + " after " + before.message());
            }
        }
    }

    private interface Line {
        String of(MessageId id);
    }

    private void checkFirstReceipts(Channel channel, Line line) {
        Map<String, MessageId> newest = new HashMap<>();
        Set<MessageId> seen = new HashSet<>();
        for (Receipt receipt : history.inOrder(channel)) {
            MessageId id = receipt.event().message();
            if (seen.add(id)) {
                MessageId before = newest.put(line.of(id), id);
                if (before != null && before.seq() > id.seq()) {
                    verdict.fault(Fault.ORDER, receipt + " for the first time, after " + before);
                }
            }
        }
    }

    private void checkGroups() {
        Channel channel = StormTraffic.GROUPS.queue();
        checkFirstReceipts(channel, id -> id.producer() + " " + StormTraffic.GROUPS.group(id.seq()));
        Map<String, SessionHistory> holders = new HashMap<>();
        for (Receipt receipt : history.inOrder(channel)) {
            String group = StormTraffic.GROUPS.group(receipt.event().seq());
            SessionHistory holder = holders.putIfAbsent(
                    group + " in life " + life(receipt.event().nanos()), receipt.session());
            if (holder != null && holder != receipt.session()) {
                verdict.fault(Fault.ORDER, receipt + ": group " + group + " is with " + holder);
            }
        }
    }

    /** How soon each consumer had its first message in each life. */
    private void checkReturns() {
        List<String> slowest = new ArrayList<>();
        long slowestOfAll = 0;
        for (SessionHistory session : history.sessions()) {
            StormTraffic traffic = StormTraffic.of(session.channel().destination());
            if (traffic == StormTraffic.GROUPS || traffic == StormTraffic.WANDERERS) {
                continue;
            }
            List<Long> all = new ArrayList<>();
            int last = 0;
            for (HistoryEvent event : session.receipts()) {
                int life = life(event.nanos());
                if (life == last) {
                    continue;
                }
                last = life;
                long millis = TimeUnit.NANOSECONDS.toMillis(
                        event.nanos() - history.births().get(life));
                all.add(millis);
            }
            long most = all.stream().mapToLong(Long::longValue).max().orElse(0);
            long late = all.stream().filter(millis -> millis >= LATE_MILLIS).count();
            if (2 * late > all.size()) {
                verdict.fault(Fault.LATE, session + " had its first message so many ms after READY: " + all);
            }
            slowest.add(session + " " + most);
            slowestOfAll = Math.max(slowestOfAll, most);
        }
        verdict.count("most ms from READY to the first message: " + slowestOfAll + " " + slowest);
    }
}
