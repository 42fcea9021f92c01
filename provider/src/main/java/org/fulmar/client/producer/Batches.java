package org.fulmar.client.producer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.client.Message;
import org.fulmar.protocol.message.MessageProperties;

/** Splits many messages into batches that brokers take. Stateless. */
public final class Batches {
    private static final int HEADER_BYTES = 22;
    /** A message id that is added later, with name and separators. */
    private static final int ID_BYTES = 66;

    private static final int MOST_MESSAGES = 4096;

    private Batches() {}

    /**
     * The messages in batches of one topic each and at most {@code maxBytes}, in order within each topic. A message that
     * is larger, or may not be in a batch, is alone in its list.
     */
    public static List<List<Message>> split(List<Message> messages, int maxBytes) {
        List<List<Message>> batches = new ArrayList<>();
        Map<String, List<Message>> open = new LinkedHashMap<>();
        Map<String, Integer> sizes = new LinkedHashMap<>();
        for (Message message : messages) {
            // a change of this breaks a batch, as all of one have it alike
            String kind = message.topic() + ' ' + message.property(MessageProperties.WAIT);
            int size = size(message);
            List<Message> batch = open.get(kind);
            boolean alone = message.isDelayed() || message.topic().startsWith("%RETRY%");
            if (batch == null
                    || alone
                    || batch.size() >= MOST_MESSAGES
                    || (long) sizes.getOrDefault(kind, 0) + size > maxBytes) {
                batch = new ArrayList<>();
                batches.add(batch);
                open.put(kind, batch);
                sizes.put(kind, 0);
            }
            batch.add(message);
            sizes.merge(kind, size, Integer::sum);
            if (alone) {
                open.remove(kind);
            }
        }
        return batches;
    }

    private static int size(Message message) {
        int properties = MessageProperties.format(message.properties()).getBytes(StandardCharsets.UTF_8).length;
        return Math.addExact(message.body().length, HEADER_BYTES + ID_BYTES + properties);
    }
}
