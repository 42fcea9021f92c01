package org.fulmar.jms.message;

import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.Escapes;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.JmsNames;
import org.jspecify.annotations.Nullable;

/**
 * Translates between our messages and RocketMQ's, without loss for messages of ours and as well as can be for those of
 * native producers. Stateless, so any thread may call it; on the path of every message.
 *
 * <p>The flag has 0x4A in its top byte if a JMS client sent the message. Then bits 0 to 3 are the priority, bit 4 says
 * NON_PERSISTENT, 5 that there is an expiration, 6 that the body begins with more properties (an int length, then that
 * many bytes), 8 that JMSTimestamp is disabled, and 9 that JMSDeliveryTime equals it; those above are told by {@link
 * JmsFlag}. Property names and values are as {@link JmsNames} and {@link HeaderText} say. What the broker must read is
 * always in the property block: the JMSXGroupID and who publishes.
 */
public final class MessageMapping {

    /** The longest property block that is written; RocketMQ can carry 32,767 bytes and brokers add some. */
    static final int MAX_PROPERTIES = 30_000;

    static final int NON_PERSISTENT = JmsFlag.NON_PERSISTENT;
    static final int EXPIRES = JmsFlag.HAS_EXPIRATION;
    static final int OVERFLOW = JmsFlag.PROPERTIES_IN_BODY;
    static final int TIMESTAMP_DISABLED = JmsFlag.NO_TIMESTAMP;
    static final int NO_DELIVERY_DELAY = JmsFlag.NO_DELIVERY_DELAY;

