package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.FactSink;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets the offsets of a RocketMQ group to a place or a time. Begins on the business pool, which searches the log; the core
 * does the rest.
 *
 * <p>Push consumers that are there are told, and set their offsets themselves. If there are none, if they pull by
 * themselves or pop, or if one queue is named, the broker keeps the offsets: it answers the next pull of each queue with it.
 */
final class OffsetResetHandler {
    private static final Logger LOG = LoggerFactory.getLogger(OffsetResetHandler.class);
    /** Those that set their offsets when they are told; consumers that pull by themselves pass it over. */
    private static final String PUSH = "CONSUME_PASSIVELY";

    private final BrokerConfig config;
    private final TopicService topics;
    private final GroupService groups;
    private final ClientTable clients;
    private final ConsumerOffsets offsets;
    private final QueueStates queues;
    private final PullHandler pulls;
    private final PopHandler pops;
    private final FactSink facts;
    private final TurnEnd turn;

    OffsetResetHandler(
            BrokerConfig config,
            TopicService topics,
            GroupService groups,
            ClientTable clients,
            ConsumerOffsets offsets,
            QueueStates queues,
            PullHandler pulls,
            PopHandler pops,
            FactSink facts,
            TurnEnd turn) {
        this.config = config;
        this.topics = topics;
        this.groups = groups;
        this.clients = clients;
        this.offsets = offsets;
        this.queues = queues;
        this.pulls = pulls;
        this.pops = pops;
        this.facts = facts;
        this.turn = turn;
    }

    /**
     * What is asked for.
     *
     * @param timestamp milliseconds since the epoch; negative for the end
     * @param queueId -1 for all
     * @param offset -1 to go by the time
     */
    private record Reset(String topic, String group, long timestamp, boolean force, int queueId, long offset) {
        static Reset of(Fields in) {
            return new Reset(
                    in.text("topic"),
                    in.text("group"),
                    in.number("timestamp", -1),
                    in.bool("isForce", in.bool("force", false)),
                    in.integer("queueId", -1),
                    in.number("offset", -1));
        }
    }

    /** INVOKE_BROKER_TO_RESET_OFFSET. */
    void reset(Request request) {
        Reset reset = Reset.of(Fields.of(request.frame()));
        TopicConfig topic = queues.ask(() -> topics.get(reset.topic));
        if (topic == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "Topic " + reset.topic + " does not exist");
            return;
        }
        if (!queues.ask(() -> knows(reset.group, reset.topic))) {
            request.answer(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, "Group " + reset.group + " does not exist");
            return;
        }
        int count = topic.readQueueNums();
        if (reset.queueId >= count || reset.offset >= 0 && reset.queueId < 0) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    reset.queueId < 0
                            ? "an offset is of one queue: name its id"
                            : "topic " + reset.topic + " has no queue " + reset.queueId);
            return;
        }
        Map<Integer, Long> targets = new TreeMap<>();
        int from = Math.max(0, reset.queueId);
        for (int id = from; id < (reset.queueId < 0 ? count : from + 1); id++) {
            long target = target(request, reset, id);
            if (target < 0) {
                return;
            }
            targets.put(id, target);
        }
        queues.ask(() -> apply(request, reset, targets));
    }

    private boolean knows(String group, String topic) {
        return groups.get(group) != null
                || clients.knows(group)
                || !offsets.of(topic, group).isEmpty();
    }

    /** Where a queue is to go on; -1 if the request is answered because it can't be. */
    private long target(Request request, Reset reset, int queueId) {
        QueueStates.State state = queues.of(reset.topic, queueId);
        if (reset.offset < 0) {
            return queues.offsetAt(reset.topic, state, reset.timestamp);
        }
        if (reset.offset < state.min() || reset.offset > state.max()) {
            request.answer(
                    ResponseCode.SYSTEM_ERROR,
                    "Target offset " + reset.offset + " not in consume queue range [" + state.min() + "-" + state.max()
                            + "]");
            return -1;
        }
        return reset.offset;
    }

    /** On the core. */
    private boolean apply(Request request, Reset reset, Map<Integer, Long> targets) {
        if (!reset.force) {
            // without force it only goes back
            targets.replaceAll((queue, target) -> {
                long committed = offsets.query(reset.topic, reset.group, queue);
                return committed < 0 ? target : Math.min(target, committed);
            });
        }
        Collection<Attendance.Member> members = clients.attendance().consumers(reset.group);
        boolean keep = members.isEmpty()
                || reset.queueId >= 0
                || !clients.attendance().profile(reset.group).consumeType().equals(PUSH);
        LOG.info(
                "group {} is set to {} of topic {} by {}{}",
                reset.group,
                targets,
                reset.topic,
                request.connection(),
                keep ? "" : ", its consumers are told");
        if (keep) {
            keep(request, reset, targets);
        } else {
            tell(reset, targets, members);
            answer(request, reset, targets);
        }
        return keep;
    }

    private void keep(Request request, Reset reset, Map<Integer, Long> targets) {
        for (Map.Entry<Integer, Long> target : targets.entrySet()) {
            if (!offsets.reset(reset.topic, reset.group, target.getKey(), target.getValue(), facts)) {
                request.answer(
                        ResponseCode.SYSTEM_BUSY,
                        "there are too many groups, or more than " + OffsetResets.MAX_RESETS
                                + " resets wait for their consumers");
                return;
            }
            pulls.reset(reset.topic, reset.group, target.getKey());
        }
        pops.reset(reset.topic, reset.group);
        turn.afterLog(logged -> {
            if (logged) {
                answer(request, reset, targets);
            } else {
                request.answer(ResponseCode.SERVICE_NOT_AVAILABLE, "the broker's store has failed");
            }
        });
    }

    private void answer(Request request, Reset reset, Map<Integer, Long> targets) {
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(map(reset, targets)));
    }

    private ObjectNode map(Reset reset, Map<Integer, Long> targets) {
        QueueMap table = new QueueMap(config.brokerName());
        targets.forEach((queue, target) -> table.put(reset.topic, queue, target));
        ObjectNode json = JsonBody.object();
        json.putRawValue("offsetTable", table.raw());
        return json;
    }

    /** The form that clients in C++ read. */
    private ObjectNode list(Reset reset, Map<Integer, Long> targets) {
        ObjectNode json = JsonBody.object();
        ArrayNode list = json.putArray("offsetTable");
        targets.forEach((queue, target) -> list.addObject()
                .put("brokerName", config.brokerName())
                .put("offset", target)
                .put("queueId", queue)
                .put("topic", reset.topic));
        return json;
    }

    private void tell(Reset reset, Map<Integer, Long> targets, Collection<Attendance.Member> members) {
        Map<String, String> fields = Fields.write()
                .put("topic", reset.topic)
                .put("group", reset.group)
                .put("timestamp", reset.timestamp)
                .put("isForce", reset.force)
                .map();
        byte @Nullable [] ofMap = null;
        for (Attendance.Member member : members) {
            byte[] body;
            if (member.language() == Attendance.CPP) {
                body = JsonBody.bytes(list(reset, targets));
            } else {
                ofMap = ofMap == null ? JsonBody.bytes(map(reset, targets)) : ofMap;
                body = ofMap;
            }
            member.connection()
                    .oneWay(Frame.request(
                            RequestCode.RESET_CONSUMER_CLIENT_OFFSET,
                            fields,
                            Unpooled.wrappedBuffer(body),
                            HeaderEncoding.JSON));
        }
    }
}
