package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Heartbeats of RocketMQ clients and what follows from them. Runs on the core. */
final class ClientHandler {
    private final BrokerConfig config;
    private final TopicService topics;
    private final ClientTable clients;

    ClientHandler(BrokerConfig config, TopicService topics, ClientTable clients) {
        this.config = config;
        this.topics = topics;
        this.clients = clients;
    }

    void heartbeat(Request request) {
        JsonNode json = JsonBody.parse(request.body());
        String clientId = json.path("clientID").asText();
        for (JsonNode producer : json.path("producerDataSet")) {
            clients.producer(request.connection(), producer.path("groupName").asText());
            clients.producerClient(request.connection(), clientId);
        }
        try {
            for (JsonNode consumer : json.path("consumerDataSet")) {
                String group = consumer.path("groupName").asText();
                if (!config.autoCreateGroups() && !clients.knows(group)) {
                    request.answer(
                            ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
                            "group " + group + " does not exist; set autoCreateSubscriptionGroup");
                    return;
                }
                topics.createIfMissing(new TopicConfig(
                        DestinationNames.checked(TopicService.RETRY_PREFIX + group),
                        1,
                        TopicConfig.READ | TopicConfig.WRITE));
                tell(clients.consumer(request.connection(), clientId, consumer));
            }
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
            return;
        }
        request.answer(ResponseCode.SUCCESS, (String) null);
    }

    void unregister(Request request) {
        Fields in = Fields.of(request.frame());
        String producer = in.optional("producerGroup");
        if (producer != null) {
            clients.unregisterProducer(request.connection(), producer);
        }
        String consumer = in.optional("consumerGroup");
        if (consumer != null) {
            tell(clients.unregisterConsumer(request.connection(), consumer));
        }
        request.answer(ResponseCode.SUCCESS, (String) null);
    }

    void connectionLost(Connection connection) {
        clients.connectionLost(connection).forEach(this::tell);
    }

    /** Tells the members of a group that it has changed, the one that joined included. */
    private void tell(ClientTable.@Nullable Change change) {
        if (change == null) {
            return;
        }
        Map<String, String> fields =
                Fields.write().put("consumerGroup", change.group()).map();
        for (Connection member : change.members()) {
            // one that does not read would have them pile up here; clients look for themselves every 20 s as well
            if (member.isWritable()) {
                member.oneWay(Frame.request(
                        RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, fields, Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON));
            }
        }
    }

    void members(Request request) {
        String group = Fields.of(request.frame()).text("consumerGroup");
        List<String> members = clients.members(group);
        if (members.isEmpty()) {
            request.answer(ResponseCode.SYSTEM_ERROR, "no consumer for this group, " + group);
            return;
        }
        ObjectNode json = JsonBody.object();
        ArrayNode list = json.putArray("consumerIdList");
        members.forEach(list::add);
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    /** Whether a client's subscription would be understood; SQL filters are not, yet. */
    void checkConfig(Request request) {
        JsonNode json = JsonBody.parse(request.body());
        String type = json.path("subscriptionData").path("expressionType").asText("TAG");
        if (type.equals("TAG") || type.isEmpty()) {
            request.answer(ResponseCode.SUCCESS, (String) null);
        } else {
            request.answer(
                    ResponseCode.SYSTEM_ERROR,
                    "filters of type " + type + " are not supported by this release; use tags");
        }
    }
}
