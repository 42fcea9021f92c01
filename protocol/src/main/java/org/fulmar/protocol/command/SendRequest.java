package org.fulmar.protocol.command;

import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.jspecify.annotations.Nullable;

/**
 * The header of a send: SEND_MESSAGE (10) with long names, SEND_MESSAGE_V2 (310) and SEND_BATCH_MESSAGE (320) with
 * names of one letter; replies (324 and 325) have the same. The body is the message's, or the batch.
 *
 * @param queueId negative if the broker is to choose
 * @param bornTimestamp milliseconds since the epoch
 */
public record SendRequest(
        String producerGroup,
        String topic,
        String defaultTopic,
        int defaultTopicQueueNums,
        int queueId,
        int sysFlag,
        long bornTimestamp,
        int flag,
        @Nullable String properties,
        int reconsumeTimes,
        int maxReconsumeTimes,
        boolean batch) {

    public static SendRequest decode(Frame frame) {
        Fields in = Fields.of(frame);
        boolean longNames = frame.code() == RequestCode.SEND_MESSAGE || frame.code() == RequestCode.SEND_REPLY_MESSAGE;
        return new SendRequest(
                in.text(longNames ? "producerGroup" : "a"),
                in.text(longNames ? "topic" : "b"),
                in.text(longNames ? "defaultTopic" : "c", ""),
                in.integer(longNames ? "defaultTopicQueueNums" : "d", 4),
                in.integer(longNames ? "queueId" : "e"),
                in.integer(longNames ? "sysFlag" : "f", 0),
                in.number(longNames ? "bornTimestamp" : "g", 0),
                in.integer(longNames ? "flag" : "h", 0),
                in.optional(longNames ? "properties" : "i"),
                in.integer(longNames ? "reconsumeTimes" : "j", 0),
                in.integer(longNames ? "maxReconsumeTimes" : "l", 0),
                in.bool(longNames ? "batch" : "m", false) || frame.code() == RequestCode.SEND_BATCH_MESSAGE);
    }

    /** The fields with names of one letter. */
    public Map<String, String> fields() {
        return Fields.write()
                .put("a", producerGroup)
                .put("b", topic)
                .put("c", defaultTopic)
                .put("d", defaultTopicQueueNums)
                .put("e", queueId)
                .put("f", sysFlag)
                .put("g", bornTimestamp)
                .put("h", flag)
                .put("i", properties)
                .put("j", reconsumeTimes)
                .put("k", false)
                .put("l", maxReconsumeTimes)
                .put("m", batch)
                .map();
    }

    /**
     * The header of the answer.
     *
     * @param msgId offset message ids, comma-separated for a batch
     * @param queueOffset of the first message
     */
    public record Result(
            String msgId,
            int queueId,
            long queueOffset,
            @Nullable String transactionId) {
        public static Result decode(Frame frame) {
            Fields in = Fields.of(frame);
            return new Result(
                    in.text("msgId"), in.integer("queueId"), in.number("queueOffset"), in.optional("transactionId"));
        }

        public Map<String, String> fields() {
            return Fields.write()
                    .put("msgId", msgId)
                    .put("queueId", queueId)
                    .put("queueOffset", queueOffset)
                    .put("transactionId", transactionId)
                    .put("MSG_REGION", "DefaultRegion")
                    .put("TRACE_ON", "true")
                    .map();
        }
    }
}
