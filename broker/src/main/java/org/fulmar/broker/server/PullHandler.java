package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.filter.SqlFilter;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.command.PullRequest;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Pulls of RocketMQ consumers, with long polling. Runs on the core.
 *
 * <p>A pull that finds nothing is parked, if it may be, until a message that it wants is visible or its time is over.
 */
final class PullHandler {
    private static final int MAX_MESSAGES = 32;
    private static final int MAX_BYTES = 256 * 1024;
    private static final int MAX_SCANNED = 800;
    private static final int MAX_PARKED = 200_000;
    private static final long MAX_SUSPEND_MILLIS = 60_000;
    /** How long a request waits at most where long polling is off: clients that find nothing ask again at once. */
    static final long SHORT_POLL_MILLIS = 1000;

    private static final class Parked {
        final Request request;
        final PullRequest pull;
        final ClientTable.Subscription subscription;
        final long deadline;
        /** Behind the messages that are known not to be wanted. */
        long from;

        Parked(Request request, PullRequest pull, ClientTable.Subscription subscription, long deadline) {
            this.request = request;
            this.pull = pull;
            this.subscription = subscription;
            this.deadline = deadline;
            this.from = pull.queueOffset();
        }
    }

    /** What a look into the queue brought; the body is null if nothing was wanted. */
    private record Found(@Nullable ByteBuf body, long next) {}

    private final BrokerConfig config;
    private final TopicService topics;
    private final MessageStore store;
    private final ClientTable clients;
    private final ConsumerOffsets offsets;
    private final GroupService groups;
    private final PullSubscriptions subscriptions;
    private final Traffic traffic;
    private final FilterBits bits;
    private final LongSupplier clock;
    private final Map<QueueLog, List<Parked>> parked = new HashMap<>();
    private int parkedCount;

    PullHandler(
            BrokerConfig config,
            TopicService topics,
            MessageStore store,
            ClientTable clients,
            ConsumerOffsets offsets,
            GroupService groups,
            Traffic traffic,
            FilterBits bits,
            LongSupplier clock) {
        this.traffic = traffic;
        this.config = config;
        this.topics = topics;
        this.store = store;
        this.clients = clients;
        this.offsets = offsets;
        this.groups = groups;
        this.subscriptions = new PullSubscriptions(config, clients);
        this.bits = bits;
        this.clock = clock;
    }

    void handle(Request request) {
        PullRequest pull = PullRequest.decode(request.frame());
        QueueLog queue = admit(request, pull);
        if (queue == null) {
            return;
        }
        ClientTable.Subscription subscription = subscriptions.of(request, pull);
        if (subscription == null) {
            return;
        }
        long reset = offsets.takeReset(pull.topic(), pull.consumerGroup(), pull.queueId(), store.appender());
        if (reset >= 0 && reset != pull.queueOffset()) {
            answer(request, queue, ResponseCode.PULL_OFFSET_MOVED, reset, Unpooled.EMPTY_BUFFER);
            return;
        }
        if (pull.commitsOffset() && reset < 0) {
            offsets.commit(pull.topic(), pull.consumerGroup(), pull.queueId(), pull.commitOffset());
        }
        long offset = pull.queueOffset();
        if (offset < queue.minOffset() || offset > queue.visibleOffset()) {
            long next = offset < queue.minOffset() ? queue.minOffset() : queue.visibleOffset();
            answer(request, queue, ResponseCode.PULL_OFFSET_MOVED, next, Unpooled.EMPTY_BUFFER);
            return;
        }
        Found found = look(request, queue, pull, subscription, offset);
        if (found.body != null) {
            answer(request, queue, ResponseCode.SUCCESS, found.next, found.body);
        } else if (found.next > offset || !request.connection().isWritable()) {
            answer(request, queue, ResponseCode.PULL_RETRY_IMMEDIATELY, found.next, Unpooled.EMPTY_BUFFER);
        } else if (pull.maySuspend() && parkedCount < MAX_PARKED) {
            long most = config.longPolling() ? MAX_SUSPEND_MILLIS : SHORT_POLL_MILLIS;
            long wait = Math.min(pull.suspendTimeoutMillis(), most);
            request.park();
            parkedCount++;
            parked.computeIfAbsent(queue, q -> new ArrayList<>())
                    .add(new Parked(request, pull, subscription, clock.getAsLong() + wait));
        } else {
            answer(request, queue, ResponseCode.PULL_NOT_FOUND, offset, Unpooled.EMPTY_BUFFER);
        }
    }

