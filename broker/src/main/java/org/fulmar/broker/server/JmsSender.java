package org.fulmar.broker.server;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delay.TimerWheel;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Sends of JMS producers. Decodes on the event loop, appends on the core. */
final class JmsSender {
    private static final byte[] TAGS = MessageProperties.name(MessageProperties.TAGS);

    private static final int MAX_PRODUCERS = 100_000;
    private static final long CLOCKS_DIFFER_MILLIS = 60_000;

    private final BrokerConfig config;
    private final Core core;
    private final TopicService topics;
    private final MessageStore store;
    private final DelayedMessages delayed;
    private final ProducerTable producers;
    private final LongSupplier clock;

    JmsSender(
            BrokerConfig config,
            Core core,
            TopicService topics,
            MessageStore store,
            DelayedMessages delayed,
            ProducerTable producers,
            LongSupplier clock) {
        this.delayed = delayed;
        this.producers = producers;
        this.clock = clock;
        this.config = config;
        this.core = core;
        this.topics = topics;
        this.store = store;
    }

    void handle(Request request) {
        JmsPeer peer = JmsConnections.peer(request);
        if (peer != null) {
            SendOperation send = SendOperation.decode(request.body());
            core.execute(() -> RequestRouter.run(r -> append(r, peer, send), request));
        }
    }

    private void append(Request request, JmsPeer peer, SendOperation send) {
        if (peer.lost()) {
            // its client has come back over another connection, and sends again what was not answered
            request.done();
            return;
        }
        JmsPeer.Destination destination = peer.destination(send.handle());
        if (destination == null) {
            request.answer(ResponseCode.JMS_INVALID_DESTINATION, "no destination has the handle " + send.handle());
            return;
        }
        if (SysFlag.transaction(send.sysFlag()) != 0) {
            request.answer(ResponseCode.JMS_ILLEGAL_STATE, "transactions are not supported by this release");
            return;
        }
        try {
            QueueLog queue = queue(request, destination, send.flag());
            if (queue == null) {
                return;
            }
            boolean durably = JmsFlag.isPersistent(send.flag());
            if (send.producerId() != 0 && isRepeat(peer, send)) {
                store.appender().confirm(durably, new Answer(request));
                return;
            }
            int flag = send.flag() & ~JmsFlag.USER_STAMPED;
            byte[] properties = closed(send.properties());
            String user = peer.user();
            if ((flag & JmsFlag.WANTS_USER) != 0 && user != null) {
                flag |= JmsFlag.USER_STAMPED;
                properties = stamped(user, properties);
            }
            int sysFlag = send.sysFlag() & ~SysFlag.OF_BROKERS;
            if (send.deliverAt() > clock.getAsLong()) {
                delay(
                        request,
                        destination,
                        send,
                        new DelayedMessages.Head(flag, sysFlag, send.bornTimestamp(), peer.host()),
                        properties);
                return;
            }
            RecordDraft draft = new RecordDraft(destination.topicBytes, queue.queueId(), properties, send.body())
                    .born(send.bornTimestamp(), peer.host())
                    .flags(flag, sysFlag);
            long tagHash = MessageProperties.tagHash(
                    MessageProperties.find(ByteBuffer.wrap(properties), 0, properties.length, TAGS));
            store.appender().append(queue, draft, tagHash, durably, new Answer(request));
            stored(send);
        } catch (StoreException e) {
            request.answer(StoreErrors.jmsCode(e), e.getMessage());
        }
    }

    private boolean isRepeat(JmsPeer peer, SendOperation send) {
        if (peer.producers().size() < MAX_PRODUCERS) {
            peer.producers().add(send.producerId());
        }
        return producers.isRepeat(send.producerId(), send.sequence());
    }

    private void stored(SendOperation send) {
        if (send.producerId() != 0) {
            producers.stored(send.producerId(), send.sequence());
        }
    }

    private void delay(
            Request request,
            JmsPeer.Destination destination,
            SendOperation send,
            DelayedMessages.Head head,
            byte[] properties)
            throws StoreException {
        if (send.deliverAt() - clock.getAsLong() > TimerWheel.MAX_DELAY_MILLIS + CLOCKS_DIFFER_MILLIS) {
            request.answer(ResponseCode.MESSAGE_ILLEGAL, "a message is delayed by 40 days at most");
            return;
        }
        delayed.append(
                destination.topic,
                send.deliverAt(),
                properties,
                send.body(),
                head,
                JmsFlag.isPersistent(head.flag()),
                new Answer(request));
        stored(send);
    }

    /** The broker's word comes first, and the first counts. */
    private static byte[] stamped(String user, byte[] properties) {
        StringBuilder stamp = new StringBuilder();
        MessageProperties.append(stamp, "JMSXUserID", user);
        byte[] first = MessageProperties.name(stamp.toString());
        byte[] all = Arrays.copyOf(first, first.length + properties.length);
        System.arraycopy(properties, 0, all, first.length, properties.length);
        return all;
    }

    private @Nullable QueueLog queue(Request request, JmsPeer.Destination destination, int flag) throws StoreException {
        int priority = JmsFlag.priority(flag);
        QueueLog known = destination.lanes[priority];
        if (known != null) {
            return known;
        }
        TopicConfig topic = topics.get(destination.topic);
        if (topic == null) {
            request.answer(
                    ResponseCode.JMS_INVALID_DESTINATION,
                    "destination " + destination.name + " does not exist any more");
            return null;
        }
        if (!topic.writable() || (config.brokerPermission() & TopicConfig.WRITE) == 0) {
            request.answer(ResponseCode.NO_PERMISSION, "destination " + destination.name + " may not be written to");
            return null;
        }
        QueueLog queue = store.queue(destination.topic, topics.lane(topic, priority));
        destination.lanes[priority] = queue;
        return queue;
    }

    private static byte[] closed(byte[] properties) {
        int length = properties.length;
        if (length == 0 || properties[length - 1] == MessageProperties.VALUE_END) {
            return properties;
        }
        byte[] closed = Arrays.copyOf(properties, length + 1);
        closed[length] = MessageProperties.VALUE_END;
        return closed;
    }

    private record Answer(Request request) implements Appender.Listener {
        @Override
        public void stored(long physicalOffset, long queueOffset) {
            request.answer(ResponseCode.SUCCESS, (String) null);
        }

        @Override
        public void failed(StoreException cause) {
            request.answer(StoreErrors.jmsCode(cause), cause.getMessage());
        }
    }
}
