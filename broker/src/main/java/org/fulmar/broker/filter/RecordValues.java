package org.fulmar.broker.filter;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MalformedPropertyException;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.PropertyType;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;

/**
 * The values of a selector's identifiers in one record after the other, read from its bytes when first asked for: a
 * string, a boolean, an int, long, float or double, or null. Sees what the JMS client would see of the message; what
 * that could not decode is null. Goes once through the properties, whatever the selector. Owned by its selector; holds
 * on to a record only between {@link #open} and {@link #close}.
 */
final class RecordValues implements Values {
    /** The most bytes of properties that are unpacked from the front of a compressed body. */
    private static final int MAX_UNPACKED = 4 << 20;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Identifiers identifiers;
    private final @Nullable Object[] values;
    private final boolean[] known;
    // of user properties: where the value of the first entry is (with an end of 0 if there is none), and its letter
    private final ByteBuffer[] blocks;
    private final int[] starts;
    private final int[] ends;
    private final char[] types;

    private @Nullable MessageRecord record;
    private boolean scanned;
    private boolean unreadable;
    private ByteBuffer typeBlock = NOTHING;
    private int typesStart;
    private int typesEnd;
    private @Nullable ByteBuffer overflow;

    RecordValues(Identifiers identifiers) {
        this.identifiers = identifiers;
        int slots = identifiers.slots();
        values = new @Nullable Object[slots];
        known = new boolean[slots];
        blocks = new ByteBuffer[slots];
        starts = new int[slots];
        ends = new int[slots];
        types = new char[slots];
        Arrays.fill(blocks, NOTHING);
    }

    @Override
    public void open(MessageRecord next) {
        record = next;
    }

    @Override
    public void close() {
        record = null;
        overflow = null;
        Arrays.fill(values, null);
        Arrays.fill(known, false);
        if (scanned) {
            Arrays.fill(blocks, NOTHING);
            Arrays.fill(ends, 0);
            Arrays.fill(types, PropertyType.PLAIN);
            typeBlock = NOTHING;
            typesEnd = 0;
            scanned = false;
            unreadable = false;
        }
    }

    @Override
    public @Nullable Object value(int slot) {
        if (!known[slot]) {
            MessageRecord current = record;
            if (current == null) {
                throw new IllegalStateException("no record is open");
            }
            values[slot] = slot < Header.COUNT ? header(slot, current) : property(slot, current);
            known[slot] = true;
        }
        return values[slot];
    }

    private @Nullable Object header(int slot, MessageRecord current) {
        int flag = current.flag();
        try {
            return switch (Header.of(slot)) {
                case DELIVERY_MODE -> JmsFlag.isPersistent(flag) ? "PERSISTENT" : "NON_PERSISTENT";
                case PRIORITY -> JmsFlag.priority(flag);
                case TIMESTAMP -> JmsFlag.hasTimestamp(flag) ? current.bornTimestamp() : 0L;
                case MESSAGE_ID -> messageId(current);
                case CORRELATION_ID -> correlationId(current);
                case TYPE -> type(current);
                case DELIVERY_COUNT -> null;
            };
        } catch (MalformedPropertyException e) {
            // The message is there to be consumed, and whoever reads this header is told: here it has no value.
            return null;
        }
    }

    private @Nullable String messageId(MessageRecord current) throws MalformedPropertyException {
        String key = find(current, JmsNames.UNIQ_KEY);
        if (key != null) {
            return "ID:" + key;
        }
        String whole = find(current, JmsNames.MESSAGE_ID);
        return whole == null ? null : HeaderText.decode(whole);
    }

    /** Null if it was set as bytes: those are no value that a selector could name. */
    private @Nullable String correlationId(MessageRecord current) throws MalformedPropertyException {
        String encoded = find(current, JmsNames.CORRELATION_ID);
        if (encoded == null) {
            return find(current, JmsNames.NATIVE_CORRELATION_ID);
        }
        return HeaderText.decodeCorrelationId(encoded) instanceof String id ? id : null;
    }

    private @Nullable String type(MessageRecord current) throws MalformedPropertyException {
        String escaped = find(current, JmsNames.TYPE);
        return escaped != null ? HeaderText.decode(escaped) : find(current, JmsNames.TAGS);
    }

    private @Nullable String find(MessageRecord current, byte[] name) {
        String value = current.property(name);
        if (value != null) {
            return value;
        }
        ByteBuffer more = overflow(current);
        return MessageProperties.find(more, more.position(), more.remaining(), name);
    }

