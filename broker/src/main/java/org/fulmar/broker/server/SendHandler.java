package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.message.MessageBatch;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Sends of RocketMQ producers, single and in batches. Runs on the core; the answer leaves when the messages are as
 * durable as they asked to be.
 */
final class SendHandler {
    /** Topics that only the broker itself writes to. */
    static final Set<String> FORBIDDEN = Set.of(
            "SCHEDULE_TOPIC_XXXX",
            "RMQ_SYS_TRANS_HALF_TOPIC",
            "RMQ_SYS_TRANS_OP_HALF_TOPIC",
            "TRANS_CHECK_MAX_TIME_TOPIC",
            "SELF_TEST_TOPIC",
            "OFFSET_MOVED_EVENT",
            DelayedMessages.TOPIC,
            "rmq_sys_fulmar_facts");

    /** Properties of messages that are to be delivered later. */
    static final List<String> DELAYS = List.of(
            MessageProperties.DELAY,
            MessageProperties.TIMER_DELAY_SEC,
            MessageProperties.TIMER_DELAY_MS,
            MessageProperties.TIMER_DELIVER_MS);

    private static final String TRANSACTION_IN_BATCH =
            "a transactional message is sent by itself, not in a batch, and is prepared first";

    private final BrokerConfig config;
    private final TopicService topics;
    private final MessageStore store;
    private final NativeTransactions transactions;
    private volatile byte[] storeHost = new byte[8];
    private int nextQueue;

    SendHandler(BrokerConfig config, TopicService topics, MessageStore store, NativeTransactions transactions) {
        this.transactions = transactions;
        this.config = config;
        this.topics = topics;
        this.store = store;
    }

    /** The address and port that offset message ids carry. */
    void storeHost(byte[] host) {
        storeHost = host;
    }

