package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The user properties of one message (section 3.5), decoded from the wire when first asked for. Part of its message and
 * owned by the same thread.
 */
final class MessageProperties {

    private @Nullable WireProperties undecoded;
    private @Nullable Map<String, @Nullable Object> values;
    private boolean readOnly;
    private int deliveryCount;

    MessageProperties(@Nullable WireProperties received) {
        this.undecoded = received;
        this.readOnly = received != null;
    }

    void received(int count) {
        readOnly = true;
        deliveryCount = count;
    }

    /** A property's value; null if it is not set, whatever the name (section 3.5.8). */
    @Nullable Object get(@Nullable String name) throws JMSException {
        if (deliveryCount > 0 && PropertyNames.DELIVERY_COUNT.equals(name)) {
            return deliveryCount;
        }
        return decoded().get(name);
    }

    boolean exists(@Nullable String name) throws JMSException {
        return deliveryCount > 0 && PropertyNames.DELIVERY_COUNT.equals(name)
                || decoded().containsKey(name);
    }

    Enumeration<String> names() throws JMSException {
        List<String> names = new ArrayList<>(decoded().keySet());
        if (deliveryCount > 0) {
            names.add(PropertyNames.DELIVERY_COUNT);
        }
        return Collections.enumeration(names);
    }

    void set(@Nullable String name, @Nullable Object value) throws JMSException {
        if (name == null || name.isEmpty()) {
            throw new IllegalArgumentException("a property needs a name");
        }
        if (readOnly) {
            throw new MessageNotWriteableException(
                    "the properties of a received message can't be changed before " + "clearProperties()");
        }
        if (value != null && !isPropertyType(value)) {
            throw new MessageFormatException("a property can't hold an object of " + value.getClass());
        }
        PropertyNames.checkSettable(name, value);
        if (values == null) {
            values = new LinkedHashMap<>();
        }
        values.put(name, value);
    }

    /**
     * Takes away what the provider that sent the message before has said, and sets what the one that sends it now says
     * (section 3.5.9). Leaves a message as it is that holds none of it and gets none.
     */
    void sentBy(@Nullable String appId) throws JMSException {
        Map<String, @Nullable Object> there = decoded();
        if (appId == null && there.keySet().stream().noneMatch(PropertyNames::isSetByProviders)) {
            return;
        }
        Map<String, @Nullable Object> changed = new LinkedHashMap<>(there);
        changed.keySet().removeIf(PropertyNames::isSetByProviders);
        if (appId != null) {
            changed.put(PropertyNames.APP_ID, appId);
        }
        values = changed;
    }

    void clear() {
        undecoded = null;
        values = null;
        readOnly = false;
        deliveryCount = 0;
    }

    /** All but the delivery count, for reading only. */
    Map<String, @Nullable Object> decoded() throws JMSException {
        if (values == null) {
            if (undecoded == null) {
                return Collections.emptyMap();
            }
            values = undecoded.userProperties();
            undecoded = null;
        }
        return values;
    }

    private static boolean isPropertyType(Object value) {
        return value instanceof String
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Boolean
                || value instanceof Double
                || value instanceof Float
                || value instanceof Short
                || value instanceof Byte;
    }
}
