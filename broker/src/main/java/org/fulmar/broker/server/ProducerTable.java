package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * The last message that each JMS producer has stored, or transaction that it has committed, so that one that is sent
 * again, because its answer was lost with the connection, is known and not stored twice. Owned by the broker's core.
 *
 * <p>A view of the log: who sent a message, and which of his it was, stand in its identifier. Numbers that were left out
 * are remembered as not stored, since their messages may have been refused: sent again, they are looked at again. The
 * producers used last are kept; one that has been silent for as long as it took that many others to send is forgotten.
 */
final class ProducerTable implements View {
    private static final byte COMMITTED = 50;
    private static final int MAX_PRODUCERS = 100_000;
    /** A producer that is seen first with a higher number than this is one that was forgotten. */
    private static final int MAX_FIRST = 64;

    private static final int ID_DIGITS = 32;
    private static final int HALF = 16;

    /** Ranges of numbers that one producer has left out; of more the oldest are forgotten, as if stored. */
    private static final int MAX_GAPS = 32;

    /** What one producer has stored. */
    private static final class Stored {
        long last;
        /** First and last number of each range that was left out. */
        final Deque<long[]> gaps = new ArrayDeque<>();

        boolean has(long sequence) {
            return sequence <= last && gaps.stream().noneMatch(gap -> gap[0] <= sequence && sequence <= gap[1]);
        }

        void add(long sequence) {
            if (sequence > last + 1) {
                gaps.add(new long[] {last + 1, sequence - 1});
                if (gaps.size() > MAX_GAPS) {
                    gaps.remove();
                }
            } else if (sequence <= last) {
                fill(sequence);
            }
            last = Math.max(last, sequence);
        }

        /** One that was left out has come after all. */
        private void fill(long sequence) {
            List<long[]> before = List.copyOf(gaps);
            gaps.clear();
            for (long[] gap : before) {
                if (sequence < gap[0] || sequence > gap[1]) {
                    gaps.add(gap);
                    continue;
                }
                if (gap[0] < sequence) {
                    gaps.add(new long[] {gap[0], sequence - 1});
                }
                if (sequence < gap[1]) {
                    gaps.add(new long[] {sequence + 1, gap[1]});
                }
            }
        }
    }

    private final Map<Long, Stored> producers = new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Stored> eldest) {
            return size() > MAX_PRODUCERS;
        }
    };

    /** Whether this message of the producer has been stored. */
    boolean isRepeat(long producerId, long sequence) {
        Stored stored = producers.get(producerId);
        return stored != null && stored.has(sequence);
    }

    void stored(long producerId, long sequence) {
        Stored stored = producers.get(producerId);
        if (stored == null) {
            stored = new Stored();
            // of one that was forgotten nobody knows what it has left out
            stored.last = sequence > MAX_FIRST ? sequence - 1 : 0;
            producers.put(producerId, stored);
        }
        stored.add(sequence);
    }

    /** A transaction of the producer is committed, if the fact is in the log. */
    void committed(TransactionId id, FactSink facts) {
        facts.fact(out -> out.writeByte(COMMITTED).writeLong(id.producerId()).writeLong(id.sequence()));
        stored(id.producerId(), id.sequence());
    }

    /** It has ended in good order: nothing of it will be repeated. */
    void ended(long producerId) {
        producers.remove(producerId);
    }

    @Override
    public void message(MessageRecord record) {
        if (!JmsFlag.isJms(record.flag())) {
            return;
        }
        String id = record.property(JmsNames.UNIQ_KEY);
        if (id == null || id.length() != ID_DIGITS) {
            return;
        }
        try {
            stored(Long.parseUnsignedLong(id, 0, HALF, 16), Long.parseUnsignedLong(id, HALF, ID_DIGITS, 16));
        } catch (NumberFormatException e) {
            // an identifier of another kind of producer
        }
    }

    @Override
    public void apply(ByteBuffer fact) {
        if (fact.get() == COMMITTED) {
            stored(fact.getLong(), fact.getLong());
        }
    }

    @Override
    public String fileName() {
        return "jmsProducers.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        List<long[]> all = new ArrayList<>(producers.size());
        producers.forEach((id, stored) -> {
            long[] numbers = new long[2 + 2 * stored.gaps.size()];
            numbers[0] = id;
            numbers[1] = stored.last;
            int at = 2;
            for (long[] gap : stored.gaps) {
                numbers[at++] = gap[0];
                numbers[at++] = gap[1];
            }
            all.add(numbers);
        });
        return () -> {
            ObjectNode json = JsonBody.object().put("logPosition", logPosition);
            ArrayNode array = json.putArray("producers");
            for (long[] numbers : all) {
                ArrayNode one = array.addArray();
                for (long number : numbers) {
                    one.add(number);
                }
            }
            return JsonBody.bytes(json);
        };
    }

    @Override
    public long restore(byte @Nullable [] content) {
        producers.clear();
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        for (JsonNode one : json.path("producers")) {
            Stored stored = new Stored();
            stored.last = one.path(1).asLong();
            for (int i = 2; i + 1 < one.size(); i += 2) {
                stored.gaps.add(
                        new long[] {one.path(i).asLong(), one.path(i + 1).asLong()});
            }
            producers.put(one.path(0).asLong(), stored);
        }
        return json.path("logPosition").asLong();
    }
}
