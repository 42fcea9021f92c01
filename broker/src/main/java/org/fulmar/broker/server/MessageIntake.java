package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delay.TimerWheel;
import org.fulmar.broker.delivery.DeliveryException;
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
import org.jspecify.annotations.Nullable;

/**
 * Checks what JMS producers send, and gives it the form in which it is stored: in its queue, among those that wait for
 * their time, or as a half message. Changes nothing but that it makes a destination's lanes. Owned by the broker's core.
 */
final class MessageIntake {
    private static final byte[] TAGS = MessageProperties.name(MessageProperties.TAGS);
    private static final long CLOCKS_DIFFER_MILLIS = 60_000;

    private final BrokerConfig config;
    private final TopicService topics;
    private final MessageStore store;
    private final LongSupplier clock;

    MessageIntake(BrokerConfig config, TopicService topics, MessageStore store, LongSupplier clock) {
        this.config = config;
        this.topics = topics;
        this.store = store;
        this.clock = clock;
    }

    /**
     * A message that may be stored.
     *
     * @param deliverAt when it is due, in milliseconds since the epoch; 0 for now
     * @param properties a closed block
     */
    record Taken(
            QueueLog queue,
            byte[] topicBytes,
            int flag,
            int sysFlag,
            long deliverAt,
            long bornTimestamp,
            byte[] host,
            byte[] properties,
            ByteBuf body) {
        boolean isPersistent() {
            return JmsFlag.isPersistent(flag);
        }

        boolean waits() {
            return deliverAt != 0;
        }

        long tagHash() {
            return MessageProperties.tagHash(
                    MessageProperties.find(ByteBuffer.wrap(properties), 0, properties.length, TAGS));
        }

        /** The record of its own queue. */
        RecordDraft draft() {
            return new RecordDraft(topicBytes, queue.queueId(), properties, body)
                    .born(bornTimestamp, host)
                    .flags(flag, sysFlag);
        }

        /** A record of a system topic, which says more of it. */
        RecordDraft draft(byte[] systemTopic, StringBuilder more) {
            byte[] first = MessageProperties.name(more.toString());
            return new RecordDraft(systemTopic, 0, joined(first, properties), body)
                    .born(bornTimestamp, host)
                    .flags(flag, sysFlag);
        }
    }

    /**
     * @throws DeliveryException if the broker does not take it
     * @throws StoreException if a lane of its destination can't be made
     */
    Taken take(JmsPeer peer, SendOperation send) throws DeliveryException, StoreException {
        store.admit();
        JmsPeer.Destination destination = peer.destination(send.handle());
        if (destination == null) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_DESTINATION, "no destination has the handle " + send.handle());
        }
        if (SysFlag.transaction(send.sysFlag()) != 0) {
            throw new DeliveryException(
                    ResponseCode.JMS_ILLEGAL_STATE, "a JMS message takes part in a transaction by its operation alone");
        }
        QueueLog queue = queue(destination, send.flag());
        int flag = send.flag() & ~JmsFlag.USER_STAMPED;
        byte[] properties = closed(send.properties());
        if (destination.requester != null) {
            properties = first(JmsReplies.REPLY_TO_CLIENT, destination.requester, properties);
        }
        String user = peer.user();
        if ((flag & JmsFlag.WANTS_USER) != 0 && user != null) {
            flag |= JmsFlag.USER_STAMPED;
            properties = stamped(user, properties);
        }
        long now = send.deliverAt() == 0 ? 0 : clock.getAsLong();
        if (send.deliverAt() - now > TimerWheel.MAX_DELAY_MILLIS + CLOCKS_DIFFER_MILLIS) {
            throw new DeliveryException(ResponseCode.MESSAGE_ILLEGAL, "a message is delayed by 40 days at most");
        }
        return new Taken(
                queue,
                destination.topicBytes,
                flag,
                send.sysFlag() & ~SysFlag.OF_BROKERS,
                send.deliverAt() > now ? send.deliverAt() : 0,
                send.bornTimestamp(),
                peer.host(),
                properties,
                send.body());
    }

    private QueueLog queue(JmsPeer.Destination destination, int flag) throws DeliveryException, StoreException {
        int priority = JmsFlag.priority(flag);
        @Nullable QueueLog known = destination.lanes[priority];
        if (known != null) {
            return known;
        }
        TopicConfig topic = topics.get(destination.topic);
        if (topic == null) {
            throw new DeliveryException(
                    ResponseCode.JMS_INVALID_DESTINATION,
                    "destination " + destination.name + " does not exist any more");
        }
        if (!topic.writable() || (config.brokerPermission() & TopicConfig.WRITE) == 0) {
            throw new DeliveryException(
                    ResponseCode.NO_PERMISSION, "destination " + destination.name + " may not be written to");
        }
        QueueLog queue = store.queue(destination.topic, topics.lane(topic, priority));
        destination.lanes[priority] = queue;
        return queue;
    }

    /** The broker's word comes first, and the first counts. */
    private static byte[] stamped(String user, byte[] properties) {
        return first("JMSXUserID", user, properties);
    }

    private static byte[] first(String name, String value, byte[] properties) {
        StringBuilder entry = new StringBuilder();
        MessageProperties.append(entry, name, value);
        return joined(MessageProperties.name(entry.toString()), properties);
    }

    private static byte[] joined(byte[] first, byte[] properties) {
        byte[] all = Arrays.copyOf(first, first.length + properties.length);
        System.arraycopy(properties, 0, all, first.length, properties.length);
        return all;
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
}
