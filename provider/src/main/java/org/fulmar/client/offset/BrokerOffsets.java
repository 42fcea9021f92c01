package org.fulmar.client.offset;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;

/** The offsets of one group, each kept by the broker that has the queue. For any thread. */
public final class BrokerOffsets implements OffsetStore {
    /** Sends a request to the master of a broker; who gets the answer releases it. */
    @FunctionalInterface
    public interface Caller {
        CompletableFuture<Frame> request(String brokerName, int code, Map<String, String> fields);
    }

    private final Caller caller;
    private final String group;
    /** What is not written yet. */
    private final Map<MessageQueue, Long> changed = new ConcurrentHashMap<>();

    public BrokerOffsets(Caller caller, String group) {
        this.caller = caller;
        this.group = group;
    }

    /** Asks the broker; a group that has stored nothing is told so, however young the queue is. */
    @Override
    public CompletableFuture<Long> stored(MessageQueue queue) {
        Map<String, String> fields =
                fields(queue).put("setZeroIfNotFound", false).map();
        return caller.request(queue.brokerName(), RequestCode.QUERY_CONSUMER_OFFSET, fields)
                .thenApply(answer -> {
                    try {
                        if (answer.code() == ResponseCode.QUERY_NOT_FOUND) {
                            return NONE;
                        }
                        check(answer, queue);
                        long offset = Fields.of(answer).number("offset");
                        return offset < 0 ? NONE : offset;
                    } finally {
                        answer.release();
                    }
                });
    }

    @Override
    public void update(MessageQueue queue, long offset) {
        changed.put(queue, offset);
    }

    @Override
    public void forget(MessageQueue queue) {
        changed.remove(queue);
    }

    @Override
    public CompletableFuture<Void> write(Collection<MessageQueue> queues) {
        List<CompletableFuture<?>> writes = new ArrayList<>();
        Map<MessageQueue, Long> due = new HashMap<>();
        for (MessageQueue queue : queues) {
            Long offset = changed.get(queue);
            if (offset != null) {
                due.put(queue, offset);
            }
        }
        due.forEach((queue, offset) -> writes.add(write(queue, offset)));
        return CompletableFuture.allOf(writes.toArray(new CompletableFuture<?>[0]));
    }

    private CompletableFuture<Void> write(MessageQueue queue, long offset) {
        Map<String, String> fields = fields(queue).put("commitOffset", offset).map();
        return caller.request(queue.brokerName(), RequestCode.UPDATE_CONSUMER_OFFSET, fields)
                .thenAccept(answer -> {
                    try {
                        check(answer, queue);
                        changed.remove(queue, offset);
                    } finally {
                        answer.release();
                    }
                });
    }

    private Fields fields(MessageQueue queue) {
        return Fields.write()
                .put("consumerGroup", group)
                .put("topic", queue.topic())
                .put("queueId", queue.queueId());
    }

    private static void check(Frame answer, MessageQueue queue) {
        if (answer.code() != ResponseCode.SUCCESS) {
            throw new CompletionException(ClientException.refused(
                    "broker " + queue.brokerName() + ", asked for the offset of " + queue + ",",
                    answer.code(),
                    answer.remark()));
        }
    }
}
