package org.fulmar.broker.interop.probe;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.exception.RemotingException;

/**
 * One scenario's own topic, groups and clients; closing it ends the clients. Used by the scenario's thread.
 *
 * <p>Every client has connections of its own, as if it were a process of its own.
 */
@SuppressWarnings("deprecation")
final class Session implements AutoCloseable {
    /** How long a scenario waits for anything. */
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);
    /** How long clients wait for an answer. */
    private static final int TIME_OUT_MILLIS = 60_000;

    /** Queues of a topic that is made by a send. */
    static final int QUEUES = 4;

    static final String END = "end";

    private static final String START = "start";

    private final String nameServer;
    private final String run;
    private final String scenario;
    private final Deque<Runnable> ends = new ArrayDeque<>();
    private DefaultMQProducer producer;
    private DefaultMQPullConsumer reader;
    private int clients;

    Session(String nameServer, String run, Scenario scenario) {
        this.nameServer = nameServer;
        this.run = run;
        this.scenario = scenario.name();
    }

    static boolean isPayload(Message message) {
        return !START.equals(message.getTags()) && !isEnd(message);
    }

    static boolean isEnd(Message message) {
        return END.equals(message.getTags());
    }

    static String body(Message message) {
        return new String(message.getBody(), StandardCharsets.UTF_8);
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    static void same(Object actual, Object expected, String what) {
        check(Objects.equals(actual, expected), what + ": expected " + expected + ", got " + actual);
    }

    /** Sends a message, the n-th, and waits until it is received. */
    @FunctionalInterface
    interface RoundTrip {
        void run(int number) throws Exception;
    }

    /**
     * That a message comes to who waits for it as soon as it is there: one of some does so in less than half of the second
     * that any polling would take each of them. On a busy machine it may not be one of the first.
     */
    static void checkWithoutDelay(RoundTrip trip) throws Exception {
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 30 && (i < 5 || fastest >= TimeUnit.MILLISECONDS.toNanos(500)); i++) {
            long start = System.nanoTime();
            trip.run(i);
            fastest = Math.min(fastest, System.nanoTime() - start);
        }
        check(
                fastest < TimeUnit.MILLISECONDS.toNanos(500),
                "the fastest took " + TimeUnit.NANOSECONDS.toMillis(fastest) + " ms");
    }

    /** Tries until there is a result; failures of the client meanwhile are those of not yet. */
    static <T> T eventually(String what, Callable<T> attempt) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + PATIENCE_NANOS;
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                T result = attempt.call();
                if (result != null) {
                    return result;
                }
            } catch (MQClientException e) {
                last = e;
            }
            never.await(50, TimeUnit.MILLISECONDS);
        }
        throw new IllegalStateException("waited in vain for " + what, last);
    }

    /**
     * Asks what changes nothing, until there is an answer. On a busy machine the client gives up asking for a route while
     * other threads of it ask for theirs, and some of its time-outs are short and fixed.
     */
    static <T> T answered(Callable<T> question) throws Exception {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return question.call();
            } catch (MQClientException e) {
                String message = String.valueOf(e.getMessage());
                boolean notYet = message.contains("not exist")
                        || message.contains("not matched route info")
                        || e.getCause() instanceof RemotingException;
                if (!notYet || System.nanoTime() > end) {
                    throw e;
                }
            } catch (RemotingException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    /** Has a client's queries wait longer than the six seconds that they do otherwise. */
    private static void bePatient(MQClientInstance client) {
        client.getMQAdminImpl().setTimeoutMillis(TIME_OUT_MILLIS);
    }

    /** The queues of a topic that a consumer consumes now; an ordered one has their locks. */
    static Set<MessageQueue> held(DefaultMQPushConsumer consumer, String topic) {
        return consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet().stream()
                .filter(queue -> queue.getTopic().equals(topic))
                .collect(Collectors.toSet());
    }

    /** This scenario's topic. */
    String topic() {
        return topic(scenario);
    }

    /** A topic that scenarios of both phases use. */
    String topic(String name) {
        return run + "-" + name;
    }

    String group(String name) {
        return run + "-" + scenario + "-" + name;
    }

    DefaultMQProducer producer() throws MQClientException {
        if (producer == null) {
            producer = newProducer();
            producer.start();
            bePatient(producer.getDefaultMQProducerImpl().getMqClientFactory());
        }
        return producer;
    }

    DefaultMQProducer newProducer() {
        DefaultMQProducer made = configured(new DefaultMQProducer(group("producer" + clients)));
        made.setSendMsgTimeout(TIME_OUT_MILLIS);
        ends.push(made::shutdown);
        return made;
    }

    /** A started producer of transactions, whose heartbeats come often. */
    TransactionMQProducer transactionProducer(String group, TransactionListener listener) throws MQClientException {
        TransactionMQProducer made = configured(new TransactionMQProducer(group));
        made.setSendMsgTimeout(TIME_OUT_MILLIS);
        made.setHeartbeatBrokerInterval(1_000);
        made.setTransactionListener(listener);
        ends.push(made::shutdown);
        made.start();
        return made;
    }

    Message message(String body) {
        return message(topic(), body);
    }

    Message message(String topic, String body) {
        return new Message(topic, "payload", body.getBytes(StandardCharsets.UTF_8));
    }

    /** A message that is no payload. */
    static Message start(String topic) {
        return new Message(topic, START, START.getBytes(StandardCharsets.UTF_8));
    }

    List<Message> messages(String prefix, int count) {
        List<Message> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(message(prefix + i));
        }
        return made;
    }

    SendResult send(Message message) throws Exception {
        return stored(producer().send(message));
    }

    SendResult send(Message message, MessageQueue queue) throws Exception {
        return stored(producer().send(message, queue));
    }

    static SendResult stored(SendResult result) {
        same(result.getSendStatus(), SendStatus.SEND_OK, "send status");
        return result;
    }

    /** Makes a topic by a send and returns its queues when the name server knows them, in their order. */
    List<MessageQueue> createTopic(String topic) throws Exception {
        send(start(topic));
        List<MessageQueue> queues = new ArrayList<>(
                eventually("the route of " + topic, () -> producer().fetchPublishMessageQueues(topic)));
        same(queues.size(), QUEUES, "queues of " + topic);
        Collections.sort(queues);
        return queues;
    }

    /** Sends numbered messages to a topic's queues in turn and returns their bodies. */
    Set<String> fill(List<MessageQueue> queues, String prefix, int count) throws Exception {
        Set<String> bodies = new HashSet<>();
        for (int i = 0; i < count; i++) {
            MessageQueue queue = queues.get(i % queues.size());
            send(message(queue.getTopic(), prefix + i), queue);
            bodies.add(prefix + i);
        }
        return bodies;
    }

    /** Sends each queue a last message; who has it has all before it. */
    void end(List<MessageQueue> queues) throws Exception {
        for (MessageQueue queue : queues) {
            send(new Message(queue.getTopic(), END, END.getBytes(StandardCharsets.UTF_8)), queue);
        }
    }

    /** A push consumer from the first message on, which handles one message after the other; not yet started. */
    DefaultMQPushConsumer pushConsumer(String group, String topic, Inbox inbox) throws MQClientException {
        DefaultMQPushConsumer made = configured(new DefaultMQPushConsumer(group));
        made.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        made.setConsumeThreadMin(1);
        made.setConsumeThreadMax(1);
        made.setAwaitTerminationMillisWhenShutdown(TIME_OUT_MILLIS);
        made.subscribe(topic, "*");
        made.registerMessageListener(inbox);
        ends.push(made::shutdown);
        return made;
    }

    DefaultLitePullConsumer litePullConsumer(String group) {
        DefaultLitePullConsumer made = configured(new DefaultLitePullConsumer(group));
        made.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        ends.push(made::shutdown);
        return made;
    }

    /** Reads one message at its place, as the oldest of Apache's consumers does. */
    MessageExt read(MessageQueue queue, long offset) throws Exception {
        PullResult result = answered(() -> reader().pull(queue, "*", offset, 1));
        check(
                result.getMsgFoundList() != null && result.getMsgFoundList().size() == 1,
                "pull of " + queue + " at " + offset + ": " + result);
        return result.getMsgFoundList().get(0);
    }

    MessageExt read(SendResult sent) throws Exception {
        return read(sent.getMessageQueue(), sent.getQueueOffset());
    }

    long maxOffset(MessageQueue queue) throws Exception {
        return answered(() -> reader().maxOffset(queue));
    }

    long minOffset(MessageQueue queue) throws Exception {
        return answered(() -> reader().minOffset(queue));
    }

    /** The offset of a time, in milliseconds since the epoch. */
    long searchOffset(MessageQueue queue, long time) throws Exception {
        return answered(() -> reader().searchOffset(queue, time));
    }

    /** The message of this scenario's topic with a unique id or an offset id. */
    MessageExt view(String id) throws Exception {
        return answered(() -> producer().viewMessage(topic(), id));
    }

    DefaultMQPullConsumer reader() throws MQClientException {
        if (reader == null) {
            reader = configured(new DefaultMQPullConsumer(group("reader")));
            ends.push(reader::shutdown);
            reader.start();
            bePatient(reader.getDefaultMQPullConsumerImpl().getRebalanceImpl().getmQClientFactory());
        }
        return reader;
    }

    private <C extends ClientConfig> C configured(C client) {
        client.setNamesrvAddr(nameServer);
        client.setMqClientApiTimeout(TIME_OUT_MILLIS);
        client.setInstanceName(run + "-" + scenario + "-" + clients++);
        return client;
    }

    @Override
    public void close() {
        ends.forEach(Runnable::run);
        ends.clear();
    }
}
