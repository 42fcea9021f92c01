package org.fulmar.client;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The requests of applications that wait for a reply, by correlation id. Thread-safe. */
final class Replies {
    private final ClientThreads threads;
    private final Map<String, CompletableFuture<ReceivedMessage>> waiting = new ConcurrentHashMap<>();

    Replies(ClientThreads threads) {
        this.threads = threads;
    }

    /**
     * A future for the reply, which is forgotten when it is over. It fails with {@link ClientException.Kind#TIMED_OUT} if
     * no reply comes in time.
     */
    CompletableFuture<ReceivedMessage> await(String correlationId, long timeoutMillis) {
        CompletableFuture<ReceivedMessage> reply = new CompletableFuture<>();
        waiting.put(correlationId, reply);
        reply.whenComplete((message, failure) -> waiting.remove(correlationId));
        CompletableFuture<Void> timeout = threads.pause(timeoutMillis);
        reply.whenComplete((message, failure) -> timeout.cancel(false));
        timeout.whenComplete((over, failure) -> {
            ClientException why = failure == null
                    ? new ClientException(
                            ClientException.Kind.TIMED_OUT,
                            "no reply to request " + correlationId + " within " + timeoutMillis + " ms")
                    : ClientException.of(failure);
            reply.completeExceptionally(why);
        });
        return reply;
    }

    int size() {
        return waiting.size();
    }

    @Nullable CompletableFuture<ReceivedMessage> find(String correlationId) {
        return waiting.get(correlationId);
    }
}
