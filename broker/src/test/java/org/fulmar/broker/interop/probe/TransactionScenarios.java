package org.fulmar.broker.interop.probe;

import static org.fulmar.broker.interop.probe.Session.check;
import static org.fulmar.broker.interop.probe.Session.eventually;
import static org.fulmar.broker.interop.probe.Session.same;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.fulmar.broker.interop.probe.ApacheProbe.Steps;

/** Transactions of producers. The broker asks after a second, then after two and a half each, three times. */
final class TransactionScenarios {
    private static final String GIVEN_UP = "TRANS_CHECK_MAX_TIME_TOPIC";
    private static final String LEFT = "transaction-left";
    private static final String LEFT_FOR_KILL = "transaction-left-for-kill";
    private static final int COMMIT_BITS = 8;

    private TransactionScenarios() {}

    static void addTo(Map<Scenario, Steps> steps) {
        steps.put(Scenario.A_COMMITTED_MESSAGE_IS_RECEIVED_ONCE, TransactionScenarios::commit);
        steps.put(Scenario.A_ROLLED_BACK_MESSAGE_IS_NEVER_RECEIVED, TransactionScenarios::rollBack);
        steps.put(Scenario.A_PRODUCER_THAT_DID_NOT_KNOW_IS_ASKED_AND_COMMITS, TransactionScenarios::asked);
        steps.put(
                Scenario.A_PRODUCER_THAT_DID_NOT_KNOW_IS_ASKED_AND_ROLLS_BACK, TransactionScenarios::askedAndRollsBack);
        steps.put(
                Scenario.ANOTHER_PRODUCER_OF_THE_GROUP_IS_ASKED_WHEN_THE_FIRST_IS_GONE, TransactionScenarios::another);
        steps.put(Scenario.A_MESSAGE_ASKED_FOR_IN_VAIN_IS_KEPT_FOR_INSPECTION, TransactionScenarios::inVain);
        steps.put(Scenario.A_HALF_MESSAGE_IS_LEFT_FOR_AFTER_THE_RESTART, session -> leave(session, LEFT));
        steps.put(
                Scenario.A_HALF_MESSAGE_FROM_BEFORE_A_RESTART_IS_ASKED_FOR_AND_COMMITTED,
                session -> commitLeft(session, LEFT));
        steps.put(Scenario.A_HALF_MESSAGE_IS_LEFT_FOR_AFTER_THE_KILL, session -> leave(session, LEFT_FOR_KILL));
        steps.put(
                Scenario.A_HALF_MESSAGE_FROM_BEFORE_A_KILL_IS_ASKED_FOR_AND_COMMITTED,
                session -> commitLeft(session, LEFT_FOR_KILL));
    }

    /** Says at once what it was made with, and for the n-th time that it is asked what it is told to. */
    private static final class Listener implements TransactionListener {
        private final LocalTransactionState atOnce;
        private final IntFunction<LocalTransactionState> whenAsked;
        private final AtomicInteger asked = new AtomicInteger();
        private final BlockingQueue<MessageExt> askedFor = new LinkedBlockingQueue<>();

        Listener(LocalTransactionState atOnce, IntFunction<LocalTransactionState> whenAsked) {
            this.atOnce = atOnce;
            this.whenAsked = whenAsked;
        }

        @Override
        public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
            return atOnce;
        }

        @Override
        public LocalTransactionState checkLocalTransaction(MessageExt message) {
            askedFor.add(message);
            return whenAsked.apply(asked.incrementAndGet());
        }