    private static final int PRIORITY = JmsFlag.PRIORITY_MASK;
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);

    private MessageMapping() {}

    /** Whether a message with this flag was sent by a JMS client. */
    public static boolean isJms(int flag) {
        return JmsFlag.isJms(flag);
    }

    /**
     * Encodes a message as it is now; it may be changed and sent again afterwards.
     *
     * @throws JMSException if the reply-to destination or the message ID can't be encoded
     */
    public static WireMessage toWire(FulmarMessage message) throws JMSException {
        return toWire(message, Sender.NOBODY);
    }

    /**
     * As {@link #toWire(FulmarMessage)}, with what the sender says of itself.
     *
     * @throws JMSException also if what must stand in the property block is too long for it
     */
    public static WireMessage toWire(FulmarMessage message, Sender sender) throws JMSException {
        message.properties().sentBy(sender.appId());
        WireBody body = message.encodeBody();
        GrowingBytes out = new GrowingBytes(256);
        putKind(out, body.kind());
        int flag = JmsFlag.MARK | message.getJMSPriority();
        flag |= putTimesAndMode(out, message);
        putMessageId(out, message.getJMSMessageID());
        flag |= sender.wantsUser() ? JmsFlag.WANTS_USER : 0;
        if (sender.publisher() != null) {
            put(out, JmsNames.PUBLISHER, HeaderText.encode(sender.publisher()));
        }
        Map<String, @Nullable Object> properties = message.properties().decoded();
        String first = null;
        if (properties.get(PropertyNames.GROUP_ID) instanceof String group && !group.isEmpty()) {
            flag |= JmsFlag.GROUPED;
            first = PropertyNames.GROUP_ID;
            UserProperties.putFirst(out, first, group);
        }
        String type = message.getJMSType();
        if (type != null && JmsNames.isTag(type)) {
            put(out, JmsNames.TAGS, type);
            type = null;
        }
        int movable = out.size();
        if (!properties.isEmpty()) {
            UserProperties.put(out, properties, first);
        }
        putMovable(out, message, type);
        if (out.size() <= MAX_PROPERTIES) {
            return new WireMessage(flag, out.copy(), body.bytes(), message.getJMSTimestamp());
        }
        if (movable > MAX_PROPERTIES) {
            throw new JMSException("the message ID, the JMSXGroupID and the client id take " + movable
                    + " bytes; at most " + MAX_PROPERTIES + " can be sent");
        }
        GrowingBytes longBody = new GrowingBytes(Integer.BYTES + out.size() - movable + body.bytes().length);
        longBody.putInt(out.size() - movable);
        longBody.putSlice(out.share().from(movable));
        longBody.putBytes(body.bytes());
        out.truncate(movable);
        return new WireMessage(flag | OVERFLOW, out.copy(), longBody.copy(), message.getJMSTimestamp());
    }

    /** Decodes what {@link #toWire} gave. */
    public static FulmarMessage fromWire(WireMessage wire, DeserializationPolicy policy) throws JMSException {
        return fromWire(
                wire.flag(),
                ByteSlice.of(wire.properties()),
                ByteSlice.of(wire.body()),
                wire.bornTimestamp(),
                new Reading(policy, false));
    }

    /**
     * Makes a message, read-only, from what came off the wire. Keeps the slices and decodes the rest of them when the
     * application asks, so malformed contents may show themselves only then.
     *
     * @throws JMSException if it can't be told what kind of message it is
     */
    public static FulmarMessage fromWire(
            int flag, ByteSlice properties, ByteSlice body, long bornTimestamp, Reading reading) throws JMSException {
        if (!isJms(flag)) {
            return fromNative(properties, body, bornTimestamp, reading);
        }
        ByteSlice overflow = ByteSlice.EMPTY;
        ByteSlice ownBody = body;
        if ((flag & OVERFLOW) != 0) {
            int length = body.length() < Integer.BYTES ? -1 : body.intAt(0);
            if (length < 0 || length > body.length() - Integer.BYTES) {
                throw Failures.corrupt("properties of " + length + " bytes in a body of " + body.length());
            }
            overflow = body.part(Integer.BYTES, length);
            ownBody = body.from(Integer.BYTES + length);
        }
        int priority = flag & PRIORITY;
        if (priority > 9) {
            throw Failures.corrupt("priority " + priority);
        }
        int undecoded = FulmarMessage.ALL_HEADERS;
        if ((flag & EXPIRES) == 0) {
            undecoded &= ~FulmarMessage.EXPIRATION;
        }
        int deliveryMode = (flag & NON_PERSISTENT) != 0 ? DeliveryMode.NON_PERSISTENT : DeliveryMode.PERSISTENT;
        long timestamp = (flag & TIMESTAMP_DISABLED) != 0 ? 0 : bornTimestamp;
        WireProperties wire = new WireProperties(properties, overflow, (flag & JmsFlag.USER_STAMPED) != 0);
        FulmarMessage message = create(
                wire.find(JmsNames.KIND),
                new FulmarMessage.WireOrigin(wire, priority, deliveryMode, timestamp, undecoded),
                ownBody,
                reading.objects());
        if (message == null) {
            throw Failures.corrupt("unknown kind of message");
        }
        if ((flag & NO_DELIVERY_DELAY) != 0) {
            message.setJMSDeliveryTime(timestamp);
        }
        return message;
    }

    /** What a RocketMQ producer sent: bytes, or text if that is wanted, unless it took the trouble to say what it is. */
    private static FulmarMessage fromNative(ByteSlice properties, ByteSlice body, long bornTimestamp, Reading reading) {
        int undecoded = FulmarMessage.ALL_HEADERS & ~(FulmarMessage.EXPIRATION | FulmarMessage.DELIVERY_TIME);
        WireProperties wire = new WireProperties(properties, ByteSlice.EMPTY, false);
        FulmarMessage.WireOrigin origin = new FulmarMessage.WireOrigin(
                wire, FulmarMessage.DEFAULT_PRIORITY, DeliveryMode.PERSISTENT, bornTimestamp, undecoded);
        FulmarMessage message = create(wire.find(JmsNames.KIND), origin, body, reading.objects());
        if (message != null) {
            return message;
        }
        return reading.nativeText() && Texts.isUtf8(body)
                ? new FulmarTextMessage(origin, WireBody.TEXT, body)
                : new FulmarBytesMessage(origin, body);
    }

    private static @Nullable FulmarMessage create(
            @Nullable String kind, FulmarMessage.WireOrigin origin, ByteSlice body, DeserializationPolicy policy) {
        if (kind == null || kind.length() != 1) {
            return null;
        }
        char letter = kind.charAt(0);
        switch (letter) {
            case WireBody.TEXT:
            case WireBody.TEXT_UTF16:
            case WireBody.TEXT_NULL:
                return new FulmarTextMessage(origin, letter, body);
            case WireBody.BYTES:
                return new FulmarBytesMessage(origin, body);
            case WireBody.MAP:
                return new FulmarMapMessage(origin, body);
            case WireBody.STREAM:
                return new FulmarStreamMessage(origin, body);
            case WireBody.OBJECT:
                return new FulmarObjectMessage(origin, policy, body);
            case WireBody.OBJECT_NULL:
                return new FulmarObjectMessage(origin, policy, null);
            case WireBody.PLAIN:
                return new FulmarMessage(origin);
            default:
                return null;
        }
    }

    // First in the block, since every receipt looks for it.
    private static void putKind(GrowingBytes out, char kind) {
        out.putBytes(JmsNames.KIND);
        out.putByte(JmsNames.NAME_END);
        out.putByte(kind);
        out.putByte(JmsNames.VALUE_END);
    }

    /** Puts what belongs to the times and the delivery mode and gives their bits of the flag. */
    private static int putTimesAndMode(GrowingBytes out, FulmarMessage message) throws JMSException {
        int bits = 0;
        if (message.getJMSDeliveryMode() == DeliveryMode.NON_PERSISTENT) {
            bits |= NON_PERSISTENT;
            out.putBytes(JmsNames.WAIT);
            out.putByte(JmsNames.NAME_END);
            out.putBytes(FALSE);
            out.putByte(JmsNames.VALUE_END);
        }
        if (message.getJMSExpiration() != 0) {
            bits |= EXPIRES;
            put(out, JmsNames.EXPIRATION, Long.toString(message.getJMSExpiration()));
        }
        if (message.getJMSTimestamp() == 0) {
            bits |= TIMESTAMP_DISABLED;
        }
        long deliveryTime = message.getJMSDeliveryTime();
        if (deliveryTime != 0 && deliveryTime == message.getJMSTimestamp()) {
            bits |= NO_DELIVERY_DELAY;
        } else if (deliveryTime != 0) {
            put(out, JmsNames.DELIVERY_TIME, Long.toString(deliveryTime));
        }
        return bits;
    }

    private static void putMessageId(GrowingBytes out, @Nullable String id) {
        if (id == null) {
            return;
        }
        if (id.startsWith("ID:") && id.length() > 3 && !Escapes.needed(id)) {
            put(out, JmsNames.UNIQ_KEY, id.substring(3));
        } else {
            put(out, JmsNames.MESSAGE_ID, HeaderText.encode(id));
        }
    }

    /** Puts what may go to the front of the body if the block gets too long. */
    private static void putMovable(GrowingBytes out, FulmarMessage message, @Nullable String type) throws JMSException {
        Object correlationId = message.correlationId();
        if (correlationId != null) {
            put(out, JmsNames.CORRELATION_ID, HeaderText.encodeCorrelationId(correlationId));
        }
        if (message.getJMSReplyTo() != null) {
            String replyTo = FulmarDestination.from(message.getJMSReplyTo()).encode();
            put(out, JmsNames.REPLY_TO, Escapes.escape(replyTo));
        }
        if (type != null) {
            put(out, JmsNames.TYPE, HeaderText.encode(type));
        }
    }

    static void put(GrowingBytes out, byte[] name, String value) {
        out.putBytes(name);
        out.putByte(JmsNames.NAME_END);
        out.putText(value);
        out.putByte(JmsNames.VALUE_END);
    }
}
