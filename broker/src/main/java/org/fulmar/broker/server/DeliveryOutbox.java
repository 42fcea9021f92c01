package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.delivery.Consumer;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers what a turn delivers into frames, and sends them at its end. Owned by the core. A connection that can't take
 * more is paused until it can.
 */
final class DeliveryOutbox implements DeliveryEngine.Deliveries {
    private static final Logger LOG = LoggerFactory.getLogger(DeliveryOutbox.class);
    private static final int FRAME_BYTES = 128 * 1024;
    private static final int FIRST_BYTES = 2048;
    /** What one turn copies out of the log, but for its last message. */
    private static final int TURN_BYTES = 4 << 20;

    private record Ready(JmsPeer peer, ByteBuf body) {}

    private final StoreBacklog backlog;
    private final Traffic traffic;
    private final List<Ready> ready = new ArrayList<>();
    private final Map<Consumer, ByteBuf> open = new HashMap<>();
    private @Nullable DeliveryEngine engine;
    private int gathered;

    DeliveryOutbox(StoreBacklog backlog, Traffic traffic) {
        this.traffic = traffic;
        this.backlog = backlog;
    }

    void engine(DeliveryEngine theEngine) {
        this.engine = theEngine;
    }

    @Override
    public void deliver(Consumer consumer, String topic, int queueId, long offset, int deliveryCount) {
        MessageRecord record = backlog.record(topic, queueId, offset);
        if (record == null) {
            throw new IllegalStateException("message " + offset + " of " + topic + " was readable a moment ago");
        }
        JmsPeer peer = (JmsPeer) consumer.owner();
        try {
            add(peer, consumer, record, queueId, offset, deliveryCount);
        } catch (RuntimeException | OutOfMemoryError e) {
            // it is the consumer's by now: with its connection it comes back
            LOG.error("message {} of {} could not be sent to {}, which is closed", offset, topic, peer.connection(), e);
            drop(consumer);
            peer.connection().close();
            return;
        }
        gathered += record.size();
        traffic.sent(consumer.group().name(), topic, record.size());
    }

    private void drop(Consumer consumer) {
        ByteBuf half = open.remove(consumer);
        if (half != null) {
            half.release();
        }
    }

    private void add(
            JmsPeer peer, Consumer consumer, MessageRecord record, int queueId, long offset, int deliveryCount) {
        ByteBuf body = open.get(consumer);
        if (body != null && body.readableBytes() + record.size() > FRAME_BYTES) {
            ready.add(new Ready(peer, body));
            open.remove(consumer);
            body = null;
        }
        if (body == null) {
            body = peer.connection().buffer(Math.max(FIRST_BYTES, record.size() + 64));
            Deliver.begin(body, consumer.id(), consumer.epoch());
            open.put(consumer, body);
        }
        Deliver.add(body, queueId, offset, deliveryCount, record.buffer().slice(record.position(), record.size()));
    }

    @Override
    public boolean hasRoom() {
        return gathered < TURN_BYTES;
    }

    /** Sends what was gathered; drops it if the facts of it could not be logged. */
    void send(boolean logged) {
        gathered = 0;
        if (open.isEmpty() && ready.isEmpty()) {
            return;
        }
        open.forEach((consumer, body) -> ready.add(new Ready((JmsPeer) consumer.owner(), body)));
        open.clear();
        List<Ready> frames = List.copyOf(ready);
        ready.clear();
        for (Ready frame : frames) {
            if (logged) {
                send(frame);
            } else {
                frame.body.release();
            }
        }
    }

    private void send(Ready frame) {
        Connection to = frame.peer.connection();
        try {
            to.oneWay(Frame.request(JmsCode.DELIVER, frame.body));
            if (!to.isWritable()) {
                LOG.debug("{} is paused until it takes more", to);
                resume(frame.peer, false);
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("messages could not be sent to {}, which is closed", to, e);
            to.close();
        }
    }

    /** A connection takes messages again, or not for now. */
    void resume(JmsPeer peer, boolean writable) {
        DeliveryEngine theEngine = engine;
        if (theEngine != null) {
            peer.consumers().forEach(consumer -> theEngine.running(consumer, writable && peer.running()));
        }
    }
}
