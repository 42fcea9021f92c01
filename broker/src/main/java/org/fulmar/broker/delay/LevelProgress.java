package org.fulmar.broker.delay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * How far the queue of each delay level is delivered: a state machine owned by the core, a view of the log. The delivered
 * copy of a message is the fact that its level has moved on; a message that can't be delivered is passed over by a fact.
 */
public final class LevelProgress implements View {
    private static final byte PASSED_OVER = 75;
    private static final int MAX_LEVELS = 1024;

    private long[] next = new long[0];

    /** The offset of the first message of the level that is not delivered. */
    public long next(int level) {
        return level < next.length ? next[level] : 0;
    }

    /** The copy of the message at this offset of the level's queue was appended. */
    public void delivered(int level, long offset) {
        if (level < 1 || level > MAX_LEVELS) {
            throw new FrameException("there is no delay level " + level);
        }
        if (level >= next.length) {
            next = Arrays.copyOf(next, level + 1);
        }
        next[level] = Math.max(next[level], offset + 1);
    }

    /** The message at this offset is not there any more, or has nowhere to go. */
    public void passedOver(int level, long offset, FactSink facts) {
        facts.fact(out -> out.writeByte(PASSED_OVER).writeInt(level).writeLong(offset));
        delivered(level, offset);
    }

    /** As RocketMQ's tools and slaves read it. */
    public ObjectNode toJson() {
        return toJson(next);
    }

    private static ObjectNode toJson(long[] next) {
        ObjectNode json = JsonBody.object();
        ObjectNode table = json.putObject("offsetTable");
        for (int level = 1; level < next.length; level++) {
            table.put(Integer.toString(level), next[level]);
        }
        return json;
    }

    @Override
    public void message(MessageRecord record) {
        MovedRecord.tell(record, new MovedRecord.Origin() {
            @Override
            public void level(int level, long offset) {
                delivered(level, offset);
            }
        });
    }

    /** What has left its level did so behind its own place in the log. */
    @Override
    public boolean knowsMessagesAlone() {
        return true;
    }

    @Override
    public void apply(ByteBuffer fact) {
        if (fact.get() == PASSED_OVER) {
            delivered(fact.getInt(), fact.getLong());
        }
    }

    /** A queue that had to be built again without what is gone begins anew. */
    @Override
    public void recovered(Ends ends) {
        for (int level = 1; level < next.length; level++) {
            next[level] = Math.min(next[level], ends.visibleOffset(DelayLevels.TOPIC, level - 1));
        }
    }

    @Override
    public String fileName() {
        return "delayOffset.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        long[] copy = next.clone();
        return () -> JsonBody.prettyBytes(toJson(copy).put("logPosition", logPosition));
    }

    @Override
    public long restore(byte @Nullable [] content) {
        next = new long[0];
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        json.path("offsetTable")
                .properties()
                .forEach(each -> delivered(
                        Integer.parseInt(each.getKey()), each.getValue().asLong() - 1));
        return json.path("logPosition").asLong();
    }
}
