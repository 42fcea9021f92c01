package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.check;
import static org.fulmar.broker.interop.probe.Session.eventually;
import static org.fulmar.broker.interop.probe.Session.same;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Order, delay, retry and dead letters. The broker's first delay levels are 1 s and 5 s, the others are short. */
final class ConsumptionScenarios {
    private static final String RETRIED = "retried";
    private static final String WAITING = "waiting-level";
    private static final int FIRST_LEVEL = 1;
    private static final int SECOND_LEVEL = 2;
    private static final long SECOND_LEVEL_MILLIS = 5_000;
    /** Apache's own hand-over takes up to 20 s. */
    private static final long HAND_OVER_MILLIS = 15_000;

    private static final String CLEAN = "clean";
    private static final int SOON_MILLIS = 1_000;
    /** Longer than a machine stalls between two sends. */
    private static final int LATER_MILLIS = 15_000;

    private static final int ROUNDS = 6;

    /** What a busy machine may add to a delay. */
    private static final long STALL_MILLIS = 30_000;

    private ConsumptionScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.AN_ORDERED_CONSUMER_KEEPS_THE_ORDER_OF_EACH_QUEUE, ConsumptionScenarios::ordered);
        steps.put(Scenario.QUEUES_ARE_HANDED_OVER_TO_A_NEW_ORDERED_CONSUMER_AT_ONCE, ConsumptionScenarios::handOver);
        steps.put(Scenario.AN_ORDERED_CONSUMERS_BAD_MESSAGE_IS_A_DEAD_LETTER, ConsumptionScenarios::orderedDeadLetter);
        steps.put(Scenario.A_DELAY_LEVEL_IS_WAITED_FOR, ConsumptionScenarios::level);
        steps.put(Scenario.A_TIMED_MESSAGE_COMES_AT_ITS_TIME, ConsumptionScenarios::timed);
        steps.put(Scenario.A_RECALLED_MESSAGE_NEVER_COMES, ConsumptionScenarios::recalled);
        steps.put(
                Scenario.A_BAD_MESSAGE_COMES_AGAIN_SIXTEEN_TIMES_AND_THEN_IS_A_DEAD_LETTER, ConsumptionScenarios::bad);
        steps.put(Scenario.A_MESSAGE_IS_SENT_BACK_BEFORE_THE_RESTART, ConsumptionScenarios::sendBack);
        steps.put(Scenario.A_MESSAGE_SENT_BACK_BEFORE_A_RESTART_COMES_AGAIN_AFTER_IT, ConsumptionScenarios::comesAgain);
        steps.put(Scenario.DELAYED_MESSAGES_ARE_LEFT_FOR_AFTER_THE_KILL, ConsumptionScenarios::leaveDelayed);
        steps.put(Scenario.EACH_DELAYED_MESSAGE_FROM_BEFORE_A_KILL_COMES_ONCE, ConsumptionScenarios::delayedOnce);
    }

    /** What came from each queue, in order. */
    private static final class Queues implements MessageListenerOrderly {
        private final Map<Integer, List<String>> bodies = new ConcurrentHashMap<>();
        private final Inbox inbox;

        Queues(Inbox inbox) {
            this.inbox = inbox;
        }

        @Override
        public ConsumeOrderlyStatus consumeMessage(
                List<MessageExt> messages, org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyContext context) {
            for (MessageExt message : messages) {
                if (Session.isPayload(message)) {
                    bodies.computeIfAbsent(message.getQueueId(), id -> Collections.synchronizedList(new ArrayList<>()))
                            .add(Session.body(message));
                }
            }
            inbox.add(messages);
            return ConsumeOrderlyStatus.SUCCESS;
        }
    }

    private static DefaultMQPushConsumer orderedConsumer(Session session, String group, MessageListenerOrderly listener)
            throws Exception {
        DefaultMQPushConsumer consumer = session.pushConsumer(group, session.topic(), new Inbox());
        consumer.setConsumeThreadMin(4);
        consumer.setConsumeThreadMax(4);
        consumer.registerMessageListener(listener);
        return consumer;
    }

    private static void ordered(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = new Inbox();
        Queues got = new Queues(inbox);
        orderedConsumer(session, session.group("ordered"), got).start();
        session.fill(queues, "", 80);
        session.end(queues);
        inbox.awaitEnd(queues.size());
        for (int i = 0; i < queues.size(); i++) {
            int first = i;
            List<String> expected = IntStream.range(0, 20)
                    .mapToObj(n -> Integer.toString(first + n * queues.size()))
                    .toList();
            same(got.bodies.get(queues.get(i).getQueueId()), expected, "messages of " + queues.get(i));
        }
    }

    private static void handOver(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        String group = session.group("ordered");
        Inbox both = new Inbox();
        orderedConsumer(session, group, new Queues(both)).start();
        Set<String> sent = session.fill(queues, "early", 8);
        both.awaitPayload(8);
        Inbox second = new Inbox();
        Queues ofSecond = new Queues(second);
        DefaultMQPushConsumer joining = orderedConsumer(session, group, (messages, context) -> {
            both.add(messages);
            return ofSecond.consumeMessage(messages, context);
        });
        joining.start();
        long start = System.nanoTime();
        // a client that has messages of a queue in hand keeps its lock for 20 s more: none are sent meanwhile
        while (Session.held(joining, session.topic()).size() < 2 && millisSince(start) < HAND_OVER_MILLIS) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        check(millisSince(start) < HAND_OVER_MILLIS, "the second consumer has no queues after " + millisSince(start));
        int round = 0;
        while (ofSecond.bodies.size() < 2 && millisSince(start) < HAND_OVER_MILLIS) {
            sent.addAll(session.fill(queues, "round" + round++ + "-", queues.size()));
        }
        check(millisSince(start) < HAND_OVER_MILLIS, "the second consumer has no messages after " + millisSince(start));
        session.end(queues);
        both.awaitEnd(queues.size());
        same(Set.copyOf(both.bodies()), sent, "messages");
        // a client that loses a queue between a message and its result does not commit it
        int twice = both.bodies().size() - sent.size();
        check(twice <= queues.size(), twice + " messages came twice");
    }

    private static long millisSince(long start) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private static void orderedDeadLetter(Session session) throws Exception {
        List<MessageQueue> queue = session.createTopic(session.topic()).subList(0, 1);
        String group = session.group("ordered");
        Inbox good = new Inbox();
        List<Integer> tries = Collections.synchronizedList(new ArrayList<>());
        DefaultMQPushConsumer consumer = orderedConsumer(session, group, (messages, context) -> {
            if (Session.body(messages.get(0)).equals("bad0")) {
                tries.add(messages.get(0).getReconsumeTimes());
                context.setSuspendCurrentQueueTimeMillis(20);
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            good.add(messages);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.setMaxReconsumeTimes(2);
        session.fill(queue, "bad", 1);
        session.fill(queue, "good", 2);
        session.end(queue);
        consumer.start();
        good.awaitEnd(1);
        same(good.bodies(), List.of("good0", "good1"), "messages behind the bad one");
        same(tries, List.of(0, 1, 2), "tries of the bad one");
        same(Session.body(deadLetter(session, group)), "bad0", "the dead letter");
    }

    /** The only dead letter of a group. */
    private static MessageExt deadLetter(Session session, String group) throws Exception {
        String topic = "%DLQ%" + group;
        Set<MessageQueue> queues =
                eventually("the route of " + topic, () -> session.reader().fetchSubscribeMessageQueues(topic));
        same(queues.size(), 1, "queues of " + topic);
        MessageQueue queue = queues.iterator().next();
        eventually("a dead letter", () -> session.maxOffset(queue) > 0 ? true : null);
        same(session.maxOffset(queue), 1L, "dead letters");
        return session.read(queue, 0);
    }

    private static void level(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = session.pushConsumer(session.group("delayed"), session.topic(), inbox);
        consumer.unsubscribe(session.topic());
        consumer.subscribe(session.topic(), "payload || " + Session.END);
        consumer.start();
        for (int i = 0; i < 8; i++) {
            Message message = session.message("level" + i);
            message.setDelayTimeLevel(FIRST_LEVEL);
            if (i >= 4) {
                message.setTags("unwanted");
            }
            session.send(message, queues.get(i % 2));
        }
        Message last =
                new Message(session.topic(), Session.END, "end".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        last.setDelayTimeLevel(FIRST_LEVEL);
        session.send(last, queues.get(0));
        inbox.awaitPayload(4);
        inbox.awaitEnd(1);
        same(inbox.bodies().stream().sorted().toList(), List.of("level0", "level1", "level2", "level3"), "messages");
        for (MessageExt message : inbox.payload()) {
            long waited = message.getStoreTimestamp() - message.getBornTimestamp();
            check(waited >= 1_000 && waited < 1_000 + STALL_MILLIS, "a message of 1 s came after " + waited + " ms");
            same(message.getDelayTimeLevel(), FIRST_LEVEL, "the level on the message");
            same(message.getProperty("REAL_TOPIC"), session.topic(), "REAL_TOPIC");
            same(message.getProperty("REAL_QID"), Integer.toString(message.getQueueId()), "REAL_QID");
        }
    }

    private static Message timed(Session session, String body, long millis) {
        Message message = session.message(body);
        MessageAccessor.putProperty(message, "TIMER_DELAY_MS", Long.toString(millis));
        return message;
    }

    private static void timed(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = new Inbox();
        session.pushConsumer(session.group("timed"), session.topic(), inbox).start();
        session.send(timed(session, "later", LATER_MILLIS), queues.get(3));
        session.send(timed(session, "soon", SOON_MILLIS), queues.get(3));
        inbox.awaitPayload(2);
        same(inbox.bodies(), List.of("soon", "later"), "messages");
        for (MessageExt message : inbox.payload()) {
            long wanted = Session.body(message).equals("soon") ? SOON_MILLIS : LATER_MILLIS;
            long waited = message.getStoreTimestamp() - message.getBornTimestamp();
            check(waited >= wanted && waited < wanted + STALL_MILLIS, wanted + " ms became " + waited);
            same(message.getQueueId(), queues.get(3).getQueueId(), "queue");
        }
    }

    /** By reflection, as clients of 4.x know nothing of it. */
    private static void recalled(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = new Inbox();
        session.pushConsumer(session.group("recalling"), session.topic(), inbox).start();
        SendResult sent = session.send(timed(session, "recalled", LATER_MILLIS), queues.get(0));
        Object handle = SendResult.class.getMethod("getRecallHandle").invoke(sent);
        check(handle != null, "the answer has no recall handle");
        Method recall = DefaultMQProducer.class.getMethod("recallMessage", String.class, String.class);
        same(recall.invoke(session.producer(), session.topic(), handle), sent.getMsgId(), "the recalled message");
        try {
            Object again = recall.invoke(session.producer(), session.topic(), handle);
            throw new IllegalStateException("a second recall succeeded: " + again);
        } catch (InvocationTargetException e) {
            check(String.valueOf(e.getCause()).contains("recalled before"), "the refusal is " + e.getCause());
        }
        session.send(timed(session, "kept", LATER_MILLIS + 100), queues.get(0));
        inbox.awaitPayload(1);
        same(inbox.bodies(), List.of("kept"), "messages");
    }

    private static void bad(Session session) throws Exception {
        String topic = session.topic();
        List<MessageQueue> queues = session.createTopic(topic);
        String group = session.group("failing");
        introduce(session, group);
        Inbox tries = new Inbox();
        DefaultMQPushConsumer consumer = session.pushConsumer(group, topic, new Inbox());
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            tries.add(messages);
            return Session.isPayload(messages.get(0))
                    ? ConsumeConcurrentlyStatus.RECONSUME_LATER
                    : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        SendResult sent = session.send(session.message("bad"), queues.get(1));
        MessageExt dead = deadLetter(session, group);
        List<MessageExt> all = tries.payload();
        same(
                all.stream().map(MessageExt::getReconsumeTimes).toList(),
                IntStream.rangeClosed(0, 16).boxed().toList(),
                "tries");
        same(Set.copyOf(tries.bodies()), Set.of("bad"), "bodies");
        for (MessageExt message : all) {
            same(message.getTopic(), topic, "the topic that the consumer sees");
            same(message.getMsgId(), sent.getMsgId(), "the message's id");
        }
        same(Session.body(dead), "bad", "the dead letter");
        same(dead.getProperty("RETRY_TOPIC"), topic, "its topic");
        same(dead.getProperty("ORIGIN_MESSAGE_ID"), sent.getOffsetMsgId(), "its origin");
    }

    /** Makes a group, so that consumers know the way to its retry topic when they start and not half a minute later. */
    private static void introduce(Session session, String group) throws Exception {
        DefaultMQPushConsumer first = session.pushConsumer(group, session.topic(), new Inbox());
        first.start();
        eventually(
                "the route of the retry topic",
                () -> session.reader()
                                .fetchSubscribeMessageQueues("%RETRY%" + group)
                                .isEmpty()
                        ? null
                        : true);
        first.shutdown();
    }

    /** If it takes as long as the delay, they may come again before the consumer ends: then it is done with others. */
    private static void sendBack(Session session) throws Exception {
        String topic = session.topic(RETRIED);
        List<MessageQueue> queues = session.createTopic(topic);
        for (int round = 0; round < ROUNDS; round++) {
            if (sendBack(session, queues, RETRIED + round + "-") < SECOND_LEVEL_MILLIS) {
                session.send(session.message(topic, CLEAN + round));
                return;
            }
        }
        throw new IllegalStateException("four messages are not sent back within " + SECOND_LEVEL_MILLIS + " ms");
    }

    /** Milliseconds from the first message to the consumer's end. */
    private static long sendBack(Session session, List<MessageQueue> queues, String prefix) throws Exception {
        String topic = queues.get(0).getTopic();
        Inbox inbox = new Inbox();
        AtomicLong first = new AtomicLong();
        DefaultMQPushConsumer consumer = session.pushConsumer(topic, topic, new Inbox());
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            if (Session.isPayload(messages.get(0))) {
                first.compareAndSet(0, System.nanoTime());
            }
            inbox.add(messages);
            context.setDelayLevelWhenNextConsume(SECOND_LEVEL);
            return Session.isPayload(messages.get(0))
                    ? ConsumeConcurrentlyStatus.RECONSUME_LATER
                    : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Set<String> sent = session.fill(queues, prefix, 4);
        session.end(queues);
        inbox.await("what is to be sent back", got -> new HashSet<>(got.bodies()).containsAll(sent));
        inbox.awaitEnd(queues.size());
        consumer.shutdown();
        return millisSince(first.get());
    }

    private static void comesAgain(Session session) throws Exception {
        String topic = session.topic(RETRIED);
        Inbox inbox = new Inbox();
        session.pushConsumer(topic, topic, inbox).start();
        // others leave messages in this topic meanwhile
        inbox.await("what was sent back", got -> retried(got).size() >= 4);
        List<MessageExt> again = retried(inbox);
        same(
                again.stream().map(Session::body).sorted().toList(),
                numbered(RETRIED + round(inbox) + "-", 4),
                "messages");
        for (MessageExt message : again) {
            same(message.getReconsumeTimes(), 1, "tries before");
            same(message.getTopic(), topic, "topic");
        }
    }

    /** Which of the rounds counts, as a message says. */
    private static String round(Inbox inbox) {
        return inbox.bodies().stream()
                .filter(body -> body.startsWith(CLEAN))
                .map(body -> body.substring(CLEAN.length()))
                .findFirst()
                .orElse("?");
    }

    private static List<MessageExt> retried(Inbox inbox) {
        String prefix = RETRIED + round(inbox) + "-";
        return inbox.payload().stream()
                .filter(message -> Session.body(message).startsWith(prefix))
                .toList();
    }

    private static List<String> numbered(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    /** In the topic of an earlier phase, as none is made any more. */
    private static void leaveDelayed(Session session) throws Exception {
        List<MessageQueue> queues = retriedQueues(session);
        for (int i = 0; i < 12; i++) {
            Message message = session.message(queues.get(0).getTopic(), WAITING + i);
            message.setDelayTimeLevel(i % 3 == 0 ? FIRST_LEVEL : SECOND_LEVEL);
            session.send(message, queues.get(i % queues.size()));
        }
    }

    private static List<MessageQueue> retriedQueues(Session session) throws Exception {
        List<MessageQueue> queues = new ArrayList<>(eventually(
                "the route of " + RETRIED, () -> session.producer().fetchPublishMessageQueues(session.topic(RETRIED))));
        Collections.sort(queues);
        return queues;
    }

    private static void delayedOnce(Session session) throws Exception {
        List<MessageQueue> queues = retriedQueues(session);
        Inbox inbox = new Inbox();
        session.pushConsumer(session.group("after"), session.topic(RETRIED), inbox)
                .start();
        inbox.await("the delayed messages", got -> new HashSet<>(got.bodies()).containsAll(numbered(WAITING, 12)));
        // whatever else would come of that level comes before this
        Message last = session.message(queues.get(0).getTopic(), "last");
        last.setDelayTimeLevel(FIRST_LEVEL);
        session.send(last, queues.get(0));
        inbox.await("the last message", got -> got.bodies().contains("last"));
        Map<String, Integer> counts = new HashMap<>();
        inbox.bodies().forEach(body -> counts.merge(body, 1, Integer::sum));
        numbered(WAITING, 12).forEach(body -> same(counts.get(body), 1, "deliveries of " + body));
    }
}
