package org.fulmar.client.consumer;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.fulmar.client.TopicRoute;
import org.fulmar.protocol.frame.Frame;

/**
 * What a consumer needs of the client: routes, requests and heartbeats. For any thread; nothing blocks. Futures fail with
 * a {@link org.fulmar.client.ClientException}, and complete on threads that must not be held up.
 */
interface Brokers {
    String clientId();

    /** The largest body, decompressed, in bytes. */
    int maxBodyBytes();

    /** Milliseconds since the epoch. */
    long now();

    /** The topic's route, asked of a name server if it is not known. */
    CompletableFuture<TopicRoute> route(String topic);

    /** The master's answer of whatever code; who gets it releases it. */
    CompletableFuture<Frame> request(
            String brokerName, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis);

    /** As {@link #request}, from a replica; from the master if there is no such replica. */
    CompletableFuture<Frame> requestOf(
            String brokerName, long replica, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis);

    /** Completes when all brokers of all topics have the heartbeat or have failed to take it. */
    CompletableFuture<Void> heartbeat();
}
