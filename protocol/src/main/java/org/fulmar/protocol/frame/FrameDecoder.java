package org.fulmar.protocol.frame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Cuts the byte stream into {@link Frame}s. One per channel, on the channel's event loop.
 *
 * <p>Every declared length is checked before memory is taken for it. A frame over the limit whose header is sound is
 * not buffered: it comes out as {@link Oversized}, so that its sender can be told, and its bytes are skipped. Anything
 * else that is malformed is a {@link FrameException}, after which the connection can't be trusted and is closed. While
 * the channel does not read by itself no frame comes out.
 */
public final class FrameDecoder extends ByteToMessageDecoder {
    /** A frame that was too large to take in; its body is empty. */
    public record Oversized(Frame header, long declaredBytes) {}

    private static final int LENGTH_AND_MARK = 8;

    private final FrameLimits limits;
    /** Bytes that are not looked at; all, once something malformed has come. */
    private long toSkip;

    public FrameDecoder(FrameLimits limits) {
        this.limits = limits;
        setCumulator(MERGE_CUMULATOR);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (!ctx.channel().config().isAutoRead()) {
            // reading is paused: what one read has brought waits too, until an empty buffer says that it goes on
            return;
        }
        if (toSkip > 0) {
            int skipped = (int) Math.min(toSkip, in.readableBytes());
            in.skipBytes(skipped);
            toSkip -= skipped;
            return;
        }
        try {
            cut(in, out);
        } catch (FrameException e) {
            // what follows would be taken for frames when the channel closes
            in.skipBytes(in.readableBytes());
            toSkip = Long.MAX_VALUE;
            throw e;
        }
    }

    private void cut(ByteBuf in, List<Object> out) {
        if (in.readableBytes() < LENGTH_AND_MARK) {
            return;
        }
        int start = in.readerIndex();
        int length = in.getInt(start);
        int mark = in.getInt(start + 4);
        int headerLength = mark & 0xFFFFFF;
        HeaderEncoding encoding = HeaderEncoding.ofMark(mark >>> 24);
        if (length < 4 || headerLength > length - 4) {
            throw new FrameException("frame of " + length + " bytes with a header of " + headerLength + " bytes");
        }
        if (headerLength > limits.maxHeaderBytes()) {
            throw new FrameException(
                    "header of " + headerLength + " bytes, at most " + limits.maxHeaderBytes() + " are accepted");
        }
        boolean oversized = length > limits.maxFrameBytes();
        int wanted = oversized ? LENGTH_AND_MARK + headerLength : 4 + length;
        if (in.readableBytes() < wanted) {
            return;
        }
        in.skipBytes(LENGTH_AND_MARK);
        ByteBuf header = in.readSlice(headerLength);
        int bodyLength = length - 4 - headerLength;
        if (oversized) {
            toSkip = bodyLength;
            out.add(new Oversized(decodeHeader(encoding, header, Unpooled.EMPTY_BUFFER), length));
            return;
        }
        Frame frame = decodeHeader(encoding, header, Unpooled.EMPTY_BUFFER);
        out.add(bodyLength == 0 ? frame : frame.withBody(in.readRetainedSlice(bodyLength)));
    }

    private Frame decodeHeader(HeaderEncoding encoding, ByteBuf header, ByteBuf body) {
        try {
            return encoding == HeaderEncoding.JSON
                    ? JsonHeaderCodec.decode(header, body, limits)
                    : BinaryHeaderCodec.decode(header, body, limits);
        } catch (IndexOutOfBoundsException e) {
            throw new FrameException("the header ends too early", e);
        }
    }
}
