package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.pop.PopEngine;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.PopRequest;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;

/** Gathers what a pop brings into the body and the header of its answer. Short-lived; used on the core. */
final class PopBody implements PopEngine.Basket {
    private static final int MAX_BYTES = 256 * 1024;
    /** Steps of a SQL filter in one pop, some milliseconds of work. */
    private static final long MAX_STEPS = 400_000;

    private final StoreBacklog backlog;
    private final Connection connection;
    private final PopEngine.Pop pop;
    private final Traffic traffic;
    private final long stepsBefore;
    private @Nullable ByteBuf body;

    PopBody(StoreBacklog backlog, Connection connection, PopEngine.Pop pop, Traffic traffic) {
        this.backlog = backlog;
        this.connection = connection;
        this.pop = pop;
        this.traffic = traffic;
        this.stepsBefore = steps();
    }

    private long steps() {
        return pop.test() instanceof SqlTest sql ? sql.steps() : 0;
    }

    @Override
    public boolean isOpen() {
        return steps() - stepsBefore <= MAX_STEPS;
    }

    @Override
    public boolean put(String topic, int queueId, long offset, int redeliveries) {
        MessageRecord record = backlog.record(topic, queueId, offset);
        if (record == null) {
            throw new IllegalStateException("message " + offset + " of " + topic + " was readable a moment ago");
        }
        ByteBuf out = body;
        if (out == null) {
            out = connection.buffer(record.size());
            body = out;
        } else if (out.readableBytes() + record.size() > MAX_BYTES) {
            return false;
        }
        record.copyTo(out, record.reconsumeTimes() + redeliveries);
        traffic.sent(pop.group(), topic, record.size());
        return true;
    }

    int bytes() {
        return body == null ? 0 : body.readableBytes();
    }

    /** The records; given to the caller, who releases them. */
    ByteBuf take() {
        ByteBuf taken = java.util.Objects.requireNonNull(body, "nothing was popped");
        body = null;
        return taken;
    }

    /** The header of the answer, of which the client makes the messages' handles. */
    static Map<String, String> header(PopEngine.Pop pop, PopEngine.Result result) {
        String flag = retryFlag(pop.topic());
        List<String> starts = new ArrayList<>();
        List<String> offsets = new ArrayList<>();
        List<String> counts = new ArrayList<>();
        for (PopEngine.Taken queue : result.queues()) {
            String key = flag + " " + queue.queueId() + " ";
            starts.add(key + queue.offsets().get(0));
            StringBuilder all = new StringBuilder(key);
            int least = Integer.MAX_VALUE;
            for (int i = 0; i < queue.offsets().size(); i++) {
                all.append(i == 0 ? "" : ",").append(queue.offsets().get(i));
                int before = queue.redeliveries().get(i);
                least = Math.min(least, before);
                counts.add(
                        flag + " qo" + queue.queueId() + "%" + queue.offsets().get(i) + " " + before);
            }
            counts.add(key + least);
            offsets.add(all.toString());
        }
        return new PopRequest.Result(
                        result.popTime(),
                        pop.invisibleMillis(),
                        pop.order() ? PopHandle.ORDERED : 0,
                        result.rest(),
                        String.join(";", starts),
                        String.join(";", offsets),
                        pop.order() ? String.join(";", counts) : null)
                .fields();
    }

    /** As the client sees it: 1 for a retry topic, 2 for one of the second form. */
    private static String retryFlag(String topic) {
        if (!topic.startsWith(TopicService.RETRY_PREFIX)) {
            return "0";
        }
        return topic.indexOf('+') < 0 ? "1" : "2";
    }
}
