package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.filter.SqlFilter;
import org.fulmar.broker.store.CommitLog;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.ConsumeQueueExtension;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SQL92 filters that pulls use, by topic, each with a bit: when messages become visible, all filters of their topic are
 * tried on them once, so that later pulls need not read the messages that they don't want.
 *
 * <p>A filter is born when it is first used, and dies when it was not used for a day. Bits count for a filter only of
 * messages that lie in the log behind the place of its birth, and, after a restart, only if the log still ends where it
 * ended when they were saved; otherwise they are removed. Where there is no bit the log is read. Owned by the core.
 */
final class FilterBits implements View {
    private static final Logger LOG = LoggerFactory.getLogger(FilterBits.class);
    /** Most filters of all topics. */
    private static final int MAX_FILTERS = 4096;
    /** Most queues that have bits; each takes up to 150 kB of memory. */
    private static final int MAX_QUEUES = 1024;
    /** Most messages whose bits are made when a queue shows more of them at once. */
    private static final int MAX_BEHIND = 4096;
    /** A filter that takes more steps over one message is not tried in advance. */
    private static final int MAX_STEPS = 1000;

    private static final long LIFE_MILLIS = 86_400_000;
    /** For how long a filter keeps its bit against others that want one. */
    private static final long IDLE_MILLIS = 600_000;

    /** A filter of a topic. */
    private static final class Registered {
        final SqlFilter filter;
        final int bit;
        final long bornTime;
        final long bornPosition;
        long usedTime;
        boolean costly;

        Registered(SqlFilter filter, int bit, long bornTime, long bornPosition, long usedTime) {
            this.filter = filter;
            this.bit = bit;
            this.bornTime = bornTime;
            this.bornPosition = bornPosition;
            this.usedTime = usedTime;
        }
    }

    private static final class Topic {
        final @Nullable Registered[] byBit = new @Nullable Registered[ConsumeQueueExtension.BITS];
        final Map<String, Registered> byText = new HashMap<>();
        final Map<Integer, Followed> queues = new HashMap<>();
    }

    private record Followed(QueueLog queue, ConsumeQueueExtension extension) {}

    private final boolean enabled;
    private final Disk disk;
    private final Path root;
    private final LongSupplier clock;
    private final Map<String, Topic> topics = new HashMap<>();
    private final List<String> gone = new ArrayList<>();
    private @Nullable CommitLog log;
    private int filters;
    private int queues;
    private long savedPosition = -1;
    private long refused;
    private long read;
    private long tried;

    /**
     * @param root of the store
     */
    FilterBits(boolean enabled, Disk disk, Path root, LongSupplier clock) {
        this.enabled = enabled;
        this.disk = disk;
        this.root = root;
        this.clock = clock;
    }

    /**
     * What was counted since the start, of messages.
     *
     * @param refused that a pull with a SQL92 filter passed by without reading them
     * @param read that pulls with such filters read from the log to find out
     * @param tried in advance, once for each filter
     */
    record Counts(long refused, long read, long tried) {}

    Counts counts() {
        return new Counts(refused, read, tried);
    }

    /** The log is recovered; nothing was appended since. */
    void opened(CommitLog recovered) throws IOException {
        log = recovered;
        if (!enabled || savedPosition != recovered.written()) {
            if (disk.exists(ConsumeQueueExtension.directory(root))) {
                LOG.info("bits of filters were not saved with the end of the log and are removed");
            }
            disk.delete(ConsumeQueueExtension.directory(root));
            savedPosition = 0;
        }
    }

    /** What one look into a queue asks; null if there are no bits for its filter. Used at once, on the core. */
    @Nullable Bits use(QueueLog queue, SqlFilter filter) {
        if (!enabled) {
            return null;
        }
        Topic topic = topics.get(queue.topic());
        Registered registered = topic == null ? null : topic.byText.get(filter.toString());
        if (registered == null) {
            registered = register(queue.topic(), filter);
        }
        if (registered == null) {
            return null;
        }
        registered.usedTime = clock.getAsLong();
        ConsumeQueueExtension extension = extension(queue, queue.visibleOffset());
        return extension == null || registered.costly ? null : new Bits(extension, registered);
    }

