package org.fulmar.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Writes {@link Frame}s as bytes. Stateless, shared by all channels, runs on each channel's event loop. Small bodies
 * are copied behind their header, since one write is cheaper than two; large ones are passed on as they are.
 */
@Sharable
public final class FrameEncoder extends ChannelOutboundHandlerAdapter {
    private static final int COPY_BODY_UP_TO = 16 * 1024;

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (!(message instanceof Frame frame)) {
            ctx.write(message, promise);
            return;
        }
        ByteBuf body = frame.body();
        int bodyLength = body.readableBytes();
        boolean copy = bodyLength <= COPY_BODY_UP_TO;
        ByteBuf out = ctx.alloc().ioBuffer(128 + (copy ? bodyLength : 0));
        try {
            encodeHeader(frame, out, bodyLength);
            if (copy) {
                out.writeBytes(body, body.readerIndex(), bodyLength);
            }
        } catch (RuntimeException e) {
            out.release();
            body.release();
            promise.setFailure(e);
            return;
        }
        if (copy) {
            body.release();
            ctx.write(out, promise);
        } else {
            ctx.write(out);
            ctx.write(body, promise);
        }
    }

    /** Writes length, mark and header of {@code frame}; the caller appends {@code bodyLength} bytes of body. */
    public static void encodeHeader(Frame frame, ByteBuf out, int bodyLength) {
        int start = out.writerIndex();
        out.writeLong(0);
        if (frame.encoding() == HeaderEncoding.JSON) {
            JsonHeaderCodec.encode(frame, out);
        } else {
            BinaryHeaderCodec.encode(frame, out);
        }
        int headerLength = out.writerIndex() - start - 8;
        out.setInt(start, 4 + headerLength + bodyLength);
        out.setInt(start + 4, frame.encoding().mark() << 24 | headerLength);
    }
}
