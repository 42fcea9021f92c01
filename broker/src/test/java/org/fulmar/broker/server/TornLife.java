package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import org.fulmar.broker.server.JmsWire.Delivered;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.broker.server.NativePeer.Popped;
import org.fulmar.broker.server.TornModel.Commits;
import org.fulmar.broker.server.TornModel.Destination;
import org.fulmar.broker.server.TornModel.Topic;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/** What clients do with a broker by chance, and what they must find of it. Used by one thread at a time. */
final class TornLife {
    private static final List<String> NAMES = List.of("alpha", "beta");
    private static final String TIMED = "timed";
    private static final int TIMED_QUEUE = 1;
    private static final String JMS_QUEUE = "jq";
    private static final String JMS_TOPIC = "jt";
    private static final String POPPING = "popping";
    private static final String PULLING = "pulling";
    private static final long INVISIBLE = 60_000;
    private static final long LONG_AFTER = 1_000_000;

    private final TornBroker on;
    private final TornModel model;
    private final Random random;

    TornLife(TornBroker on, TornModel model, Random random) {
        this.on = on;
        this.model = model;
        this.random = random;
    }

    void begin() throws Exception {
        assertThat(on.admin.putTopic(TIMED, 4, 4, 6, "").code()).isZero();
    }

    // ---- what is done

