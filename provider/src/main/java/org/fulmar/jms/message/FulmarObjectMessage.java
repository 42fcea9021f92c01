package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.ObjectMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A message with a serialised object (section 3.11). Owned as its superclass says. Holds a snapshot: setObject
 * serialises, so later changes to the object do not matter, and each getObject gives a new copy, made only of classes
 * that the {@link DeserializationPolicy} allows.
 */
public final class FulmarObjectMessage extends FulmarMessage implements ObjectMessage {

    private final DeserializationPolicy policy;
    private @Nullable ByteSlice serialized;

    /** A message without an object. */
    public FulmarObjectMessage(DeserializationPolicy policy) {
        this.policy = policy;
    }

    FulmarObjectMessage(WireOrigin origin, DeserializationPolicy policy, @Nullable ByteSlice body) {
        super(origin);
        this.policy = policy;
        this.serialized = body;
    }

    @Override
    public void setObject(@Nullable Serializable object) throws JMSException {
        checkBodyWriteable();
        serialized = object == null ? null : serialize(object);
    }

    private static ByteSlice serialize(Serializable object) throws JMSException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        } catch (IOException e) {
            throw Failures.format("can't serialise an object of " + object.getClass(), e);
        }
        return ByteSlice.of(bytes.toByteArray());
    }

    /**
     * A new copy of the object.
     *
     * @throws MessageFormatException if a class is refused or unknown, or the bytes are not an object
     */
    @Override
    public @Nullable Serializable getObject() throws JMSException {
        ByteSlice bytes = serialized;
        if (bytes == null) {
            return null;
        }
        if (bytes.length() > DeserializationPolicy.MAX_BYTES) {
            throw new MessageFormatException("the object has more than " + DeserializationPolicy.MAX_BYTES + " bytes");
        }
        try (FilteredObjectInput in = new FilteredObjectInput(bytes, policy)) {
            return read(in);
        } catch (IOException e) {
            throw Failures.format("can't deserialise the object", e);
        }
    }

    // The classes in the stream run code of their own, which may throw whatever it likes; a list that contains itself
    // overflows the stack when it is hashed. All of that is a matter of this message only.
    private static @Nullable Serializable read(FilteredObjectInput in) throws JMSException {
        try {
            return (Serializable) in.readObject();
        } catch (IOException | ClassNotFoundException | RuntimeException | LinkageError | StackOverflowError e) {
            String refusal = in.refusal();
            throw Failures.format(refusal == null ? "can't deserialise the object" : refusal, e);
        }
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        serialized = null;
    }

    @Override
    public <T> @Nullable T getBody(Class<T> wanted) throws JMSException {
        Serializable object = getObject();
        if (object != null && !wanted.isInstance(object)) {
            throw new MessageFormatException("the body can't be had as " + wanted.getName());
        }
        return wanted.cast(object);
    }

    /** As the API says, false also if the object can't be deserialised. */
    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class wanted) throws JMSException {
        try {
            Serializable object = getObject();
            return object == null || wanted.isInstance(object);
        } catch (MessageFormatException e) {
            return false;
        }
    }

    @Override
    boolean hasBody() {
        return serialized != null;
    }

    @Override
    WireBody encodeBody() {
        return serialized == null
                ? new WireBody(WireBody.OBJECT_NULL, WireBody.NO_BYTES)
                : new WireBody(WireBody.OBJECT, serialized.exactArray());
    }
}
