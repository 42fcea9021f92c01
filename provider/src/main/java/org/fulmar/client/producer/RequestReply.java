package org.fulmar.client.producer;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.protocol.message.MessageProperties;
import org.jspecify.annotations.Nullable;

/** Requests of an application to another, and the replies to them. Thread-safe, never blocks. */
final class RequestReply {
    private static final int MAX_WAITING = 65_536;

    private final ClientInstance client;
    private final Producer producer;
    /** Brokers push replies only to clients that they know of; completes when they do. */
    private final AtomicReference<@Nullable CompletableFuture<Void>> known = new AtomicReference<>();

    RequestReply(ClientInstance client, Producer producer) {
        this.client = client;
        this.producer = producer;
    }

    /** The future completes on a network thread. */
    CompletableFuture<ReceivedMessage> request(Message message, long timeoutMillis) {
        if (client.repliesAwaited() >= MAX_WAITING) {
            return CompletableFuture.failedFuture(new ClientException(
                    ClientException.Kind.OVERLOADED, "more than " + MAX_WAITING + " requests wait for replies"));
        }
        String correlationId = client.uniqueIds().next();
        Message asking = message.toBuilder()
                .system(Message.CORRELATION_ID, correlationId)
                .system(Message.REPLY_TO_CLIENT, client.clientId())
                .system(Message.TTL, Long.toString(timeoutMillis))
                .build();
        CompletableFuture<ReceivedMessage> reply = client.awaitReply(correlationId, timeoutMillis);
        brokersKnowUs()
                .thenCompose(done -> producer.sendAsync(asking, timeoutMillis))
                .whenComplete((sent, failure) -> {
                    if (failure != null) {
                        reply.completeExceptionally(ClientException.of(failure));
                    }
                });
        return reply;
    }

    private CompletableFuture<Void> brokersKnowUs() {
        CompletableFuture<Void> before = known.get();
        if (before != null && !before.isCompletedExceptionally()) {
            return before;
        }
        CompletableFuture<Void> telling = client.beatConnected();
        known.set(telling);
        return telling;
    }

    /**
     * The reply to a request.
     *
     * @throws ClientException if the message is no request, or its broker did not say what cluster it is in
     */
    static Message replyTo(ReceivedMessage request, byte[] body) throws ClientException {
        String cluster = request.property(MessageProperties.CLUSTER);
        String correlationId = request.property(Message.CORRELATION_ID);
        String client = request.property(Message.REPLY_TO_CLIENT);
        if (cluster == null || correlationId == null || client == null) {
            throw new ClientException(
                    ClientException.Kind.ILLEGAL_MESSAGE,
                    request.messageId() + " is no request that can be replied to: it lacks CLUSTER, CORRELATION_ID or"
                            + " REPLY_TO_CLIENT");
        }
        Message.Builder reply = Message.builder(cluster + "_REPLY_TOPIC")
                .body(body)
                .system(Message.MSG_TYPE, "reply")
                .system(Message.CORRELATION_ID, correlationId)
                .system(Message.REPLY_TO_CLIENT, client);
        String ttl = request.property(Message.TTL);
        return (ttl == null ? reply : reply.system(Message.TTL, ttl)).build();
    }

    /** A queue of the broker that the request came from, as that one knows who asked. */
    static MessageQueue replyQueue(ReceivedMessage request, Message reply, List<MessageQueue> queues)
            throws ClientException {
        if (queues.isEmpty()) {
            throw Sender.noQueue(reply.topic());
        }
        for (MessageQueue queue : queues) {
            if (queue.brokerName().equals(request.brokerName())) {
                return queue;
            }
        }
        return queues.get(0);
    }
}
