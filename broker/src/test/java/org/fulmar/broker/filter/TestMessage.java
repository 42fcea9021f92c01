package org.fulmar.broker.filter;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.Escapes;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.PropertyType;
import org.fulmar.protocol.message.RecordDraft;

/** Builds records as the log holds them, property by property. */
final class TestMessage {
    private final StringBuilder block = new StringBuilder();
    private final StringBuilder movable = new StringBuilder();
    private final Map<String, Object> properties = new LinkedHashMap<>();
    private int flag = JmsFlag.MARK | 4;
    private long born = 1_700_000_000_000L;
    private byte[] body = "body".getBytes(StandardCharsets.UTF_8);
    private Compression compression;

    static TestMessage jms() {
        return new TestMessage();
    }

    /** What a RocketMQ producer sends. */
    static TestMessage ofNative() {
        return new TestMessage().flag(0);
    }

    TestMessage flag(int value) {
        flag = value;
        return this;
    }

    TestMessage born(long value) {
        born = value;
        return this;
    }

    TestMessage body(byte[] value) {
        body = value;
        return this;
    }

    /** Lets the properties travel at the front of the body. */
    TestMessage propertiesInBody() {
        flag |= JmsFlag.PROPERTIES_IN_BODY;
        return this;
    }

    TestMessage compressed(Compression value) {
        compression = value;
        return this;
    }

    /** An entry of the block as it is. */
    TestMessage raw(String name, String value) {
        block.append(name).append('\u0001').append(value).append('\u0002');
        return this;
    }

    TestMessage raw(byte[] name, String value) {
        return raw(new String(name, StandardCharsets.US_ASCII), value);
    }

    /** An entry that can move into the body. */
    TestMessage movable(byte[] name, String value) {
        entry(new String(name, StandardCharsets.US_ASCII), value);
        return this;
    }

    /** A user property of one of the types of JMS. */
    TestMessage with(String name, Object value) {
        properties.put(name, value);
        return this;
    }

    TestMessage type(String type) {
        return JmsNames.isTag(type) ? raw(JmsNames.TAGS, type) : movable(JmsNames.TYPE, HeaderText.encode(type));
    }

    private void entry(String name, String value) {
        movable.append(name).append('\u0001').append(value).append('\u0002');
    }

    MessageRecord record() {
        StringBuilder types = new StringBuilder();
        properties.forEach((name, value) -> {
            char type = PropertyType.of(value);
            if (type != PropertyType.PLAIN) {
                types.append(types.length() == 0 ? "" : ",")
                        .append(name)
                        .append(':')
                        .append(type);
            }
            if (value != null && type != PropertyType.EMPTY) {
                String text = value.toString();
                entry(JmsNames.onTheWire(name), type == PropertyType.ESCAPED ? Escapes.escape(text) : text);
            }
        });
        if (types.length() > 0) {
            movable(JmsNames.PROPERTY_TYPES, types.toString());
        }
        return JmsFlag.hasPropertiesInBody(flag)
                ? record(utf8(block), withFront(utf8(movable)))
                : record(utf8(block.append(movable)), body);
    }

    private byte[] withFront(byte[] front) {
        return ByteBuffer.allocate(Integer.BYTES + front.length + body.length)
                .putInt(front.length)
                .put(front)
                .put(body)
                .array();
    }

    private MessageRecord record(byte[] propertyBlock, byte[] wholeBody) {
        byte[] stored = wholeBody;
        int sysFlag = 0;
        if (compression != null) {
            try {
                stored = compression.compress(wholeBody);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            sysFlag = compression.sysFlagBits();
        }
        return stored(new RecordDraft("t", 0, propertyBlock, Unpooled.wrappedBuffer(stored))
                .born(born, new byte[8])
                .flags(flag, sysFlag));
    }

    /** The record somewhere inside a buffer, as in the log. */
    static MessageRecord stored(RecordDraft draft) {
        byte[] host = new byte[8];
        int before = 13;
        ByteBuffer out = ByteBuffer.allocateDirect(before + draft.size(host));
        out.position(before);
        draft.write(out, 0, before, 1, host);
        MessageRecord record = MessageRecord.wrap(out, before, out.capacity());
        if (record == null) {
            throw new AssertionError("no whole record was written");
        }
        return record;
    }

    private static byte[] utf8(CharSequence text) {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
