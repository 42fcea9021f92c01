package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.RecordDraft;

/**
 * A message of a RocketMQ client that the broker has taken, on its way into the log.
 *
 * @param properties with the broker's own; mutable
 * @param body not copied: its holder keeps it until the message is appended
 */
record NativeMessage(
        String topic,
        int queueId,
        Map<String, String> properties,
        ByteBuf body,
        long bornTimestamp,
        byte[] bornHost,
        int flag,
        int sysFlag,
        int reconsumeTimes) {

    /** The record of its own queue. */
    RecordDraft draft() {
        return draft(topic, queueId);
    }

    /** A record that holds it in another queue. */
    RecordDraft draft(String otherTopic, int otherQueue) {
        byte[] block = MessageProperties.format(properties).getBytes(StandardCharsets.UTF_8);
        return new RecordDraft(otherTopic, otherQueue, block, body)
                .born(bornTimestamp, bornHost)
                .flags(flag, sysFlag)
                .reconsumeTimes(reconsumeTimes);
    }

    long tagHash() {
        return MessageProperties.tagHash(properties.get(MessageProperties.TAGS));
    }
}
