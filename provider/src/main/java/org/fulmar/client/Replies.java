package org.fulmar.client;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/** The requests of applications that wait for a reply, by correlation id. Thread-safe. */
final class Replies {
    private record Waiting(CompletableFuture<ReceivedMessage> reply, ScheduledFuture<?> timeout) {}

    private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();

    /** A future for the reply, which is forgotten when {@code timeout} has run or it is over otherwise. */
    CompletableFuture<ReceivedMessage> await(String correlationId, ScheduledFuture<?> timeout) {
        CompletableFuture<ReceivedMessage> reply = new CompletableFuture<>();
        waiting.put(correlationId, new Waiting(reply, timeout));
        reply.whenComplete((message, failure) -> {
            waiting.remove(correlationId);
            timeout.cancel(false);
        });
        return reply;
    }

    int size() {
        return waiting.size();
    }

    @Nullable CompletableFuture<ReceivedMessage> find(String correlationId) {
        Waiting found = waiting.get(correlationId);
        return found == null ? null : found.reply;
    }

    void failAll(ClientException failure) {
        waiting.values().forEach(one -> one.reply.completeExceptionally(failure));
    }
}
