package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.eventually;
import static org.fulmar.broker.interop.probe.Session.same;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.common.message.MessageRequestMode;
import org.apache.rocketmq.remoting.protocol.header.QueryConsumerOffsetRequestHeader;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Push consumers that pop. Of clients from 5.0 on. */
final class PopScenarios {
    private static final String HALFWAY = "pop-halfway";
    private static final String HALFWAY_FOR_KILL = "pop-halfway-for-kill";
    private static final int TIME_OUT_MILLIS = 60_000;
    /** Nothing waits for this to be over: it is longer than a machine stalls between a pop and its acknowledgement. */
    private static final int INVISIBLE_MILLIS = 30_000;

    private PopScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.POP_CONSUMERS_SHARE_AND_GET_EACH_MESSAGE_ONCE, PopScenarios::share);
        steps.put(Scenario.A_WAITING_POP_GETS_A_MESSAGE_WITHOUT_POLLING_DELAY, PopScenarios::waiting);
        steps.put(Scenario.A_POP_CONSUMERS_TAG_FILTER_LETS_ONLY_ITS_TAGS_THROUGH, PopScenarios::filter);
        steps.put(Scenario.A_POPPED_MESSAGE_THAT_FAILED_COMES_AGAIN_LATER, PopScenarios::again);
        steps.put(
                Scenario.A_POP_GROUP_STOPS_HALFWAY_BEFORE_THE_RESTART,
                session -> stopHalfway(session, session.createTopic(session.topic(HALFWAY))));
        steps.put(Scenario.A_POP_GROUP_GOES_ON_AFTER_A_RESTART_WHERE_IT_WAS, session -> goOn(session, HALFWAY));
        steps.put(
                Scenario.A_TOPIC_IS_MADE_FOR_A_POP_GROUP_AND_THE_KILL,
                session -> session.createTopic(session.topic(HALFWAY_FOR_KILL)));
        steps.put(
                Scenario.A_POP_GROUP_STOPS_HALFWAY_BEFORE_THE_KILL,
                session -> stopHalfway(session, queues(session, HALFWAY_FOR_KILL)));
        steps.put(Scenario.A_POP_GROUP_GOES_ON_AFTER_A_KILL_WHERE_IT_WAS, session -> goOn(session, HALFWAY_FOR_KILL));
    }

    private static MQClientInstance client(Session session) throws Exception {
        return session.producer().getDefaultMQProducerImpl().getMqClientFactory();
    }

    private static String address(Session session, MessageQueue queue) throws Exception {
        return eventually("the broker's address", () -> {
            client(session).updateTopicRouteInfoFromNameServer(queue.getTopic());
            return client(session).findBrokerAddressInPublish(queue.getBrokerName());
        });
    }

    /** Has the group pop from the topic, as mqadmin does. */
    private static void pop(Session session, MessageQueue queue, String group) throws Exception {
        client(session)
                .getMQClientAPIImpl()
                .setMessageRequestMode(
                        address(session, queue), queue.getTopic(), group, MessageRequestMode.POP, 0, TIME_OUT_MILLIS);
    }

    private static DefaultMQPushConsumer consumer(Session session, String group, String topic, Inbox inbox)
            throws Exception {
        DefaultMQPushConsumer made = session.pushConsumer(group, topic, inbox);
        made.setClientRebalance(false);
        made.setPopInvisibleTime(INVISIBLE_MILLIS);
        return made;
    }

    /** Waits until so many messages of the group are settled, as tools see it. */
    private static void awaitSettled(Session session, List<MessageQueue> queues, String group, long count)
            throws Exception {
        String address = address(session, queues.get(0));
        eventually(count + " settled messages", () -> {
            long settled = 0;
            for (MessageQueue queue : queues) {
                QueryConsumerOffsetRequestHeader header = new QueryConsumerOffsetRequestHeader();
                header.setConsumerGroup(group);
                header.setTopic(queue.getTopic());
                header.setQueueId(queue.getQueueId());
                settled += client(session).getMQClientAPIImpl().queryConsumerOffset(address, header, TIME_OUT_MILLIS);
            }
            return settled == count ? true : null;
        });
    }

    private static void share(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        String group = session.group("poppers");
        pop(session, queues.get(0), group);
        Inbox first = new Inbox();
        Inbox second = new Inbox();
        consumer(session, group, session.topic(), first).start();
        consumer(session, group, session.topic(), second).start();
        Set<String> sent = session.fill(queues, "m", 40);
        awaitSettled(session, queues, group, 41);
        List<String> got = new java.util.ArrayList<>(first.bodies());
        got.addAll(second.bodies());
        same(got.size(), 40, "messages");
        same(new HashSet<>(got), sent, "messages");
    }

    private static void waiting(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        String group = session.group("popper");
        pop(session, queues.get(0), group);
        Inbox inbox = new Inbox();
        consumer(session, group, session.topic(), inbox).start();
        session.fill(queues, "first", 1);
        inbox.awaitPayload(1);
        Session.checkWithoutDelay(i -> {
            session.send(session.message("m" + i), queues.get(i % queues.size()));
            inbox.awaitPayload(2 + i);
        });
    }

    private static void filter(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        String group = session.group("popper");
        pop(session, queues.get(0), group);
        session.fill(queues, "m", 8);
        session.end(queues);
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = consumer(session, group, session.topic(), inbox);
        consumer.subscribe(session.topic(), Session.END + " || other");
        consumer.start();
        inbox.awaitEnd(queues.size());
        same(inbox.payload().size(), 0, "messages of other tags");
        awaitSettled(session, queues, group, 1 + 8 + queues.size());
    }

    /** The client gives a message that failed ten seconds, then twice each time. */
    private static void again(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        String group = session.group("popper");
        pop(session, queues.get(0), group);
        Inbox inbox = new Inbox();
        Set<String> failed = ConcurrentHashMap.newKeySet();
        DefaultMQPushConsumer consumer = consumer(session, group, session.topic(), inbox);
        consumer.setConsumeMessageBatchMaxSize(1);
        consumer.registerMessageListener(
                (List<MessageExt> got,
                        org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext context) -> {
                    inbox.add(got);
                    boolean fails = Session.body(got.get(0)).equals("bad") && failed.add("bad");
                    return fails
                            ? ConsumeConcurrentlyStatus.RECONSUME_LATER
                            : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
                });
        consumer.start();
        session.send(session.message("bad"), queues.get(0));
        session.send(session.message("good"), queues.get(0));
        inbox.await("bad twice and good", got -> {
            List<String> bodies = got.bodies();
            return bodies.contains("good") && Collections.frequency(bodies, "bad") >= 2;
        });
        List<MessageExt> bad = inbox.payload().stream()
                .filter(message -> Session.body(message).equals("bad"))
                .toList();
        same(bad.size(), 2, "deliveries of the message that failed");
        same(bad.get(0).getReconsumeTimes(), 0, "earlier deliveries of the first");
        same(bad.get(1).getReconsumeTimes(), 1, "earlier deliveries of the second");
        same(bad.get(1).getTopic(), session.topic(), "topic");
        awaitSettled(session, queues, group, 3);
    }

    private static List<MessageQueue> queues(Session session, String topic) throws Exception {
        List<MessageQueue> queues = new java.util.ArrayList<>(eventually(
                "the route of " + topic, () -> session.producer().fetchPublishMessageQueues(session.topic(topic))));
        Collections.sort(queues);
        return queues;
    }

    /** The group has settled half of the messages when its consumer ends. */
    private static void stopHalfway(Session session, List<MessageQueue> queues) throws Exception {
        String group = queues.get(0).getTopic();
        pop(session, queues.get(0), group);
        session.fill(queues, "seen", 12);
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = consumer(session, group, group, inbox);
        consumer.start();
        inbox.awaitPayload(12);
        awaitSettled(session, queues, group, 13);
        consumer.shutdown();
        session.fill(queues, "unseen", 12);
    }

    private static void goOn(Session session, String topic) throws Exception {
        List<MessageQueue> queues = queues(session, topic);
        String group = session.topic(topic);
        Inbox inbox = new Inbox();
        consumer(session, group, group, inbox).start();
        inbox.awaitPayload(12);
        awaitSettled(session, queues, group, 25);
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < 12; i++) {
            expected.add("unseen" + i);
        }
        same(new HashSet<>(inbox.bodies()), expected, "messages");
    }
}
