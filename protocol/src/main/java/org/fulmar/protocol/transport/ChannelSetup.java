package org.fulmar.protocol.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.timeout.IdleStateHandler;
import org.fulmar.protocol.frame.FrameDecoder;
import org.fulmar.protocol.frame.FrameEncoder;
import org.fulmar.protocol.frame.FrameLimits;

/** Puts the handlers of a channel together, in the order in which bytes pass them. */
final class ChannelSetup extends ChannelInitializer<Channel> {
    private static final int FLUSH_AT_LATEST_AFTER = 256;
    private static final FrameEncoder ENCODER = new FrameEncoder();

    private final FrameLimits frames;
    private final ConnectionLimits limits;
    private final RequestHandler handler;
    private final boolean serves;

    ChannelSetup(FrameLimits frames, ConnectionLimits limits, RequestHandler handler, boolean serves) {
        this.frames = frames;
        this.limits = limits;
        this.handler = handler;
        this.serves = serves;
    }

    @Override
    protected void initChannel(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        // many small frames leave in one write: flushes wait for the end of a read or of the queued tasks
        pipeline.addLast("flush", new FlushConsolidationHandler(FLUSH_AT_LATEST_AFTER, true));
        if (limits.idleSeconds() > 0) {
            pipeline.addLast("idle", new IdleStateHandler(limits.idleSeconds(), 0, 0));
        }
        pipeline.addLast("encoder", ENCODER);
        pipeline.addLast("decoder", new FrameDecoder(frames));
        pipeline.addLast("requests", new ConnectionHandler(new Connection(channel, limits, serves), handler));
    }
}
