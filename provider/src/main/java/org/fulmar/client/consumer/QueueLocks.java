package org.fulmar.client.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes, renews and releases the brokers' locks on queues (LOCK_BATCH_MQ and UNLOCK_BATCH_MQ). Owned by the consumer's
 * loop.
 *
 * <p>A lock counts from when its request was sent, so that it never seems to last longer than the broker keeps it. A
 * broker that knows no locks is as one that grants each, unless the consumer is ordered: that one waits.
 */
final class QueueLocks {
    private static final Logger LOG = LoggerFactory.getLogger(QueueLocks.class);
    private static final long TIMEOUT_MILLIS = 3000;

    /** What becomes of locks. */
    interface Events {
        void granted(HeldQueue held);

        /** A lock that was asked for came when the queue was another's share already. */
        void unwanted(HeldQueue held);

        /** The broker says that another has the lock, or knows nothing of ours. */
        void lost(HeldQueue held);

        /** Some locks were not granted: they are to be asked for again in a while. */
        void refused();
    }

    private final Brokers brokers;
    private final String group;
    private final boolean ordered;
    private final Loop loop;
    private final Events events;
    /** Brokers that know no locks. */
    private final Set<String> lockless = new HashSet<>();

    QueueLocks(Brokers brokers, String group, boolean ordered, Loop loop, Events events) {
        this.brokers = brokers;
        this.group = group;
        this.ordered = ordered;
        this.loop = loop;
        this.events = events;
    }

    /** Asks for the locks of queues that wait for one. */
    void request(Collection<HeldQueue> wanted) {
        byBroker(wanted)
                .forEach((broker, queues) -> ask(broker, queues, granted -> {
                    boolean refused = false;
                    for (HeldQueue held : queues) {
                        boolean got = granted.contains(held.queue);
                        if (held.state == HeldQueue.State.GONE && got) {
                            events.unwanted(held);
                        } else if (held.state == HeldQueue.State.LOCKING && got) {
                            events.granted(held);
                        } else {
                            refused |= held.state == HeldQueue.State.LOCKING;
                        }
                    }
                    if (refused) {
                        events.refused();
                    }
                }));
    }

    /** Confirms locks that we have. */
    void renew(Collection<HeldQueue> locked) {
        byBroker(locked)
                .forEach((broker, queues) -> ask(
                        broker,
                        queues,
                        granted -> queues.stream()
                                .filter(held -> !granted.contains(held.queue))
                                .forEach(events::lost)));
    }

    private void ask(String broker, List<HeldQueue> queues, Consumer<Set<MessageQueue>> answered) {
        long sent = System.nanoTime();
        if (lockless.contains(broker)) {
            answer(queues, queues(queues), sent, answered);
            return;
        }
        brokers.request(broker, RequestCode.LOCK_BATCH_MQ, Map.of(), JsonBody.buffer(body(queues)), TIMEOUT_MILLIS)
                .thenApply(frame -> granted(broker, queues, frame))
                .whenComplete((granted, failure) -> loop.execute(() -> {
                    if (failure != null) {
                        LOG.info(
                                "no locks of {}: {}",
                                broker,
                                ClientException.of(failure).getMessage());
                        events.refused();
                    } else {
                        answer(queues, granted, sent, answered);
                    }
                }));
    }

    private static Set<MessageQueue> queues(List<HeldQueue> queues) {
        Set<MessageQueue> all = new HashSet<>();
        queues.forEach(held -> all.add(held.queue));
        return all;
    }

    private static void answer(
            List<HeldQueue> queues, Set<MessageQueue> granted, long sent, Consumer<Set<MessageQueue>> answered) {
        for (HeldQueue held : queues) {
            if (granted.contains(held.queue) && held.state != HeldQueue.State.GONE) {
                held.locked(sent);
            }
        }
        answered.accept(granted);
    }

    private Set<MessageQueue> granted(String broker, List<HeldQueue> asked, Frame frame) {
        try {
            if (frame.code() == ResponseCode.REQUEST_CODE_NOT_SUPPORTED && !ordered) {
                LOG.info("broker {} knows no locks of queues: hand-overs with it are not exclusive", broker);
                loop.execute(() -> lockless.add(broker));
                return queues(asked);
            }
            if (frame.code() != ResponseCode.SUCCESS) {
                LOG.warn(
                        "broker {} gives no locks to group {}: code {}, {}",
                        broker,
                        group,
                        frame.code(),
                        frame.remark());
                return Set.of();
            }
            Set<MessageQueue> granted = new HashSet<>();
            for (JsonNode queue : JsonBody.parse(frame.body()).path("lockOKMQSet")) {
                granted.add(QueueNames.queue(queue));
            }
            return granted;
        } catch (FrameException e) {
            LOG.warn("what broker {} says of locks is malformed", broker, e);
            return Set.of();
        } finally {
            frame.release();
        }
    }

    /** Gives locks back; completes when the broker has them, or can't be asked: then they end by themselves. */
    CompletableFuture<Void> release(HeldQueue held) {
        held.unlocked();
        String broker = held.queue.brokerName();
        if (lockless.contains(broker)) {
            return CompletableFuture.completedFuture(null);
        }
        return brokers.request(
                        broker,
                        RequestCode.UNLOCK_BATCH_MQ,
                        Map.of(),
                        JsonBody.buffer(body(List.of(held))),
                        TIMEOUT_MILLIS)
                .handle((frame, failure) -> {
                    if (failure != null) {
                        LOG.info(
                                "{} stays locked for a while: {}",
                                held.queue,
                                ClientException.of(failure).getMessage());
                    } else {
                        frame.release();
                    }
                    return null;
                });
    }

    private static Map<String, List<HeldQueue>> byBroker(Collection<HeldQueue> queues) {
        Map<String, List<HeldQueue>> byBroker = new TreeMap<>();
        queues.forEach(held -> byBroker.computeIfAbsent(held.queue.brokerName(), name -> new ArrayList<>())
                .add(held));
        return byBroker;
    }

    private ObjectNode body(List<HeldQueue> queues) {
        ObjectNode body = JsonBody.object();
        body.put("clientId", brokers.clientId());
        body.put("consumerGroup", group);
        body.put("onlyThisBroker", false);
        ArrayNode set = body.putArray("mqSet");
        queues.forEach(held -> set.add(QueueNames.json(held.queue)));
        return body;
    }
}
