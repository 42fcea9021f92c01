package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * The last message that each JMS producer has stored, so that one that is sent again, because its answer was lost with
 * the connection, is known and not stored twice. Owned by the broker's core.
 *
 * <p>A view of the log: who sent a message, and which of his it was, stand in its identifier. Those used last are kept;
 * a producer that has been silent for as long as it took that many others to send is forgotten.
 */
final class ProducerTable implements View {
    private static final int MAX_PRODUCERS = 100_000;
    private static final int ID_DIGITS = 32;
    private static final int HALF = 16;

    private final Map<Long, Long> last = new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
            return size() > MAX_PRODUCERS;
        }
    };

    /** Whether this message of the producer has been stored. */
    boolean isRepeat(long producerId, long sequence) {
        Long stored = last.get(producerId);
        return stored != null && sequence <= stored;
    }

    void stored(long producerId, long sequence) {
        last.merge(producerId, sequence, Math::max);
    }

    /** It has ended in good order: nothing of it will be repeated. */
    void ended(long producerId) {
        last.remove(producerId);
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
        // messages alone say it
    }

    @Override
    public String fileName() {
        return "jmsProducers.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        long[] pairs = new long[last.size() * 2];
        int at = 0;
        for (Map.Entry<Long, Long> entry : last.entrySet()) {
            pairs[at++] = entry.getKey();
            pairs[at++] = entry.getValue();
        }
        return () -> {
            ObjectNode json = JsonBody.object().put("logPosition", logPosition);
            ArrayNode producers = json.putArray("producers");
            for (long value : pairs) {
                producers.add(value);
            }
            return JsonBody.bytes(json);
        };
    }

    @Override
    public long restore(byte @Nullable [] content) {
        last.clear();
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        JsonNode producers = json.path("producers");
        for (int i = 0; i + 1 < producers.size(); i += 2) {
            last.put(producers.get(i).asLong(), producers.get(i + 1).asLong());
        }
        return json.path("logPosition").asLong();
    }
}
