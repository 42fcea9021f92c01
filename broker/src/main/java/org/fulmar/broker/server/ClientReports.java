package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.transport.Request;

/** Who is connected, and who consumes what, as administrators ask. Runs on the core. */
final class ClientReports {
    /** Most clients in one answer. */
    private static final int MAX_CLIENTS = 20_000;

    private final ClientTable clients;
    private final ConsumerOffsets offsets;

    ClientReports(ClientTable clients, ConsumerOffsets offsets) {
        this.clients = clients;
        this.offsets = offsets;
    }

    private static void answer(Request request, JsonNode json) {
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    private static void list(ObjectNode json, Collection<Attendance.Member> members) {
        ArrayNode set = json.putArray("connectionSet");
        members.stream().limit(MAX_CLIENTS).forEach(member -> Attendance.describe(member, set.addObject()));
    }

    /** GET_CONSUMER_CONNECTION_LIST. */
    void consumers(Request request) {
        String group = Fields.of(request.frame()).text("consumerGroup");
        Collection<Attendance.Member> members = clients.attendance().consumers(group);
        if (members.isEmpty()) {
            request.answer(ResponseCode.CONSUMER_NOT_ONLINE, "the consumer group[" + group + "] not online");
            return;
        }
        Attendance.Profile profile = clients.attendance().profile(group);
        ObjectNode json = JsonBody.object();
        list(json, members);
        json.put("consumeFromWhere", profile.consumeFromWhere())
                .put("consumeType", profile.consumeType())
                .put("messageModel", profile.messageModel());
        ObjectNode table = json.putObject("subscriptionTable");
        profile.byTopic().forEach(table::set);
        answer(request, json);
    }

    /** GET_PRODUCER_CONNECTION_LIST. */
    void producers(Request request) {
        String group = Fields.of(request.frame()).text("producerGroup");
        Collection<Attendance.Member> members = clients.attendance().producers(group);
        if (members.isEmpty()) {
            request.answer(ResponseCode.SYSTEM_ERROR, "the producer group[" + group + "] not exist");
            return;
        }
        ObjectNode json = JsonBody.object();
        list(json, members);
        answer(request, json);
    }

    /** GET_ALL_PRODUCER_INFO. */
    void allProducers(Request request) {
        ObjectNode json = JsonBody.object();
        ObjectNode data = json.putObject("data");
        int[] count = {0};
        clients.attendance().eachProducer((group, member) -> {
            count[0]++;
            if (count[0] > MAX_CLIENTS) {
                return;
            }
            ArrayNode list = data.path(group) instanceof ArrayNode there ? there : data.putArray(group);
            list.addObject()
                    .put("clientId", member.clientId())
                    .put("language", Attendance.languageName(member.language()))
                    .put("lastUpdateTimestamp", member.lastSeen())
                    .put("remoteIP", Attendance.address(member.connection()))
                    .put("version", member.version());
        });
        answer(request, json);
    }

    /** QUERY_TOPIC_CONSUME_BY_WHO: the groups that subscribe to a topic now, or have an offset of it. */
    void groupsOfTopic(Request request) {
        String topic = Fields.of(request.frame()).text("topic");
        Set<String> groups = new TreeSet<>(offsets.groupsOf(topic));
        clients.attendance().consumerGroups().stream()
                .filter(group -> clients.subscription(group, topic) != null)
                .forEach(groups::add);
        ObjectNode json = JsonBody.object();
        groups.forEach(json.putArray("groupList")::add);
        answer(request, json);
    }

    /** QUERY_TOPICS_BY_CONSUMER: the topics that a group has an offset of. */
    void topicsOfGroup(Request request) {
        ObjectNode json = JsonBody.object();
        offsets.topics(Fields.of(request.frame()).text("group")).forEach(json.putArray("topicList")::add);
        json.put("brokerAddr", Attendance.address(request.connection(), true));
        answer(request, json);
    }

    /** QUERY_SUBSCRIPTION_BY_CONSUMER: what a group wants of a topic. */
    void subscription(Request request) {
        Fields in = Fields.of(request.frame());
        String group = in.text("group");
        String topic = in.text("topic");
        ObjectNode json = JsonBody.object().put("group", group).put("topic", topic);
        JsonNode wanted = clients.attendance().profile(group).byTopic().get(topic);
        json.set("subscriptionData", wanted == null ? NullNode.instance : wanted);
        answer(request, json);
    }
}