    private @Nullable Object property(int slot, MessageRecord current) {
        if (!scanned) {
            scanned = true;
            scan(current.buffer(), current.propertiesPosition(), current.propertiesLength());
            ByteBuffer more = overflow(current);
            scan(more, more.position(), more.remaining());
            readTypes();
        }
        char type = types[slot];
        if (unreadable || type == PropertyType.NULL) {
            return null;
        }
        if (type == PropertyType.EMPTY) {
            return "";
        }
        if (ends[slot] == 0) {
            return null;
        }
        String text = text(blocks[slot], starts[slot], ends[slot]);
        return type == PropertyType.PLAIN ? text : typed(type, text);
    }

    private static @Nullable Object typed(char type, String text) {
        try {
            Object value = PropertyType.decode(type, text);
            // as Java does before it computes or compares
            return value instanceof Byte || value instanceof Short ? (Object) ((Number) value).intValue() : value;
        } catch (NumberFormatException | MalformedPropertyException e) {
            return null;
        }
    }

    private static String text(ByteBuffer block, int start, int end) {
        byte[] bytes = new byte[end - start];
        block.get(start, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Notes where the values are that the selector wants; of two entries with one name the first counts. */
    private void scan(ByteBuffer block, int start, int length) {
        int end = start + length;
        int at = start;
        while (at < end) {
            int nameEnd = -1;
            int stop = at;
            while (stop < end && block.get(stop) != JmsNames.VALUE_END) {
                if (nameEnd < 0 && block.get(stop) == JmsNames.NAME_END) {
                    nameEnd = stop;
                }
                stop++;
            }
            // An entry without a name, a separator or a value is one that RocketMQ would drop, too.
            if (nameEnd > at && nameEnd + 1 < stop) {
                note(block, at, nameEnd, stop);
            }
            at = stop + 1;
        }
    }

    private void note(ByteBuffer block, int nameStart, int nameEnd, int valueEnd) {
        int slot = identifiers.slotOnTheWire(block, nameStart, nameEnd);
        if (slot >= 0) {
            if (ends[slot] == 0) {
                blocks[slot] = block;
                starts[slot] = nameEnd + 1;
                ends[slot] = valueEnd;
            }
        } else if (typesEnd == 0 && is(JmsNames.PROPERTY_TYPES, block, nameStart, nameEnd)) {
            typeBlock = block;
            typesStart = nameEnd + 1;
            typesEnd = valueEnd;
        }
    }

    private static boolean is(byte[] name, ByteBuffer block, int start, int end) {
        if (end - start != name.length) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            if (block.get(start + i) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private void readTypes() {
        if (typesEnd == 0) {
            return;
        }
        int at = typesStart;
        while (at < typesEnd) {
            int end = at;
            while (end < typesEnd && typeBlock.get(end) != ',') {
                end++;
            }
            if (end - at < 3 || typeBlock.get(end - 2) != ':') {
                unreadable = true;
                return;
            }
            int slot = identifiers.slotOf(typeBlock, at, end - 2);
            if (slot >= 0) {
                types[slot] = (char) typeBlock.get(end - 1);
            }
            at = end + 1;
        }
    }

    /** The properties at the front of the body, from the buffer's position to its limit. */
    private ByteBuffer overflow(MessageRecord current) {
        ByteBuffer found = overflow;
        if (found == null) {
            found = JmsFlag.hasPropertiesInBody(current.flag()) ? readOverflow(current) : NOTHING;
            overflow = found;
        }
        return found;
    }

    private static ByteBuffer readOverflow(MessageRecord current) {
        ByteBuffer body = current.body();
        boolean compressed = (current.sysFlag() & SysFlag.COMPRESSED) != 0;
        if (compressed) {
            body = unpacked(current, Integer.BYTES);
        }
        int length = body.remaining() < Integer.BYTES ? -1 : body.getInt(0);
        if (compressed && length > 0 && length <= MAX_UNPACKED) {
            body = unpacked(current, Integer.BYTES + length);
        }
        return length <= 0 || length > body.remaining() - Integer.BYTES ? NOTHING : body.slice(Integer.BYTES, length);
    }

    private static ByteBuffer unpacked(MessageRecord current, int bytes) {
        try {
            return ByteBuffer.wrap(
                    Compression.ofSysFlag(current.sysFlag()).decompressStart(current.bodyBytes(), bytes));
        } catch (IOException e) {
            // Damaged, and its consumer will be told; to a selector it has no such properties.
            return NOTHING;
        }
    }
}
