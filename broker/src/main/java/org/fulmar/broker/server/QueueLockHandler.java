package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.consume.QueueLocks;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.transport.Request;

/**
 * Locks on queues for members of consumer groups that consume in order. Runs on the core.
 *
 * <p>When a queue becomes free for which another member has asked in vain, the group's members are told at once: they
 * look again, and one has it within a round trip instead of after its next round.
 */
final class QueueLockHandler {
    private final BrokerConfig config;
    private final TopicService topics;
    private final ClientTable clients;
    private final QueueLocks locks;
    private final ClientHandler members;
    private final LongSupplier clock;

    QueueLockHandler(
            BrokerConfig config,
            TopicService topics,
            ClientTable clients,
            QueueLocks locks,
            ClientHandler members,
            LongSupplier clock) {
        this.config = config;
        this.topics = topics;
        this.clients = clients;
        this.locks = locks;
        this.members = members;
        this.clock = clock;
    }

    /** LOCK_BATCH_MQ: answers those of the queues that the client holds now. */
    void lock(Request request) {
        JsonNode json = JsonBody.parse(request.body());
        String group = json.path("consumerGroup").asText();
        String client = json.path("clientId").asText();
        if (!client.equals(clients.clientId(group, request.connection()))) {
            request.answer(
                    ResponseCode.CONSUMER_NOT_ONLINE,
                    "client " + client + " is no member of group " + group + " on this connection: it sends a heartbeat"
                            + " before it locks queues");
            return;
        }
        ObjectNode answer = JsonBody.object();
        ArrayNode held = answer.putArray("lockOKMQSet");
        for (QueueLocks.Queue queue : locks.lock(group, client, queues(json), clock.getAsLong())) {
            held.addObject()
                    .put("brokerName", config.brokerName())
                    .put("queueId", queue.queueId())
                    .put("topic", queue.topic());
        }
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(answer));
    }

    /** UNLOCK_BATCH_MQ. */
    void unlock(Request request) {
        JsonNode json = JsonBody.parse(request.body());
        String group = json.path("consumerGroup").asText();
        String client = json.path("clientId").asText();
        if (client.equals(clients.clientId(group, request.connection())) && locks.unlock(group, client, queues(json))) {
            members.tellMembers(group);
        }
        request.answer(ResponseCode.SUCCESS, (String) null);
    }

    /** Frees what was not renewed in time. */
    void expire() {
        locks.expire(clock.getAsLong()).forEach(members::tellMembers);
    }

    /** The queues of a request that there are. */
    private List<QueueLocks.Queue> queues(JsonNode json) {
        List<QueueLocks.Queue> found = new ArrayList<>();
        for (JsonNode node : json.path("mqSet")) {
            TopicConfig topic = topics.get(node.path("topic").asText());
            int id = node.path("queueId").asInt(-1);
            boolean here = node.path("brokerName").asText(config.brokerName()).equals(config.brokerName());
            if (here && topic != null && id >= 0 && id < Math.max(topic.readQueueNums(), topic.writeQueueNums())) {
                found.add(new QueueLocks.Queue(topic.name(), id));
            }
        }
        return found;
    }
}
