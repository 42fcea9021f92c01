package org.fulmar.jms.kill;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * All histories of one run, read back and put in relation to each other.
 *
 * <p>Built and read by the checker's only thread; it knows no rule. A line that cannot be read fails the whole
 * reading: a checker that skips what it does not understand proves nothing.
 */
final class History {

    private final Map<MessageId, Send> sends = new LinkedHashMap<>();
    private final Map<String, SessionHistory> sessions = new LinkedHashMap<>();
    private final List<Long> kills = new ArrayList<>();
    private final List<Long> deaths = new ArrayList<>();
    private final List<Long> births = new ArrayList<>();

    /** What is known of one send. Outcome unknown: neither said to be sent, nor certain not to be. */
    static final class Send {
        private final long checksum;
        private long okNanos = SessionHistory.NEVER;

        private Send(long checksum) {
            this.checksum = checksum;
        }

        long checksum() {
            return checksum;
        }

        boolean isOk() {
            return okNanos != SessionHistory.NEVER;
        }

        long okNanos() {
            return okNanos;
        }
    }

    static History read(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> listing = Files.list(directory)) {
            files = listing.filter(f -> f.getFileName().toString().endsWith(HistoryWriter.SUFFIX))
                    .sorted()
                    .toList();
        }
        History history = new History();
        for (Path file : files) {
            history.readFile(file);
        }
        Collections.sort(history.kills);
        Collections.sort(history.deaths);
        Collections.sort(history.births);
        return history;
    }

    private void readFile(Path file) throws IOException {
        String name = file.getFileName().toString();
        String worker = name.substring(0, name.length() - HistoryWriter.SUFFIX.length());
        try (BufferedReader in = Files.newBufferedReader(file)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                add(worker, HistoryEvent.parse(line));
            }
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
    }

    private void add(String worker, HistoryEvent event) {
        switch (event.kind()) {
            case SEND_ATTEMPT -> {
                if (sends.put(event.message(), new Send(event.checksum())) != null) {
                    throw new IllegalStateException(event.message() + " attempted twice");
                }
            }
            case SEND_OK -> attempted(event).okNanos = event.nanos();
            case SEND_FAILED -> attempted(event);
            case BROKER_READY -> births.add(event.nanos());
            case BROKER_KILLED -> kills.add(event.nanos());
            case BROKER_DEAD -> deaths.add(event.nanos());
            default ->
                sessions.computeIfAbsent(
                                worker + "/" + event.session(), key -> new SessionHistory(worker, event.session()))
                        .add(event);
        }
    }

    private Send attempted(HistoryEvent event) {
        Send send = sends.get(event.message());
        if (send == null) {
            throw new IllegalStateException("outcome of " + event.message() + " without an attempt");
        }
        return send;
    }

    Map<MessageId, Send> sends() {
        return sends;
    }

    Iterable<SessionHistory> sessions() {
        return sessions.values();
    }

    /** Queues and subscriptions that at least one session was open on, sorted by name. */
    Set<Channel> channels() {
        Set<Channel> channels = new TreeSet<>(Comparator.comparing(Channel::toString));
        sessions.values().forEach(session -> channels.add(session.channel()));
        return channels;
    }

    int kills() {
        return kills.size();
    }

    /** Which life of the broker a moment belongs to: the number of kills before it. */
    int life(long nanos) {
        int found = Collections.binarySearch(kills, nanos);
        return found >= 0 ? found + 1 : -found - 1;
    }

    /** When the broker was ready, for each of its lives. */
    List<Long> births() {
        return births;
    }

    /** When the broker was gone, for each of its lives that was ended by a kill. */
    List<Long> deaths() {
        return deaths;
    }

    /** When the broker that the session was opened on was gone, or {@link SessionHistory#NEVER}. */
    long brokerDeath(SessionHistory session) {
        int life = life(session.opened());
        return life < deaths.size() ? deaths.get(life) : SessionHistory.NEVER;
    }

    /** Receipts by message on one channel, each list in the order of hand-over. */
    Map<MessageId, List<Receipt>> receipts(Channel channel) {
        Map<MessageId, List<Receipt>> all = new HashMap<>();
        inOrder(channel)
                .forEach(r -> all.computeIfAbsent(r.event().message(), id -> new ArrayList<>(1))
                        .add(r));
        return all;
    }

    /** Every receipt on one channel in the order of hand-over. */
    List<Receipt> inOrder(Channel channel) {
        List<Receipt> all = new ArrayList<>();
        for (SessionHistory session : sessions.values()) {
            if (channel.equals(session.channel())) {
                session.receipts().forEach(event -> all.add(new Receipt(session, event)));
            }
        }
        all.sort(Comparator.comparingLong(receipt -> receipt.event().nanos()));
        return all;
    }

    /** A message in the hands of one session. */
    record Receipt(SessionHistory session, HistoryEvent event) {

        boolean isFlagged() {
            return event.redelivered() && event.deliveryCount() >= 2;
        }

        boolean isConfirmed() {
            return session.isConfirmed(event.message());
        }

        @Override
        public String toString() {
            return event.message() + " in " + session + " (redelivered " + event.redelivered() + ", count "
                    + event.deliveryCount() + ", at " + event.nanos() + ")";
        }
    }
}
