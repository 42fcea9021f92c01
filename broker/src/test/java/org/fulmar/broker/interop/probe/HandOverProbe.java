package org.fulmar.broker.interop.probe;

import java.io.IOException;
import java.nio.file.Path;
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
 * {@code concurrent}. Prints lines {@code leave MILLIS}, {@code join MILLIS} and {@code kill MILLIS}, and {@code twice
 * COUNT}. With {@code victim} as one more argument it is the member, in a process of its own, that is killed.
 */
public final class HandOverProbe {
    private static final long PATIENCE_SECONDS = 60;
    private static final int SETTLE_MILLIS = 300;
    private static final String VICTIM = "victim";

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

    /** Returns when it has its share. */
    private static Process victim(String[] args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HandOverProbe.class.getName()));
        command.addAll(List.of(args));
        command.add(VICTIM);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String line = process.inputReader().readLine();
        while (line != null && !line.equals(VICTIM)) {
            line = process.inputReader().readLine();
        }
        return process;
    }

    public static void main(String[] args) throws Exception {
        String nameServer = args[0];
        String topic = args[1];
        int count = Integer.parseInt(args[2]);
        int rounds = Integer.parseInt(args[3]);
        String mode = args[4];
        List<String> lines = new ArrayList<>();
        if (args.length > 5) {
            Member victim = new Member(
                    nameServer, topic, mode, args[5] + ProcessHandle.current().pid());
            victim.consumer.start();
            victim.until(count / 2, System.nanoTime());
            System.out.println(VICTIM);
            new CountDownLatch(1).await();
        }
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
        lines.add("twice " + TWICE.get());
        for (int round = 0; round < rounds; round++) {
            Process victim = victim(args);
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
            stays.queues.clear();
            long start = System.nanoTime();
            victim.destroyForcibly();
            lines.add("kill " + stays.until(count, start));
            victim.waitFor();
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        }
        stays.consumer.shutdown();
        Collections.unmodifiableList(lines).forEach(System.out::println);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