    private @Nullable Registered register(String name, SqlFilter filter) {
        CommitLog current = log;
        if (filters >= MAX_FILTERS || current == null) {
            return null;
        }
        long now = clock.getAsLong();
        Topic topic = topics.computeIfAbsent(name, n -> new Topic());
        int bit = freeBit(topic, now);
        if (bit < 0) {
            return null;
        }
        return add(topic, new Registered(filter, bit, now, current.written(), now));
    }

    private Registered add(Topic topic, Registered registered) {
        topic.byBit[registered.bit] = registered;
        topic.byText.put(registered.filter.toString(), registered);
        filters++;
        return registered;
    }

    private void remove(Topic topic, Registered registered) {
        topic.byBit[registered.bit] = null;
        topic.byText.remove(registered.filter.toString());
        filters--;
    }

    /** A bit that no filter has, or that of the one that was used longest ago, if that was long ago; -1 if there is none. */
    private int freeBit(Topic topic, long now) {
        Registered oldest = null;
        for (int bit = 0; bit < topic.byBit.length; bit++) {
            Registered there = topic.byBit[bit];
            if (there == null) {
                return bit;
            }
            oldest = oldest == null || there.usedTime < oldest.usedTime ? there : oldest;
        }
        if (oldest == null || oldest.usedTime > now - IDLE_MILLIS) {
            return -1;
        }
        remove(topic, oldest);
        return oldest.bit;
    }

    private @Nullable ConsumeQueueExtension extension(QueueLog queue, long from) {
        Topic topic = topics.get(queue.topic());
        if (topic == null) {
            return null;
        }
        Followed there = topic.queues.get(queue.queueId());
        if (there == null && queues < MAX_QUEUES) {
            there = new Followed(
                    queue,
                    new ConsumeQueueExtension(
                            disk, root, queue.topic(), queue.queueId(), from, Math.max(0, savedPosition)));
            topic.queues.put(queue.queueId(), there);
            queues++;
        }
        return there == null ? null : there.extension;
    }

    /** Messages of a queue became visible. */
    void visible(QueueLog queue) {
        if (topics.isEmpty()) {
            return;
        }
        Topic topic = topics.get(queue.topic());
        CommitLog current = log;
        if (topic == null || current == null) {
            return;
        }
        long end = queue.visibleOffset();
        ConsumeQueueExtension extension = extension(queue, end);
        if (extension == null) {
            return;
        }
        if (extension.end() > end || end - extension.end() > MAX_BEHIND) {
            extension.skipTo(end);
        }
        while (extension.end() < end) {
            long offset = extension.end();
            ByteBuffer entries = queue.index().entries(offset, (int) (end - offset));
            if (entries.remaining() < ConsumeQueue.ENTRY_BYTES) {
                extension.skipTo(end);
            }
            while (entries.remaining() >= ConsumeQueue.ENTRY_BYTES) {
                long physical = entries.getLong();
                entries.position(entries.position() + ConsumeQueue.ENTRY_BYTES - Long.BYTES);
                addUnit(topic, extension, physical, current.read(physical));
            }
        }
    }

    private void addUnit(Topic topic, ConsumeQueueExtension extension, long physical, @Nullable MessageRecord record) {
        long low = 0;
        long high = 0;
        int budget = 5 * MAX_STEPS;
        for (Registered registered : topic.byText.values()) {
            // what is not tried may match
            boolean matches = true;
            if (record != null && !registered.costly && budget > 0) {
                matches = registered.filter.matches(record);
                tried++;
                budget -= registered.filter.steps();
                if (registered.filter.steps() > MAX_STEPS) {
                    registered.costly = true;
                    matches = true;
                }
            }
            if (matches && registered.bit < Long.SIZE) {
                low |= 1L << registered.bit;
            } else if (matches) {
                high |= 1L << registered.bit - Long.SIZE;
            }
        }
        extension.add(physical, record == null ? 0 : record.storeTimestamp(), low, high);
    }

    /** A message was read to find out whether a filter matches it. */
    void countRead() {
        read++;
    }

    /** The bits of one filter in one queue, for one look. */
    final class Bits {
        private static final int BLOCK_UNITS = 512;

        private final ConsumeQueueExtension extension;
        private final Registered registered;
        private ByteBuffer block = ByteBuffer.allocate(0);
        private long blockStart = -1;
        private long nothingBefore;

