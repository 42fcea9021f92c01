package org.fulmar.protocol.command;

import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.jspecify.annotations.Nullable;

/**
 * The header of POP_MESSAGE (200050) and NOTIFICATION (200054): messages that are invisible to others until they are
 * acknowledged or a time is over.
 *
 * @param queueId -1 for any queue of the topic
 * @param invisibleTime how long they are this consumer's, in milliseconds
 * @param pollTime how long the request may wait for a message from {@code bornTime} on, in milliseconds
 * @param bornTime when the client made the request, in milliseconds since the epoch by its clock
 * @param initMode where a new group begins: {@link #FROM_START} or {@link #FROM_END}
 * @param exp tags joined by {@code ||}, if {@code expType} is TAG
 * @param order whether a queue has one batch under way at a time
 * @param attemptId names a try of an ordered pop, so that it can be repeated
 */
public record PopRequest(
        String consumerGroup,
        String topic,
        int queueId,
        int maxMsgNums,
        long invisibleTime,
        long pollTime,
        long bornTime,
        int initMode,
        String expType,
        @Nullable String exp,
        boolean order,
        @Nullable String attemptId) {
    public static final int FROM_START = 0;
    public static final int FROM_END = 1;

    public static PopRequest decode(Frame frame) {
        Fields in = Fields.of(frame);
        return new PopRequest(
                in.text("consumerGroup"),
                in.text("topic"),
                in.integer("queueId"),
                in.integer("maxMsgNums", 1),
                in.number("invisibleTime", 0),
                in.number("pollTime", 0),
                in.number("bornTime", 0),
                in.integer("initMode", FROM_START),
                in.text("expType", "TAG"),
                in.optional("exp"),
                in.bool("order", false),
                in.optional("attemptId"));
    }

    /**
     * The header of an answer to a pop.
     *
     * @param startOffsetInfo for each queue its first offset; null if there are no messages
     * @param msgOffsetInfo for each queue all offsets
     * @param orderCountInfo for each queue and message of an ordered pop how often it was given before
     * @param restNum messages that are there beyond these
     */
    public record Result(
            long popTime,
            long invisibleTime,
            int reviveQid,
            long restNum,
            @Nullable String startOffsetInfo,
            @Nullable String msgOffsetInfo,
            @Nullable String orderCountInfo) {
        public Map<String, String> fields() {
            return Fields.write()
                    .put("popTime", popTime)
                    .put("invisibleTime", invisibleTime)
                    .put("reviveQid", reviveQid)
                    .put("restNum", restNum)
                    .put("startOffsetInfo", startOffsetInfo)
                    .put("msgOffsetInfo", msgOffsetInfo)
                    .put("orderCountInfo", orderCountInfo)
                    .map();
        }
    }
}
