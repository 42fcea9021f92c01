package org.fulmar.broker.retention;

import java.util.BitSet;

/**
 * How long files of the log are kept, and what is done when the disk fills.
 *
 * @param reservedMillis age of its newest message at which a file may go
 * @param hours of the day, 0 to 23, at which files that are old enough go
 * @param maxUsedPercent of the disk, from which on they go at any hour
 * @param forcePercent of the disk, from which on the oldest files go whatever their age is
 * @param refusePercent of the disk, from which on messages are refused
 * @param cleanIntervalMillis between two rounds
 * @param deleteIntervalMillis between two files
 * @param batchMax files that go in one round
 * @param maxLivePercent of the bytes of files that may still count for the files to go: so much is put elsewhere
 * @param bytesPerSecond how fast it is
 */
public record RetentionOptions(
        long reservedMillis,
        BitSet hours,
        int maxUsedPercent,
        int forcePercent,
        int refusePercent,
        long cleanIntervalMillis,
        long deleteIntervalMillis,
        int batchMax,
        int maxLivePercent,
        long bytesPerSecond) {
    /** Messages are taken again when so many percent less of the disk are used than those at which they are refused. */
    static final int RESUME_PERCENT = 2;

    /** Of files that go because the disk is nearly full, this much may count. */
    static final int MAX_LIVE_PERCENT_FORCED = 90;

    /**
     * Hours of the day in RocketMQ's form: {@code 04} or {@code 04;16}.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static BitSet hours(String text) {
        BitSet hours = new BitSet(24);
        for (String part : text.split(";")) {
            int hour = part.strip().matches("\\d{1,2}") ? Integer.parseInt(part.strip()) : -1;
            if (hour < 0 || hour > 23) {
                throw new IllegalArgumentException(
                        "deleteWhen takes hours from 00 to 23, as 04 or 04;16, not \"" + text + "\"");
            }
            hours.set(hour);
        }
        return hours;
    }
}
