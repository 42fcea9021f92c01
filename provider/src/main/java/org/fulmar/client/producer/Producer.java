package org.fulmar.client.producer;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.ProducerMember;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.SendResult;
import org.fulmar.client.TopicRoute;
import org.fulmar.client.TransactionCheck;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages as one member of a producer group. Thread-safe. Methods that wait throw a {@link ClientException} when
 * the send fails, and after {@link ClientException.Kind#TIMED_OUT} or {@link ClientException.Kind#CONNECTION_LOST} the
 * message may have been stored nevertheless; when sends are tried again a message may be stored more than once, with
 * the same message id.
 *
 * <p>Futures of asynchronous sends and callbacks complete on the client's callback threads, where they may block.
 */
public final class Producer implements AutoCloseable {
    private final ClientInstance client;
    private final ProducerConfig config;
    private final Sender sender;
    private final InFlight inFlight;
    private final ProducerMember member;
    private final RequestReply requests;
    private final @Nullable ScheduledFuture<?> detector;

    private Producer(
            ClientInstance client, ProducerConfig config, Consumer<TransactionCheck> checks, Set<String> topics)
            throws ClientException {
        this.client = client;
        this.config = config;
        this.sender = new Sender(client, config, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
        this.inFlight = new InFlight(
                config.number(ProducerConfig.MAX_ASYNC_MESSAGES),
                config.number(ProducerConfig.MAX_ASYNC_BYTES),
                config.text(ProducerConfig.WHEN_FULL).equals("wait"));
        this.member = new Member(config.group(), checks, topics);
        this.requests = new RequestReply(client, this);
        client.join(member);
        this.detector = sender.detects
                ? client.every(
                        config.number(ProducerConfig.DETECT_INTERVAL), "the search for live brokers", sender::detect)
                : null;
    }

    private record Member(String group, Consumer<TransactionCheck> checks, Set<String> topics)
            implements ProducerMember {
        @Override
        public void asked(TransactionCheck check) {
            checks.accept(check);
        }
    }

    /**
     * Joins a group.
     *
     * @throws ClientException if the client has a producer of this group, or is closed
     */
    public static Producer start(ClientInstance client, String group) throws ClientException {
        return start(client, ProducerConfig.of(group));
    }

    /**
     * Joins a group.
     *
     * @throws ClientException if the client has a producer of this group, or is closed
     */
    public static Producer start(ClientInstance client, ProducerConfig config) throws ClientException {
        String model = config.text(ProducerConfig.DEFAULT_TOPIC);
        return start(client, config, check -> {}, model.isEmpty() ? Set.of() : Set.of(model));
    }

    /**
     * @param checks is told, on network threads, of transactions that a broker asks after
     * @param topics whose brokers are told of the producer even if it sends nothing; thread-safe
     */
    static Producer start(
            ClientInstance client, ProducerConfig config, Consumer<TransactionCheck> checks, Set<String> topics)
            throws ClientException {
        return new Producer(client, config, checks, topics);
    }

    public ProducerConfig config() {
        return config;
    }

    public ClientInstance client() {
        return client;
    }

    // synchronous

    public SendResult send(Message message) throws ClientException, InterruptedException {
        return send(message, config.number(ProducerConfig.SEND_TIMEOUT));
    }

    /**
     * @param timeoutMillis for all attempts together
     */
    public SendResult send(Message message, long timeoutMillis) throws ClientException, InterruptedException {
        return await(encoded(message), null, timeoutMillis);
    }

    /** Sends to a queue, once. */
    public SendResult send(Message message, MessageQueue queue) throws ClientException, InterruptedException {
        return await(encoded(message), to(message, queue), config.number(ProducerConfig.SEND_TIMEOUT));
    }

    /** Sends to the queue that is chosen, once. */
    public SendResult send(Message message, QueueSelector selector, @Nullable Object argument)
            throws ClientException, InterruptedException {
        return await(encoded(message), by(message, selector, argument), config.number(ProducerConfig.SEND_TIMEOUT));
    }

    /** Sends messages of one topic together: all or none is stored, next to each other. */
    public SendResult send(List<Message> batch) throws ClientException, InterruptedException {
        return await(encoded(batch), null, config.number(ProducerConfig.SEND_TIMEOUT));
    }

    public SendResult send(List<Message> batch, MessageQueue queue) throws ClientException, InterruptedException {
        Encoded encoded = encoded(batch);
        return await(encoded, to(batch.get(0), queue), config.number(ProducerConfig.SEND_TIMEOUT));
    }

    /**
     * Sends any number of messages, of any topics, in batches as large as may be. Ends with the first failure; what was
     * sent before stays.
     *
     * @return one for each batch, in order
     */
    public List<SendResult> sendAll(List<Message> messages) throws ClientException, InterruptedException {
        List<SendResult> results = new ArrayList<>();
        for (List<Message> batch : Batches.split(messages, config.number(ProducerConfig.MAX_MESSAGE))) {
            results.add(batch.size() == 1 ? send(batch.get(0)) : send(batch));
        }
        return results;
    }

    private SendResult await(Encoded message, Sender.@Nullable Pick pick, long timeoutMillis)
            throws ClientException, InterruptedException {
        if (client.onNetworkThread()) {
            throw new ClientException(
                    ClientException.Kind.ILLEGAL_USE, "a network thread must not wait: use sendAsync");
        }
        inFlight.begin();
        try {
            return client.await(sender.send(message, pick, config.number(ProducerConfig.RETRIES), timeoutMillis));
        } finally {
            inFlight.end();
        }
    }

    // asynchronous

    public CompletableFuture<SendResult> sendAsync(Message message) {
        return sendAsync(message, config.number(ProducerConfig.SEND_TIMEOUT));
    }

    /**
     * @param timeoutMillis for all attempts together, and for the wait when too many are under way
     */
    public CompletableFuture<SendResult> sendAsync(Message message, long timeoutMillis) {
        return async(() -> encoded(message), null, timeoutMillis);
    }

    public void sendAsync(Message message, SendCallback callback) {
        tell(callback, sendAsync(message));
    }

    public CompletableFuture<SendResult> sendAsync(Message message, MessageQueue queue) {
        return async(() -> encoded(message), to(message, queue), config.number(ProducerConfig.SEND_TIMEOUT));
    }

    public void sendAsync(Message message, MessageQueue queue, SendCallback callback) {
        tell(callback, sendAsync(message, queue));
    }

    public CompletableFuture<SendResult> sendAsync(Message message, QueueSelector selector, @Nullable Object argument) {
        return async(
                () -> encoded(message), by(message, selector, argument), config.number(ProducerConfig.SEND_TIMEOUT));
    }

    public void sendAsync(Message message, QueueSelector selector, @Nullable Object argument, SendCallback callback) {
        tell(callback, sendAsync(message, selector, argument));
    }

    /** Sends messages of one topic together. */
    public CompletableFuture<SendResult> sendAsync(List<Message> batch) {
        return async(() -> encoded(batch), null, config.number(ProducerConfig.SEND_TIMEOUT));
    }

    private static void tell(SendCallback callback, CompletableFuture<SendResult> sent) {
        sent.whenComplete((result, failure) -> {
            if (failure == null) {
                callback.onSuccess(result);
            } else {
                callback.onFailure(ClientException.of(failure));
            }
        });
    }

    private interface Encoder {
        Encoded encode() throws ClientException;
    }

    private CompletableFuture<SendResult> async(Encoder encoder, Sender.@Nullable Pick pick, long timeoutMillis) {
        CompletableFuture<SendResult> told = new CompletableFuture<>();
        Encoded message;
        long started = sender.now();
        try {
            message = encoder.encode();
            inFlight.beginAsync(message.size(), timeoutMillis, !client.onNetworkThread());
        } catch (ClientException e) {
            client.callback(() -> told.completeExceptionally(e));
            return told;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            client.callback(() -> told.completeExceptionally(new ClientException(
                    ClientException.Kind.OVERLOADED, "interrupted while too many sends were under way", e)));
            return told;
        }
        long left = Math.max(1, timeoutMillis - (sender.now() - started));
        sender.send(message, pick, config.number(ProducerConfig.ASYNC_RETRIES), left)
                .whenComplete((result, failure) -> {
                    inFlight.endAsync(message.size());
                    client.callback(() -> {
                        if (failure == null) {
                            told.complete(result);
                        } else {
                            told.completeExceptionally(ClientException.of(failure));
                        }
                    });
                });
        return told;
    }

    // one-way

    /** Sends and does not learn whether it was stored; waits only while the broker is slow to read. */
    public void sendOneWay(Message message) throws ClientException, InterruptedException {
        oneWay(message, null);
    }

    public void sendOneWay(Message message, MessageQueue queue) throws ClientException, InterruptedException {
        oneWay(message, to(message, queue));
    }

    public void sendOneWay(Message message, QueueSelector selector, @Nullable Object argument)
            throws ClientException, InterruptedException {
        oneWay(message, by(message, selector, argument));
    }

    private void oneWay(Message message, Sender.@Nullable Pick pick) throws ClientException, InterruptedException {
        Encoded encoded = encoded(message);
        inFlight.begin();
        try {
            sender.oneWay(encoded, pick, config.number(ProducerConfig.SEND_TIMEOUT));
        } finally {
            inFlight.end();
        }
    }

    // queues

    private Encoded encoded(Message message) throws ClientException {
        return Encoded.of(message, config, client.uniqueIds(), client.clock().getAsLong());
    }

    private Encoded encoded(List<Message> batch) throws ClientException {
        return Encoded.batch(batch, config, client.uniqueIds(), client.clock().getAsLong());
    }

    private static Sender.Pick to(Message message, MessageQueue queue) {
        return queues -> {
            if (!queue.topic().equals(message.topic())) {
                throw new ClientException(
                        ClientException.Kind.ILLEGAL_USE,
                        "a message to topic " + message.topic() + " can't go to a queue of " + queue.topic());
            }
            return queue;
        };
    }

    private static Sender.Pick by(Message message, QueueSelector selector, @Nullable Object argument) {
        return queues -> {
            if (queues.isEmpty()) {
                throw Sender.noQueue(message.topic());
            }
            MessageQueue queue = selector.select(queues, message, argument);
            if (queue == null || !queues.contains(queue)) {
                throw new ClientException(
                        ClientException.Kind.ILLEGAL_USE,
                        "the queue selector chose " + queue + ", which is none of the topic's queues");
            }
            return queue;
        };
    }

    /** The queues that a topic can be sent to, sorted. */
    public List<MessageQueue> queues(String topic) throws ClientException, InterruptedException {
        return client.await(sender.findChooser(topic)).queues;
    }

    /** The machine room of a queue: what the route says of its broker, or what its name has before an @; else null. */
    public @Nullable String roomOf(MessageQueue queue) {
        TopicRoute route = client.knownRoute(queue.topic());
        TopicRoute.Broker broker = route == null ? null : route.broker(queue.brokerName());
        if (broker != null && broker.zone() != null) {
            return broker.zone();
        }
        int at = queue.brokerName().indexOf('@');
        return at > 0 ? queue.brokerName().substring(0, at) : null;
    }

    // others

    /**
     * Sends a message and waits for the reply of a consumer.
     *
     * @throws ClientException {@link ClientException.Kind#TIMED_OUT} if none comes in time
     */
    public ReceivedMessage request(Message message, long timeoutMillis) throws ClientException, InterruptedException {
        return client.await(requests.request(message, timeoutMillis));
    }

    /** Sends a message; the future has the reply of a consumer and completes on a callback thread. */
    public CompletableFuture<ReceivedMessage> requestAsync(Message message, long timeoutMillis) {
        CompletableFuture<ReceivedMessage> told = new CompletableFuture<>();
        requests.request(message, timeoutMillis)
                .whenComplete((reply, failure) -> client.callback(() -> {
                    if (failure == null) {
                        told.complete(reply);
                    } else {
                        told.completeExceptionally(ClientException.of(failure));
                    }
                }));
        return told;
    }

    /** Sends the reply to a request that a consumer has received. */
    public SendResult reply(ReceivedMessage request, byte[] body) throws ClientException, InterruptedException {
        Message reply = RequestReply.replyTo(request, body);
        return await(
                encoded(reply),
                queues -> RequestReply.replyQueue(request, reply, queues),
                config.number(ProducerConfig.SEND_TIMEOUT));
    }

    /**
     * Takes a delayed message back before it is delivered.
     *
     * @param handle as the send's result has it
     * @return the id of the message
     * @throws ClientException if the broker refuses: it does not know the message any more, or does not do this
     */
    public String recall(String topic, String handle) throws ClientException, InterruptedException {
        String broker = RecallHandle.broker(handle);
        client.await(sender.findChooser(topic));
        String address = client.brokerAddress(broker, TopicRoute.MASTER);
        if (address == null) {
            throw new ClientException(ClientException.Kind.NO_ROUTE, "broker " + broker + " has no master now");
        }
        Frame answer = client.await(client.call(
                address,
                RequestCode.RECALL_MESSAGE,
                Fields.write()
                        .put("producerGroup", config.group())
                        .put("topic", topic)
                        .put("recallHandle", handle)
                        .map(),
                Unpooled.EMPTY_BUFFER,
                config.number(ProducerConfig.SEND_TIMEOUT)));
        try {
            return Fields.of(answer).text("msgId", "");
        } finally {
            answer.release();
        }
    }

    Sender sender() {
        return sender;
    }

    /** How many asynchronous sends are under way. */
    public int sendsUnderWay() {
        return inFlight.messages();
    }

    /**
     * Takes no more sends, waits for those under way as long as they may take, and leaves the group. The client stays
     * open.
     */
    @Override
    public void close() {
        if (!inFlight.close()) {
            return;
        }
        if (detector != null) {
            detector.cancel(false);
        }
        boolean network = client.onNetworkThread();
        try {
            if (!network) {
                inFlight.awaitNone(config.number(ProducerConfig.SEND_TIMEOUT) + 500L);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        client.leave(member);
    }
}
