package org.fulmar.broker.server;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.store.ConsumeQueue;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MalformedPropertyException;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Connection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands replies of JMS clients to the RocketMQ producers that have asked. To JMS a requester is the queue {@code
 * cluster_REPLY_TOPIC/client-id}; what is sent there is stored in the reply topic, and handed on when it is visible,
 * so that a reply of a transaction leaves with its commit. Owned by the core. A reply whose requester is gone stays in
 * the topic unheard, as one to a temporary queue that was deleted.
 */
final class JmsReplies {
    static final String REPLY_TO_CLIENT = "REPLY_TO_CLIENT";

    private static final Logger LOG = LoggerFactory.getLogger(JmsReplies.class);
    private static final long PUSH_MILLIS = 3000;
    private static final String CORRELATION = new String(JmsNames.CORRELATION_ID, StandardCharsets.US_ASCII);

    private final String topic;
    private final MessageStore store;
    private final ClientTable clients;
    private final LongSupplier clock;
    private long next;

    JmsReplies(String clusterName, MessageStore store, ClientTable clients, LongSupplier clock) {
        this.topic = topic(clusterName);
        this.store = store;
        this.clients = clients;
        this.clock = clock;
    }

    static String topic(String clusterName) {
        return clusterName + "_REPLY_TOPIC";
    }

    /** The log is open: what is in the topic now has had its time. */
    void opened() {
        QueueLog queue = store.queueIfPresent(topic, 0);
        next = queue == null ? 0 : queue.visibleOffset();
    }

    /** Messages of a queue became visible. */
    void visible(QueueLog queue) {
        if (queue.queueId() != 0 || !queue.topic().equals(topic)) {
            return;
        }
        while (next < queue.visibleOffset()) {
            ByteBuffer entries = queue.index().entries(next, 64);
            while (entries.remaining() >= ConsumeQueue.ENTRY_BYTES) {
                MessageRecord record = store.log().read(entries.getLong(entries.position()));
                entries.position(entries.position() + ConsumeQueue.ENTRY_BYTES);
                next++;
                if (record != null && JmsFlag.isJms(record.flag()) && record.intact()) {
                    push(record);
                }
            }
        }
    }

    private void push(MessageRecord record) {
        Map<String, String> properties = MessageProperties.parse(record.propertyBytes());
        String clientId = properties.get(REPLY_TO_CLIENT);
        Connection client = clientId == null ? null : clients.producerClient(clientId);
        if (client == null || !client.isOpen() || !client.isWritable()) {
            LOG.info("a JMS reply for {} is not handed on: no producer of that client is connected here", clientId);
            return;
        }
        properties.put("MSG_TYPE", "reply");
        properties.put("PUSH_REPLY_TIME", Long.toString(clock.getAsLong()));
        String correlation = correlationId(properties);
        if (correlation != null) {
            properties.put("CORRELATION_ID", correlation);
        }
        Map<String, String> fields = Fields.write()
                .put("producerGroup", "JMS")
                .put("topic", topic)
                .put("defaultTopic", "TBW102")
                .put("defaultTopicQueueNums", 1)
                .put("queueId", 0)
                .put("sysFlag", record.sysFlag() & ~SysFlag.OF_BROKERS)
                .put("bornTimestamp", record.bornTimestamp())
                .put("flag", record.flag())
                .put("properties", MessageProperties.format(properties))
                .put("reconsumeTimes", 0)
                .put("unitMode", false)
                .put("bornHost", "127.0.0.1:0")
                .put("storeHost", "127.0.0.1:0")
                .put("storeTimestamp", record.storeTimestamp())
                .map();
        Frame frame = Frame.request(
                RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT,
                fields,
                Unpooled.copiedBuffer(ownBody(record)),
                HeaderEncoding.JSON);
        client.request(frame, PUSH_MILLIS).whenComplete((answer, failure) -> {
            if (failure != null) {
                LOG.info("a JMS reply for {} was not taken: {}", clientId, failure.getMessage());
                return;
            }
            if (answer.code() != ResponseCode.SUCCESS) {
                LOG.info("a JMS reply for {} was not taken: {} {}", clientId, answer.code(), answer.remark());
            }
            answer.release();
        });
    }

    /** The body without the properties that had no room in their block. */
    private static ByteBuffer ownBody(MessageRecord record) {
        ByteBuffer body = record.body();
        if ((record.flag() & JmsFlag.PROPERTIES_IN_BODY) != 0
                && (record.sysFlag() & SysFlag.COMPRESSED) == 0
                && body.remaining() >= Integer.BYTES) {
            int length = body.getInt(body.position());
            if (length >= 0 && length <= body.remaining() - Integer.BYTES) {
                body.position(body.position() + Integer.BYTES + length);
            }
        }
        return body;
    }

    private static @Nullable String correlationId(Map<String, String> properties) {
        String encoded = properties.get(CORRELATION);
        try {
            return encoded != null && HeaderText.decodeCorrelationId(encoded) instanceof String id ? id : null;
        } catch (MalformedPropertyException e) {
            LOG.info("a JMS reply has a correlation identifier that can't be read: {}", e.getMessage());
            return null;
        }
    }
}
