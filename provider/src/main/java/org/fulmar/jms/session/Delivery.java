package org.fulmar.jms.session;

import jakarta.jms.JMSException;
import java.nio.ByteBuffer;
import org.fulmar.jms.message.Acknowledger;
import org.fulmar.jms.message.ByteSlice;
import org.fulmar.jms.message.FulmarMessage;
import org.fulmar.jms.message.MessageMapping;
import org.fulmar.jms.message.Reading;
import org.fulmar.jms.message.ReceiptInfo;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;

/**
 * A message that the broker has delivered to a consumer. Immutable.
 *
 * @param generation the link that it came over
 * @param number counts the consumer's deliveries, from 1
 */
record Delivery(
        FulmarConsumer consumer,
        int generation,
        long number,
        int queueId,
        long offset,
        int deliveryCount,
        byte[] record) {
    private static final byte[] EXPIRATION = MessageProperties.name(MessageProperties.JMS_EXPIRATION);
    private static final int MAX_INFLATED = 256 << 20;

    private static MessageRecord view(byte[] record) throws JMSException {
        MessageRecord view = MessageRecord.wrap(ByteBuffer.wrap(record), 0, record.length);
        if (view == null) {
            throw new JMSException("the broker delivered a malformed record");
        }
        return view;
    }

    boolean expired(long now) throws JMSException {
        return expired(record, now);
    }

    static boolean expired(byte[] record, long now) throws JMSException {
        MessageRecord view = view(record);
        if (!JmsFlag.mayExpire(view.flag())) {
            return false;
        }
        String expiration = view.property(EXPIRATION);
        try {
            return expiration != null && Long.parseLong(expiration) <= now;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    Acknowledge.Range range() {
        return new Acknowledge.Range(consumer.id(), queueId, offset, 1);
    }

    /** A message of its own, made anew at each call. */
    FulmarMessage toMessage(Reading reading, @Nullable Acknowledger acknowledger) throws JMSException {
        return toMessage(record, new ReceiptInfo(consumer.destination(), deliveryCount, acknowledger), reading);
    }

    static FulmarMessage toMessage(byte[] record, ReceiptInfo receipt, Reading reading) throws JMSException {
        MessageRecord view = view(record);
        ByteSlice body =
                (view.sysFlag() & SysFlag.COMPRESSED) == 0 ? ByteSlice.of(view.body()) : ByteSlice.of(inflate(view));
        FulmarMessage message = MessageMapping.fromWire(
                view.flag(), ByteSlice.of(view.propertyBytes()), body, view.bornTimestamp(), reading);
        message.received(receipt);
        return message;
    }

    private static byte[] inflate(MessageRecord view) throws JMSException {
        try {
            return Compression.ofSysFlag(view.sysFlag()).decompress(view.bodyBytes(), MAX_INFLATED);
        } catch (java.io.IOException e) {
            throw JmsErrors.of(e);
        }
    }
}
