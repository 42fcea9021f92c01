package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.consume.QueueLocks;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Heartbeats of RocketMQ clients and what follows from them. Runs on the core. */
final class ClientHandler {
    /** After so long without a heartbeat a client is a member no more. */
    static final long SILENT_MILLIS = 120_000;

    private static final long SCAN_MILLIS = 10_000;

    private final TopicService topics;
    private final ClientTable clients;
    private final GroupService groups;
    private final QueueLocks locks;
    private final PullSubscriptions subscriptions;
    private final LongSupplier clock;
    private long scannedAt;

    ClientHandler(
            TopicService topics,
            ClientTable clients,
            GroupService groups,
            QueueLocks locks,
            PullSubscriptions subscriptions,
            LongSupplier clock) {
        this.topics = topics;
        this.clients = clients;
        this.groups = groups;
        this.locks = locks;
        this.subscriptions = subscriptions;
        this.clock = clock;
    }

    /** Why a group of a heartbeat was not taken. */
    private record Refusal(int code, @Nullable String sentence) {}

    /** Takes the groups that can be taken; if there are others, the answer is what was wrong with the first of them. */
    void heartbeat(Request request) {
        JsonNode json = JsonBody.parse(request.body());
        String clientId = json.path("clientID").asText();
        long now = clock.getAsLong();
        List<Refusal> refusals = new ArrayList<>();
        List<JsonNode> producing = new ArrayList<>();
        for (JsonNode producer : json.path("producerDataSet")) {
            Refusal refusal = produce(request.connection(), clientId, producer);
            if (refusal == null) {
                producing.add(producer);
            } else {
                refusals.add(refusal);
            }
        }
        List<JsonNode> consuming = new ArrayList<>();
        for (JsonNode consumer : json.path("consumerDataSet")) {
            Refusal refusal = join(request.connection(), clientId, consumer, now);
            if (refusal == null) {
                consuming.add(consumer);
            } else {
                refusals.add(refusal);
            }
        }
        clients.attendance().heard(request, json, producing, consuming);
        if (refusals.isEmpty()) {
            request.answer(ResponseCode.SUCCESS, (String) null);
        } else {
            Refusal first = refusals.get(0);
            String more = refusals.size() == 1 ? "" : " (the first of " + refusals.size() + " groups refused)";
            request.answer(first.code, first.sentence + more);
        }
    }

    private @Nullable Refusal produce(Connection connection, String clientId, JsonNode producer) {
        String group = producer.path("groupName").asText();
        try {
            if (!clients.producer(connection, group)) {
                return new Refusal(ResponseCode.SYSTEM_BUSY, HeartbeatRoom.full(group));
            }
            clients.producerClient(connection, clientId);
            return null;
        } catch (FrameException e) {
            return new Refusal(ResponseCode.INVALID_PARAMETER, e.getMessage());
        }
    }

    private @Nullable Refusal join(Connection connection, String clientId, JsonNode consumer, long now) {
        try {
            ClientTable.Joining joining = clients.joining(connection, clientId, consumer, now);
            GroupConfig settings = groups.findOrMake(joining.group());
            if (settings == null) {
                return new Refusal(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, GroupService.missing(joining.group()));
            }
            topics.createIfMissing(new TopicConfig(
                    DestinationNames.checked(TopicService.RETRY_PREFIX + joining.group()),
                    Math.max(1, settings.retryQueueNums()),
                    TopicConfig.READ | TopicConfig.WRITE));
            tell(clients.consumer(joining));
            return null;
        } catch (StoreException e) {
            return new Refusal(StoreErrors.nativeCode(e), e.getMessage());
        } catch (FrameException e) {
            return new Refusal(ResponseCode.INVALID_PARAMETER, e.getMessage());
        }
    }

    void unregister(Request request) {
        Fields in = Fields.of(request.frame());
        String producer = in.optional("producerGroup");
        if (producer != null) {
            clients.unregisterProducer(request.connection(), producer);
        }
        String consumer = in.optional("consumerGroup");
        if (consumer != null) {
            leave(consumer, request.connection());
        }
        request.answer(ResponseCode.SUCCESS, (String) null);
    }

    void connectionLost(Connection connection) {
        clients.groupsOf(connection).forEach(group -> leave(group, connection));
        clients.producerLost(connection);
    }

    /** Removes those who have not sent a heartbeat for too long; looks every ten seconds, however often it is called. */
    void removeSilent() {
        long now = clock.getAsLong();
        if (Math.abs(now - scannedAt) >= SCAN_MILLIS) {
            scannedAt = now;
            clients.silentSince(now - SILENT_MILLIS).forEach(gone -> leave(gone.group(), gone.connection()));
        }
    }

    /** A member goes, and the queues that it held are free, unless it is there by another connection as well. */
    private void leave(String group, Connection connection) {
        String client = clients.clientId(group, connection);
        ClientTable.Change change = clients.unregisterConsumer(connection, group);
        boolean wanted = client != null && !clients.isMember(group, client) && locks.left(group, client);
        if (change != null) {
            tell(change);
        } else if (wanted) {
            tellMembers(group);
        }
    }

    /** Tells the members of a group to look at their queues again. */
    void tellMembers(String group) {
        tell(clients.change(group));
    }

    /** Tells the members of a group that it has changed, the one that joined included. */
    private void tell(ClientTable.@Nullable Change change) {
        GroupConfig settings = change == null ? null : groups.get(change.group());
        if (change == null || settings != null && !settings.notifyMembers()) {
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

    /** Whether a client's subscription would be understood: consumers with a SQL filter ask before they start. */
    void checkConfig(Request request) {
        JsonNode subscription = JsonBody.parse(request.body()).path("subscriptionData");
        String type = subscription.path("expressionType").asText("TAG");
        if (ClientTable.Subscription.isTag(type)) {
            request.answer(ResponseCode.SUCCESS, (String) null);
            return;
        }
        try {
            String text = subscription.path("subString").asText("");
            clients.filters().get(subscriptions.checkedText(type, text));
            request.answer(ResponseCode.SUCCESS, (String) null);
        } catch (DeliveryException e) {
            request.answer(e.code(), e.getMessage());
        }
    }
}
