package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MalformedPropertyException;
import org.fulmar.protocol.message.PropertyType;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a received message as they came, in one or two blocks of {@code name U+0001 value U+0002}. Looks
 * entries up by scanning the bytes, since most consumers want few of them; of two entries with one name the first
 * counts. Immutable.
 *
 * <p>A JMSXUserID is shown only if the broker says that it is its own word, and then the one in the property block.
 */
final class WireProperties {

    private final ByteSlice block;
    private final ByteSlice overflow;
    private final boolean userStamped;

    WireProperties(ByteSlice block, ByteSlice overflow, boolean userStamped) {
        this.block = block;
        this.overflow = overflow;
        this.userStamped = userStamped;
    }

    /** The value of an entry, or null if there is none. */
    @Nullable String find(byte[] name) {
        String value = find(block, name);
        return value == null && overflow.length() > 0 ? find(overflow, name) : value;
    }

    private static @Nullable String find(ByteSlice block, byte[] name) {
        byte[] bytes = block.array();
        int end = block.offset() + block.length();
        int at = block.offset();
        while (at < end) {
            int separator = at + name.length;
            int entryEnd = valueEnd(bytes, at, end);
            if (separator < entryEnd && bytes[separator] == JmsNames.NAME_END && startsWith(bytes, at, name)) {
                return text(bytes, separator + 1, entryEnd);
            }
            at = entryEnd + 1;
        }
        return null;
    }

    private static boolean startsWith(byte[] bytes, int at, byte[] name) {
        for (int i = 0; i < name.length; i++) {
            if (bytes[at + i] != name[i]) {
                return false;
            }
        }
        return true;
    }

    private static int valueEnd(byte[] bytes, int start, int end) {
        int at = start;
        while (at < end && bytes[at] != JmsNames.VALUE_END) {
            at++;
        }
        return at;
    }

    // Malformed UTF-8 is replaced, not refused: native producers write what they like.
    private static String text(byte[] bytes, int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    /** The user properties with their types; names that JMS does not allow are left out. */
    Map<String, @Nullable Object> userProperties() throws JMSException {
        Map<String, @Nullable Object> found = new LinkedHashMap<>();
        collect(block, userStamped, found);
        collect(overflow, false, found);
        String types = find(JmsNames.PROPERTY_TYPES);
        if (types != null) {
            applyTypes(types, found);
        }
        return found;
    }

    private static void collect(ByteSlice block, boolean withUser, Map<String, @Nullable Object> found) {
        byte[] bytes = block.array();
        int end = block.offset() + block.length();
        int at = block.offset();
        while (at < end) {
            int entryEnd = valueEnd(bytes, at, end);
            int separator = at;
            while (separator < entryEnd && bytes[separator] != JmsNames.NAME_END) {
                separator++;
            }
            // An entry without a name, a separator or a value is one that RocketMQ would drop, too.
            if (separator > at && separator + 1 < entryEnd) {
                String name = JmsNames.ofProperty(text(bytes, at, separator));
                if (PropertyNames.isCarried(name) && (withUser || !name.equals(PropertyNames.USER_ID))) {
                    found.putIfAbsent(name, text(bytes, separator + 1, entryEnd));
                }
            }
            at = entryEnd + 1;
        }
    }

    private static void applyTypes(String types, Map<String, @Nullable Object> found) throws JMSException {
        int at = 0;
        while (at < types.length()) {
            int comma = types.indexOf(',', at);
            int end = comma < 0 ? types.length() : comma;
            if (end - at < 3 || types.charAt(end - 2) != ':') {
                throw Failures.corrupt("bad list of property types");
            }
            String name = types.substring(at, end - 2);
            if (!PropertyNames.isCarried(name)) {
                throw Failures.corrupt("a type for a property with a bad name");
            }
            if (!name.equals(PropertyNames.USER_ID)) {
                found.put(name, typed(types.charAt(end - 1), name, found.get(name)));
            }
            at = end + 1;
        }
    }

    private static @Nullable Object typed(char type, String name, @Nullable Object raw) throws JMSException {
        if (type == PropertyType.NULL) {
            return null;
        }
        if (type == PropertyType.EMPTY) {
            return "";
        }
        if (!(raw instanceof String)) {
            throw Failures.corrupt("property " + name + " has a type but no value, or two types");
        }
        try {
            return PropertyType.decode(type, (String) raw);
        } catch (MalformedPropertyException e) {
            throw Failures.corrupt("property " + name + ": " + e.getMessage());
        } catch (NumberFormatException e) {
            throw Failures.corrupt("property " + name, e);
        }
    }
}