        Bits(ConsumeQueueExtension extension, Registered registered) {
            this.extension = extension;
            this.registered = registered;
        }

        /** Whether it is known that the filter does not match the message at an offset, which lies there in the log. */
        boolean refuse(long offset, long physicalOffset) {
            if (physicalOffset < registered.bornPosition || offset < nothingBefore) {
                return false;
            }
            if (blockStart < 0 || offset < blockStart || offset >= blockStart + ConsumeQueueExtension.count(block)) {
                block = extension.read(offset, BLOCK_UNITS);
                blockStart = offset;
                if (ConsumeQueueExtension.count(block) == 0) {
                    nothingBefore = offset + BLOCK_UNITS;
                    return false;
                }
            }
            boolean sure = extension.refuses(block, blockStart, offset, physicalOffset, registered.bit);
            refused += sure ? 1 : 0;
            return sure;
        }
    }

    @Override
    public void topicDeleted(String name) {
        Topic topic = topics.remove(name);
        if (topic != null) {
            filters -= topic.byText.size();
            queues -= topic.queues.size();
            gone.add(name);
        }
    }

    private void buryTheDead(long now) {
        for (String name : List.copyOf(topics.keySet())) {
            Topic topic = topics.get(name);
            if (topic == null) {
                continue;
            }
            for (Registered registered : List.copyOf(topic.byText.values())) {
                if (registered.usedTime < now - LIFE_MILLIS) {
                    remove(topic, registered);
                }
            }
            if (topic.byText.isEmpty()) {
                topicDeleted(name);
            }
        }
    }

    @Override
    public String fileName() {
        return "consumerFilter.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        buryTheDead(clock.getAsLong());
        List<ConsumeQueueExtension.Saving> work = new ArrayList<>();
        List<String> removed = List.copyOf(gone);
        gone.clear();
        ObjectNode json = JsonBody.object().put("logPosition", logPosition);
        ObjectNode byTopic = json.putObject("filterDataByTopic");
        topics.forEach((name, topic) -> {
            ArrayNode list = byTopic.putArray(name);
            topic.byText.forEach((text, registered) -> list.addObject()
                    .put("expression", text)
                    .put("expressionType", SqlFilter.TYPE)
                    .put("bit", registered.bit)
                    .put("bornTime", registered.bornTime)
                    .put("bornPosition", registered.bornPosition)
                    .put("usedTime", registered.usedTime));
            topic.queues.values().forEach(followed -> work.add(followed.extension.capture(followed.queue.minOffset())));
        });
        return () -> {
            try {
                for (String name : removed) {
                    disk.delete(ConsumeQueueExtension.directory(root).resolve(name));
                }
                for (ConsumeQueueExtension.Saving saving : work) {
                    saving.run();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return JsonBody.prettyBytes(json);
        };
    }

    /** Nothing of it is in the log, so nothing has to be replayed. */
    @Override
    public long restore(byte @Nullable [] content) {
        topics.clear();
        filters = 0;
        savedPosition = -1;
        if (content != null && enabled) {
            JsonNode json = JsonBody.parse(content);
            json.path("filterDataByTopic").properties().forEach(entry -> {
                Topic topic = topics.computeIfAbsent(entry.getKey(), n -> new Topic());
                entry.getValue().forEach(node -> restore(topic, node));
            });
            savedPosition = json.path("logPosition").asLong(-1);
        }
        return Long.MAX_VALUE;
    }

    private void restore(Topic topic, JsonNode node) {
        int bit = node.path("bit").asInt(-1);
        if (bit < 0 || bit >= ConsumeQueueExtension.BITS || topic.byBit[bit] != null || filters >= MAX_FILTERS) {
            throw new IllegalArgumentException("no filter can have bit " + bit);
        }
        try {
            SqlFilter filter = SqlFilter.compile(node.path("expression").asText());
            add(
                    topic,
                    new Registered(
                            filter,
                            bit,
                            node.path("bornTime").asLong(),
                            node.path("bornPosition").asLong(Long.MAX_VALUE),
                            node.path("usedTime").asLong()));
        } catch (DeliveryException e) {
            LOG.warn("a saved filter is not understood and is forgotten: {}", e.getMessage());
        }
    }

    @Override
    public void apply(ByteBuffer fact) {
        // no facts are kept of filters
    }
}
