package org.fulmar.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** RocketMQ's binary header: fixed fields, then length-prefixed remark and extension fields. Stateless. */
final class BinaryHeaderCodec {
    private static final int RESPONSE_BIT = 1;

    private BinaryHeaderCodec() {}

    /**
     * Codes have 16 bits here. The request codes of the POP family are larger and arrive wrapped; they are mapped back,
     * so that POP works in this encoding as well. No other code, ours from 20000 included, has these values.
     */
    private static int unwrapCode(int code, int flag) {
        if ((flag & RESPONSE_BIT) != 0) {
            return code;
        }
        return switch (code) {
            case 3442, 3443, 3444, 3445, 3446, 3447, 3448, 3543 -> code + 3 * 65536;
            default -> code;
        };
    }

    static Frame decode(ByteBuf header, ByteBuf body, FrameLimits limits) {
        int wrapped = header.readShort();
        int language = header.readUnsignedByte();
        int version = header.readUnsignedShort();
        int opaque = header.readInt();
        int flag = header.readInt();
        int code = unwrapCode(wrapped, flag);
        String remark = readText(header, header.readInt(), "remark");
        int fieldBytes = header.readInt();
        if (fieldBytes < 0 || fieldBytes > header.readableBytes()) {
            throw new FrameException("extension fields of " + fieldBytes + " bytes exceed the header");
        }
        Map<String, String> fields = fieldBytes == 0 ? Map.of() : readFields(header.readSlice(fieldBytes), limits);
        return new Frame(code, language, version, opaque, flag, remark, fields, body, HeaderEncoding.ROCKETMQ);
    }

    private static Map<String, String> readFields(ByteBuf in, FrameLimits limits) {
        Map<String, String> fields = new HashMap<>();
        while (in.isReadable()) {
            String key = readText(in, in.readUnsignedShort(), "field name");
            String value = readText(in, in.readInt(), "field value");
            if (fields.size() >= limits.maxFields()) {
                throw new FrameException("more than " + limits.maxFields() + " extension fields");
            }
            if (key != null && value != null) {
                fields.put(key, value);
            }
        }
        return fields;
    }

    private static @Nullable String readText(ByteBuf in, int length, String what) {
        if (length < 0 || length > in.readableBytes()) {
            throw new FrameException(what + " of " + length + " bytes exceeds the header");
        }
        return length == 0
                ? null
                : in.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    static void encode(Frame frame, ByteBuf out) {
        out.writeShort(frame.code());
        out.writeByte(frame.language());
        out.writeShort(frame.version());
        out.writeInt(frame.opaque());
        out.writeInt(frame.flag());
        String remark = frame.remark();
        writeText(out, remark == null ? "" : remark);
        int lengthAt = out.writerIndex();
        out.writeInt(0);
        for (Map.Entry<String, String> field : frame.fields().entrySet()) {
            int keyAt = out.writerIndex();
            out.writeShort(0);
            out.setShort(keyAt, ByteBufUtil.writeUtf8(out, field.getKey()));
            writeText(out, field.getValue());
        }
        out.setInt(lengthAt, out.writerIndex() - lengthAt - 4);
    }

    private static void writeText(ByteBuf out, String text) {
        int at = out.writerIndex();
        out.writeInt(0);
        if (!text.isEmpty()) {
            out.setInt(at, ByteBufUtil.writeUtf8(out, text));
        }
    }
}
