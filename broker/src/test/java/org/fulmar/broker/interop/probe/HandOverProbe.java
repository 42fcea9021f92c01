package org.fulmar.broker.interop.probe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * How long Apache's consumers take to hand queues over: the counterpart of the client's HandOverBench, which starts it.
 *
 * <p>Arguments: name server, topic (with a steady load on all queues), its number of queues, rounds, {@code ordered} or
 * {@code concurrent}. Prints lines {@code leave MILLIS} and {@code join MILLIS}, and {@code twice COUNT}.
 */
public final class HandOverProbe {
    private static final long PATIENCE_SECONDS = 60;
    private static final int SETTLE_MILLIS = 300;

    private static final Map<String, Long> SEEN = new ConcurrentHashMap<>();
    private static final AtomicLong TWICE = new AtomicLong();

    private HandOverProbe() {}

    /** One member, and the queues that it has consumed of since it was last asked. */
    private static final class Member {
        final Set<Integer> queues = ConcurrentHashMap.newKeySet();
        final DefaultMQPushConsumer consumer;

        Member(String nameServer, String topic, String mode, String name) throws Exception {
            consumer = new DefaultMQPushConsumer("HandOver-apache-" + mode);
            consumer.setNamesrvAddr(nameServer);
            consumer.setInstanceName(name);
            consumer.subscribe(topic, "*");
            if (mode.equals("ordered")) {
                consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                    seen(messages);
                    return ConsumeOrderlyStatus.SUCCESS;
                });
            } else {
                consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                    seen(messages);
                    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
                });
            }
        }

        private void seen(List<MessageExt> messages) {
            for (MessageExt message : messages) {
                if (message.getTopic().startsWith("%")) {
                    continue;
                }
                queues.add(message.getQueueId());
                if (SEEN.put(message.getQueueId() + "/" + message.getQueueOffset(), 1L) != null) {
                    TWICE.incrementAndGet();
                }
            }
        }

        /** Milliseconds since {@code start} until it has consumed of so many queues. */
        double until(int count, long start) throws InterruptedException {
            CountDownLatch never = new CountDownLatch(1);
            long end = start + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (queues.size() < count && System.nanoTime() < end) {
                never.await(200, TimeUnit.MICROSECONDS);
            }
            return (System.nanoTime() - start) / 1e6;
        }
    }

    public static void main(String[] args) throws Exception {
        String nameServer = args[0];
        String topic = args[1];
        int count = Integer.parseInt(args[2]);
        int rounds = Integer.parseInt(args[3]);
        String mode = args[4];
        List<String> lines = new ArrayList<>();
        Member stays = new Member(nameServer, topic, mode, "stays");
        stays.consumer.start();
        stays.until(count, System.nanoTime());
        for (int round = 0; round < rounds; round++) {
            Member comes = new Member(nameServer, topic, mode, "comes-" + round);
            long start = System.nanoTime();
            comes.consumer.start();
            lines.add("join " + comes.until(count / 2, start));
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
            stays.queues.clear();
            start = System.nanoTime();
            comes.consumer.shutdown();
            lines.add("leave " + stays.until(count, start));
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        }
        stays.consumer.shutdown();
        lines.add("twice " + TWICE.get());
        Collections.unmodifiableList(lines).forEach(System.out::println);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
