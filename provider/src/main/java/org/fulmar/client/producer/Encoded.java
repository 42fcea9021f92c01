package org.fulmar.client.producer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.client.ClientException;
import org.fulmar.client.Message;
import org.fulmar.client.UniqueIds;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.message.MessageBatch;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.SysFlag;

/**
 * A message, or a batch, as it goes to a broker, as often as it takes. Immutable.
 *
 * @param code the request that carries it
 * @param messageId comma-separated for a batch
 */
record Encoded(
        int code,
        String topic,
        byte[] body,
        int sysFlag,
        int flag,
        String properties,
        String messageId,
        long bornTimestamp) {
    private static final String REPLY = "reply";

    static Encoded of(Message message, ProducerConfig config, UniqueIds ids, long now) throws ClientException {
        checkSize(message.body().length, config);
        Map<String, String> properties = withId(message, ids);
        String text = format(properties);
        byte[] body = message.body();
        int sysFlag = 0;
        if (body.length >= config.compressFrom() && body.length > 0) {
            byte[] compressed = compress(body, config);
            // what has been compressed before gets no smaller
            if (compressed.length < body.length) {
                body = compressed;
                sysFlag = config.compression().sysFlagBits();
            }
        }
        if (properties.containsKey(MessageProperties.TRAN_MSG)) {
            sysFlag |= SysFlag.TRANSACTION_PREPARED;
        }
        return new Encoded(
                REPLY.equals(properties.get(Message.MSG_TYPE))
                        ? RequestCode.SEND_REPLY_MESSAGE_V2
                        : RequestCode.SEND_MESSAGE_V2,
                message.topic(),
                body,
                sysFlag,
                message.flag(),
                text,
                id(properties),
                now);
    }

    private static byte[] compress(byte[] body, ProducerConfig config) throws ClientException {
        try {
            return config.compression().compress(body);
        } catch (IOException e) {
            throw new ClientException(ClientException.Kind.ILLEGAL_MESSAGE, "the body can't be compressed", e);
        }
    }

    private static Map<String, String> withId(Message message, UniqueIds ids) {
        Map<String, String> properties = new LinkedHashMap<>(message.properties());
        properties.computeIfAbsent(MessageProperties.UNIQ_KEY, name -> ids.next());
        return properties;
    }

    private static String id(Map<String, String> properties) {
        return String.valueOf(properties.get(MessageProperties.UNIQ_KEY));
    }

    private static void checkSize(int bytes, ProducerConfig config) throws ClientException {
        int max = config.number(ProducerConfig.MAX_MESSAGE);
        if (bytes > max) {
            throw illegal("a body of " + bytes + " bytes is larger than maxMessageSize, " + max
                    + " bytes; a batch can be split by Batches");
        }
    }

    private static String format(Map<String, String> properties) throws ClientException {
        String text = MessageProperties.format(properties);
        // characters have up to three bytes each in UTF-8
        if (text.length() * 3L > MessageProperties.MAX_BYTES
                && text.getBytes(StandardCharsets.UTF_8).length > MessageProperties.MAX_BYTES) {
            throw illegal("the properties have more than " + MessageProperties.MAX_BYTES + " bytes");
        }
        return text;
    }

    private static ClientException illegal(String why) {
        return new ClientException(ClientException.Kind.ILLEGAL_MESSAGE, why);
    }

    /** Messages that go together into one queue, next to each other. */
    static Encoded batch(List<Message> messages, ProducerConfig config, UniqueIds ids, long now)
            throws ClientException {
        if (messages.isEmpty() || messages.size() > MessageBatch.MAX_MESSAGES) {
            throw illegal("a batch has 1 to " + MessageBatch.MAX_MESSAGES + " messages, not " + messages.size());
        }
        Message first = messages.get(0);
        List<String> messageIds = new ArrayList<>();
        ByteBuf out = Unpooled.buffer();
        for (Message message : messages) {
            checkFits(message, first);
            Map<String, String> properties = withId(message, ids);
            messageIds.add(id(properties));
            byte[] block = format(properties).getBytes(StandardCharsets.UTF_8);
            checkSize(Math.addExact(out.readableBytes(), message.body().length), config);
            MessageBatch.write(out, message.flag(), block, Unpooled.wrappedBuffer(message.body()));
        }
        checkSize(out.readableBytes(), config);
        byte[] body = new byte[out.readableBytes()];
        out.readBytes(body);
        Map<String, String> common = new LinkedHashMap<>();
        String wait = first.property(MessageProperties.WAIT);
        if (wait != null) {
            common.put(MessageProperties.WAIT, wait);
        }
        return new Encoded(
                RequestCode.SEND_BATCH_MESSAGE,
                first.topic(),
                body,
                0,
                0,
                MessageProperties.format(common),
                String.join(",", messageIds),
                now);
    }

    private static void checkFits(Message message, Message first) throws ClientException {
        if (!message.topic().equals(first.topic())) {
            throw illegal("a batch has one topic, not " + first.topic() + " and " + message.topic());
        }
        if (message.isDelayed() || message.properties().containsKey(MessageProperties.TRAN_MSG)) {
            throw illegal("a batch can hold no message that is delayed or part of a transaction");
        }
        if (message.topic().startsWith("%RETRY%")) {
            throw illegal("a batch can't go to a retry topic");
        }
        if (!String.valueOf(message.property(MessageProperties.WAIT))
                .equals(String.valueOf(first.property(MessageProperties.WAIT)))) {
            throw illegal("all messages of a batch wait until they are stored, or none");
        }
    }

    boolean isBatch() {
        return code == RequestCode.SEND_BATCH_MESSAGE;
    }

    /** What it counts against bounds on memory, in bytes. */
    int size() {
        return 128 + body.length + properties.length();
    }
}
