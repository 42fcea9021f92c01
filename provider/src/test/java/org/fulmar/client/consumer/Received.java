package org.fulmar.client.consumer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.client.ReceivedMessage;

/** A listener that keeps what it was given. For any thread. */
final class Received implements MessageListener {
    final List<ReceivedMessage> messages = Collections.synchronizedList(new ArrayList<>());

    @Override
    public ConsumeResult consume(List<ReceivedMessage> given, ConsumeContext context) {
        messages.addAll(given);
        return ConsumeResult.SUCCESS;
    }

    static String body(ReceivedMessage message) {
        return new String(message.body(), StandardCharsets.UTF_8);
    }

    List<String> bodies() {
        synchronized (messages) {
            return messages.stream().map(Received::body).toList();
        }
    }

    /** The bodies of each queue in the order in which they came. */
    Map<String, List<String>> byQueue() {
        Map<String, List<String>> byQueue = new TreeMap<>();
        synchronized (messages) {
            messages.forEach(message -> byQueue.computeIfAbsent(
                            message.brokerName() + "/" + message.queueId(), name -> new ArrayList<>())
                    .add(body(message)));
        }
        return byQueue;
    }
}
