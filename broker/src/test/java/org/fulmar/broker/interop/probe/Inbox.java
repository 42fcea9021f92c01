package org.fulmar.broker.interop.probe;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;

/** Keeps what a consumer gets, in order. Safe for use by many threads. */
final class Inbox implements MessageListenerConcurrently {
    private final List<MessageExt> messages = new ArrayList<>();

    @Override
    public ConsumeConcurrentlyStatus consumeMessage(List<MessageExt> got, ConsumeConcurrentlyContext context) {
        add(got);
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    synchronized void add(List<MessageExt> got) {
        messages.addAll(got);
        notifyAll();
    }

    /** All so far but those that only made the topic or ended it. */
    synchronized List<MessageExt> payload() {
        return messages.stream().filter(Session::isPayload).toList();
    }

    synchronized List<String> bodies() {
        return payload().stream().map(Session::body).toList();
    }

    /** The queues whose last message has come. */
    synchronized Set<Integer> ended() {
        Set<Integer> queues = new HashSet<>();
        messages.stream().filter(Session::isEnd).forEach(message -> queues.add(message.getQueueId()));
        return queues;
    }

    void awaitEnd(int queues) throws InterruptedException {
        await(
                "the last message of all " + queues + " queues",
                inbox -> inbox.ended().size() == queues);
    }

    void awaitPayload(int count) throws InterruptedException {
        await(count + " messages", inbox -> inbox.payload().size() >= count);
    }

    synchronized void await(String what, Predicate<Inbox> there) throws InterruptedException {
        long end = System.nanoTime() + Session.PATIENCE_NANOS;
        while (!there.test(this)) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new IllegalStateException(
                        "waited for " + what + ", got " + bodies() + " and the last of queues " + ended());
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }
}
