package org.fulmar.client.consumer;

import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.offset.OffsetStore;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.jspecify.annotations.Nullable;

/** Finds where the consumption of a queue begins or goes on. Stateless but for the store; for any thread. */
final class StartPositions {
    private static final long TIMEOUT_MILLIS = 5000;

    private final Brokers brokers;
    private final OffsetStore offsets;
    private final StartPosition otherwise;

    StartPositions(Brokers brokers, OffsetStore offsets, StartPosition otherwise) {
        this.brokers = brokers;
        this.offsets = offsets;
        this.otherwise = otherwise;
    }

    /**
     * The stored offset, or where a new group begins. The latter is stored at once, so that what arrives before the
     * first commit is not skipped by the next start.
     */
    CompletableFuture<Long> of(MessageQueue queue, boolean fromFirst) {
        return offsets.stored(queue)
                .whenComplete((stored, failure) -> findBroker(queue, failure))
                .thenCompose(stored -> {
                    if (stored >= 0) {
                        return CompletableFuture.completedFuture(stored);
                    }
                    return initial(queue, fromFirst).thenApply(offset -> {
                        offsets.update(queue, offset);
                        offsets.write(List.of(queue));
                        return offset;
                    });
                });
    }

    /** A broker that no route names may be in that of the topic, which is not asked for unless it was found once. */
    private void findBroker(MessageQueue queue, @Nullable Throwable failure) {
        if (failure != null && ClientException.of(failure).kind() == ClientException.Kind.NO_ROUTE) {
            brokers.route(queue.topic());
        }
    }

    private CompletableFuture<Long> initial(MessageQueue queue, boolean fromFirst) {
        if (fromFirst || otherwise.kind() == StartPosition.Kind.FIRST) {
            return min(queue);
        }
        return otherwise.kind() == StartPosition.Kind.LAST ? max(queue) : byTime(queue, otherwise.timestamp());
    }

    CompletableFuture<Long> min(MessageQueue queue) {
        return ask(queue, RequestCode.GET_MIN_OFFSET, place(queue));
    }

    CompletableFuture<Long> max(MessageQueue queue) {
        return ask(queue, RequestCode.GET_MAX_OFFSET, place(queue));
    }

    /** The first offset stored at that time or later. */
    CompletableFuture<Long> byTime(MessageQueue queue, long timestamp) {
        return ask(
                queue,
                RequestCode.SEARCH_OFFSET_BY_TIMESTAMP,
                place(queue).put("timestamp", timestamp).put("boundaryType", "LOWER"));
    }

    private static Fields place(MessageQueue queue) {
        return Fields.write().put("topic", queue.topic()).put("queueId", queue.queueId());
    }

    private CompletableFuture<Long> ask(MessageQueue queue, int code, Fields fields) {
        return brokers.request(queue.brokerName(), code, fields.map(), Unpooled.EMPTY_BUFFER, TIMEOUT_MILLIS)
                .thenApply(answer -> {
                    try {
                        if (answer.code() != ResponseCode.SUCCESS) {
                            throw new CompletionException(ClientException.refused(
                                    "broker " + queue.brokerName(), answer.code(), answer.remark()));
                        }
                        return Fields.of(answer).number("offset");
                    } finally {
                        answer.release();
                    }
                });
    }
}