    void some(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            one(false);
        }
    }

    /** Called on the thread that saves, which reads timers too: no time passes. */
    void someWhileSaving(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            one(true);
        }
    }

    private void one(boolean saving) throws Exception {
        String name = NAMES.get(random.nextInt(NAMES.size()));
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> send(name);
            case 4 -> delete(name);
            case 5 -> {
                delete(name);
                make(name);
            }
            case 6, 7 -> commit(name);
            case 8, 9, 10 -> pop(name);
            case 11 -> deleteGroup();
            case 12 -> timer();
            case 13 -> recall();
            case 14 -> pass(saving ? 0 : random.nextInt(80_000));
            case 15 -> deleteJms();
            case 16, 17 -> consumeQueue();
            case 18 -> consumeTopic();
            default -> sendJms();
        }
    }

    private Topic make(String name) throws Exception {
        Topic topic = model.topics.get(name);
        if (topic == null) {
            assertThat(on.admin
                            .putTopic(name, TornModel.QUEUES, TornModel.QUEUES, 6, "")
                            .code())
                    .isZero();
            topic = new Topic();
            model.topics.put(name, topic);
        }
        return topic;
    }

    private void deleteTopic(String name) throws Exception {
        assertThat(on.admin
                        .ask(RequestCode.DELETE_TOPIC_IN_BROKER, "", "topic", name)
                        .code())
                .isZero();
    }

    private void delete(String name) throws Exception {
        if (model.topics.remove(name) != null) {
            deleteTopic(name);
        }
    }

    private void send(String name) throws Exception {
        Topic topic = make(name);
        for (int i = random.nextInt(4); i >= 0; i--) {
            sendTo(name, topic, random.nextInt(TornModel.QUEUES));
        }
    }

    private void sendTo(String name, Topic topic, int queueId) throws Exception {
        String body = model.next(name);
        NativeProducer.Answer answer = on.admin.send(name, queueId, body);
        assertThat(answer.code()).as(answer.remark()).isZero();
        List<String> queue = topic.queues.get(queueId);
        assertThat(answer.fields()).containsEntry("queueOffset", Integer.toString(queue.size()));
        queue.add(body);
    }

    private void commit(String name) throws Exception {
        Topic topic = model.topics.get(name);
        if (topic != null) {
            int queueId = random.nextInt(TornModel.QUEUES);
            // a number that no other life of the topic has
            long offset = model.numbers++;
            assertThat(on.admin.commit(PULLING, name, queueId, offset).code()).isZero();
            topic.commits.get(queueId).values.add(offset);
        }
    }

    private void deleteGroup() throws Exception {
        assertThat(on.admin
                        .ask(RequestCode.DELETE_SUBSCRIPTIONGROUP, "", "groupName", PULLING, "cleanOffset", "true")
                        .code())
                .isZero();
        model.offsetsGone();
    }

    private List<Popped> popped(String name, int most) throws Exception {
        Map<String, String> header = NativePeer.popHeader(POPPING, name, INVISIBLE, on.clock.get());
        header.put("maxMsgNums", Integer.toString(most));
        Answer answer = on.peer.ask(RequestCode.POP_MESSAGE, header);
        if (answer.code() == ResponseCode.POLLING_TIMEOUT) {
            return List.of();
        }
        assertThat(answer.code()).as(answer.remark()).isZero();
        return NativePeer.popped(answer);
    }

    private void pop(String name) throws Exception {
        Topic topic = model.topics.get(name);
        if (topic == null) {
            return;
        }
        for (Popped message : popped(name, 1 + random.nextInt(6))) {
            assertThat(topic.unsettled()).contains(message.body());
            if (random.nextInt(3) > 0) {
                Answer answer =
                        on.peer.ask(RequestCode.ACK_MESSAGE, NativePeer.ackHeader(POPPING, name, message.handle()));
                assertThat(answer.code()).as(answer.remark()).isZero();
                topic.popped.add(message.body());
            }
        }
    }

    private void timer() throws Exception {
        String body = model.next(TIMED);
        long delay = 1000 + random.nextInt(200_000);
        NativeProducer.Answer answer = on.producer.send(TIMED, body, 0, Map.of("TIMER_DELAY_MS", Long.toString(delay)));
        assertThat(answer.code()).as(answer.remark()).isZero();
        model.timers.put(body, on.clock.get() + delay);
        model.handles.put(body, Objects.requireNonNull(answer.fields().get("recallHandle")));
    }

    private void recall() throws Exception {
        List<String> waiting = List.copyOf(model.timers.keySet());
        if (!waiting.isEmpty()) {
            String body = waiting.get(random.nextInt(waiting.size()));
            NativeProducer.Answer answer = on.producer.ask(
                    RequestCode.RECALL_MESSAGE,
                    Map.of("topic", TIMED, "recallHandle", Objects.requireNonNull(model.handles.get(body))));
            assertThat(answer.code()).as(answer.remark()).isZero();
            model.timers.remove(body);
        }
    }

    /** Time passes, and what is due is given. */
    void pass(long millis) throws Exception {
        long now = on.clock.addAndGet(millis);
        List<String> due = new ArrayList<>();
        model.timers.forEach((body, at) -> {
            if (at <= now) {
                due.add(body);
            }
        });
        model.timers.keySet().removeAll(due);
        model.given.addAll(due);
        await().until(() -> on.producer.maxOffset(TIMED, TIMED_QUEUE) >= model.given.size());
    }

    // ---- JMS

    private Destination openQueue() throws Exception {
        Destination there = model.queue;
        if (there == null) {
            try (JmsWire jms = new JmsWire(on.broker.address())) {
                jms.open(DestinationKind.QUEUE, JMS_QUEUE);
            }
            there = new Destination();
            there.subscribed = true;
            model.queue = there;
        }
        return there;
    }

    private Destination openTopic() throws Exception {
        Destination there = model.topic;
        if (there == null) {
            try (JmsWire jms = new JmsWire(on.broker.address())) {
                jms.open(DestinationKind.TOPIC, JMS_TOPIC);
            }
            there = new Destination();
            model.topic = there;
        }
        return there;
    }

    private void deleteJms() throws Exception {
        if (random.nextBoolean() && model.queue != null) {
            deleteTopic(JMS_QUEUE);
            model.queue = null;
            openQueue();
        } else if (model.topic != null) {
            deleteTopic(JMS_TOPIC);
            model.topic = null;
            openTopic();
        }
    }

    private void sendJms(String name, Destination to) throws Exception {
        String body = model.next(name);
        NativeProducer.Answer answer = on.admin.send(name, 0, body);
        assertThat(answer.code()).as(answer.remark()).isZero();
        if (to.subscribed) {
            to.waiting.add(body);
        }
    }

    private void sendJms() throws Exception {
        Destination queue = openQueue();
        Destination topic = openTopic();
        for (int i = random.nextInt(3); i >= 0; i--) {
            sendJms(JMS_QUEUE, queue);
            sendJms(JMS_TOPIC, topic);
        }
    }

    private void consumeQueue() throws Exception {
        consume(DestinationKind.QUEUE, JMS_QUEUE, null, openQueue());
    }

    private void consumeTopic() throws Exception {
        Destination topic = openTopic();
        if (topic.subscribed && random.nextInt(4) == 0) {
            try (JmsWire jms = new JmsWire(on.broker.address())) {
                jms.unsubscribe("s");
            }
            topic.subscribed = false;
            topic.waiting.clear();
        }
        consume(DestinationKind.TOPIC, JMS_TOPIC, "s", topic);
        topic.subscribed = true;
    }

    private void consume(DestinationKind kind, String name, @Nullable String subscription, Destination from)
            throws Exception {
        int credit = 1 + random.nextInt(5);
        try (JmsWire jms = new JmsWire(on.broker.address())) {
            jms.consume(kind, name, subscription, credit);
            for (Delivered message : jms.await(Math.min(credit, from.waiting.size()))) {
                assertThat(from.waiting).contains(message.body());
                if (random.nextInt(3) > 0) {
                    jms.acknowledge(message);
                    from.waiting.remove(message.body());
                }
            }
        }
    }

    // ---- what must be there

    void verify() throws Exception {
        for (String name : NAMES) {
            Topic topic = model.topics.get(name);
            int code = on.admin
                    .ask(RequestCode.GET_TOPIC_CONFIG, "", "topic", name)
                    .code();
            assertThat(code).as(name).isEqualTo(topic == null ? ResponseCode.TOPIC_NOT_EXIST : 0);
            if (topic == null) {
                assertThat(on.committed(name, PULLING)).as(name).isEmpty();
            } else {
                verify(name, topic);
            }
        }
        Destination queue = model.queue;
        if (queue != null) {
            verify(DestinationKind.QUEUE, JMS_QUEUE, null, queue);
        }
        Destination topic = model.topic;
        if (topic != null && topic.subscribed) {
            verify(DestinationKind.TOPIC, JMS_TOPIC, "s", topic);
        }
        pass(LONG_AFTER);
        for (String name : model.topics.keySet()) {
            Topic each = Objects.requireNonNull(model.topics.get(name));
            List<String> again = new ArrayList<>();
            for (List<Popped> some = popped(name, 32); !some.isEmpty(); some = popped(name, 32)) {
                some.forEach(message -> again.add(message.body()));
            }
            assertThat(again).as("popped of " + name).containsExactlyInAnyOrderElementsOf(each.unsettled());
        }
        assertThat(bodies(TIMED, TIMED_QUEUE))
                .as("what was due")
                .containsExactlyInAnyOrderElementsOf(new TreeSet<>(model.given));
    }

    private List<String> bodies(String name, int queueId) throws Exception {
        List<String> bodies = new ArrayList<>();
        long end = on.producer.maxOffset(name, queueId);
        for (long offset = 0; offset < end; offset++) {
            MessageRecord record = on.producer.read(name, queueId, offset);
            bodies.add(record == null ? "nothing" : new String(record.bodyBytes(), StandardCharsets.UTF_8));
        }
        return bodies;
    }

    private void verify(String name, Topic topic) throws Exception {
        Map<Integer, Long> committed = on.committed(name, PULLING);
        for (int queueId = 0; queueId < TornModel.QUEUES; queueId++) {
            assertThat(bodies(name, queueId))
                    .as("messages of %s queue %d", name, queueId)
                    .isEqualTo(topic.queues.get(queueId));
            Commits commits = topic.commits.get(queueId);
            assertThat(committed.getOrDefault(queueId, -1L))
                    .as("committed of %s queue %d", name, queueId)
                    .isIn(commits.possible());
            sendTo(name, topic, queueId);
        }
    }

    private void verify(DestinationKind kind, String name, @Nullable String subscription, Destination from)
            throws Exception {
        // it comes behind all that waits
        sendJms(name, from);
        try (JmsWire jms = new JmsWire(on.broker.address())) {
            jms.consume(kind, name, subscription, 1000);
            List<String> all = new ArrayList<>();
            String last = name + (model.numbers - 1);
            while (!all.contains(last)) {
                all.add(jms.await(1).get(0).body());
            }
            assertThat(all).as("what waits in " + name).containsExactlyElementsOf(from.waiting);
        }
    }
}
