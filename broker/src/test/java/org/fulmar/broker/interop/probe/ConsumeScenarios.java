package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.eventually;
import static org.fulmar.broker.interop.probe.Session.same;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Ways to consume. */
final class ConsumeScenarios {
    private ConsumeScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.CLUSTERING_CONSUMERS_SHARE_AND_GET_EACH_MESSAGE_ONCE, ConsumeScenarios::clustering);
        steps.put(Scenario.BROADCASTING_CONSUMERS_GET_EVERY_MESSAGE_EACH, ConsumeScenarios::broadcasting);
        steps.put(Scenario.A_TAG_FILTER_LETS_ONLY_ITS_TAGS_THROUGH, ConsumeScenarios::tagFilter);
        steps.put(Scenario.A_LITE_PULL_SUBSCRIBER_GETS_EVERY_MESSAGE_ONCE, ConsumeScenarios::litePull);
        steps.put(Scenario.AN_ASSIGNED_LITE_PULL_CONSUMER_READS_FROM_WHERE_IT_SEEKS, ConsumeScenarios::assigned);
        steps.put(Scenario.A_RESTARTED_CONSUMER_GOES_ON_WHERE_ITS_GROUP_WAS, ConsumeScenarios::restarted);
        steps.put(
                Scenario.A_NEW_GROUP_FROM_FIRST_GETS_OLD_MESSAGES,
                session -> newGroup(session, ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET));
        steps.put(
                Scenario.A_NEW_GROUP_FROM_LAST_GETS_ALL_OF_A_YOUNG_TOPIC,
                session -> newGroup(session, ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET));
        steps.put(Scenario.A_WAITING_CONSUMER_GETS_A_MESSAGE_WITHOUT_POLLING_DELAY, ConsumeScenarios::waiting);
    }

    private static void clustering(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        Inbox both = new Inbox();
        List<Inbox> inboxes = new ArrayList<>();
        List<DefaultMQPushConsumer> consumers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Inbox own = new Inbox();
            DefaultMQPushConsumer consumer = session.pushConsumer(session.group("shared"), topic, own);
            consumer.registerMessageListener(forked(own, both));
            consumer.start();
            inboxes.add(own);
            consumers.add(consumer);
        }
        eventually("half of the queues for each", () -> {
            Set<MessageQueue> first = Session.held(consumers.get(0), topic);
            Set<MessageQueue> all = Session.held(consumers.get(1), topic);
            boolean halves = first.size() == queues.size() / 2 && all.size() == queues.size() / 2;
            all.addAll(first);
            return halves && all.equals(Set.copyOf(queues)) ? true : null;
        });
        Set<String> sent = session.fill(queues, "shared", 40);
        session.end(queues);
        both.awaitEnd(queues.size());
        same(both.bodies().size(), 40, "messages of both consumers");
        same(Set.copyOf(both.bodies()), sent, "messages of both consumers");
        for (Inbox inbox : inboxes) {
            same(inbox.bodies().size(), 20, "messages of one consumer");
        }
    }

    private static MessageListenerConcurrently forked(Inbox one, Inbox other) {
        return (messages, context) -> {
            one.add(messages);
            return other.consumeMessage(messages, context);
        };
    }

    private static void broadcasting(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
        for (Inbox inbox : inboxes) {
            DefaultMQPushConsumer consumer = session.pushConsumer(session.group("all"), topic, inbox);
            broadcast(consumer);
            consumer.start();
        }
        Set<String> sent = session.fill(queues, "broadcast", 20);
        session.end(queues);
        for (Inbox inbox : inboxes) {
            inbox.awaitEnd(queues.size());
            same(inbox.bodies().size(), 20, "messages of one consumer");
            same(Set.copyOf(inbox.bodies()), sent, "messages of one consumer");
        }
    }

    /** The enum that the method takes has another package in 4.x than in 5.x. */
    private static void broadcast(DefaultMQPushConsumer consumer) throws ReflectiveOperationException {
        for (Method method : DefaultMQPushConsumer.class.getMethods()) {
            if (method.getName().equals("setMessageModel")) {
                for (Object model : method.getParameterTypes()[0].getEnumConstants()) {
                    if (model.toString().equals("BROADCASTING")) {
                        method.invoke(consumer, model);
                        return;
                    }
                }
            }
        }
        throw new NoSuchMethodException("setMessageModel");
    }

    /** Aa and BB have the same hash, by which the broker filters. */
    private static void tagFilter(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = session.pushConsumer(session.group("filtered"), topic, inbox);
        consumer.unsubscribe(topic);
        consumer.subscribe(topic, "Aa || other || " + Session.END);
        consumer.start();
        List<String> expected = new ArrayList<>();
        MessageQueue queue = queues.get(0);
        for (String tag : new String[] {"Aa", "BB", "other", "unwanted", null, "Aa", "unwanted", "other"}) {
            Message message = session.message(tag + expected.size());
            message.setTags(tag == null ? "" : tag);
            session.send(message, queue);
            if ("Aa".equals(tag) || "other".equals(tag)) {
                expected.add(Session.body(message));
            }
        }
        session.end(List.of(queue));
        inbox.awaitEnd(1);
        same(inbox.bodies(), expected, "filtered messages");
    }

    private static void litePull(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        Set<String> sent = session.fill(queues, "early", 10);
        DefaultLitePullConsumer consumer = session.litePullConsumer(session.group("lite"));
        consumer.subscribe(topic, "*");
        consumer.start();
        sent.addAll(session.fill(queues, "late", 30));
        session.end(queues);
        List<MessageExt> got = poll(consumer, queues.size());
        same(got.size(), 40, "messages");
        Set<String> bodies = new HashSet<>();
        got.forEach(message -> bodies.add(Session.body(message)));
        same(bodies, sent, "messages");
    }

    /** All payload until the last messages of so many queues. */
    private static List<MessageExt> poll(DefaultLitePullConsumer consumer, int queues) {
        Inbox inbox = new Inbox();
        long end = System.nanoTime() + Session.PATIENCE_NANOS;
        while (inbox.ended().size() < queues && System.nanoTime() < end) {
            inbox.add(consumer.poll(200));
        }
        same(inbox.ended().size(), queues, "queues read to their end, with " + inbox.bodies());
        return inbox.payload();
    }

    private static void assigned(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        MessageQueue queue = queues.get(2);
        session.fill(List.of(queue), "assigned", 10);
        session.fill(List.of(queues.get(3)), "elsewhere", 3);
        session.end(List.of(queue));
        DefaultLitePullConsumer consumer = session.litePullConsumer(session.group("assigned"));
        consumer.start();
        same(Set.copyOf(Session.answered(() -> consumer.fetchMessageQueues(topic))), Set.copyOf(queues), "queues");
        consumer.assign(List.of(queue));
        same(poll(consumer, 1).size(), 10, "messages of the queue");
        // 4.9 forgets a seek that meets a pull on its way, other than one that waits for messages
        same(consumer.poll(300), List.of(), "messages after the last");
        // nor does it always keep a seek that meets one that waits: it is told again
        Inbox sought = new Inbox();
        for (int seeks = 0; seeks < 5 && sought.ended().isEmpty(); seeks++) {
            sought = new Inbox();
            consumer.seek(queue, session.maxOffset(queue) - 6);
            long end = System.nanoTime() + Session.PATIENCE_NANOS / 9;
            while (sought.ended().isEmpty() && System.nanoTime() < end) {
                sought.add(consumer.poll(200));
            }
        }
        same(
                sought.bodies(),
                List.of("assigned5", "assigned6", "assigned7", "assigned8", "assigned9"),
                "after the seek");
    }

    private static void restarted(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        String group = session.group("restarted");
        Set<String> early = session.fill(queues, "early", 20);
        Inbox first = new Inbox();
        DefaultMQPushConsumer consumer = session.pushConsumer(group, topic, first);
        consumer.start();
        first.awaitPayload(20);
        consumer.shutdown();
        same(Set.copyOf(first.bodies()), early, "messages before the restart");

        Set<String> late = session.fill(queues, "late", 20);
        session.end(queues);
        Inbox second = new Inbox();
        session.pushConsumer(group, topic, second).start();
        second.awaitEnd(queues.size());
        same(second.bodies().size(), 20, "messages after the restart");
        same(Set.copyOf(second.bodies()), late, "messages after the restart");
    }

    private static void newGroup(Session session, ConsumeFromWhere from) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        Set<String> sent = session.fill(queues, "old", 20);
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = session.pushConsumer(session.group("new"), topic, inbox);
        consumer.setConsumeFromWhere(from);
        consumer.start();
        inbox.awaitPayload(20);
        sent.addAll(session.fill(queues, "new", 4));
        session.end(queues);
        inbox.awaitEnd(queues.size());
        same(inbox.bodies().size(), 24, "messages");
        same(Set.copyOf(inbox.bodies()), sent, "messages");
    }

    /** Such a delay would be the second of short polling or the five of the sweep over waiting pulls. */
    private static void waiting(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        Inbox inbox = new Inbox();
        session.pushConsumer(session.group("waiting"), topic, inbox).start();
        session.fill(queues, "warm", 8);
        inbox.awaitPayload(8);
        Session.checkWithoutDelay(i -> {
            session.fill(queues.subList(i % queues.size(), i % queues.size() + 1), "timed" + i + "-", 1);
            inbox.awaitPayload(9 + i);
        });
    }
}
