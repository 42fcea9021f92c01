package org.fulmar.client.producer;

import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.SendResult;
import org.fulmar.client.SendStatus;
import org.fulmar.client.TopicRoute;
import org.fulmar.client.TransactionCheck;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends messages that are delivered if a local transaction of the application succeeds, and answers brokers that ask
 * what became of one. Thread-safe. {@link #producer} sends others in the same group.
 */
public final class TransactionProducer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionProducer.class);
    private static final int IDLE_SECONDS = 10;
    private static final int END_SECONDS = 5;
    private static final int MAX_TOPICS = 10_000;

    private final TransactionListener listener;
    private final ThreadPoolExecutor checks;
    /** Brokers of these may have to ask, however long ago the last message was. */
    private final Set<String> topics = ConcurrentHashMap.newKeySet();

    private final Producer producer;
    private final ClientInstance client;

    private TransactionProducer(ClientInstance client, ProducerConfig config, TransactionListener listener)
            throws ClientException {
        this.client = client;
        this.listener = listener;
        int threads = config.number(ProducerConfig.CHECK_THREADS);
        AtomicInteger made = new AtomicInteger();
        this.checks = new ThreadPoolExecutor(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(config.number(ProducerConfig.MAX_CHECKS)),
                work -> {
                    Thread thread =
                            new Thread(work, "fulmar-client-check-" + config.group() + "-" + made.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        checks.allowCoreThreadTimeOut(true);
        String model = config.text(ProducerConfig.DEFAULT_TOPIC);
        if (!model.isEmpty()) {
            topics.add(model);
        }
        this.producer = Producer.start(client, config, this::asked, topics);
    }

    /**
     * Joins a group, all of whose members must answer alike.
     *
     * @throws ClientException if the client has a producer of this group, or is closed
     */
    public static TransactionProducer start(ClientInstance client, ProducerConfig config, TransactionListener listener)
            throws ClientException {
        return new TransactionProducer(client, config, listener);
    }

    public Producer producer() {
        return producer;
    }

    /**
     * Sends a message that nobody sees yet, has the listener carry out what belongs to it, and tells the broker how that
     * ended. If the broker does not get to know, it asks.
     *
     * @throws ClientException if the message could not be sent; nothing was carried out then
     */
    public TransactionResult send(Message message, @Nullable Object argument)
            throws ClientException, InterruptedException {
        if (message.isDelayed()) {
            throw new ClientException(
                    ClientException.Kind.ILLEGAL_MESSAGE, "a message of a transaction can't be delayed as well");
        }
        String id = message.property(MessageProperties.UNIQ_KEY);
        String transactionId = id == null ? client.uniqueIds().next() : id;
        Message half = message.toBuilder()
                .system(MessageProperties.UNIQ_KEY, transactionId)
                .system(MessageProperties.TRAN_MSG, "true")
                .system(MessageProperties.PGROUP, producer.config().group())
                .build();
        if (topics.size() < MAX_TOPICS) {
            topics.add(message.topic());
        }
        SendResult sent = producer.send(half);
        TransactionState state = TransactionState.UNKNOWN;
        try {
            state = sent.status() == SendStatus.SEND_OK
                    ? listener.execute(half, argument, transactionId)
                    : TransactionState.ROLLBACK;
        } finally {
            end(sent, state);
        }
        return new TransactionResult(sent, state);
    }

    private void end(SendResult sent, TransactionState state) {
        long physicalOffset;
        try {
            physicalOffset = MessageId.parse(sent.offsetMessageId()).physicalOffset();
        } catch (IllegalArgumentException e) {
            LOG.warn("the broker gave {} an id that is none; it will ask how the transaction ended", sent, e);
            return;
        }
        String address = client.brokerAddress(sent.queue().brokerName(), TopicRoute.MASTER);
        if (address == null) {
            LOG.info(
                    "broker {} is not there; it will ask how {} ended",
                    sent.queue().brokerName(),
                    sent.messageId());
            return;
        }
        String transactionId = sent.transactionId() == null ? sent.messageId() : sent.transactionId();
        client.oneWay(
                        address,
                        RequestCode.END_TRANSACTION,
                        fields(
                                sent.queue().topic(),
                                sent.queue().brokerName(),
                                sent.offset(),
                                physicalOffset,
                                state,
                                false,
                                sent.messageId(),
                                transactionId),
                        Unpooled.EMPTY_BUFFER)
                .whenComplete((connection, failure) -> {
                    if (failure != null) {
                        LOG.info("the broker will ask how {} ended", sent.messageId(), failure);
                    }
                });
    }

    private Map<String, String> fields(
            String topic,
            @Nullable String brokerName,
            long halfQueueOffset,
            long halfPhysicalOffset,
            TransactionState state,
            boolean asked,
            String messageId,
            String transactionId) {
        int decision = switch (state) {
            case COMMIT -> SysFlag.TRANSACTION_COMMIT;
            case ROLLBACK -> SysFlag.TRANSACTION_ROLLBACK;
            case UNKNOWN -> 0;
        };
        return Fields.write()
                .put("topic", topic)
                .put("producerGroup", producer.config().group())
                .put("tranStateTableOffset", halfQueueOffset)
                .put("commitLogOffset", halfPhysicalOffset)
                .put("commitOrRollback", decision)
                .put("fromTransactionCheck", asked)
                .put("msgId", messageId)
                .put("transactionId", transactionId)
                .put("bname", brokerName)
                .map();
    }

    /** On a network thread. */
    private void asked(TransactionCheck check) {
        try {
            checks.execute(() -> answer(check));
        } catch (RejectedExecutionException e) {
            LOG.info("the question after {} is left out; the broker asks again", check.messageId());
        }
    }

    private void answer(TransactionCheck check) {
        TransactionState state;
        try {
            state = listener.check(check.message());
        } catch (RuntimeException e) {
            LOG.error("the listener can't say what became of {}", check.messageId(), e);
            state = TransactionState.UNKNOWN;
        }
        client.oneWay(
                check.from(),
                RequestCode.END_TRANSACTION,
                fields(
                        check.message().topic(),
                        null,
                        check.halfQueueOffset(),
                        check.halfPhysicalOffset(),
                        state,
                        true,
                        check.messageId(),
                        check.transactionId()),
                Unpooled.EMPTY_BUFFER);
    }

    /** Leaves the group, as {@link Producer#close}; other members answer the broker's questions then. */
    @Override
    public void close() {
        producer.close();
        checks.shutdown();
        try {
            if (!checks.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                checks.shutdownNow();
                LOG.warn(
                        "answers of producer group {} are given up",
                        producer.config().group());
            }
        } catch (InterruptedException e) {
            checks.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
