package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.QueueLog;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.RequestCode;
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
    private final NativeDelays delays;
    private final RetryTopics retries;
    private volatile byte[] storeHost = new byte[8];
    private int nextQueue;

    SendHandler(
            BrokerConfig config,
            TopicService topics,
            MessageStore store,
            NativeTransactions transactions,
            NativeDelays delays,
            RetryTopics retries) {
        this.transactions = transactions;
        this.delays = delays;
        this.retries = retries;
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
            if (RetryTopics.isRetry(send.topic())) {
                retry(request, send);
                return;
            }
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
                append(
                        request,
                        send,
                        queue,
                        MessageProperties.parse(send.properties() == null ? "" : send.properties()));
            }
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    /** A consumer sends what it could not consume to its group's retry topic; tried too often it is a dead letter. */
    private void retry(Request request, SendRequest send) throws StoreException {
        String name = send.topic().substring(TopicService.RETRY_PREFIX.length());
        GroupConfig group = retries.group(request, name);
        TopicConfig topic = group == null ? null : admit(request, send);
        if (group == null || topic == null) {
            return;
        }
        if (send.batch()) {
            request.answer(
                    ResponseCode.MESSAGE_ILLEGAL, "messages for a retry topic are sent one by one, not in a batch");
            return;
        }
        boolean longNames = request.frame().code() == RequestCode.SEND_MESSAGE;
        String max = request.frame().fields().get(longNames ? "maxReconsumeTimes" : "l");
        Map<String, String> properties = MessageProperties.parse(send.properties() == null ? "" : send.properties());
        if (!retries.isSpent(group, request.frame(), send, max)) {
            int queues = Math.max(topic.readQueueNums(), topic.writeQueueNums());
            int queueId = Math.floorMod(send.queueId() >= 0 ? send.queueId() : nextQueue++, queues);
            append(request, send, store.queue(topic.name(), queueId), properties);
            return;
        }
        NativeDelays.clean(properties);
        properties.put(MessageProperties.DELAY, "0");
        append(request, send, store.queue(retries.deadLetters(group).name(), 0), properties);
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

    private void append(Request request, SendRequest send, QueueLog queue, Map<String, String> properties)
            throws StoreException {
        if (NativeTransactions.isPrepare(properties, send)) {
            stamp(properties);
            Answer answer = new Answer(request, queue, properties.get(MessageProperties.UNIQ_KEY), 0, null);
            transactions.prepare(request, send, queue, properties, bornHost(request), answer);
            return;
        }
        NativeDelays.Wait wait = delays.of(properties);
        String refusal = transactional(properties, send) ? TRANSACTION_IN_BATCH : wait.refusal();
        if (refusal != null) {
            request.answer(ResponseCode.MESSAGE_ILLEGAL, refusal);
            return;
        }
        stamp(properties);
        NativeMessage message = new NativeMessage(
                queue.topic(),
                queue.queueId(),
                properties,
                request.body(),
                send.bornTimestamp(),
                bornHost(request),
                send.flag(),
                send.sysFlag() & ~SysFlag.OF_BROKERS,
                send.reconsumeTimes());
        String unique = properties.get(MessageProperties.UNIQ_KEY);
        Answer answer = new Answer(request, queue, null, wait.deliverAt(), unique);
        delays.append(wait, message, waits(properties), answer);
    }

    /** Answers a single message when it is stored. */
    private final class Answer implements Appender.Listener {
        private final Request request;
        private final QueueLog queue;
        private final @Nullable String transactionId;
        private final long deliverAt;
        private final @Nullable String uniqueKey;

        /**
         * @param deliverAt when the message is due, in milliseconds since the epoch; 0 if it does not wait for a time
         * @param uniqueKey by which one that waits can be recalled
         */
        Answer(
                Request request,
                QueueLog queue,
                @Nullable String transactionId,
                long deliverAt,
                @Nullable String uniqueKey) {
            this.request = request;
            this.queue = queue;
            this.transactionId = transactionId;
            this.deliverAt = deliverAt;
            this.uniqueKey = uniqueKey;
        }

        @Override
        public void stored(long physicalOffset, long queueOffset) {
            String id = new MessageId(storeHost, physicalOffset).text();
            Map<String, String> fields =
                    new SendRequest.Result(id, queue.queueId(), queueOffset, transactionId).fields();
            if (deliverAt > 0 && uniqueKey != null) {
                RecallHandler.Handle handle =
                        new RecallHandler.Handle(queue.topic(), config.brokerName(), deliverAt, uniqueKey, queueOffset);
                fields.put("recallHandle", handle.text());
            }
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

    private static boolean transactional(Map<String, String> properties, SendRequest send) {
        return "true".equals(properties.get(MessageProperties.TRAN_MSG)) || SysFlag.transaction(send.sysFlag()) != 0;
    }

    /** Why a message is not taken in a batch; null if it is. */
    private static @Nullable String unsupported(Map<String, String> properties, SendRequest send) {
        if (transactional(properties, send)) {
            return TRANSACTION_IN_BATCH;
        }
        for (String name : DELAYS) {
            String value = properties.get(name);
            if (value != null && !value.equals("0")) {
                return "a delayed message is sent by itself, not in a batch: property " + name;
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
