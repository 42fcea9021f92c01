package org.fulmar.broker.delay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.jspecify.annotations.Nullable;

/**
 * Delayed messages that were recalled and whose time has not come yet, so that a second recall is known as such: a state
 * machine without clock, owned by the core. Each recall is a fact, which takes the message from the wheel as well.
 */
public final class RecalledTimers implements View {
    private static final byte RECALLED = 76;
    /** Most that are remembered at a time. */
    static final int MAX_REMEMBERED = 200_000;

    private record Entry(long deliverAt, long offset) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            return Long.compare(deliverAt, other.deliverAt);
        }
    }

    private final Map<Long, Long> recalled = new HashMap<>();
    private final PriorityQueue<Entry> byTime = new PriorityQueue<>();

    /**
     * Whether a message was recalled, and would not be due yet.
     *
     * @param offset in the timer topic's queue
     */
    public boolean isRecalled(long offset) {
        return recalled.containsKey(offset);
    }

    /**
     * Makes room by forgetting those whose time has come, which can't be recalled anyhow.
     *
     * @param now milliseconds since the epoch
     * @return whether one more may be recalled
     */
    public boolean hasRoom(long now) {
        Entry first = byTime.peek();
        while (first != null && first.deliverAt <= now) {
            byTime.remove();
            recalled.remove(first.offset);
            first = byTime.peek();
        }
        return recalled.size() < MAX_REMEMBERED;
    }

    /**
     * Recalls a message that waits.
     *
     * @param deliverAt milliseconds since the epoch
     * @param offset in the timer topic's queue
     * @param logOffset where its record lies, by which the wheel knows it
     */
    public void recall(long deliverAt, long offset, long logOffset, FactSink facts) {
        facts.fact(out ->
                out.writeByte(RECALLED).writeLong(logOffset).writeLong(offset).writeLong(deliverAt));
        applyRecalled(offset, deliverAt);
    }

    private void applyRecalled(long offset, long deliverAt) {
        if (recalled.put(offset, deliverAt) == null) {
            byTime.add(new Entry(deliverAt, offset));
        }
    }

    /** Tells the wheel of a fact of this kind. */
    public static void tell(ByteBuffer fact, LongConsumer wheel) {
        if (fact.get(fact.position()) == RECALLED) {
            wheel.accept(fact.getLong(fact.position() + 1));
        }
    }

    /** Each recall is behind its message in the log: it is forgotten only after that. */
    @Override
    public boolean knowsMessagesAlone() {
        return true;
    }

    @Override
    public void apply(ByteBuffer fact) {
        if (fact.get() == RECALLED) {
            // the place in the log is the wheel's
            fact.getLong();
            applyRecalled(fact.getLong(), fact.getLong());
        }
    }

    /** Behind the end of the queue there are others, if it had to be built again without what is gone. */
    @Override
    public void recovered(Ends ends) {
        long end = ends.visibleOffset(TimerWheel.TOPIC, 0);
        recalled.keySet().removeIf(offset -> offset >= end);
        byTime.removeIf(entry -> entry.offset >= end);
    }

    @Override
    public String fileName() {
        return "recalledMessages.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        Map<Long, Long> copy = Map.copyOf(recalled);
        return () -> {
            ObjectNode json = JsonBody.object().put("logPosition", logPosition);
            ObjectNode table = json.putObject("recalled");
            copy.forEach((offset, deliverAt) -> table.put(Long.toString(offset), deliverAt));
            return JsonBody.bytes(json);
        };
    }

    @Override
    public long restore(byte @Nullable [] content) {
        recalled.clear();
        byTime.clear();
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        json.path("recalled")
                .properties()
                .forEach(each -> applyRecalled(
                        Long.parseLong(each.getKey()), each.getValue().asLong()));
        return json.path("logPosition").asLong();
    }
}
