package org.fulmar.client;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Makes message ids in RocketMQ's form: hexadecimal digits of address (4 or 16 bytes), process (2), a number that tells
 * clients of one process apart (4), milliseconds since the month began, UTC (4), and a counter (2). Thread-safe.
 *
 * <p>No two of one maker are the same within a month, whatever the clock does: when it stands still or goes back, the
 * ids run ahead of it.
 */
public final class UniqueIds {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();
    private static final int COUNTER_BITS = 16;

    private record Month(long start, long end) {
        static Month of(long millis) {
            ZonedDateTime start = Instant.ofEpochMilli(millis)
                    .atZone(ZoneOffset.UTC)
                    .truncatedTo(ChronoUnit.DAYS)
                    .withDayOfMonth(1);
            return new Month(
                    start.toInstant().toEpochMilli(),
                    start.plusMonths(1).toInstant().toEpochMilli());
        }
    }

    private final String prefix;
    private final LongSupplier clock;
    private final AtomicLong last = new AtomicLong();
    private volatile Month month;

    /**
     * @param process of which the lower two bytes count
     * @param maker tells this maker from others in the process
     * @param clock milliseconds since the epoch
     */
    public UniqueIds(InetAddress address, long process, int maker, LongSupplier clock) {
        byte[] ip = address.getAddress();
        this.prefix = HEX.formatHex(ByteBuffer.allocate(ip.length + 6)
                .put(ip)
                .putShort((short) process)
                .putInt(maker)
                .array());
        this.clock = clock;
        this.month = Month.of(clock.getAsLong());
    }

    public String next() {
        long now = clock.getAsLong() << COUNTER_BITS;
        long id = last.updateAndGet(before -> Math.max(before + 1, now));
        long millis = id >> COUNTER_BITS;
        Month current = month;
        if (millis < current.start || millis >= current.end) {
            current = Month.of(millis);
            month = current;
        }
        StringBuilder text = new StringBuilder(prefix.length() + 12).append(prefix);
        text.append(HEX.toHexDigits((int) (millis - current.start)));
        text.append(HEX.toHexDigits((short) id));
        return text.toString();
    }
}
