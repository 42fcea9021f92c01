package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.check;
import static org.fulmar.broker.interop.probe.Session.eventually;
import static org.fulmar.broker.interop.probe.Session.same;
import static org.fulmar.broker.interop.probe.Session.stored;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Ways to send. What is sent is read back at the place that the broker's answer named. */
final class SendScenarios {
    private static final int MESSAGE_ILLEGAL = 13;

    private SendScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.A_SYNCHRONOUS_SEND_IS_STORED_AS_THE_ANSWER_SAYS, SendScenarios::synchronous);
        steps.put(Scenario.AN_ASYNCHRONOUS_SEND_IS_ANSWERED_AND_STORED, SendScenarios::asynchronous);
        steps.put(Scenario.A_ONE_WAY_SEND_IS_STORED, SendScenarios::oneWay);
        steps.put(Scenario.A_BATCH_IS_STORED_IN_ORDER_IN_ONE_QUEUE, SendScenarios::batch);
        steps.put(Scenario.A_LARGE_BODY_TRAVELS_COMPRESSED_AND_ARRIVES_WHOLE, SendScenarios::compressed);
        steps.put(Scenario.A_SELECTOR_DECIDES_THE_QUEUE, SendScenarios::selected);
        steps.put(Scenario.A_TOO_BIG_MESSAGE_IS_REFUSED_AS_ILLEGAL, SendScenarios::tooBig);
        steps.put(Scenario.TAGS_KEYS_AND_PROPERTIES_ARRIVE, SendScenarios::properties);
    }

    private static void synchronous(Session session) throws Exception {
        SendResult first = session.send(session.message("first"));
        MessageQueue queue = first.getMessageQueue();
        same(queue.getBrokerName(), "broker-a", "broker");
        long offset = first.getQueueOffset();
        for (int i = 1; i <= 10; i++) {
            SendResult next = session.send(session.message("next" + i), queue);
            same(next.getMessageQueue(), queue, "queue");
            same(next.getQueueOffset(), offset + i, "queue offset");
            MessageExt read = session.read(next);
            same(Session.body(read), "next" + i, "body");
            same(read.getMsgId(), next.getMsgId(), "unique id");
            same(read.getTopic(), session.topic(), "topic");
            same(read.getQueueId(), queue.getQueueId(), "queue id");
            same(read.getQueueOffset(), offset + i, "stored queue offset");
            check(next.getOffsetMsgId().length() == 32, "offset id " + next.getOffsetMsgId());
        }
        same(session.maxOffset(queue), offset + 11, "max offset");
        same(session.minOffset(queue), 0L, "min offset");
    }

    private static void asynchronous(Session session) throws Exception {
        session.createTopic(session.topic());
        List<CompletableFuture<SendResult>> answers = new ArrayList<>();
        for (Message message : session.messages("async", 30)) {
            CompletableFuture<SendResult> answer = new CompletableFuture<>();
            answers.add(answer);
            session.producer().send(message, new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    answer.complete(result);
                }

                @Override
                public void onException(Throwable e) {
                    answer.completeExceptionally(e);
                }
            });
        }
        for (int i = 0; i < answers.size(); i++) {
            SendResult result = stored(answers.get(i).get(Session.PATIENCE_NANOS, TimeUnit.NANOSECONDS));
            same(Session.body(session.read(result)), "async" + i, "body");
        }
    }

    private static void oneWay(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        MessageQueue queue = queues.get(1);
        long before = session.maxOffset(queue);
        for (Message message : session.messages("oneway", 10)) {
            session.producer().sendOneway(message, queue);
        }
        eventually("ten messages", () -> session.maxOffset(queue) == before + 10 ? true : null);
        Set<String> bodies = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            bodies.add(Session.body(session.read(queue, before + i)));
        }
        same(bodies.size(), 10, "distinct messages");
        for (Message message : session.messages("oneway", 10)) {
            check(bodies.contains(Session.body(message)), "missing " + Session.body(message) + " in " + bodies);
        }
    }

    private static void batch(Session session) throws Exception {
        session.createTopic(session.topic());
        List<Message> messages = session.messages("batch", 12);
        messages.get(3).setTags("tagged");
        messages.get(5).putUserProperty("colour", "red");
        SendResult result = stored(session.producer().send(messages));
        String[] offsetIds = result.getOffsetMsgId().split(",");
        String[] uniqueIds = result.getMsgId().split(",");
        same(offsetIds.length, 12, "offset ids");
        same(uniqueIds.length, 12, "unique ids");
        for (int i = 0; i < 12; i++) {
            MessageExt read = session.read(result.getMessageQueue(), result.getQueueOffset() + i);
            same(Session.body(read), "batch" + i, "body");
            same(read.getMsgId(), uniqueIds[i], "unique id");
            same(read.getTags(), i == 3 ? "tagged" : "payload", "tags");
            same(read.getUserProperty("colour"), i == 5 ? "red" : null, "property");
            same(Session.body(session.view(offsetIds[i])), "batch" + i, "body by offset id");
        }
    }

    private static void compressed(Session session) throws Exception {
        byte[] body = new byte[200 * 1024];
        Random random = new Random(7);
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) ('a' + random.nextInt(4));
        }
        SendResult sent = session.send(new Message(session.topic(), "large", body));
        MessageExt read = session.read(sent);
        check(Arrays.equals(read.getBody(), body), "the body has changed");
        check(read.getStoreSize() < body.length / 2, "stored in " + read.getStoreSize() + " bytes");
    }

    private static void selected(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        for (int round = 0; round < 3; round++) {
            for (int wanted = 0; wanted < queues.size(); wanted++) {
                Message message = session.message("selected" + wanted);
                SendResult sent = stored(session.producer()
                        .send(
                                message,
                                (all, sending, argument) -> {
                                    List<MessageQueue> sorted = new ArrayList<>(all);
                                    Collections.sort(sorted);
                                    return sorted.get((Integer) argument);
                                },
                                wanted));
                same(sent.getMessageQueue(), queues.get(wanted), "queue");
                same(Session.body(session.read(sent)), "selected" + wanted, "body");
            }
        }
    }

    private static void tooBig(Session session) throws Exception {
        session.createTopic(session.topic());
        byte[] body = new byte[5 * 1024 * 1024];
        DefaultMQProducer producer = session.newProducer();
        producer.setMaxMessageSize(8 * 1024 * 1024);
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        try {
            SendResult sent = producer.send(new Message(session.topic(), "large", body));
            throw new IllegalStateException("it is taken: " + sent);
        } catch (MQBrokerException e) {
            same(e.getResponseCode(), MESSAGE_ILLEGAL, "response code");
        }
        stored(producer.send(session.message("small enough")));
    }

    private static void properties(Session session) throws Exception {
        Message message = new Message(session.topic(), "tagA", "body \u00e4\u20ac".getBytes(StandardCharsets.UTF_8));
        message.setKeys(List.of("one-key", "another-key"));
        message.setFlag(42);
        message.putUserProperty("plain", "value");
        message.putUserProperty("foreign", "Gr\u00fc\u00dfe \u4e2d\u6587 \ud83d\udc26");
        message.putUserProperty("spaced out", "a b = c : d");
        MessageExt read = session.read(session.send(message));
        same(Session.body(read), "body \u00e4\u20ac", "body");
        same(read.getTags(), "tagA", "tags");
        same(read.getKeys(), "one-key another-key", "keys");
        same(read.getFlag(), 42, "flag");
        same(read.getUserProperty("plain"), "value", "property");
        same(read.getUserProperty("foreign"), "Gr\u00fc\u00dfe \u4e2d\u6587 \ud83d\udc26", "property");
        same(read.getUserProperty("spaced out"), "a b = c : d", "property");
        long now = System.currentTimeMillis();
        check(Math.abs(now - read.getBornTimestamp()) < 60_000, "born at " + read.getBornTimestamp());
        check(Math.abs(now - read.getStoreTimestamp()) < 60_000, "stored at " + read.getStoreTimestamp());
        same(read.getBornHostString(), "127.0.0.1", "born host");
    }
}
