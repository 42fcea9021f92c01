package org.fulmar.jms.message;

import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.protocol.message.JmsNames;
import org.jspecify.annotations.Nullable;

/**
 * A message without a body, and what all our messages have in common: headers (section 3.4), properties (section 3.5)
 * and acknowledgment (section 3.6).
 *
 * <p>Not safe for use by several threads: it belongs to the application, except during a send and until a consumer
 * hands it over. What a received message holds is decoded when first asked for; if it is malformed, it is that call
 * which throws, and again on each try.
 */
public class FulmarMessage implements Message {

    /** What the record of a received message says in other places than its properties and body. */
    record WireOrigin(WireProperties properties, int priority, int deliveryMode, long timestamp, int undecoded) {}

    static final int MESSAGE_ID = 1;
    static final int TYPE = 1 << 1;
    static final int CORRELATION_ID = 1 << 2;
    static final int REPLY_TO = 1 << 3;
    static final int EXPIRATION = 1 << 4;
    static final int DELIVERY_TIME = 1 << 5;
    static final int ALL_HEADERS = (1 << 6) - 1;

    private final @Nullable WireProperties wire;
    private final MessageProperties properties;

    /** The headers that are still in the wire properties, as bits. */
    private int undecoded;

    private @Nullable String messageId;
    private @Nullable String type;
    /** A String, or a byte[] that is never handed out. */
    private @Nullable Object correlationId;

    private @Nullable Destination destination;
    private @Nullable Destination replyTo;
    private @Nullable Acknowledger acknowledger;
    private int deliveryMode = DeliveryMode.PERSISTENT;
    private int priority = DEFAULT_PRIORITY;
    private long timestamp;
    private long expiration;
    private long deliveryTime;
    private boolean redelivered;
    private boolean bodyReadOnly;

    /** An empty message that can be filled and sent. */
    public FulmarMessage() {
        this.wire = null;
        this.properties = new MessageProperties(null);
    }

    FulmarMessage(WireOrigin origin) {
        this.wire = origin.properties();
        this.properties = new MessageProperties(origin.properties());
        this.priority = origin.priority();
        this.deliveryMode = origin.deliveryMode();
        this.timestamp = origin.timestamp();
        this.undecoded = origin.undecoded();
        this.bodyReadOnly = true;
    }

    // What the provider and the mapping need.

    /**
     * Completes a message for the application that receives it: sets JMSDestination, JMSRedelivered, JMSXDeliveryCount
     * and what acknowledge() does, and makes properties and body read-only (section 3.10). Not for applications.
     */
    public final void received(ReceiptInfo receipt) throws JMSException {
        if (receipt.destination() != null) {
            destination = receipt.destination();
        }
        acknowledger = receipt.acknowledger();
        redelivered = receipt.deliveryCount() > 1;
        properties.received(receipt.deliveryCount());
        makeBodyReadOnly();
    }

    /** As {@code reset()} on the kinds of message that have one. */
    void makeBodyReadOnly() throws JMSException {
        bodyReadOnly = true;
    }

    final void makeBodyWriteable() {
        bodyReadOnly = false;
    }

    final void checkBodyWriteable() throws MessageNotWriteableException {
        if (bodyReadOnly) {
            throw new MessageNotWriteableException(
                    "the body of a received message can't be changed before clearBody()");
        }
    }

    final MessageProperties properties() {
        return properties;
    }

    /** The body as it goes over the wire; the array is not written to afterwards. */
    WireBody encodeBody() throws JMSException {
        return WireBody.NONE;
    }

    /** Whether there is a body in the sense of {@link #getBody}. */
    boolean hasBody() throws JMSException {
        return false;
    }

    /** The body, of a class that {@link #isBodyAssignableTo} has accepted. */
    Object body() throws JMSException {
        throw new MessageFormatException("this message has no body");
    }

    /** Whether a header must come from the wire yet. */
    private boolean isUndecoded(int header) {
        return (undecoded & header) != 0;
    }

    private @Nullable String wireValue(byte[] name) {
        return wire == null ? null : wire.find(name);
    }

    // Headers, section 3.4.

    /** Section 3.4.3; null if the sender disabled message IDs. */
    @Override
    public @Nullable String getJMSMessageID() throws JMSException {
        if (isUndecoded(MESSAGE_ID)) {
            String key = wireValue(JmsNames.UNIQ_KEY);
            String whole = key == null ? wireValue(JmsNames.MESSAGE_ID) : null;
            setJMSMessageID(key != null ? "ID:" + key : whole == null ? null : WireStrings.decode(whole));
        }
        return messageId;
    }

