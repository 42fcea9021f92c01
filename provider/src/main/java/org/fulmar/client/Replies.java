package org.fulmar.client;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The requests of applications that wait for a reply, by correlation id. Thread-safe. */
final class Replies {
    private final Map<String, CompletableFuture<ReceivedMessage>> waiting = new ConcurrentHashMap<>();

    /** A future for the reply, which is forgotten when it is over. */
    CompletableFuture<ReceivedMessage> await(String correlationId) {
        CompletableFuture<ReceivedMessage> reply = new CompletableFuture<>();
        waiting.put(correlationId, reply);
        reply.whenComplete((message, failure) -> waiting.remove(correlationId));
        return reply;
    }

    int size() {
        return waiting.size();
    }

    @Nullable CompletableFuture<ReceivedMessage> find(String correlationId) {
        return waiting.get(correlationId);
    }
}
