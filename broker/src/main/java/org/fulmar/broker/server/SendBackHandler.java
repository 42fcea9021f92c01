package org.fulmar.broker.server;

import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Set;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.delay.DelayLevels;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Takes back messages that RocketMQ consumers could not consume: each waits for the next step of a ladder of delay levels
 * and comes again in its group's retry topic, or goes to the dead letters. Runs on the core; answers when that is durable.
 */
final class SendBackHandler {
    private static final int FIRST_LEVEL = 3;
    /** Topics whose records no consumer has had. */
    private static final Set<String> OF_BROKER = Set.of(
            DelayLevels.TOPIC,
            DelayedMessages.TOPIC,
            HalfMessages.TOPIC,
            HalfMessages.OP_TOPIC,
            "rmq_sys_fulmar_facts");

    private final BrokerConfig config;
    private final MessageStore store;
    private final RetryTopics topics;
    private final NativeDelays delays;
    private int nextQueue;

    SendBackHandler(BrokerConfig config, MessageStore store, RetryTopics topics, NativeDelays delays) {
        this.config = config;
        this.store = store;
        this.topics = topics;
        this.delays = delays;
    }

    /** CONSUMER_SEND_MSG_BACK. */
    void handle(Request request) {
        Fields in = Fields.of(request.frame());
        try {
            GroupConfig group = topics.group(request, in.text("group"));
            if (group != null) {
                handle(request, in, group);
            }
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    private void handle(Request request, Fields in, GroupConfig group) throws StoreException {
        if ((config.brokerPermission() & TopicConfig.WRITE) == 0) {
            request.answer(ResponseCode.NO_PERMISSION, "broker " + config.brokerName() + " takes no messages");
            return;
        }
        store.admit();
        long offset = in.number("offset");
        MessageRecord record = read(offset);
        if (record == null) {
            request.answer(ResponseCode.SYSTEM_ERROR, "no message begins at log offset " + offset);
            return;
        }
        if (group.retryQueueNums() == 0) {
            // the group wants nothing back
            request.answer(ResponseCode.SUCCESS, (String) null);
            return;
        }
        int level = in.integer("delayLevel", 0);
        long max = RetryTopics.maxTimes(group, request.frame(), in.optional("maxReconsumeTimes"));
        boolean dead = level < 0 || record.reconsumeTimes() >= max;
        TopicConfig topic = dead ? topics.deadLetters(group) : topics.retries(group);
        if (!topic.writable()) {
            request.answer(ResponseCode.NO_PERMISSION, "topic " + topic.name() + " may not be written to");
            return;
        }
        int wanted = level == 0 ? FIRST_LEVEL + record.reconsumeTimes() : level;
        Map<String, String> properties = properties(record, dead ? 0 : wanted);
        NativeMessage message = new NativeMessage(
                topic.name(),
                dead ? 0 : Math.floorMod(nextQueue++, topic.writeQueueNums()),
                properties,
                Unpooled.wrappedBuffer(record.body()),
                record.bornTimestamp(),
                record.bornHost(),
                record.flag(),
                record.sysFlag() & ~SysFlag.OF_BROKERS,
                record.reconsumeTimes() + 1);
        NativeDelays.Wait wait = dead ? NativeDelays.Wait.NONE : new NativeDelays.Wait(wanted, 0, null);
        delays.append(wait, message, true, new Answer(request));
    }

    /** The message at a place that a client names; null if there is none that a consumer can have had. */
    private @Nullable MessageRecord read(long offset) {
        MessageRecord record = offset < 0 ? null : store.log().read(offset);
        return record != null
                        && record.physicalOffset() == offset
                        && record.intact()
                        && !OF_BROKER.contains(record.topic())
                ? record
                : null;
    }

    private static Map<String, String> properties(MessageRecord record, int level) {
        Map<String, String> properties = MessageProperties.parse(record.propertyBytes());
        NativeDelays.clean(properties);
        properties.putIfAbsent(MessageProperties.RETRY_TOPIC, record.topic());
        properties.putIfAbsent(
                MessageProperties.ORIGIN_MESSAGE_ID, new MessageId(record.storeHost(), record.physicalOffset()).text());
        properties.put(MessageProperties.WAIT, "false");
        properties.put(MessageProperties.DELAY, Integer.toString(level));
        return properties;
    }

    /** Answers when the message is safe. */
    private record Answer(Request request) implements Appender.Listener {
        @Override
        public void stored(long physicalOffset, long queueOffset) {
            request.answer(ResponseCode.SUCCESS, (String) null);
        }

        @Override
        public void failed(StoreException cause) {
            request.answer(StoreErrors.nativeCode(cause), cause.getMessage());
        }
    }
}
