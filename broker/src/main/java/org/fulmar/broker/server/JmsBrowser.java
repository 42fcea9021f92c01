package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.broker.delivery.SubscriptionGroup;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.Browse;
import org.fulmar.protocol.jms.QueuePosition;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Shows the available messages of queues (JMS 3.1, section 4.1.6), page by page. Runs on the core. */
final class JmsBrowser {
    private static final int MAX_MESSAGES = 1000;
    private static final int PAGE_BYTES = 256 * 1024;

    private record Seen(int queueId, long offset, int deliveryCount, MessageRecord record) {}

    private final DeliveryEngine engine;
    private final TopicService topics;
    private final StoreBacklog backlog;
    private final MessageTest.Compiler selectors;

    JmsBrowser(DeliveryEngine engine, TopicService topics, StoreBacklog backlog, MessageTest.Compiler selectors) {
        this.engine = engine;
        this.topics = topics;
        this.backlog = backlog;
        this.selectors = selectors;
    }

    void browse(Request request) {
        JmsPeer peer = JmsConnections.present(request);
        if (peer == null) {
            return;
        }
        Browse browse = Browse.decode(request.body());
        try {
            SubscriptionGroup group = group(peer, browse);
            String selector = browse.selector();
            page(request, browse, group, selector == null ? null : selectors.compile(selector));
        } catch (DeliveryException e) {
            request.answer(e.code(), e.getMessage());
        }
    }

    private SubscriptionGroup group(JmsPeer peer, Browse browse) throws DeliveryException {
        JmsPeer.Destination destination = peer.destination(browse.handle());
        TopicConfig topic = destination == null ? null : topics.get(destination.topic);
        if (destination == null || topic == null) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_DESTINATION, "the queue to browse does not exist any more");
        }
        if (!destination.kind.isQueue()) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_DESTINATION, destination.name + " is no queue and can't be browsed");
        }
        if (!backlog.mayBeRead(topic.name())) {
            throw new DeliveryException(
                    ResponseCode.JMS_SECURITY, "destination " + destination.name + " may not be read");
        }
        return topics.queueGroup(topic);
    }

    private void page(Request request, Browse browse, SubscriptionGroup group, @Nullable MessageTest test) {
        Map<Integer, Long> positions = new HashMap<>();
        browse.positions().forEach(position -> positions.put(position.queueId(), Math.max(0, position.offset())));
        List<Seen> seen = new ArrayList<>();
        int[] bytes = {0};
        int max = Math.max(0, Math.min(MAX_MESSAGES, browse.max()));
        boolean last = engine.browse(group, test, positions, max, (queueId, offset, deliveryCount) -> {
            MessageRecord record = backlog.record(group.topic(), queueId, offset);
            if (record != null) {
                seen.add(new Seen(queueId, offset, deliveryCount, record));
                bytes[0] += record.size();
            }
            return bytes[0] < PAGE_BYTES;
        });
        List<QueuePosition> next = new ArrayList<>(positions.size());
        positions.forEach((queueId, offset) -> next.add(new QueuePosition(queueId, offset)));
        ByteBuf body = request.connection().buffer(bytes[0] + 64 + 32 * seen.size() + 12 * next.size());
        Browse.Reply.begin(body, last, next);
        for (Seen message : seen) {
            MessageRecord record = message.record;
            Browse.Reply.add(
                    body,
                    message.queueId,
                    message.offset,
                    message.deliveryCount,
                    record.buffer().slice(record.position(), record.size()));
        }
        request.answer(ResponseCode.SUCCESS, null, Map.of(), body);
    }
}
