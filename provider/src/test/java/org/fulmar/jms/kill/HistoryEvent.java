package org.fulmar.jms.kill;

/**
 * One line of a history: what a worker saw, and when.
 *
 * <p>Immutable; written by the worker that saw it, read by the checker process. Times are {@link System#nanoTime()}
 * of the one JVM that runs the load and kills the broker, so they compare across workers. Fields that a kind does not
 * use are 0 or empty.
 *
 * @param checksum  CRC-32 of the text, of what was sent or of what came
 * @param callNanos for a synchronous receipt, when that {@code receive()} was called; 0 for a listener
 */
record HistoryEvent(
        Kind kind,
        long nanos,
        int session,
        Channel channel,
        String producer,
        long seq,
        long checksum,
        boolean redelivered,
        int deliveryCount,
        long callNanos) {

    private static final Channel NOWHERE = new Channel("", "");
    private static final int COLUMNS = 11;

    /** What happened. The worker is the file that the line stands in. */
    enum Kind {
        /** Before {@code send} is called. */
        SEND_ATTEMPT,
        /** {@code send} returned. */
        SEND_OK,
        /** {@code send} threw: the message may be there or not. */
        SEND_FAILED,
        SESSION_OPENED,
        /** A message was handed to the application. */
        RECEIVED,
        /** First statement of {@code onMessage}. */
        LISTENER_FED,
        /** Last statement of {@code onMessage}; the acknowledgement comes after it. */
        LISTENER_DONE,
        /** The provider has let the application know that this message is acknowledged. */
        ACK_CONFIRMED,
        /** The exception listener was called, or a call failed. */
        CONNECTION_LOST,
        /** Before the worker closes its connection, whether it is lost or not. */
        SESSION_CLOSING,
        /** Every {@code close()} has returned. */
        SESSION_CLOSED,
        BROKER_READY,
        /** Before the signal is sent, so that no consequence of it bears an earlier time. */
        BROKER_KILLED,
        /** The killed process is gone. */
        BROKER_DEAD
    }

    static HistoryEvent send(Kind kind, long nanos, MessageId id, long checksum) {
        return new HistoryEvent(
                kind, nanos, 0, new Channel(id.destination(), ""), id.producer(), id.seq(), checksum, false, 0, 0);
    }

    static HistoryEvent session(Kind kind, long nanos, int session, Channel channel) {
        return new HistoryEvent(kind, nanos, session, channel, "", 0, 0, false, 0, 0);
    }

    static HistoryEvent acknowledged(long nanos, int session, Channel channel, MessageId id) {
        return new HistoryEvent(Kind.ACK_CONFIRMED, nanos, session, channel, id.producer(), id.seq(), 0, false, 0, 0);
    }

    static HistoryEvent broker(Kind kind, long nanos) {
        return new HistoryEvent(kind, nanos, 0, NOWHERE, "", 0, 0, false, 0, 0);
    }

    MessageId message() {
        return new MessageId(channel.destination(), producer, seq);
    }

    String format() {
        return kind + "\t" + nanos + "\t" + session + "\t" + clean(channel.destination()) + "\t"
                + clean(channel.subscription()) + "\t" + clean(producer) + "\t" + seq + "\t" + checksum + "\t"
                + redelivered + "\t" + deliveryCount + "\t" + callNanos;
    }

    /** @throws IllegalArgumentException if the line is not one that {@link #format()} wrote */
    static HistoryEvent parse(String line) {
        String[] column = line.split("\t", -1);
        if (column.length != COLUMNS) {
            throw new IllegalArgumentException(column.length + " columns instead of " + COLUMNS + ": " + line);
        }
        return new HistoryEvent(
                Kind.valueOf(column[0]),
                Long.parseLong(column[1]),
                Integer.parseInt(column[2]),
                new Channel(column[3], column[4]),
                column[5],
                Long.parseLong(column[6]),
                Long.parseLong(column[7]),
                Boolean.parseBoolean(column[8]),
                Integer.parseInt(column[9]),
                Long.parseLong(column[10]));
    }

    private static String clean(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
