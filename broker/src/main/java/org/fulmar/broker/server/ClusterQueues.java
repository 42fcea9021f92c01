package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.pop.QueueShares;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * The readable queues of a topic on all brokers of the cluster, as the name servers know them; this broker's own if it
 * has no name servers. Owned by the core; what it promises may be kept elsewhere.
 */
final class ClusterQueues {
    private static final int MAX_CACHED = 10_000;
    private static final long CACHED_MILLIS = 5_000;
    private static final int MAX_QUEUES = 100_000;

    private record Cached(CompletableFuture<List<QueueShares.Queue>> queues, long at) {
        /** As long as the answer is waited for, and for a while after it was asked for. */
        boolean counts(long now) {
            return !queues.isDone() || Math.abs(now - at) < CACHED_MILLIS && !queues.isCompletedExceptionally();
        }
    }

    private final BrokerConfig config;
    private final TopicService topics;
    private final LongSupplier clock;
    private final Map<String, Cached> cache = new LinkedHashMap<>();
    private @Nullable NameServerLink nameServers;

    ClusterQueues(BrokerConfig config, TopicService topics, LongSupplier clock) {
        this.config = config;
        this.topics = topics;
        this.clock = clock;
    }

    /** Called once, before the broker is registered. */
    void connect(NameServerLink link) {
        this.nameServers = link;
    }

    /** Empty if the topic is not known. Fails if no name server answers. */
    CompletableFuture<List<QueueShares.Queue>> of(String topic) {
        NameServerLink link = nameServers;
        if (link == null) {
            return CompletableFuture.completedFuture(own(topic));
        }
        long now = clock.getAsLong();
        Cached known = cache.get(topic);
        if (known != null && known.counts(now)) {
            return known.queues;
        }
        cache.remove(topic);
        if (cache.size() >= MAX_CACHED) {
            // in the order in which they were asked for
            cache.remove(cache.keySet().iterator().next());
        }
        CompletableFuture<List<QueueShares.Queue>> asked = link.route(topic).thenApply(ClusterQueues::parse);
        cache.put(topic, new Cached(asked, now));
        return asked;
    }

    private List<QueueShares.Queue> own(String name) {
        TopicConfig topic = topics.get(name);
        List<QueueShares.Queue> queues = new ArrayList<>();
        for (int id = 0; topic != null && topic.readable() && id < topic.readQueueNums(); id++) {
            queues.add(new QueueShares.Queue(config.brokerName(), id));
        }
        return queues;
    }

    private static List<QueueShares.Queue> parse(byte[] route) {
        List<QueueShares.Queue> queues = new ArrayList<>();
        if (route.length == 0) {
            return queues;
        }
        for (JsonNode broker : JsonBody.parse(route).path("queueDatas")) {
            boolean readable = (broker.path("perm").asInt() & TopicConfig.READ) != 0;
            int count = readable ? broker.path("readQueueNums").asInt() : 0;
            for (int id = 0; id < count && queues.size() < MAX_QUEUES; id++) {
                queues.add(new QueueShares.Queue(broker.path("brokerName").asText(), id));
            }
        }
        return queues;
    }
}
