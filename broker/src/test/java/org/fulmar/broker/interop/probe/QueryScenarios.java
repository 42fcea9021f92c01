package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.eventually;
import static org.fulmar.broker.interop.probe.Session.same;

import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.QueryResult;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Ways to find messages and places. */
@SuppressWarnings("deprecation")
final class QueryScenarios {
    private static final long HOUR_MILLIS = 3_600_000;

    private QueryScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.A_MESSAGE_IS_FOUND_BY_ITS_KEY, QueryScenarios::key);
        steps.put(Scenario.A_MESSAGE_IS_FOUND_BY_ITS_UNIQUE_ID, QueryScenarios::uniqueId);
        steps.put(Scenario.A_MESSAGE_IS_FOUND_BY_ITS_OFFSET_ID, QueryScenarios::offsetId);
        steps.put(Scenario.OFFSETS_ARE_FOUND_BY_TIME, QueryScenarios::time);
    }

    /** The messages of a topic that have a key, of the last and the next hour. */
    static List<MessageExt> byKey(Session session, String topic, String key) throws Exception {
        return eventually("a message with key " + key, () -> {
            long now = System.currentTimeMillis();
            QueryResult found = session.producer().queryMessage(topic, key, 32, now - HOUR_MILLIS, now + HOUR_MILLIS);
            return found.getMessageList().isEmpty() ? null : found.getMessageList();
        });
    }

    private static void key(Session session) throws Exception {
        for (int i = 0; i < 10; i++) {
            Message message = session.message("keyed" + i);
            message.setKeys(List.of("key" + i, "second" + i));
            session.send(message);
        }
        for (String key : List.of("key4", "second4")) {
            List<MessageExt> found = byKey(session, session.topic(), key);
            same(found.size(), 1, "messages with " + key);
            same(Session.body(found.get(0)), "keyed4", "body by " + key);
            same(found.get(0).getKeys(), "key4 second4", "keys by " + key);
        }
    }

    private static void uniqueId(Session session) throws Exception {
        SendResult sent = session.send(session.message("unique"));
        session.send(session.message("other"));
        MessageExt found = eventually("the message " + sent.getMsgId(), () -> session.view(sent.getMsgId()));
        same(Session.body(found), "unique", "body");
        same(found.getMsgId(), sent.getMsgId(), "unique id");
        same(found.getQueueOffset(), sent.getQueueOffset(), "queue offset");
    }

    private static void offsetId(Session session) throws Exception {
        SendResult sent = session.send(session.message("placed"));
        session.send(session.message("other"));
        MessageExt found = session.view(sent.getOffsetMsgId());
        same(Session.body(found), "placed", "body");
        same(found.getMsgId(), sent.getMsgId(), "unique id");
        same(found.getTopic(), session.topic(), "topic");
    }

    private static void time(Session session) throws Exception {
        MessageQueue queue = session.createTopic(session.topic()).get(0);
        long start = session.maxOffset(queue);
        session.fill(List.of(queue), "timed", 5);
        MessageExt middle = session.read(queue, start + 2);
        long found = session.searchOffset(queue, middle.getStoreTimestamp());
        Session.check(
                found <= start + 2 && session.read(queue, found).getStoreTimestamp() == middle.getStoreTimestamp(),
                "offset " + found + " for the time of " + (start + 2));
        same(session.searchOffset(queue, middle.getStoreTimestamp() - HOUR_MILLIS), 0L, "an hour ago");
        long end = session.maxOffset(queue);
        long after = session.searchOffset(queue, System.currentTimeMillis() + HOUR_MILLIS);
        Session.check(after == end || after == end - 1, "in an hour: " + after + ", the end is " + end);
    }
}