        MessageExt awaitAsked() throws InterruptedException {
            MessageExt message = askedFor.poll(Session.PATIENCE_NANOS, TimeUnit.NANOSECONDS);
            check(message != null, "was not asked");
            return message;
        }
    }

    private static Listener decided(LocalTransactionState state) {
        return new Listener(state, times -> {
            throw new IllegalStateException("asked for what was decided");
        });
    }

    private static TransactionSendResult send(TransactionMQProducer producer, Message message) throws Exception {
        TransactionSendResult sent = producer.sendMessageInTransaction(message, null);
        Session.stored(sent);
        same(sent.getTransactionId(), sent.getMsgId(), "transaction id");
        return sent;
    }

    private static long stored(Session session, List<MessageQueue> queues) throws Exception {
        long messages = 0;
        for (MessageQueue queue : queues) {
            messages += session.maxOffset(queue) - session.minOffset(queue);
        }
        return messages;
    }

    /** That the consumer gets just this message before the last of all queues. */
    private static void receivedOnce(Session session, Inbox inbox, List<MessageQueue> queues, String body)
            throws Exception {
        inbox.awaitPayload(1);
        session.end(queues);
        inbox.awaitEnd(queues.size());
        same(inbox.bodies(), List.of(body), "messages");
    }

    private static Inbox consumer(Session session, String topic) throws Exception {
        Inbox inbox = new Inbox();
        session.pushConsumer(session.group("consumer"), topic, inbox).start();
        return inbox;
    }

    private static void commit(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = consumer(session, session.topic());
        TransactionMQProducer producer =
                session.transactionProducer(session.group("tx"), decided(LocalTransactionState.COMMIT_MESSAGE));
        Message message = session.message("committed");
        message.setKeys("the-key");
        message.putUserProperty("colour", "green");
        message.setDelayTimeLevel(3);
        TransactionSendResult sent = send(producer, message);
        receivedOnce(session, inbox, queues, "committed");
        MessageExt got = inbox.payload().get(0);
        same(got.getMsgId(), sent.getMsgId(), "unique id");
        same(got.getTransactionId(), sent.getTransactionId(), "transaction id");
        same(got.getUserProperty("colour"), "green", "property");
        same(got.getKeys(), "the-key", "keys");
        same(got.getProperty("TRAN_MSG"), "true", "TRAN_MSG");
        same(got.getProperty("PGROUP"), session.group("tx"), "PGROUP");
        same(got.getProperty("__transactionId__"), sent.getMsgId(), "__transactionId__");
        same(got.getProperty("REAL_TOPIC"), null, "REAL_TOPIC");
        same(got.getQueueId(), sent.getMessageQueue().getQueueId(), "queue");
        same(got.getSysFlag() & 12, COMMIT_BITS, "transaction bits");
        check(got.getPreparedTransactionOffset() > 0, "no half message is named");
    }

    private static void rollBack(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = consumer(session, session.topic());
        send(
                session.transactionProducer(session.group("back"), decided(LocalTransactionState.ROLLBACK_MESSAGE)),
                session.message("rolled back"));
        // a later one of another producer, so that the first has had its time
        send(
                session.transactionProducer(session.group("on"), decided(LocalTransactionState.COMMIT_MESSAGE)),
                session.message("committed"));
        receivedOnce(session, inbox, queues, "committed");
    }

    private static void asked(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = consumer(session, session.topic());
        Listener listener = new Listener(
                LocalTransactionState.UNKNOW,
                times -> times == 1 ? LocalTransactionState.UNKNOW : LocalTransactionState.COMMIT_MESSAGE);
        Message message = session.message("asked for");
        message.putUserProperty("colour", "green");
        TransactionSendResult sent = send(session.transactionProducer(session.group("tx"), listener), message);
        for (int i = 0; i < 2; i++) {
            MessageExt half = listener.awaitAsked();
            same(Session.body(half), "asked for", "body");
            same(half.getTopic(), session.topic(), "topic");
            same(half.getQueueId(), sent.getMessageQueue().getQueueId(), "queue");
            same(half.getTransactionId(), sent.getTransactionId(), "transaction id");
            same(half.getQueueOffset(), sent.getQueueOffset(), "queue offset");
            same(half.getProperty("UNIQ_KEY"), sent.getMsgId(), "unique id");
            same(half.getMsgId().substring(16), String.format("%016X", half.getCommitLogOffset()), "offset id");
            same(half.getUserProperty("colour"), "green", "property");
            same(half.getTags(), "payload", "tags");
        }
        receivedOnce(session, inbox, queues, "asked for");
        same(listener.asked.get(), 2, "times asked");
    }

    private static void askedAndRollsBack(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        long before = stored(session, queues);
        Listener listener = new Listener(LocalTransactionState.UNKNOW, times -> LocalTransactionState.ROLLBACK_MESSAGE);
        TransactionMQProducer producer = session.transactionProducer(session.group("tx"), listener);
        send(producer, session.message("one"));
        listener.awaitAsked();
        // the first would be asked for again before the last is asked for
        for (String next : List.of("two", "three", "four")) {
            send(producer, session.message(next));
            same(Session.body(listener.awaitAsked()), next, "what is asked for next");
        }
        same(stored(session, queues), before, "messages");
    }

    private static void another(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        Inbox inbox = consumer(session, session.topic());
        TransactionMQProducer first = session.transactionProducer(
                session.group("tx"), new Listener(LocalTransactionState.UNKNOW, times -> LocalTransactionState.UNKNOW));
        send(first, session.message("orphan"));
        first.shutdown();
        Listener heir = new Listener(LocalTransactionState.UNKNOW, times -> LocalTransactionState.COMMIT_MESSAGE);
        meetsBroker(session.transactionProducer(session.group("tx"), heir), session.topic());
        same(Session.body(heir.awaitAsked()), "orphan", "what is asked for");
        receivedOnce(session, inbox, queues, "orphan");
    }

    /** A client of 5.4.0 sends heartbeats to brokers alone that it has sent something to. */
    private static void meetsBroker(TransactionMQProducer producer, String topic) throws Exception {
        Session.stored(producer.send(Session.start(topic)));
    }

    private static void inVain(Session session) throws Exception {
        List<MessageQueue> queues = session.createTopic(session.topic());
        long before = stored(session, queues);
        Listener listener = new Listener(LocalTransactionState.UNKNOW, times -> LocalTransactionState.UNKNOW);
        TransactionSendResult sent =
                send(session.transactionProducer(session.group("tx"), listener), session.message("hopeless"));
        MessageQueue kept = new MessageQueue(GIVEN_UP, sent.getMessageQueue().getBrokerName(), 0);
        MessageExt found = eventually("the message in " + GIVEN_UP, () -> {
            long end = session.maxOffset(kept);
            for (long offset = 0; offset < end; offset++) {
                MessageExt message = session.read(kept, offset);
                if (message.getMsgId().equals(sent.getMsgId())) {
                    return message;
                }
            }
            return null;
        });
        same(Session.body(found), "hopeless", "body");
        same(found.getProperty("REAL_TOPIC"), session.topic(), "where it should have gone");
        same(found.getProperty("TRANSACTION_CHECK_TIMES"), "3", "times asked");
        same(listener.asked.get(), 3, "times asked");
        same(stored(session, queues), before, "messages in the real topic");
    }

    private static void leave(Session session, String name) throws Exception {
        String topic = session.topic(name);
        if (name.equals(LEFT)) {
            session.createTopic(topic);
            session.createTopic(session.topic(LEFT_FOR_KILL));
        }
        TransactionMQProducer producer = session.transactionProducer(
                topic, new Listener(LocalTransactionState.UNKNOW, times -> LocalTransactionState.UNKNOW));
        eventually("the route of " + topic, () -> producer.fetchPublishMessageQueues(topic));
        send(producer, session.message(topic, name));
        producer.shutdown();
    }

    private static void commitLeft(Session session, String name) throws Exception {
        String topic = session.topic(name);
        List<MessageQueue> queues = new ArrayList<>(
                eventually("the route of " + topic, () -> session.producer().fetchPublishMessageQueues(topic)));
        Collections.sort(queues);
        Inbox inbox = consumer(session, topic);
        Listener heir = new Listener(LocalTransactionState.UNKNOW, times -> LocalTransactionState.COMMIT_MESSAGE);
        meetsBroker(session.transactionProducer(topic, heir), topic);
        same(Session.body(heir.awaitAsked()), name, "what is asked for");
        receivedOnce(session, inbox, queues, name);
    }
}
