package org.fulmar.protocol.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameDecoder;
import org.fulmar.protocol.frame.FrameEncoder;
import org.fulmar.protocol.frame.FrameLimits;

/** Frames as another release would have sent them, for tests. Stateless. */
final class OldFrames {
    private OldFrames() {}

    /** The frame as it is read when its header says that a release of this number wrote it. */
    static Frame ofVersion(int version, Frame frame) {
        int bodyLength = frame.body().readableBytes();
        ByteBuf json = Unpooled.buffer();
        FrameEncoder.encodeHeader(frame, json, bodyLength);
        String header = json.toString(8, json.readableBytes() - 8, java.nio.charset.StandardCharsets.UTF_8)
                .replace("\"version\":" + Frame.VERSION, "\"version\":" + version);
        byte[] bytes = header.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        ByteBuf out = Unpooled.buffer().writeInt(4 + bytes.length + bodyLength).writeInt(bytes.length);
        out.writeBytes(bytes).writeBytes(frame.body(), frame.body().readerIndex(), bodyLength);
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(FrameLimits.DEFAULT));
        channel.writeInbound(out);
        return channel.readInbound();
    }
}
