package org.fulmar.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.client.Patience.await;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.TestCluster;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.message.MessageProperties;

/** A topic of a test's cluster, and what is sent to it. For the test's threads. */
final class Topic {
    private final UnaryOperator<String> addresses;
    private final ClientInstance client;
    private final String name;

    private Topic(UnaryOperator<String> addresses, ClientInstance client, String name) {
        this.addresses = addresses;
        this.client = client;
        this.name = name;
    }

    /** Made on these brokers; returns when the name servers know it. */
    static Topic make(TestCluster cluster, ClientInstance client, String name, int queues, String... brokers)
            throws Exception {
        Topic topic = new Topic(cluster::brokerAddress, client, name);
        for (String broker : brokers) {
            topic.makeOn(broker, queues);
        }
        await().until(() -> topic.queues().size() == queues * brokers.length);
        return topic;
    }

    /** Made on a broker that is not the cluster's own; returns when the name servers know it. */
    static Topic at(ClientInstance client, String address, String name, int queues) throws Exception {
        Topic topic = new Topic(broker -> address, client, name);
        topic.makeOn(address, queues);
        await().until(() -> topic.queues().size() == queues);
        return topic;
    }

    void makeOn(String broker, int queues) throws Exception {
        TestCluster.makeTopic(client, addresses.apply(broker), name, queues);
    }

    String name() {
        return name;
    }

    List<MessageQueue> queues() throws Exception {
        return client.refreshRoute(name)
                .handle((route, failure) -> failure == null ? route.readQueues() : List.<MessageQueue>of())
                .get();
    }

    void send(String broker, int queue, String body) throws Exception {
        send(broker, queue, body, Map.of());
    }

    /** Stored when it returns. */
    void send(String broker, int queue, String body, Map<String, String> properties) throws Exception {
        client.await(sendAsync(broker, queue, body, properties));
    }

    CompletableFuture<Void> sendAsync(String broker, int queue, String body, Map<String, String> properties) {
        return sendAsync(broker, queue, body.getBytes(StandardCharsets.UTF_8), 0, properties);
    }

    CompletableFuture<Void> sendAsync(
            String broker, int queue, byte[] body, int sysFlag, Map<String, String> properties) {
        Map<String, String> all = new LinkedHashMap<>(properties);
        all.put(MessageProperties.UNIQ_KEY, client.uniqueIds().next());
        SendRequest header = new SendRequest(
                "test",
                name,
                "TBW102",
                4,
                queue,
                sysFlag,
                client.clock().getAsLong(),
                0,
                MessageProperties.format(all),
                0,
                0,
                false);
        return client.call(
                        addresses.apply(broker),
                        RequestCode.SEND_MESSAGE_V2,
                        header.fields(),
                        Unpooled.wrappedBuffer(body),
                        Patience.MILLIS)
                .thenAccept(frame -> {
                    assertThat(frame.code()).isZero();
                    frame.release();
                });
    }
}
