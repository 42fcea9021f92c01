package org.fulmar.protocol.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameDecoder;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last handler of a channel: hands responses to who waits and requests to the {@link RequestHandler}. */
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);

    private final Connection connection;
    private final RequestHandler handler;
    private @Nullable Throwable failure;

    ConnectionHandler(Connection connection, RequestHandler handler) {
        this.connection = connection;
        this.handler = handler;
    }

    Connection connection() {
        return connection;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        connection.opened();
        handler.opened(connection);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        // the owner first: who wakes up by a failed request must find that the connection is lost
        handler.closed(connection);
        connection.closed(failure);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        connection.writabilityChanged();
        if (ctx.channel().isWritable()) {
            handler.writable(connection);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof FrameDecoder.Oversized oversized) {
            tooBig(oversized);
            return;
        }
        Frame frame = (Frame) message;
        if (frame.isResponse()) {
            connection.answered(frame);
            return;
        }
        Request request = connection.requestStarted(frame);
        try {
            handler.handle(request);
        } catch (FrameException | IndexOutOfBoundsException | IllegalArgumentException e) {
            LOG.debug("malformed request {} from {}", frame.code(), connection, e);
            request.answer(
                    ResponseCode.INVALID_PARAMETER, "request " + frame.code() + " is malformed: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("request {} from {} failed", frame.code(), connection, e);
            request.answer(ResponseCode.SYSTEM_ERROR, "request " + frame.code() + " failed: " + e);
        }
    }

    private void tooBig(FrameDecoder.Oversized oversized) {
        Frame header = oversized.header();
        if (header.isResponse()) {
            connection.oversized(header.opaque(), oversized.declaredBytes());
            return;
        }
        if (!header.isOneWay()) {
            connection.send(Frame.response(
                    header,
                    ResponseCode.MESSAGE_ILLEGAL,
                    "the frame of " + oversized.declaredBytes() + " bytes is larger than this server accepts"));
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent) {
            LOG.info("{} was silent for too long and is closed", connection);
            ctx.close();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failure = cause;
        if (cause instanceof IOException) {
            LOG.debug("{} broke", connection, cause);
        } else {
            LOG.warn("{} is closed: {}", connection, cause.toString());
        }
        ctx.close();
    }
}
