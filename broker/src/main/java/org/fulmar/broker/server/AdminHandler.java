package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Topics made, changed, listed and removed by RocketMQ's tools. Runs on the core. */
final class AdminHandler {
    /** Most topics that one request makes or changes. */
    private static final int MAX_AT_ONCE = 10_000;

    private final TopicService service;
    private final TopicTable topics;
    private final TopicRules rules;
    private final TurnEnd turn;

    AdminHandler(TopicService service, TopicTable topics, TopicRules rules, TurnEnd turn) {
        this.turn = turn;
        this.service = service;
        this.topics = topics;
        this.rules = rules;
    }

    /** UPDATE_AND_CREATE_TOPIC. */
    void putTopic(Request request) {
        Fields in = Fields.of(request.frame());
        String name = DestinationNames.checked(in.text("topic"));
        TopicConfig before = topics.get(name);
        List<String> changes = Arrays.stream(in.text("attributes", "").split(","))
                .filter(change -> !change.isBlank())
                .toList();
        TopicConfig wanted;
        try {
            wanted = new TopicConfig(
                    name,
                    in.integer("readQueueNums", before == null ? 8 : before.readQueueNums()),
                    in.integer("writeQueueNums", before == null ? 8 : before.writeQueueNums()),
                    in.integer("perm", before == null ? TopicConfig.READ | TopicConfig.WRITE : before.perm()),
                    in.integer("topicSysFlag", 0),
                    in.bool("order", false),
                    rules.changed(before, changes));
        } catch (IllegalArgumentException e) {
            request.answer(ResponseCode.INVALID_PARAMETER, e.getMessage());
            return;
        }
        put(request, List.of(wanted));
    }

    /** UPDATE_AND_CREATE_TOPIC_LIST: all of them or none. */
    void putTopics(Request request) {
        List<TopicConfig> wanted = new ArrayList<>();
        for (JsonNode json : JsonBody.parse(request.body()).path("topicConfigList")) {
            TopicConfig given = TopicConfig.fromJson(json);
            List<String> changes = new ArrayList<>();
            given.attributes().forEach((name, value) -> changes.add(name.startsWith("-") ? name : name + "=" + value));
            try {
                Map<String, String> attributes =
                        rules.changed(topics.get(DestinationNames.checked(given.name())), changes);
                wanted.add(new TopicConfig(
                        given.name(),
                        given.readQueueNums(),
                        given.writeQueueNums(),
                        given.perm(),
                        given.topicSysFlag(),
                        given.order(),
                        attributes));
            } catch (IllegalArgumentException e) {
                request.answer(ResponseCode.INVALID_PARAMETER, given.name() + ": " + e.getMessage());
                return;
            }
        }
        if (wanted.isEmpty() || wanted.size() > MAX_AT_ONCE) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "a request makes 1 to " + MAX_AT_ONCE + " topics, not " + wanted.size());
            return;
        }
        put(request, wanted);
    }

    private void put(Request request, List<TopicConfig> wanted) {
        for (TopicConfig topic : wanted) {
            String refusal = refusal(topic);
            if (refusal != null) {
                request.answer(ResponseCode.INVALID_PARAMETER, refusal);
                return;
            }
        }
        Set<String> anew = new HashSet<>();
        wanted.forEach(topic -> anew.add(topic.name()));
        anew.removeIf(name -> topics.get(name) != null);
        if (!topics.hasRoom(anew.size())) {
            request.answer(
                    ResponseCode.SYSTEM_BUSY,
                    "the broker has no room for " + anew.size() + " more topics: see maxTopics, or delete some");
            return;
        }
        try {
            for (TopicConfig topic : wanted) {
                if (!topic.equals(topics.get(topic.name()))) {
                    service.put(topic);
                }
            }
            String last = wanted.get(wanted.size() - 1).name();
            turn.afterLog(logged -> {
                if (logged) {
                    service.whenAnnounced(last, () -> request.answer(ResponseCode.SUCCESS, (String) null));
                } else {
                    request.answer(ResponseCode.SERVICE_NOT_AVAILABLE, "the broker's store has failed");
                }
            });
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    private @Nullable String refusal(TopicConfig wanted) {
        if (rules.isSystem(wanted.name())) {
            return "The topic[" + wanted.name() + "] is conflict with system topic.";
        }
        if (topics.isTemporary(wanted.name())) {
            return "topic " + wanted.name() + " is temporary and can't be changed";
        }
        return rules.refusal(topics.get(wanted.name()), wanted);
    }

    /** DELETE_TOPIC_IN_BROKER: a topic with all that is kept of it. */
    void deleteTopic(Request request) {
        String name = Fields.of(request.frame()).text("topic");
        if (rules.isSystem(name)) {
            request.answer(ResponseCode.INVALID_PARAMETER, "The topic[" + name + "] is conflict with system topic.");
            return;
        }
        if (topics.isTemporary(name)) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER, "topic " + name + " is temporary and goes with its connection");
            return;
        }
        service.delete(name);
        turn.successAfterLog(request);
    }

    /** GET_ALL_TOPIC_CONFIG: all, or those of a page if the request names one. */
    void allTopics(Request request) {
        Fields in = Fields.of(request.frame());
        ObjectNode json = JsonBody.object();
        json.set("dataVersion", topics.version().toJson());
        ObjectNode table = json.putObject("topicConfigTable");
        int first = Math.max(0, in.integer("topicSeq", 0));
        int most = in.integer("maxTopicNum", 0);
        int total = topics.all().size();
        topics.all().stream()
                .sorted((a, b) -> a.name().compareTo(b.name()))
                .skip(most > 0 ? first : 0)
                .limit(most > 0 ? most : total)
                .forEach(topic -> table.set(topic.name(), topic.toJson()));
        Map<String, String> fields = Fields.write().put("totalTopicNum", total).map();
        request.answer(ResponseCode.SUCCESS, null, fields, JsonBody.buffer(json));
    }

    /** GET_TOPIC_CONFIG. */
    void topic(Request request) {
        String name = Fields.of(request.frame()).text("topic");
        TopicConfig topic = topics.get(name);
        if (topic == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "No topic in this broker. topic: " + name);
        } else {
            request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(topic.toJson()));
        }
    }

    /** GET_SYSTEM_TOPIC_LIST_FROM_BROKER. */
    void systemTopics(Request request) {
        ObjectNode json = JsonBody.object();
        ArrayNode list = json.putArray("topicList");
        Set<String> system = rules.systemTopics();
        system.forEach(list::add);
        topics.all().stream()
                .map(TopicConfig::name)
                .filter(name -> rules.isSystem(name) && !system.contains(name))
                .forEach(list::add);
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    /** CLEAN_UNUSED_TOPIC: the queues of a topic go with it, so there is nothing left to do. */
    void cleanUnused(Request request) {
        request.answer(ResponseCode.SUCCESS, (String) null);
    }
}
