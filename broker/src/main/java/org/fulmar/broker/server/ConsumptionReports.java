package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** How far topics have got and their RocketMQ groups with them, as administrators ask. Runs on the business pool. */
final class ConsumptionReports {
    /** Most queues in one answer. */
    private static final int MAX_ROWS = 50_000;

    private final BrokerConfig config;
    private final TopicService topics;
    private final ClientTable clients;
    private final ConsumerOffsets offsets;
    private final QueueStates queues;
    private final Traffic traffic;
    private final LongSupplier clock;

    ConsumptionReports(
            BrokerConfig config,
            TopicService topics,
            ClientTable clients,
            ConsumerOffsets offsets,
            QueueStates queues,
            Traffic traffic,
            LongSupplier clock) {
        this.config = config;
        this.topics = topics;
        this.clients = clients;
        this.offsets = offsets;
        this.queues = queues;
        this.traffic = traffic;
        this.clock = clock;
    }

    /** GET_TOPIC_STATS_INFO: where each queue of a topic begins and ends. */
    void topic(Request request) {
        String name = Fields.of(request.frame()).text("topic");
        TopicConfig topic = queues.ask(() -> topics.get(name));
        if (topic == null) {
            noTopic(request, name);
            return;
        }
        QueueMap table = new QueueMap(config.brokerName());
        int count = Math.max(topic.readQueueNums(), topic.writeQueueNums());
        for (QueueStates.State queue : queues.of(name, count, null)) {
            table.put(
                    name,
                    queue.queueId(),
                    JsonBody.object()
                            .put("lastUpdateTimestamp", queues.storeTime(queue.last()))
                            .put("maxOffset", queue.max())
                            .put("minOffset", queue.min()));
        }
        ObjectNode json = JsonBody.object();
        json.putRawValue("offsetTable", table.raw());
        json.put("topicPutTps", queues.ask(() -> traffic.storedPerSecond(name, clock.getAsLong())));
        answer(request, json);
    }

    private static void noTopic(Request request, String name) {
        request.answer(ResponseCode.TOPIC_NOT_EXIST, "topic[" + name + "] not exist");
    }

