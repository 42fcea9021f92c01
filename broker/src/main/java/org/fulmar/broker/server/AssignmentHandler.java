package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.pop.QueueShares;
import org.fulmar.broker.pop.RequestModes;
import org.fulmar.broker.store.Appender;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which queues a member of a consumer group is to consume, and whether by pull or by POP: the broker's side of
 * rebalance. Runs on the core.
 */
final class AssignmentHandler {
    private static final Logger LOG = LoggerFactory.getLogger(AssignmentHandler.class);

    private final BrokerConfig config;
    private final TopicService topics;
    private final ClientTable clients;
    private final GroupService groups;
    private final RequestModes modes;
    private final ClusterQueues queues;
    private final Appender appender;
    private final TurnEnd turn;
    private final Executor core;

    AssignmentHandler(
            BrokerConfig config,
            TopicService topics,
            ClientTable clients,
            GroupService groups,
            RequestModes modes,
            ClusterQueues queues,
            Appender appender,
            TurnEnd turn,
            Executor core) {
        this.config = config;
        this.topics = topics;
        this.clients = clients;
        this.groups = groups;
        this.modes = modes;
        this.queues = queues;
        this.appender = appender;
        this.turn = turn;
        this.core = core;
    }

    private record Question(String topic, String group, String clientId, boolean broadcasting, String strategy) {
        static Question of(JsonNode json) {
            return new Question(
                    name(json, "topic"),
                    name(json, "consumerGroup"),
                    json.path("clientId").asText(),
                    json.path("messageModel").asText().equals("BROADCASTING"),
                    json.path("strategyName").asText("AVG"));
        }
    }

    private static String name(JsonNode json, String field) {
        String name = json.path(field).asText();
        if (name.isEmpty() || name.length() > ClientTable.MAX_NAME) {
            throw new FrameException(field + " has 1 to " + ClientTable.MAX_NAME + " characters");
        }
        return name;
    }

    /** An answer without assignments has the client keep what it has. */
    void query(Request request) {
        Question question = Question.of(JsonBody.parse(request.body()));
        queues.of(question.topic).whenComplete((found, failure) -> {
            if (failure != null) {
                LOG.warn("the queues of {} are not known now: {}", question.topic, failure.getMessage());
            }
            core.execute(() -> RequestRouter.run(same -> answer(same, question, found), request));
        });
    }

    private void answer(Request request, Question question, @Nullable List<QueueShares.Queue> found) {
        ObjectNode json = JsonBody.object();
        RequestModes.Mode mode =
                question.broadcasting ? RequestModes.Mode.PULL : modes.mode(question.topic, question.group);
        List<QueueShares.Queue> share = found == null || found.isEmpty() ? null : share(question, mode, found);
        if (share != null) {
            ArrayNode assignments = json.putArray("messageQueueAssignments");
            for (QueueShares.Queue queue : share) {
                ObjectNode assignment = assignments.addObject();
                assignment
                        .putObject("messageQueue")
                        .put("topic", question.topic)
                        .put("brokerName", queue.broker())
                        .put("queueId", queue.id());
                assignment.put("mode", mode.text());
            }
        }
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    private @Nullable List<QueueShares.Queue> share(
            Question question, RequestModes.Mode mode, List<QueueShares.Queue> all) {
        if (question.broadcasting) {
            return all;
        }
        QueueShares.Strategy strategy = QueueShares.Strategy.of(question.strategy);
        List<String> members = clients.members(question.group);
        if (strategy == null || members.isEmpty()) {
            LOG.warn(
                    "no assignment of {} for group {}: {}",
                    question.topic,
                    question.group,
                    strategy == null ? "its strategy is " + question.strategy : "it has no members by heartbeat");
            return null;
        }
        return mode.pop()
                ? QueueShares.popped(strategy, all, members, question.clientId, mode.shareQueues())
                : QueueShares.pulled(strategy, all, members, question.clientId);
    }

    /** Sets the mode of a group for a topic. */
    void setMode(Request request) {
        JsonNode json = JsonBody.parse(request.body());
        String topic = name(json, "topic");
        String group = name(json, "consumerGroup");
        String mode = json.path("mode").asText("PULL");
        if (topic.startsWith(TopicService.RETRY_PREFIX)) {
            request.answer(ResponseCode.NO_PERMISSION, "a retry topic is always pulled from; its mode can't be set");
            return;
        }
        TopicConfig there = topics.get(topic);
        if (there == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "topic " + topic + " does not exist");
            return;
        }
        if (!mode.equals("POP") && !mode.equals("PULL")) {
            request.answer(ResponseCode.INVALID_PARAMETER, "mode is POP or PULL, not " + mode);
            return;
        }
        if (!config.autoCreateGroups() && groups.get(group) == null) {
            request.answer(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, GroupService.missing(group));
            return;
        }
        int shared = json.path("popShareQueueNum").asInt();
        if (!modes.set(topic, group, new RequestModes.Mode(mode.equals("POP"), shared), appender)) {
            request.answer(ResponseCode.SYSTEM_BUSY, "the modes of too many groups are set already");
            return;
        }
        turn.successAfterLog(request);
    }

    void allModes(Request request) {
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(modes.toJson()));
    }
}
