package org.fulmar.client.producer;

import io.netty.buffer.Unpooled;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.SendResult;
import org.fulmar.client.SendStatus;
import org.fulmar.client.TopicRoute;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/**
 * One send with all its attempts, within one deadline. Begun by the sender's thread, goes on on network threads or the
 * scheduler's, on one at a time; never blocks.
 */
final class Sending {
    /** What another broker may do better. */
    private static final Set<Integer> RETRIED = Set.of(
            ResponseCode.TOPIC_NOT_EXIST,
            ResponseCode.SERVICE_NOT_AVAILABLE,
            ResponseCode.SYSTEM_ERROR,
            ResponseCode.SYSTEM_BUSY,
            ResponseCode.NO_PERMISSION,
            ResponseCode.NO_BUYER_ID,
            ResponseCode.NOT_IN_CURRENT_UNIT,
            ResponseCode.GO_AWAY);

    private final Sender sender;
    private final Encoded message;
    private final Sender.@Nullable Pick pick;
    private final int retries;
    private final long timeoutMillis;
    private final long deadline;
    private final CompletableFuture<SendResult> done = new CompletableFuture<>();
    private int attempts;
    /** Whether the next attempt has waited its time. */
    private boolean paused;

    private @Nullable String failedBroker;
    private @Nullable ClientException lastFailure;
    /** What was stored, but not as safely as wanted. */
    private @Nullable SendResult unsafe;

    /**
     * @param pick chooses the queue, and then there is one attempt
     */
    Sending(Sender sender, Encoded message, Sender.@Nullable Pick pick, int retries, long timeoutMillis) {
        this.sender = sender;
        this.message = message;
        this.pick = pick;
        this.retries = pick == null ? retries : 0;
        this.timeoutMillis = timeoutMillis;
        this.deadline = sender.now() + timeoutMillis;
    }

    CompletableFuture<SendResult> done() {
        return done;
    }

    void start() {
        attempt();
    }

    /** By the route that is known, or else once it is; also a later attempt may find it gone, or not there yet. */
    private void attempt() {
        QueueChooser chooser = sender.chooser(message.topic());
        if (chooser != null) {
            attempt(chooser);
            return;
        }
        CompletableFuture<Void> timeout = sender.client.pause(Math.max(1, deadline - sender.now()));
        timeout.whenComplete((over, stopped) -> {
            if (stopped == null) {
                done.completeExceptionally(timedOut());
            }
        });
        sender.findChooser(message.topic()).whenComplete((found, failure) -> {
            timeout.cancel(false);
            if (failure != null) {
                done.completeExceptionally(ClientException.of(failure));
            } else if (!done.isDone()) {
                attempt(found);
            }
        });
    }

    private ClientException timedOut() {
        return new ClientException(
                ClientException.Kind.TIMED_OUT,
                "the send to topic " + message.topic() + " took more than " + timeoutMillis + " ms and " + attempts
                        + " attempts",
                lastFailure);
    }

    private void attempt(QueueChooser chooser) {
        MessageQueue queue;
        try {
            queue = pick == null ? sender.choose(chooser, failedBroker) : pick.from(chooser.queues);
        } catch (ClientException e) {
            done.completeExceptionally(e);
            return;
        } catch (RuntimeException e) {
            done.completeExceptionally(
                    new ClientException(ClientException.Kind.ILLEGAL_USE, "the queue selector has failed: " + e, e));
            return;
        }
        if (queue == null) {
            done.completeExceptionally(Sender.noQueue(message.topic()));
            return;
        }
        long left = deadline - sender.now();
        if (left <= 0) {
            done.completeExceptionally(timedOut());
            return;
        }
        if (!paused && queue.brokerName().equals(failedBroker)) {
            paused = true;
            long pause = (long) sender.config.number(ProducerConfig.RETRY_PAUSE) << Math.min(attempts - 1, 20);
            sender.client.pause(Math.min(pause, left)).whenComplete((over, closed) -> {
                if (closed == null) {
                    again(queue.brokerName());
                } else {
                    done.completeExceptionally(ClientException.of(closed));
                }
            });
            return;
        }
        paused = false;
        attempts++;
        send(queue, left);
    }

