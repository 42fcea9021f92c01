package org.fulmar.client.consumer;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.TopicRoute;
import org.fulmar.protocol.frame.Frame;

/** The brokers as the application's {@link ClientInstance} reaches them. For any thread. */
record ClientBrokers(ClientInstance client) implements Brokers {
    @Override
    public String clientId() {
        return client.clientId();
    }

    @Override
    public int maxBodyBytes() {
        return client.config().number(ClientConfig.MAX_BODY);
    }

    @Override
    public long now() {
        return client.clock().getAsLong();
    }

    @Override
    public CompletableFuture<TopicRoute> route(String topic) {
        return client.route(topic);
    }

    @Override
    public CompletableFuture<Frame> request(
            String brokerName, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis) {
        return requestOf(brokerName, TopicRoute.MASTER, code, fields, body, timeoutMillis);
    }

    @Override
    public CompletableFuture<Frame> requestOf(
            String brokerName, long replica, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis) {
        String address = client.brokerAddress(brokerName, replica);
        if (address == null) {
            address = client.brokerAddress(brokerName, TopicRoute.MASTER);
        }
        if (address == null) {
            body.release();
            return CompletableFuture.failedFuture(new ClientException(
                    ClientException.Kind.NO_ROUTE, "no route names the master of broker " + brokerName));
        }
        return client.request(address, code, fields, body, timeoutMillis);
    }

    @Override
    public CompletableFuture<Void> heartbeat() {
        return client.beat();
    }
}
