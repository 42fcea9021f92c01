package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/** Bounded reads and matching writes of the binary bodies of JMS operations. Stateless. */
final class Body {
    static final int MAX_TEXT_BYTES = 64 * 1024;
    static final int MAX_ENTRIES = 1 << 20;

    private Body() {}

    static void text(ByteBuf out, @Nullable String text) {
        if (text == null) {
            out.writeInt(-1);
            return;
        }
        int at = out.writerIndex();
        out.writeInt(0);
        out.setInt(at, ByteBufUtil.writeUtf8(out, text));
    }

    static @Nullable String optionalText(ByteBuf in) {
        int length = in.readInt();
        if (length == -1) {
            return null;
        }
        if (length < 0 || length > MAX_TEXT_BYTES || length > in.readableBytes()) {
            throw new FrameException("a text of " + length + " bytes, at most " + MAX_TEXT_BYTES + " are accepted");
        }
        return in.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    static String text(ByteBuf in) {
        String text = optionalText(in);
        if (text == null) {
            throw new FrameException("a text is missing");
        }
        return text;
    }

    /** A count of entries that take at least {@code bytesEach}. */
    static int count(ByteBuf in, int bytesEach) {
        int count = in.readInt();
        if (count < 0 || count > MAX_ENTRIES || (long) count * bytesEach > in.readableBytes()) {
            throw new FrameException("a count of " + count + " entries exceeds the body");
        }
        return count;
    }
}
