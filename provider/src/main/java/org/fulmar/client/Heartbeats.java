package org.fulmar.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The groups of this client, and what brokers are told of them. Thread-safe, never blocks. */
final class Heartbeats {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeats.class);

    private final String clientId;
    private final Requests requests;
    private final Routes routes;
    private final int timeoutMillis;
    private final Map<String, ProducerMember> producers = new ConcurrentHashMap<>();
    private final Map<String, ConsumerMember> consumers = new ConcurrentHashMap<>();
    private final Map<String, Integer> versions = new ConcurrentHashMap<>();

    Heartbeats(String clientId, Requests requests, Routes routes, int timeoutMillis) {
        this.clientId = clientId;
        this.requests = requests;
        this.routes = routes;
        this.timeoutMillis = timeoutMillis;
    }

    void add(ProducerMember producer) throws ClientException {
        if (producers.putIfAbsent(producer.group(), producer) != null) {
            throw taken("producer", producer.group());
        }
    }

    void add(ConsumerMember consumer) throws ClientException {
        if (consumers.putIfAbsent(consumer.group(), consumer) != null) {
            throw taken("consumer", consumer.group());
        }
    }

    private static ClientException taken(String what, String group) {
        return new ClientException(
                ClientException.Kind.ILLEGAL_USE,
                "this client has a " + what + " of group " + group + " already: use that, or another client");
    }

    boolean remove(ProducerMember producer) {
        return producers.remove(producer.group(), producer);
    }

    boolean remove(ConsumerMember consumer) {
        return consumers.remove(consumer.group(), consumer);
    }

    @Nullable ProducerMember producer(String group) {
        return producers.get(group);
    }

    @Nullable ConsumerMember consumer(String group) {
        return consumers.get(group);
    }

    List<ConsumerMember> consumers() {
        return new ArrayList<>(consumers.values());
    }

    List<ProducerMember> producers() {
        return new ArrayList<>(producers.values());
    }

    boolean isEmpty() {
        return producers.isEmpty() && consumers.isEmpty();
    }

    /** The topics that the groups need routes of. */
    Set<String> topics() {
        Set<String> topics = new HashSet<>();
        consumers.values().forEach(consumer -> topics.addAll(consumer.topics()));
        producers.values().forEach(producer -> topics.addAll(producer.topics()));
        return topics;
    }

    private byte[] body(Collection<ConsumerMember> ofConsumers, Collection<ProducerMember> ofProducers) {
        ObjectNode json = JsonBody.object();
        json.put("clientID", clientId);
        ArrayNode consumerData = json.putArray("consumerDataSet");
        ofConsumers.forEach(consumer -> consumer.data().write(consumerData.addObject()));
        ArrayNode producerData = json.putArray("producerDataSet");
        ofProducers.forEach(producer -> producerData.addObject().put("groupName", producer.group()));
        return JsonBody.bytes(json);
    }

    /** One that has left while brokers were told that it is there may have been the last to say so: it leaves again. */
    private void leaveAgain(Collection<ConsumerMember> ofConsumers, Collection<ProducerMember> ofProducers) {
        ofConsumers.stream()
                .map(ConsumerMember::group)
                .filter(group -> !consumers.containsKey(group))
                .forEach(group -> unregister("consumerGroup", group));
        ofProducers.stream()
                .map(ProducerMember::group)
                .filter(group -> !producers.containsKey(group))
                .forEach(group -> unregister("producerGroup", group));
    }

    /**
     * Tells all brokers of the routes, replicas too if there are consumers. Completes when each has answered or failed,
     * never with a failure.
     */
    CompletableFuture<Void> beat() {
        return beat(false);
    }

    /**
     * @param connected only those that there is a connection to; others are told when there is one
     */
    CompletableFuture<Void> beat(boolean connected) {
        if (isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        List<ConsumerMember> ofConsumers = consumers();
        List<ProducerMember> ofProducers = producers();
        byte[] body = body(ofConsumers, ofProducers);
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (String address : routes.addresses(!consumers.isEmpty())) {
            if (connected && !requests.isConnected(address)) {
                continue;
            }
            answers.add(requests.request(
                            address, RequestCode.HEART_BEAT, Map.of(), Unpooled.wrappedBuffer(body), timeoutMillis)
                    .handle((frame, failure) -> {
                        answered(address, frame, failure);
                        return frame;
                    }));
        }
        leaveAgain(ofConsumers, ofProducers);
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]));
    }

    private void answered(String address, @Nullable Frame frame, @Nullable Throwable failure) {
        if (frame == null) {
            LOG.debug("broker {} was not told of the client's groups", address, failure);
            return;
        }
        if (frame.code() == ResponseCode.SUCCESS) {
            versions.put(address, frame.version());
        } else {
            LOG.warn("broker {} refused the heartbeat with code {}: {}", address, frame.code(), frame.remark());
        }
        frame.release();
    }

    /** Says it on a new connection, before anything else is said. */
    void beat(Connection connection) {
        if (!isEmpty()) {
            byte[] body = body(consumers(), producers());
            Frame frame = requests.frame(RequestCode.HEART_BEAT, Map.of(), Unpooled.wrappedBuffer(body));
            connection.request(frame, timeoutMillis).whenComplete((answer, failure) -> {
                if (answer != null) {
                    answer.release();
                }
            });
        }
    }

    /** RocketMQ's number of the release that a broker speaks for, or 0 if none has answered yet. */
    int brokerVersion(String address) {
        return versions.getOrDefault(address, 0);
    }

    /** Tells the brokers that know of it that a group has left: without a connection they have forgotten it. Never fails. */
    CompletableFuture<Void> unregister(String groupField, String group) {
        Map<String, String> fields =
                Fields.write().put("clientID", clientId).put(groupField, group).map();
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (String address : routes.addresses(true)) {
            if (!requests.isConnected(address)) {
                continue;
            }
            answers.add(requests.request(
                            address, RequestCode.UNREGISTER_CLIENT, fields, Unpooled.EMPTY_BUFFER, timeoutMillis)
                    .handle((frame, failure) -> {
                        if (frame != null) {
                            frame.release();
                        }
                        return frame;
                    }));
        }
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]));
    }
}
