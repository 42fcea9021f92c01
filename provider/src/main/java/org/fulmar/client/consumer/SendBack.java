package org.fulmar.client.consumer;

import io.netty.buffer.Unpooled;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.message.MessageProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has messages come again later, by the group's retry topic, or moves them to its dead-letter topic. For any thread;
 * futures complete when the broker has stored it, and fail if the message stays where it is.
 */
final class SendBack {
    /** Delay levels of RocketMQ that mean never. */
    static final int DEAD = -1;

    private static final Logger LOG = LoggerFactory.getLogger(SendBack.class);
    private static final long TIMEOUT_MILLIS = 5000;
    private static final int DEFAULT_MAX = 16;
    private static final int FIRST_LEVEL = 3;

    private final Brokers brokers;
    private final String group;
    private final int maxReconsumeTimes;
    private final boolean elsewhere;

    /**
     * @param elsewhere whether a message whose broker can't be reached may be sent to another broker's retry topic: not
     *     with locks, since RocketMQ's brokers move what a group with locks sends there to the dead-letter topic
     */
    SendBack(Brokers brokers, String group, int maxReconsumeTimes, boolean elsewhere) {
        this.brokers = brokers;
        this.group = group;
        this.maxReconsumeTimes = maxReconsumeTimes;
        this.elsewhere = elsewhere;
    }

    /** @param delayLevel 0 lets the broker choose by how often it came; {@link #DEAD} moves it to the dead letters */
    CompletableFuture<Void> sendBack(MessageQueue from, ReceivedMessage message, int delayLevel) {
        Fields fields = Fields.write()
                .put("offset", message.physicalOffset())
                .put("group", group)
                .put("delayLevel", delayLevel)
                .put("originMsgId", message.messageId())
                .put("originTopic", message.topic())
                .put("unitMode", false);
        if (maxReconsumeTimes >= 0) {
            fields.put("maxReconsumeTimes", maxReconsumeTimes);
        }
        CompletableFuture<Void> back = brokers.request(
                        from.brokerName(),
                        RequestCode.CONSUMER_SEND_MSG_BACK,
                        fields.map(),
                        Unpooled.EMPTY_BUFFER,
                        TIMEOUT_MILLIS)
                .thenAccept(frame -> {
                    int code = frame.code();
                    String remark = frame.remark();
                    frame.release();
                    if (code != ResponseCode.SUCCESS) {
                        throw new CompletionException(
                                ClientException.refused("broker " + from.brokerName(), code, remark));
                    }
                });
        return back.handle((done, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.<Void>completedFuture(null);
                    }
                    return otherwise(from, message, delayLevel, ClientException.of(failure));
                })
                .thenCompose(done -> done);
    }

    private CompletableFuture<Void> otherwise(
            MessageQueue from, ReceivedMessage message, int delayLevel, ClientException why) {
        if (why.kind() == ClientException.Kind.REFUSED) {
            // the broker is there, but may not have the message any more
            return send(from.brokerName(), message, delayLevel, why);
        }
        if (!elsewhere || why.kind() == ClientException.Kind.CLOSED) {
            return CompletableFuture.failedFuture(why);
        }
        return brokers.route(Membership.RETRY_PREFIX + group).thenCompose(route -> {
            for (MessageQueue queue : route.writeQueues()) {
                if (!queue.brokerName().equals(from.brokerName())) {
                    return send(queue.brokerName(), message, delayLevel, why);
                }
            }
            return CompletableFuture.failedFuture(why);
        });
    }

    private CompletableFuture<Void> send(
            String brokerName, ReceivedMessage message, int delayLevel, ClientException why) {
        LOG.info(
                "{} could not be given back and is sent to the retry topic of {}: {}",
                message,
                brokerName,
                why.getMessage());
        SendRequest header = header(message, delayLevel);
        return brokers.request(
                        brokerName,
                        RequestCode.SEND_MESSAGE_V2,
                        header.fields(),
                        Unpooled.wrappedBuffer(message.body()),
                        TIMEOUT_MILLIS)
                .thenAccept(frame -> {
                    int code = frame.code();
                    String remark = frame.remark();
                    frame.release();
                    boolean stored = code == ResponseCode.SUCCESS
                            || code == ResponseCode.FLUSH_DISK_TIMEOUT
                            || code == ResponseCode.SLAVE_NOT_AVAILABLE
                            || code == ResponseCode.FLUSH_SLAVE_TIMEOUT;
                    if (!stored) {
                        throw new CompletionException(ClientException.refused("broker " + brokerName, code, remark));
                    }
                });
    }

    private SendRequest header(ReceivedMessage message, int delayLevel) {
        int max = maxReconsumeTimes >= 0 ? maxReconsumeTimes : DEFAULT_MAX;
        int times = message.reconsumeTimes() + 1;
        int level = delayLevel > 0 ? delayLevel : FIRST_LEVEL + message.reconsumeTimes();
        ReceivedMessage again = message.withProperty(MessageProperties.RETRY_TOPIC, message.topic())
                .withProperty(MessageProperties.ORIGIN_MESSAGE_ID, originOf(message))
                .withProperty("RECONSUME_TIME", Integer.toString(times))
                .withProperty("MAX_RECONSUME_TIMES", Integer.toString(max))
                .withProperty(MessageProperties.DELAY, Integer.toString(level));
        return new SendRequest(
                "CLIENT_INNER_PRODUCER",
                Membership.RETRY_PREFIX + group,
                "TBW102",
                1,
                0,
                0,
                message.bornTimestamp(),
                message.flag(),
                MessageProperties.format(again.properties()),
                delayLevel < 0 ? max + 1 : times,
                max,
                false);
    }

    private static String originOf(ReceivedMessage message) {
        String known = message.property(MessageProperties.ORIGIN_MESSAGE_ID);
        return known != null ? known : message.offsetMessageId();
    }
}