    /** The queue, if it may be pulled from now; else the request is answered. */
    private @Nullable QueueLog admit(Request request, PullRequest pull) {
        if (groups.refuses(request, pull.consumerGroup(), clients.isBroadcasting(pull.consumerGroup()))) {
            return null;
        }
        TopicConfig topic = topics.get(pull.topic());
        if (topic == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "topic " + pull.topic() + " does not exist");
        } else if (!topic.readable() || (config.brokerPermission() & TopicConfig.READ) == 0) {
            request.answer(ResponseCode.NO_PERMISSION, "topic " + pull.topic() + " may not be read");
        } else if (pull.queueId() < 0 || pull.queueId() >= Math.max(topic.readQueueNums(), topic.writeQueueNums())) {
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "queue " + pull.queueId() + " of " + pull.topic() + " does not exist");
        } else if (pull.maxMsgNums() < 1) {
            request.answer(ResponseCode.INVALID_PARAMETER, "maxMsgNums must be at least 1, not " + pull.maxMsgNums());
        } else {
            return store.queue(pull.topic(), pull.queueId());
        }
        return null;
    }

    private @Nullable PullFilter filter(QueueLog queue, ClientTable.Subscription subscription) {
        if (subscription.isTag()) {
            return PullFilter.ofTags(subscription.tagHashes());
        }
        SqlFilter sql = clients.filters().getIfSound(subscription.text());
        return sql == null ? null : PullFilter.of(sql, queue, bits);
    }

    private Found look(
            Request request, QueueLog queue, PullRequest pull, ClientTable.Subscription subscription, long from) {
        PullFilter filter = filter(queue, subscription);
        if (filter == null || !request.connection().isWritable()) {
            // many pulls at once, and nobody reads their answers: no memory is taken for more of them
            return new Found(null, from);
        }
        long end = queue.visibleOffset();
        int max = Math.min(pull.maxMsgNums(), MAX_MESSAGES);
        ByteBuf body = null;
        int count = 0;
        int scanned = 0;
        long offset = from;
        while (offset < end && scanned < MAX_SCANNED && count < max && !filter.exhausted()) {
            ByteBuffer entries = queue.index().entries(offset, Math.min(MAX_SCANNED - scanned, 64));
            if (entries.remaining() < ConsumeQueue.ENTRY_BYTES) {
                break;
            }
            while (entries.hasRemaining() && count < max && !filter.exhausted()) {
                long physical = entries.getLong();
                int size = entries.getInt();
                long tagHash = entries.getLong();
                boolean full = body != null && body.readableBytes() + size > MAX_BYTES;
                if (full) {
                    return new Found(body, offset);
                }
                MessageRecord record = size > 0 && filter.mayWant(offset, physical, tagHash)
                        ? store.log().read(physical)
                        : null;
                if (record != null && filter.wants(record) && record.intact()) {
                    body = body == null ? request.connection().buffer(size) : body;
                    body.writeBytes(record.buffer().slice(record.position(), record.size()));
                    count++;
                    traffic.sent(pull.consumerGroup(), pull.topic(), size);
                }
                offset++;
                scanned++;
            }
        }
        return new Found(body, offset);
    }

    private void answer(Request request, QueueLog queue, int code, long next, ByteBuf body) {
        traffic.pulled(code == ResponseCode.SUCCESS);
        Map<String, String> fields = new PullRequest.Result(next, queue.minOffset(), queue.visibleOffset()).fields();
        request.answer(code, code == ResponseCode.SUCCESS ? "FOUND" : null, fields, body);
    }

    /** Messages of a queue became visible: those who wait for one that they want get it. */
    void visible(QueueLog queue) {
        List<Parked> waiting = parked.get(queue);
        if (waiting == null) {
            return;
        }
        Iterator<Parked> each = waiting.iterator();
        while (each.hasNext()) {
            Parked pull = each.next();
            if (admit(pull.request, pull.pull) == null) {
                // an administrator has forbidden it while the request waited
                each.remove();
                parkedCount--;
                continue;
            }
            Found found = look(pull.request, queue, pull.pull, pull.subscription, pull.from);
            if (found.body != null) {
                each.remove();
                parkedCount--;
                answer(pull.request, queue, ResponseCode.SUCCESS, found.next, found.body);
            } else if (found.next - pull.pull.queueOffset() >= MAX_SCANNED / 2
                    || !pull.request.connection().isWritable()) {
                each.remove();
                parkedCount--;
                answer(pull.request, queue, ResponseCode.PULL_RETRY_IMMEDIATELY, found.next, Unpooled.EMPTY_BUFFER);
            } else {
                pull.from = found.next;
            }
        }
        if (waiting.isEmpty()) {
            parked.remove(queue);
        }
    }

    /** An administrator has set a group's offset: those of the group who wait pull again at once. */
    void reset(String topic, String group, int queueId) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        List<Parked> waiting = queue == null ? null : parked.get(queue);
        if (queue == null || waiting == null) {
            return;
        }
        waiting.removeIf(pull -> {
            boolean concerned = pull.pull.consumerGroup().equals(group);
            if (concerned) {
                parkedCount--;
                long next = pull.pull.queueOffset();
                answer(pull.request, queue, ResponseCode.PULL_RETRY_IMMEDIATELY, next, Unpooled.EMPTY_BUFFER);
            }
            return concerned;
        });
        if (waiting.isEmpty()) {
            parked.remove(queue);
        }
    }

    /** Answers those whose time is over, and forgets those whose connection is gone. */
    void expire() {
        if (parked.isEmpty()) {
            return;
        }
        long now = clock.getAsLong();
        parked.forEach((queue, waiting) -> waiting.removeIf(pull -> {
            boolean over = pull.deadline <= now;
            if (over) {
                // the client goes on behind what it does not want
                answer(pull.request, queue, ResponseCode.PULL_NOT_FOUND, pull.from, Unpooled.EMPTY_BUFFER);
            } else if (!pull.request.connection().isOpen()) {
                pull.request.done();
                over = true;
            }
            parkedCount -= over ? 1 : 0;
            return over;
        }));
        parked.values().removeIf(List::isEmpty);
    }
}