    private void send(MessageQueue queue, long left) {
        String address = sender.client.brokerAddress(queue.brokerName(), TopicRoute.MASTER);
        if (address == null) {
            failed(
                    queue,
                    new ClientException(
                            ClientException.Kind.NO_ROUTE, "broker " + queue.brokerName() + " has no master now"),
                    0);
            return;
        }
        int perAttempt = sender.config.number(ProducerConfig.ATTEMPT_TIMEOUT);
        long started = sender.now();
        sender.client
                .request(
                        address,
                        message.code(),
                        sender.header(message, queue),
                        Unpooled.wrappedBuffer(message.body()),
                        perAttempt > 0 ? Math.min(perAttempt, left) : left)
                .whenComplete((answer, failure) -> {
                    long latency = sender.now() - started;
                    if (failure != null) {
                        failed(queue, ClientException.of(failure), latency);
                    } else {
                        answered(queue, answer, latency);
                    }
                });
    }

    private void answered(MessageQueue queue, Frame answer, long latency) {
        SendResult result;
        try {
            SendStatus status = status(answer.code());
            if (status == null) {
                failed(
                        queue,
                        ClientException.refused("broker " + queue.brokerName(), answer.code(), answer.remark()),
                        latency);
                return;
            }
            result = result(queue, status, answer);
        } catch (FrameException e) {
            failed(queue, ClientException.of(e), latency);
            return;
        } finally {
            answer.release();
        }
        if (sender.sparesBrokers) {
            sender.faults.answered(queue.brokerName(), latency, sender.now());
        }
        if (result.status() != SendStatus.SEND_OK
                && sender.config.bool(ProducerConfig.RETRY_NOT_SAFE)
                && attempts <= retries) {
            unsafe = result;
            again(queue.brokerName());
        } else {
            done.complete(result);
        }
    }

    private static @Nullable SendStatus status(int code) {
        return switch (code) {
            case ResponseCode.SUCCESS -> SendStatus.SEND_OK;
            case ResponseCode.FLUSH_DISK_TIMEOUT -> SendStatus.FLUSH_DISK_TIMEOUT;
            case ResponseCode.FLUSH_SLAVE_TIMEOUT -> SendStatus.FLUSH_SLAVE_TIMEOUT;
            case ResponseCode.SLAVE_NOT_AVAILABLE -> SendStatus.SLAVE_NOT_AVAILABLE;
            default -> null;
        };
    }

    private SendResult result(MessageQueue queue, SendStatus status, Frame answer) {
        Fields in = Fields.of(answer);
        boolean reply = message.code() == RequestCode.SEND_REPLY_MESSAGE_V2;
        // brokers that do not keep replies give them no place
        SendRequest.Result stored = reply
                ? new SendRequest.Result(
                        in.text("msgId", ""), in.integer("queueId", 0), in.number("queueOffset", 0), null)
                : SendRequest.Result.decode(answer);
        return new SendResult(
                status,
                message.messageId(),
                stored.msgId(),
                new MessageQueue(message.topic(), queue.brokerName(), stored.queueId()),
                stored.queueOffset(),
                stored.transactionId(),
                in.optional("recallHandle"));
    }

    private void failed(MessageQueue queue, ClientException failure, long latency) {
        boolean refused = failure.kind() == ClientException.Kind.REFUSED;
        boolean another = switch (failure.kind()) {
            case REFUSED -> RETRIED.contains(failure.code());
            case CONNECTION_LOST, TIMED_OUT, MALFORMED_ANSWER, OVERLOADED, NO_ROUTE -> true;
            default -> false;
        };
        if (lastFailure != null && lastFailure != failure) {
            failure.addSuppressed(lastFailure);
        }
        lastFailure = failure;
        if (another) {
            if (sender.sparesBrokers) {
                sender.faults.failed(queue.brokerName(), latency, refused || !sender.detects, sender.now());
            }
            if (failure.kind() == ClientException.Kind.CONNECTION_LOST
                    || failure.kind() == ClientException.Kind.NO_ROUTE
                    || failure.code() == ResponseCode.TOPIC_NOT_EXIST) {
                sender.client.refreshRoute(message.topic());
            }
        }
        if (another && attempts <= retries && deadline - sender.now() > 0) {
            again(queue.brokerName());
        } else if (unsafe != null) {
            done.complete(unsafe);
        } else {
            done.completeExceptionally(failure);
        }
    }

    private void again(String broker) {
        failedBroker = broker;
        attempt();
    }
}