    @Override
    public void setJMSMessageID(@Nullable String id) {
        undecoded &= ~MESSAGE_ID;
        messageId = id;
    }

    /** Section 3.4.4; 0 if the sender disabled timestamps. */
    @Override
    public long getJMSTimestamp() {
        return timestamp;
    }

    @Override
    public void setJMSTimestamp(long timestamp) {
        this.timestamp = timestamp;
    }

    /** Section 3.4.5; bytes that were set are given back exactly, a string as its UTF-8. */
    @Override
    public byte @Nullable [] getJMSCorrelationIDAsBytes() throws JMSException {
        Object id = correlationId();
        if (id instanceof byte[]) {
            return ((byte[]) id).clone();
        }
        return id == null ? null : ((String) id).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void setJMSCorrelationIDAsBytes(byte @Nullable [] id) {
        undecoded &= ~CORRELATION_ID;
        correlationId = id == null ? null : id.clone();
    }

    @Override
    public void setJMSCorrelationID(@Nullable String id) {
        undecoded &= ~CORRELATION_ID;
        correlationId = id;
    }

    /** Section 3.4.5; bytes are read as UTF-8, with replacements if they are not. */
    @Override
    public @Nullable String getJMSCorrelationID() throws JMSException {
        Object id = correlationId();
        return id instanceof byte[] ? new String((byte[]) id, StandardCharsets.UTF_8) : (String) id;
    }

    /** A string or a byte[] that must not be written to. */
    final @Nullable Object correlationId() throws JMSException {
        if (isUndecoded(CORRELATION_ID)) {
            String value = wireValue(JmsNames.CORRELATION_ID);
            correlationId =
                    value == null ? wireValue(JmsNames.NATIVE_CORRELATION_ID) : WireStrings.decodeCorrelationId(value);
            undecoded &= ~CORRELATION_ID;
        }
        return correlationId;
    }

    /** Section 3.4.6; a temporary destination of another connection can be sent to, but not deleted. */
    @Override
    public @Nullable Destination getJMSReplyTo() throws JMSException {
        if (isUndecoded(REPLY_TO)) {
            String value = wireValue(JmsNames.REPLY_TO);
            setJMSReplyTo(value == null ? nativeReplyTo() : FulmarDestination.parse(WireStrings.unescape(value)));
        }
        return replyTo;
    }

    /** Where a RocketMQ producer that has sent a request hears the reply; null if this is none. */
    private @Nullable Destination nativeReplyTo() {
        String client = wireValue(JmsNames.REPLY_TO_CLIENT);
        String cluster = wireValue(JmsNames.CLUSTER);
        return client == null || cluster == null ? null : new FulmarQueue(JmsNames.requester(cluster, client));
    }

    @Override
    public void setJMSReplyTo(@Nullable Destination replyTo) {
        undecoded &= ~REPLY_TO;
        this.replyTo = replyTo;
    }

    /** Section 3.4.1. */
    @Override
    public @Nullable Destination getJMSDestination() {
        return destination;
    }

    @Override
    public void setJMSDestination(@Nullable Destination destination) {
        this.destination = destination;
    }

    /** Section 3.4.2. */
    @Override
    public int getJMSDeliveryMode() {
        return deliveryMode;
    }

    @Override
    public void setJMSDeliveryMode(int deliveryMode) throws JMSException {
        if (deliveryMode != DeliveryMode.PERSISTENT && deliveryMode != DeliveryMode.NON_PERSISTENT) {
            throw new JMSException("not a delivery mode: " + deliveryMode);
        }
        this.deliveryMode = deliveryMode;
    }

    /** Section 3.4.7. */
    @Override
    public boolean getJMSRedelivered() {
        return redelivered;
    }

    @Override
    public void setJMSRedelivered(boolean redelivered) {
        this.redelivered = redelivered;
    }

    /** Section 3.4.8; the tag of a native RocketMQ message. */
    @Override
    public @Nullable String getJMSType() throws JMSException {
        if (isUndecoded(TYPE)) {
            String escaped = wireValue(JmsNames.TYPE);
            setJMSType(escaped != null ? WireStrings.decode(escaped) : wireValue(JmsNames.TAGS));
        }
        return type;
    }

    @Override
    public void setJMSType(@Nullable String type) {
        undecoded &= ~TYPE;
        this.type = type;
    }

    /** Section 3.4.9; 0 for never. */
    @Override
    public long getJMSExpiration() throws JMSException {
        if (isUndecoded(EXPIRATION)) {
            setJMSExpiration(WireStrings.decodeLong(wireValue(JmsNames.EXPIRATION)));
        }
        return expiration;
    }

    @Override
    public void setJMSExpiration(long expiration) {
        undecoded &= ~EXPIRATION;
        this.expiration = expiration;
    }

    /** Section 3.4.13. */
    @Override
    public long getJMSDeliveryTime() throws JMSException {
        if (isUndecoded(DELIVERY_TIME)) {
            setJMSDeliveryTime(WireStrings.decodeLong(wireValue(JmsNames.DELIVERY_TIME)));
        }
        return deliveryTime;
    }

    @Override
    public void setJMSDeliveryTime(long deliveryTime) {
        undecoded &= ~DELIVERY_TIME;
        this.deliveryTime = deliveryTime;
    }

    /** Section 3.4.10. */
    @Override
    public int getJMSPriority() {
        return priority;
    }

    @Override
    public void setJMSPriority(int priority) throws JMSException {
        if (priority < 0 || priority > 9) {
            throw new JMSException("not a priority: " + priority);
        }
        this.priority = priority;
    }

    // Properties, section 3.5.

    /** Section 3.5.7; JMSXDeliveryCount goes with the others. */
    @Override
    public void clearProperties() {
        properties.clear();
    }

    @Override
    public boolean propertyExists(@Nullable String name) throws JMSException {
        return properties.exists(name);
    }

    /** Section 3.5.4. */
    @Override
    public boolean getBooleanProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toBoolean(properties.get(name));
    }

