package org.fulmar.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Frames as bytes and bytes as frames, for tests. Stateless. */
final class Wire {
    /** A frame as values, so that two can be compared after their buffers are gone. */
    record Seen(
            int code,
            int language,
            int version,
            int opaque,
            int flag,
            String remark,
            Map<String, String> fields,
            String bodyHex,
            HeaderEncoding encoding) {
        static Seen of(Frame frame) {
            byte[] body = new byte[frame.body().readableBytes()];
            frame.body().getBytes(frame.body().readerIndex(), body);
            return new Seen(
                    frame.code(),
                    frame.language(),
                    frame.version(),
                    frame.opaque(),
                    frame.flag(),
                    frame.remark(),
                    Map.copyOf(frame.fields()),
                    HexFormat.of().formatHex(body),
                    frame.encoding());
        }
    }

    private Wire() {}

    /** What the encoder writes for the frame, whose body it releases. */
    static byte[] encode(Frame frame) {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameEncoder());
        channel.writeOutbound(frame);
        ByteBuf all = Unpooled.buffer();
        ByteBuf part = channel.readOutbound();
        while (part != null) {
            all.writeBytes(part);
            part.release();
            part = channel.readOutbound();
        }
        channel.finishAndReleaseAll();
        byte[] bytes = new byte[all.readableBytes()];
        all.readBytes(bytes);
        return bytes;
    }

    static EmbeddedChannel decoder(FrameLimits limits) {
        return new EmbeddedChannel(new FrameDecoder(limits));
    }

    /** Everything that comes out of the decoder when the chunks go in one after the other. */
    static List<Object> decode(byte[]... chunks) {
        EmbeddedChannel channel = decoder(FrameLimits.DEFAULT);
        for (byte[] chunk : chunks) {
            channel.writeInbound(Unpooled.copiedBuffer(chunk));
        }
        List<Object> out = drain(channel);
        channel.finish();
        return out;
    }

    /** What the decoder has given so far, frames as {@link Seen}. */
    static List<Object> drain(EmbeddedChannel channel) {
        List<Object> out = new ArrayList<>();
        Object message = channel.readInbound();
        while (message != null) {
            if (message instanceof Frame frame) {
                out.add(Seen.of(frame));
                frame.release();
            } else {
                out.add(message);
            }
            message = channel.readInbound();
        }
        return out;
    }

    static Seen decodeOne(byte[] bytes) {
        List<Object> out = decode(bytes);
        if (out.size() != 1 || !(out.get(0) instanceof Seen seen)) {
            throw new AssertionError("one frame expected: " + out);
        }
        return seen;
    }

    /** A frame of the given header and body, whose lengths are right. */
    static byte[] frame(int mark, byte[] header, byte[] body) {
        return frame(4 + header.length + body.length, mark << 24 | header.length, header, body);
    }

    /** A frame whose lengths are what the caller says. */
    static byte[] frame(int length, int markAndHeaderLength, byte[] header, byte[] body) {
        ByteBuf out = Unpooled.buffer(8 + header.length + body.length);
        out.writeInt(length).writeInt(markAndHeaderLength).writeBytes(header).writeBytes(body);
        return out.array();
    }

    static byte[] json(String header) {
        return frame(0, header.getBytes(StandardCharsets.UTF_8), new byte[0]);
    }

    static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
