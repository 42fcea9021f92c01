package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.delay.DelayLevels;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.transport.Request;

/** Topics made, changed, listed and removed by RocketMQ's tools. Runs on the core. */
final class AdminHandler {
    /** Most characters of all attributes of a topic together; they are part of every registration. */
    private static final int MAX_ATTRIBUTES = 4096;

    private final TopicService service;
    private final TopicTable topics;

    AdminHandler(TopicService service, TopicTable topics) {
        this.service = service;
        this.topics = topics;
    }

    void putTopic(Request request) {
        Fields in = Fields.of(request.frame());
        String name = DestinationNames.checked(in.text("topic"));
        TopicConfig before = topics.get(name);
        if (isOfBroker(name) || topics.isTemporary(name)) {
            request.answer(ResponseCode.INVALID_PARAMETER, "topic " + name + " can't be changed");
            return;
        }
        Map<String, String> attributes = new TreeMap<>(before == null ? Map.of() : before.attributes());
        for (String change : in.text("attributes", "").split(",")) {
            int equals = change.indexOf('=');
            if (change.startsWith("+") && equals > 1) {
                attributes.put(
                        change.substring(1, equals).strip(),
                        change.substring(equals + 1).strip());
            } else if (change.startsWith("-")) {
                attributes.remove(change.substring(1).strip());
            }
        }
        TopicConfig wanted = new TopicConfig(
                name,
                in.integer("readQueueNums", 8),
                in.integer("writeQueueNums", 8),
                in.integer("perm", TopicConfig.READ | TopicConfig.WRITE),
                in.integer("topicSysFlag", 0),
                in.bool("order", false),
                attributes);
        int length = attributes.entrySet().stream()
                .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
                .sum();
        if (length > MAX_ATTRIBUTES) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "the attributes of a topic have at most " + MAX_ATTRIBUTES + " characters, not " + length);
            return;
        }
        if (wanted.readQueueNums() < 1 || wanted.writeQueueNums() < 1) {
            request.answer(ResponseCode.INVALID_PARAMETER, "a topic has at least one queue to read and one to write");
            return;
        }
        try {
            service.put(wanted);
            service.whenAnnounced(name, () -> request.answer(ResponseCode.SUCCESS, (String) null));
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    /** Whether the broker keeps messages of its own in it. */
    private static boolean isOfBroker(String topic) {
        return topic.startsWith("rmq_sys_")
                || topic.equals(DelayLevels.TOPIC)
                || topic.equals(HalfMessages.TOPIC)
                || topic.equals(HalfMessages.OP_TOPIC)
                || topic.equals(HalfMessages.GIVEN_UP_TOPIC);
    }

    void deleteTopic(Request request) {
        String name = Fields.of(request.frame()).text("topic");
        if (isOfBroker(name)) {
            request.answer(ResponseCode.INVALID_PARAMETER, "topic " + name + " can't be deleted");
            return;
        }
        if (topics.isTemporary(name)) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER, "topic " + name + " is temporary and goes with its connection");
            return;
        }
        service.delete(name);
        request.answer(ResponseCode.SUCCESS, (String) null);
    }

    void allTopics(Request request) {
        ObjectNode json = JsonBody.object();
        json.set("dataVersion", topics.version().toJson());
        ObjectNode table = json.putObject("topicConfigTable");
        topics.all().forEach(topic -> table.set(topic.name(), topic.toJson()));
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }
}
