package org.fulmar.protocol.command;

import org.fulmar.protocol.frame.FrameException;

/**
 * What a client of POP names a delivery by: eight parts separated by spaces. The client makes it of the answer's
 * header; a message that is given again gets another one.
 *
 * @param startOffset the first offset of its batch in its queue
 * @param popTime when it was given, in milliseconds since the epoch
 * @param invisibleTime in milliseconds from then on
 * @param reviveQid {@link #ORDERED} for an ordered pop
 * @param retryFlag 0, or 1 or 2 if the topic is a retry topic
 */
public record PopHandle(
        long startOffset,
        long popTime,
        long invisibleTime,
        int reviveQid,
        String retryFlag,
        String brokerName,
        int queueId,
        long queueOffset) {
    /** The revive queue id of an ordered pop. */
    public static final int ORDERED = 999;

    /**
     * @throws FrameException if it is not of that form
     */
    public static PopHandle parse(String text) {
        String[] parts = text.split(" ");
        if (parts.length != 8) {
            throw new FrameException("a POP handle has 8 parts, not " + parts.length);
        }
        try {
            return new PopHandle(
                    Long.parseLong(parts[0]),
                    Long.parseLong(parts[1]),
                    Long.parseLong(parts[2]),
                    Integer.parseInt(parts[3]),
                    parts[4],
                    parts[5],
                    Integer.parseInt(parts[6]),
                    Long.parseLong(parts[7]));
        } catch (NumberFormatException e) {
            throw new FrameException("a POP handle has a part that is no number", e);
        }
    }

    public String text() {
        return startOffset + " " + popTime + " " + invisibleTime + " " + reviveQid + " " + retryFlag + " " + brokerName
                + " " + queueId + " " + queueOffset;
    }
}
