package org.fulmar.protocol.command;

import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.jspecify.annotations.Nullable;

/**
 * The header of PULL_MESSAGE (11) and LITE_PULL_MESSAGE (361).
 *
 * @param suspendTimeoutMillis how long the pull may wait for a message, in milliseconds
 */
public record PullRequest(
        String consumerGroup,
        String topic,
        int queueId,
        long queueOffset,
        int maxMsgNums,
        int sysFlag,
        long commitOffset,
        long suspendTimeoutMillis,
        @Nullable String subscription,
        long subVersion,
        String expressionType,
        int maxMsgBytes) {
    private static final int COMMIT_OFFSET = 1;
    private static final int SUSPEND = 1 << 1;
    private static final int SUBSCRIPTION = 1 << 2;

    public static PullRequest decode(Frame frame) {
        Fields in = Fields.of(frame);
        return new PullRequest(
                in.text("consumerGroup"),
                in.text("topic"),
                in.integer("queueId"),
                in.number("queueOffset"),
                in.integer("maxMsgNums"),
                in.integer("sysFlag", 0),
                in.number("commitOffset", -1),
                in.number("suspendTimeoutMillis", 0),
                in.optional("subscription"),
                in.number("subVersion", 0),
                in.text("expressionType", "TAG"),
                in.integer("maxMsgBytes", -1));
    }

    public Map<String, String> fields() {
        return Fields.write()
                .put("consumerGroup", consumerGroup)
                .put("topic", topic)
                .put("queueId", queueId)
                .put("queueOffset", queueOffset)
                .put("maxMsgNums", maxMsgNums)
                .put("sysFlag", sysFlag)
                .put("commitOffset", commitOffset)
                .put("suspendTimeoutMillis", suspendTimeoutMillis)
                .put("subscription", subscription)
                .put("subVersion", subVersion)
                .put("expressionType", expressionType)
                .put("maxMsgBytes", maxMsgBytes < 0 ? null : Integer.toString(maxMsgBytes))
                .map();
    }

    /** The sysFlag of a pull, from what it is to do. */
    public static int sysFlag(boolean commitsOffset, boolean maySuspend, boolean hasSubscription) {
        return (commitsOffset ? COMMIT_OFFSET : 0) | (maySuspend ? SUSPEND : 0) | (hasSubscription ? SUBSCRIPTION : 0);
    }

    public boolean commitsOffset() {
        return (sysFlag & COMMIT_OFFSET) != 0 && commitOffset >= 0;
    }

    public boolean maySuspend() {
        return (sysFlag & SUSPEND) != 0 && suspendTimeoutMillis > 0;
    }

    public boolean hasSubscription() {
        return (sysFlag & SUBSCRIPTION) != 0;
    }

    /** The header of every answer, whatever its code. */
    public record Result(long nextBeginOffset, long minOffset, long maxOffset) {
        public static Result decode(Frame frame) {
            Fields in = Fields.of(frame);
            return new Result(in.number("nextBeginOffset"), in.number("minOffset"), in.number("maxOffset"));
        }

        /** The replica that the broker would rather be asked next; 0 is the master. */
        public static long suggestedBroker(Frame frame) {
            return Fields.of(frame).number("suggestWhichBrokerId", 0);
        }

        public Map<String, String> fields() {
            return Fields.write()
                    .put("suggestWhichBrokerId", 0)
                    .put("nextBeginOffset", nextBeginOffset)
                    .put("minOffset", minOffset)
                    .put("maxOffset", maxOffset)
                    .put("topicSysFlag", 0)
                    .put("groupSysFlag", 0)
                    .map();
        }
    }
}