    private static void answer(Request request, ObjectNode json) {
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    /** GET_CONSUME_STATS: how far a group has got in its topics, or in those that are named. */
    void group(Request request) {
        Fields in = Fields.of(request.frame());
        String group = in.text("consumerGroup");
        String topic = in.text("topic", "");
        String list = in.text("topicList", "");
        Set<String> wanted = new TreeSet<>();
        if (!list.isBlank()) {
            wanted.addAll(Arrays.asList(list.split(";")));
        } else {
            wanted.addAll(queues.ask(() -> subscribed(group, topic)));
        }
        Progress progress = new Progress(group);
        for (String each : wanted) {
            progress.add(each, false);
        }
        answer(request, progress.json());
    }

    /** The topics to look at: all that the group has offsets of or the one named, as far as it subscribes to them. */
    private Set<String> subscribed(String group, String topic) {
        Set<String> wanted = new TreeSet<>(topic.isBlank() ? offsets.topics(group) : List.of(topic));
        Map<String, ?> subscriptions = clients.subscriptions(group);
        if (!subscriptions.isEmpty()) {
            wanted.retainAll(subscriptions.keySet());
        }
        return wanted;
    }

    /** How far one group has got: gathered topic by topic. */
    private final class Progress {
        private final String group;
        private final QueueMap table = new QueueMap(config.brokerName());
        private double perSecond;
        private long behind;
        private int rows;

        Progress(String group) {
            this.group = group;
        }

        /** Whether there was such a topic. */
        boolean add(String name, boolean ordered) {
            TopicConfig topic = queues.ask(() -> topics.get(name));
            if (topic == null || ordered && !topic.order()) {
                return false;
            }
            for (QueueStates.State queue : queues.of(name, topic.readQueueNums(), group)) {
                long consumed = Math.max(0, queue.committed());
                behind += queue.max() - consumed;
                rows++;
                table.put(
                        name,
                        queue.queueId(),
                        JsonBody.object()
                                .put("brokerOffset", queue.max())
                                .put("consumerOffset", consumed)
                                .put("lastTimestamp", queues.storeTime(queue.consumed()))
                                .put("pullOffset", consumed));
            }
            perSecond += queues.ask(() -> traffic.sentPerSecond(name, group, clock.getAsLong()));
            return true;
        }

        ObjectNode json() {
            ObjectNode json = JsonBody.object().put("consumeTps", perSecond);
            json.putRawValue("offsetTable", table.raw());
            return json;
        }
    }

    /** GET_BROKER_CONSUME_STATS: how far all groups have got in all their topics. */
    void broker(Request request) {
        boolean ordered = Fields.of(request.frame()).bool("isOrder", false);
        ObjectNode json = JsonBody.object();
        ArrayNode list = json.putArray("consumeStatsList");
        long behind = 0;
        int rows = 0;
        for (String group : queues.ask(offsets::groups)) {
            ArrayNode ofGroup = list.addObject().putArray(group);
            for (String topic : queues.ask(() -> subscribed(group, ""))) {
                Progress progress = new Progress(group);
                if (progress.add(topic, ordered)) {
                    ofGroup.add(progress.json());
                }
                behind += progress.behind;
                rows += progress.rows;
            }
            if (rows > MAX_ROWS) {
                request.answer(
                        ResponseCode.SYSTEM_ERROR,
                        "more than " + MAX_ROWS + " queues are consumed here; ask for one group at a time");
                return;
            }
        }
        json.put("brokerAddr", Attendance.address(request.connection(), true))
                .put("totalDiff", behind)
                .put("totalInflightDiff", 0);
        answer(request, json);
    }

    /** QUERY_CONSUME_TIME_SPAN: from when to when the messages of each queue are, and up to when a group has got. */
    void timeSpan(Request request) {
        Fields in = Fields.of(request.frame());
        String name = in.text("topic");
        TopicConfig topic = queues.ask(() -> topics.get(name));
        if (topic == null) {
            noTopic(request, name);
            return;
        }
        ObjectNode json = JsonBody.object();
        ArrayNode spans = json.putArray("consumeTimeSpanSet");
        for (QueueStates.State queue : queues.of(name, topic.readQueueNums(), in.text("group"))) {
            long first = queues.storeTime(queue.first());
            long consumed = queue.consumed() < 0 ? first : queues.storeTime(queue.consumed());
            // a group without an offset begins at the first
            long next = queue.committed() < 0 ? first : queues.storeTime(queue.next());
            ObjectNode span = spans.addObject()
                    .put("consumeTimeStamp", consumed)
                    .put("delayTime", next == 0 ? 0 : Math.max(0, clock.getAsLong() - next))
                    .put("maxTimeStamp", queues.storeTime(queue.last()))
                    .put("minTimeStamp", first);
            span.putObject("messageQueue")
                    .put("brokerName", config.brokerName())
                    .put("queueId", queue.queueId())
                    .put("topic", name);
        }
        answer(request, json);
    }

    /**
     * QUERY_CORRECTION_OFFSET: the least offset of each queue that any group has committed, but for those that are not
     * to be looked at; where the group that is compared is behind that, the greatest number.
     */
    void correction(Request request) {
        Fields in = Fields.of(request.frame());
        String topic = in.text("topic");
        Set<String> passed = Set.copyOf(List.of(in.text("filterGroups", "").split(",")));
        String compared = in.optional("compareGroup");
        ObjectNode json = JsonBody.object();
        ObjectNode table = json.putObject("correctionOffsets");
        queues.ask(() -> least(topic, passed, compared))
                .forEach((queue, offset) -> table.put(Integer.toString(queue), offset));
        answer(request, json);
    }

    private Map<Integer, Long> least(String topic, Set<String> passed, @Nullable String compared) {
        Map<Integer, Long> least = new TreeMap<>();
        List<String> groups = new ArrayList<>(offsets.groupsOf(topic));
        groups.sort(Comparator.naturalOrder());
        for (String group : groups) {
            if (!passed.contains(group)) {
                offsets.of(topic, group).forEach((queue, offset) -> least.merge(queue, offset, Math::min));
            }
        }
        if (compared != null) {
            offsets.of(topic, compared)
                    .forEach((queue, offset) -> least.computeIfPresent(
                            queue, (id, smallest) -> smallest > offset ? Long.valueOf(Long.MAX_VALUE) : smallest));
        }
        return least;
    }
}