    void handle(Request request) {
        SendRequest send = SendRequest.decode(request.frame());
        try {
            TopicConfig topic = admit(request, send);
            if (topic == null) {
                return;
            }
            int queues = Math.max(topic.readQueueNums(), topic.writeQueueNums());
            if (send.queueId() >= queues) {
                request.answer(
                        ResponseCode.INVALID_PARAMETER,
                        "queue " + send.queueId() + " of " + send.topic() + ", which has " + queues);
                return;
            }
            int queueId = send.queueId() >= 0 ? send.queueId() : Math.floorMod(nextQueue++, topic.writeQueueNums());
            QueueLog queue = store.queue(send.topic(), queueId);
            if (send.batch()) {
                appendBatch(request, send, queue);
            } else {
                append(request, send, queue);
            }
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    /** The topic if the message may be sent to it; else the request is answered. */
    private @Nullable TopicConfig admit(Request request, SendRequest send) throws StoreException {
        store.admit();
        String name = DestinationNames.checked(send.topic());
        if ((config.brokerPermission() & TopicConfig.WRITE) == 0) {
            request.answer(ResponseCode.NO_PERMISSION, "broker " + config.brokerName() + " takes no messages");
            return null;
        }
        if (FORBIDDEN.contains(name)) {
            request.answer(ResponseCode.NO_PERMISSION, "topic " + name + " is reserved for the system");
            return null;
        }
        TopicConfig topic = topics.get(name);
        if (topic == null) {
            topic = topics.autoCreate(name, send.defaultTopic(), send.defaultTopicQueueNums());
        }
        if (topic == null) {
            request.answer(
                    ResponseCode.TOPIC_NOT_EXIST,
                    "topic " + name + " does not exist; create it, or set autoCreateTopicEnable");
            return null;
        }
        if (!topic.writable()) {
            request.answer(ResponseCode.NO_PERMISSION, "topic " + name + " may not be written to");
            return null;
        }
        return topic;
    }

    private void append(Request request, SendRequest send, QueueLog queue) throws StoreException {
        Map<String, String> properties = MessageProperties.parse(send.properties() == null ? "" : send.properties());
        if (NativeTransactions.isPrepare(properties, send)) {
            stamp(properties);
            Answer answer = new Answer(request, queue, properties.get(MessageProperties.UNIQ_KEY));
            transactions.prepare(request, send, queue, properties, bornHost(request), answer);
            return;
        }
        String unsupported = unsupported(properties, send);
        if (unsupported != null) {
            request.answer(ResponseCode.MESSAGE_ILLEGAL, unsupported);
            return;
        }
        RecordDraft draft = draft(request, send, properties, request.body(), send.flag(), queue.queueId());
        Answer answer = new Answer(request, queue, null);
        store.appender().append(queue, draft, tagHash(properties), waits(properties), answer);
    }

    /** Answers a single message when it is stored. */
    private final class Answer implements Appender.Listener {
        private final Request request;
        private final QueueLog queue;
        private final @Nullable String transactionId;

        Answer(Request request, QueueLog queue, @Nullable String transactionId) {
            this.request = request;
            this.queue = queue;
            this.transactionId = transactionId;
        }

        @Override
        public void stored(long physicalOffset, long queueOffset) {
            String id = new MessageId(storeHost, physicalOffset).text();
            Map<String, String> fields =
                    new SendRequest.Result(id, queue.queueId(), queueOffset, transactionId).fields();
            topics.whenAnnounced(queue.topic(), () -> request.answer(ResponseCode.SUCCESS, fields));
        }

        @Override
        public void failed(StoreException cause) {
            request.answer(StoreErrors.nativeCode(cause), cause.getMessage());
        }
    }

    private void appendBatch(Request request, SendRequest send, QueueLog queue) throws StoreException {
        List<MessageBatch.Entry> entries = MessageBatch.parse(request.body());
        if (entries.isEmpty()) {
            request.answer(ResponseCode.MESSAGE_ILLEGAL, "the batch is empty");
            return;
        }
        Map<String, String> ofBatch = MessageProperties.parse(send.properties() == null ? "" : send.properties());
        if (NativeTransactions.isPrepare(ofBatch, send)) {
            request.answer(ResponseCode.MESSAGE_ILLEGAL, TRANSACTION_IN_BATCH);
            return;
        }
        List<RecordDraft> drafts = new ArrayList<>();
        List<Map<String, String>> allProperties = new ArrayList<>();
        for (MessageBatch.Entry entry : entries) {
            Map<String, String> properties =
                    MessageProperties.parse(new String(entry.properties(), StandardCharsets.UTF_8));
            String unsupported = unsupported(properties, send);
            if (unsupported != null) {
                request.answer(ResponseCode.MESSAGE_ILLEGAL, unsupported);
                return;
            }
            RecordDraft draft = draft(request, send, properties, entry.body(), entry.flag(), queue.queueId());
            store.appender().check(draft);
            drafts.add(draft);
            allProperties.add(properties);
        }
        BatchAnswer answer = new BatchAnswer(request, queue, drafts.size());
        boolean waits = waits(ofBatch);
        for (int i = 0; i < drafts.size(); i++) {
            try {
                store.appender().append(queue, drafts.get(i), tagHash(allProperties.get(i)), waits, answer);
            } catch (StoreException e) {
                answer.failed(e);
                return;
            }
        }
    }

    /** Answers a batch when its last message is stored. */
    private final class BatchAnswer implements Appender.Listener {
        private final Request request;
        private final QueueLog queue;
        private final int count;
        private final StringBuilder ids = new StringBuilder();
        private long first = -1;
        private int stored;
        private boolean failed;

        BatchAnswer(Request request, QueueLog queue, int count) {
            this.request = request;
            this.queue = queue;
            this.count = count;
        }

        @Override
        public void stored(long physicalOffset, long queueOffset) {
            first = stored == 0 ? queueOffset : first;
            ids.append(stored == 0 ? "" : ",").append(new MessageId(storeHost, physicalOffset).text());
            stored++;
            if (stored == count && !failed) {
                Map<String, String> fields =
                        new SendRequest.Result(ids.toString(), queue.queueId(), first, null).fields();
                topics.whenAnnounced(queue.topic(), () -> request.answer(ResponseCode.SUCCESS, fields));
            }
        }

        @Override
        public void failed(StoreException cause) {
            if (!failed) {
                failed = true;
                request.answer(StoreErrors.nativeCode(cause), cause.getMessage());
            }
        }
    }

    private static @Nullable String unsupported(Map<String, String> properties, SendRequest send) {
        if ("true".equals(properties.get(MessageProperties.TRAN_MSG)) || SysFlag.transaction(send.sysFlag()) != 0) {
            return TRANSACTION_IN_BATCH;
        }
        for (String name : DELAYS) {
            String value = properties.get(name);
            if (value != null && !value.equals("0")) {
                return "delayed messages are not supported by this release; send without the property " + name;
            }
        }
        return null;
    }

    private RecordDraft draft(
            Request request, SendRequest send, Map<String, String> properties, ByteBuf body, int flag, int queueId) {
        stamp(properties);
        byte[] block = MessageProperties.format(properties).getBytes(StandardCharsets.UTF_8);
        return new RecordDraft(send.topic(), queueId, block, body)
                .born(send.bornTimestamp(), bornHost(request))
                .flags(flag, send.sysFlag() & ~SysFlag.OF_BROKERS)
                .reconsumeTimes(send.reconsumeTimes());
    }

    /** The broker's own properties. */
    private void stamp(Map<String, String> properties) {
        properties.remove(MessageProperties.POP_CK);
        properties.put(MessageProperties.CLUSTER, config.clusterName());
        properties.putIfAbsent(MessageProperties.MSG_REGION, "DefaultRegion");
        properties.putIfAbsent(MessageProperties.TRACE_ON, "true");
    }

    private static byte[] bornHost(Request request) {
        return request.connection().remoteAddress() instanceof InetSocketAddress address
                ? MessageId.hostBytes(address)
                : new byte[8];
    }

    private static long tagHash(Map<String, String> properties) {
        return MessageProperties.tagHash(properties.get(MessageProperties.TAGS));
    }

    private static boolean waits(Map<String, String> properties) {
        return !"false".equals(properties.get(MessageProperties.WAIT));
    }
}
