package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.answered;
import static org.fulmar.broker.interop.probe.Session.check;
import static org.fulmar.broker.interop.probe.Session.same;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.rocketmq.client.QueryResult;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Consumers that filter by properties, and queries by key and time. */
@SuppressWarnings("deprecation")
final class FilterScenarios {
    private static final long HOUR_MILLIS = 3_600_000;
    private static final int SUBSCRIPTION_PARSE_FAILED = 23;

    private FilterScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.A_SQL_FILTER_LETS_ONLY_WHAT_MATCHES_THROUGH, FilterScenarios::push);
        steps.put(Scenario.A_LITE_PULL_SUBSCRIBER_GETS_WHAT_ITS_SQL_FILTER_MATCHES, FilterScenarios::litePull);
        steps.put(Scenario.A_PULL_WITH_A_SQL_FILTER_BRINGS_WHAT_MATCHES, FilterScenarios::pull);
        steps.put(Scenario.A_GROUP_WITH_A_NEW_SQL_FILTER_GETS_WHAT_THAT_MATCHES, FilterScenarios::changed);
        steps.put(Scenario.A_BAD_SQL_FILTER_IS_REFUSED_WHEN_THE_CONSUMER_STARTS, FilterScenarios::bad);
        steps.put(Scenario.A_KEY_IS_LOOKED_FOR_IN_THE_TIME_GIVEN, FilterScenarios::keyInTime);
    }

    /** Every queue's end passes a filter for this, besides what the filter is about. */
    private static MessageSelector orEnd(String filter) {
        return MessageSelector.bySql("(" + filter + ") OR TAGS = '" + Session.END + "'");
    }

    /** Messages with a number each, of the odd ones with a colour. */
    private static void fill(Session session, List<MessageQueue> queues, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            Message message = session.message("numbered" + i);
            message.putUserProperty("number", Integer.toString(i));
            if (i % 2 == 1) {
                message.putUserProperty("colour", i % 4 == 1 ? "red" : "dark green");
            }
            session.send(message, queues.get(i % queues.size()));
        }
    }

    private static Set<String> bodies(int... numbers) {
        Set<String> bodies = new HashSet<>();
        for (int number : numbers) {
            bodies.add("numbered" + number);
        }
        return bodies;
    }

    private static void push(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        fill(session, queues, 0, 12);
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = session.pushConsumer(session.group("sql"), session.topic(), inbox);
        consumer.subscribe(
                session.topic(), orEnd("number >= 2.5 AND (colour LIKE '%green' OR colour IS NULL) AND number <> 8"));
        consumer.start();
        fill(session, queues, 12, 16);
        session.end(queues);
        inbox.awaitEnd(queues.size());
        same(new HashSet<>(inbox.bodies()), bodies(3, 4, 6, 7, 10, 11, 12, 14, 15), "what came through");
        same(inbox.bodies().size(), 9, "messages");
    }

    private static void litePull(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        fill(session, queues, 0, 12);
        session.end(queues);
        DefaultLitePullConsumer consumer = session.litePullConsumer(session.group("sql"));
        consumer.subscribe(session.topic(), orEnd("colour = 'red' AND number BETWEEN 3 AND 9"));
        consumer.start();
        Inbox inbox = new Inbox();
        long end = System.nanoTime() + Session.PATIENCE_NANOS;
        while (inbox.ended().size() < queues.size() && System.nanoTime() < end) {
            inbox.add(consumer.poll(500));
        }
        inbox.awaitEnd(queues.size());
        same(new HashSet<>(inbox.bodies()), bodies(5, 9), "what came through");
    }

    private static void pull(Session session) throws Exception {
        MessageQueue queue = session.createTopic(session.topic()).get(0);
        fill(session, List.of(queue), 0, 8);
        MessageSelector selector = MessageSelector.bySql("number IN ('1', '6')");
        List<String> found = new ArrayList<>();
        long offset = session.minOffset(queue);
        long end = session.maxOffset(queue);
        while (offset < end) {
            long from = offset;
            // a client learns from its first heartbeat that the broker has filters
            PullResult result =
                    Session.eventually("a pull", () -> session.reader().pull(queue, selector, from, 32));
            check(
                    result.getPullStatus() == PullStatus.FOUND || result.getPullStatus() == PullStatus.NO_MATCHED_MSG,
                    "pull at " + offset + ": " + result);
            if (result.getPullStatus() == PullStatus.FOUND) {
                result.getMsgFoundList().forEach(message -> found.add(Session.body(message)));
            }
            check(result.getNextBeginOffset() > offset, "no progress at " + offset + ": " + result);
            offset = result.getNextBeginOffset();
        }
        same(found, List.of("numbered1", "numbered6"), "what came through");
    }

    private static void changed(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        fill(session, queues, 0, 8);
        session.end(queues);
        Inbox before = new Inbox();
        DefaultMQPushConsumer first = session.pushConsumer(session.group("sql"), session.topic(), before);
        first.subscribe(session.topic(), orEnd("number < 3"));
        first.start();
        before.awaitEnd(queues.size());
        same(new HashSet<>(before.bodies()), bodies(0, 1, 2), "by the first filter");
        first.shutdown();

        Inbox after = new Inbox();
        DefaultMQPushConsumer second = session.pushConsumer(session.group("sql"), session.topic(), after);
        second.subscribe(session.topic(), orEnd("number >= 2 AND colour CONTAINS 'e'"));
        second.start();
        fill(session, queues, 8, 12);
        fill(session, queues, 1, 2);
        session.end(queues);
        after.awaitEnd(queues.size());
        same(new HashSet<>(after.bodies()), bodies(9, 11), "by the second filter, of what was not consumed yet");
    }

    private static void bad(Session session) throws Exception {
        session.createTopic(session.topic());
        DefaultMQPushConsumer consumer = session.pushConsumer(session.group("sql"), session.topic(), new Inbox());
        consumer.subscribe(session.topic(), MessageSelector.bySql("number > 'five'"));
        try {
            consumer.start();
        } catch (MQClientException e) {
            String chain = e + " " + e.getCause();
            check(
                    e.getResponseCode() == SUBSCRIPTION_PARSE_FAILED || chain.contains("CODE: 23"),
                    "code of the refusal: " + chain);
            check(chain.contains("position 10"), "where the mistake is: " + chain);
            return;
        }
        throw new IllegalStateException("a consumer with a bad filter has started");
    }

    private static void keyInTime(Session session) throws Exception {
        for (int i = 0; i < 3; i++) {
            Message message = session.message("timed" + i);
            message.setKeys("same-key");
            session.send(message);
        }
        List<MessageExt> all = QueryScenarios.byKey(session, session.topic(), "same-key");
        same(all.size(), 3, "messages of the key");
        long first = all.stream().mapToLong(MessageExt::getStoreTimestamp).min().orElseThrow();
        long last = all.stream().mapToLong(MessageExt::getStoreTimestamp).max().orElseThrow();
        QueryResult between =
                answered(() -> session.producer().queryMessage(session.topic(), "same-key", 32, first, last));
        same(between.getMessageList().size(), 3, "messages between the first's time and the last's");
        check(
                between.getIndexLastUpdateTimestamp() >= last,
                "the index's time: " + between.getIndexLastUpdateTimestamp());
        same(
                answered(() -> session.producer().queryMessage(session.topic(), "same-key", 2, first, last))
                        .getMessageList()
                        .size(),
                2,
                "the newest two");
        for (long[] time : new long[][] {{first - HOUR_MILLIS, first - 60_000}, {last + 60_000, last + HOUR_MILLIS}}) {
            try {
                List<MessageExt> found = answered(() ->
                                session.producer().queryMessage(session.topic(), "same-key", 32, time[0], time[1]))
                        .getMessageList();
                same(found, List.of(), "messages of another time");
            } catch (MQClientException e) {
                same(e.getResponseCode(), 208, "code of a query without a result");
            }
        }
    }
}
