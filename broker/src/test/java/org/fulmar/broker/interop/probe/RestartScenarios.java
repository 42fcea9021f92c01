package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.check;
import static org.fulmar.broker.interop.probe.Session.eventually;
import static org.fulmar.broker.interop.probe.Session.same;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** What is left in the first phase and found in the second. */
final class RestartScenarios {
    private static final String LEFT = "left";
    private static final String HALFWAY = "halfway";
    private static final String KEY = "kept-key";
    private static final int TOPIC_NOT_EXIST = 17;
    /** The client's own, when there is no topic to take the default from either. */
    private static final int NO_ROUTE = 10005;

    private RestartScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.MESSAGES_ARE_LEFT_FOR_AFTER_THE_RESTART, RestartScenarios::leave);
        steps.put(Scenario.A_GROUP_STOPS_HALFWAY_BEFORE_THE_RESTART, RestartScenarios::stopHalfway);
        steps.put(Scenario.MESSAGES_SENT_BEFORE_A_RESTART_ARE_RECEIVED_AFTER_IT, RestartScenarios::receiveLeft);
        steps.put(Scenario.A_GROUP_GOES_ON_AFTER_A_RESTART_WHERE_IT_WAS, RestartScenarios::goOn);
        steps.put(
                Scenario.A_MESSAGE_SENT_BEFORE_A_RESTART_IS_FOUND_BY_ITS_KEY_AFTER_IT, RestartScenarios::findLeftByKey);
        steps.put(Scenario.AN_UNKNOWN_TOPIC_IS_REFUSED_WITHOUT_AUTO_CREATION, RestartScenarios::unknownTopic);
    }

    private static void leave(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic(LEFT));
        session.fill(queues, LEFT, 20);
        Message keyed = session.message(session.topic(LEFT), "keyed");
        keyed.setKeys(KEY);
        session.send(keyed, queues.get(0));
    }

    private static void receiveLeft(Session session) throws Exception {
        List<MessageQueue> queues = queues(session, LEFT);
        Inbox inbox = new Inbox();
        session.pushConsumer(session.group("after"), session.topic(LEFT), inbox).start();
        inbox.awaitPayload(21);
        session.fill(queues, "after", 4);
        session.end(queues);
        inbox.awaitEnd(queues.size());
        Set<String> expected = numbered(LEFT, 20);
        expected.addAll(numbered("after", 4));
        expected.add("keyed");
        same(inbox.bodies().size(), 25, "messages");
        same(Set.copyOf(inbox.bodies()), expected, "messages");
    }

    /** The group has seen half of the messages when its consumer ends. */
    private static void stopHalfway(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic(HALFWAY));
        session.fill(queues, "seen", 12);
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = session.pushConsumer(session.topic(HALFWAY), session.topic(HALFWAY), inbox);
        consumer.start();
        inbox.awaitPayload(12);
        consumer.shutdown();
        session.fill(queues, "unseen", 12);
    }

    private static void goOn(Session session) throws Exception {
        List<MessageQueue> queues = queues(session, HALFWAY);
        session.end(queues);
        Inbox inbox = new Inbox();
        session.pushConsumer(session.topic(HALFWAY), session.topic(HALFWAY), inbox)
                .start();
        inbox.awaitEnd(queues.size());
        same(inbox.bodies().size(), 12, "messages");
        same(Set.copyOf(inbox.bodies()), numbered("unseen", 12), "messages");
    }

    private static void findLeftByKey(Session session) throws Exception {
        List<MessageExt> found = QueryScenarios.byKey(session, session.topic(LEFT), KEY);
        same(found.size(), 1, "messages with the key");
        same(Session.body(found.get(0)), "keyed", "body by key");
    }

    /** By the broker, and before that by the lack of a route where the client asks for one. */
    private static void unknownTopic(Session session) throws Exception {
        MessageQueue known = queues(session, LEFT).get(0);
        session.send(Session.start(known.getTopic()), known);
        MessageQueue unknown = new MessageQueue(session.topic(), known.getBrokerName(), 0);
        try {
            SendResult sent = session.producer().send(session.message("to its queue"), unknown);
            throw new IllegalStateException("it is taken: " + sent);
        } catch (MQBrokerException e) {
            same(e.getResponseCode(), TOPIC_NOT_EXIST, "the broker's code");
        }
        DefaultMQProducer another = session.newProducer();
        another.start();
        try {
            SendResult sent = another.send(session.message("anywhere"));
            throw new IllegalStateException("it is taken: " + sent);
        } catch (MQBrokerException e) {
            same(e.getResponseCode(), TOPIC_NOT_EXIST, "the broker's code");
        } catch (MQClientException e) {
            check(
                    e.getResponseCode() == NO_ROUTE || e.getResponseCode() == TOPIC_NOT_EXIST,
                    "the client's code is " + e.getResponseCode());
        }
    }

    /** Queues of a topic of the first phase, when the restarted broker has registered. */
    private static List<MessageQueue> queues(Session session, String topic) throws Exception {
        List<MessageQueue> queues = new ArrayList<>(eventually(
                "the route of " + topic, () -> session.producer().fetchPublishMessageQueues(session.topic(topic))));
        Collections.sort(queues);
        same(queues.size(), Session.QUEUES, "queues of " + topic);
        return queues;
    }

    private static Set<String> numbered(String prefix, int count) {
        Set<String> bodies = new HashSet<>();
        for (int i = 0; i < count; i++) {
            bodies.add(prefix + i);
        }
        return bodies;
    }
}