    /** Section 3.5.4. */
    @Override
    public byte getByteProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toByte(properties.get(name));
    }

    /** Section 3.5.4. */
    @Override
    public short getShortProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toShort(properties.get(name));
    }

    /** Section 3.5.4. */
    @Override
    public int getIntProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toInt(properties.get(name));
    }

    /** Section 3.5.4. */
    @Override
    public long getLongProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toLong(properties.get(name));
    }

    /** Section 3.5.4. */
    @Override
    public float getFloatProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toFloat(properties.get(name));
    }

    /** Section 3.5.4. */
    @Override
    public double getDoubleProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toDouble(properties.get(name));
    }

    /** Section 3.5.4. */
    @Override
    public @Nullable String getStringProperty(@Nullable String name) throws JMSException {
        return ValueConversion.toText(properties.get(name));
    }

    /** Section 3.5.5. */
    @Override
    public @Nullable Object getObjectProperty(@Nullable String name) throws JMSException {
        return properties.get(name);
    }

    /** Section 3.5.6; a snapshot, which later changes do not disturb. */
    @Override
    public Enumeration<String> getPropertyNames() throws JMSException {
        return properties.names();
    }

    @Override
    public void setBooleanProperty(@Nullable String name, boolean value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setByteProperty(@Nullable String name, byte value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setShortProperty(@Nullable String name, short value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setIntProperty(@Nullable String name, int value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setLongProperty(@Nullable String name, long value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setFloatProperty(@Nullable String name, float value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setDoubleProperty(@Nullable String name, double value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setStringProperty(@Nullable String name, @Nullable String value) throws JMSException {
        properties.set(name, value);
    }

    /** Section 3.5.5. */
    @Override
    public void setObjectProperty(@Nullable String name, @Nullable Object value) throws JMSException {
        properties.set(name, value);
    }

    // Acknowledgment and body.

    /** Section 3.6; does nothing unless the session that delivered it says otherwise. */
    @Override
    public void acknowledge() throws JMSException {
        if (acknowledger != null) {
            acknowledger.acknowledge();
        }
    }

    /** Section 3.11.1. */
    @Override
    public void clearBody() throws JMSException {
        makeBodyWriteable();
    }

    /** Message bodies as objects, as the API of {@link Message#getBody} says; null if there is no body. */
    @Override
    public <T> @Nullable T getBody(Class<T> wanted) throws JMSException {
        if (!hasBody()) {
            return null;
        }
        if (!isBodyAssignableTo(wanted)) {
            throw new MessageFormatException("the body can't be had as " + wanted.getName());
        }
        return wanted.cast(body());
    }

    /** Whether {@link #getBody} would do. */
    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class wanted) throws JMSException {
        return true;
    }
}
