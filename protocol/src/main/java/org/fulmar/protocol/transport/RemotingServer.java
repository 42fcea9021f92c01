package org.fulmar.protocol.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalServerChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.frame.FrameLimits;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on sockets and, for embedded use, on in-VM addresses, and feeds one {@link RequestHandler}.
 *
 * <p>Threads: one acceptor and {@code ioThreads} event loops, named after the server. {@link #close} returns when
 * every connection is closed and the threads have ended.
 */
public final class RemotingServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RemotingServer.class);

    /**
     * @param ioThreads event loop threads, at least 1
     * @param maxConnections open connections above which new ones are closed at once
     */
    public record Options(
            String name, int ioThreads, int maxConnections, FrameLimits frames, ConnectionLimits connections) {}

    private final Options options;
    private final RequestHandler handler;
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final List<EventLoopGroup> groups = new ArrayList<>();
    private @Nullable EventLoopGroup sockets;
    private @Nullable EventLoopGroup local;

    public RemotingServer(Options options, RequestHandler handler) {
        this.options = options;
        this.handler = handler;
    }

    /**
     * Listens on a socket address; port 0 takes a free port.
     *
     * @return the address that is listened on
     * @throws IOException if the address can't be bound
     */
    public InetSocketAddress bind(InetSocketAddress address) throws IOException {
        EventLoopGroup acceptor = EventLoops.sockets(options.name() + "-accept", 1);
        groups.add(acceptor);
        EventLoopGroup io = loops(false);
        ServerBootstrap bootstrap = bootstrap()
                .group(acceptor, io)
                .channel(EventLoops.serverChannel())
                .option(ChannelOption.SO_BACKLOG, 1024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true);
        return (InetSocketAddress) listen(bootstrap, address).localAddress();
    }

    /**
     * Listens on an in-VM address, which {@link RemotingClient#connect} takes as well.
     *
     * @throws IOException if the name is taken
     */
    public LocalAddress bindLocal(String name) throws IOException {
        EventLoopGroup io = loops(true);
        LocalAddress address = new LocalAddress(name);
        listen(bootstrap().group(io).channel(LocalServerChannel.class), address);
        return address;
    }

    private ServerBootstrap bootstrap() {
        return new ServerBootstrap()
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(
                                options.connections().writeLowBytes(),
                                options.connections().writeHighBytes()))
                .handler(new Admission())
                .childHandler(new ChannelSetup(options.frames(), options.connections(), handler, true));
    }

    private Channel listen(ServerBootstrap bootstrap, java.net.SocketAddress address) throws IOException {
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException("can't listen on " + address + ": " + bound.cause(), bound.cause());
        }
        listeners.add(bound.channel());
        return bound.channel();
    }

    /** Counts connections as they are accepted. */
    private final class Admission extends ChannelInboundHandlerAdapter {
        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            Channel child = (Channel) message;
            if (channels.size() >= options.maxConnections()) {
                LOG.warn(
                        "{}: more than {} connections, {} is refused", options.name(), options.maxConnections(), child);
                child.unsafe().closeForcibly();
                return;
            }
            channels.add(child);
            ctx.fireChannelRead(message);
        }
    }

    private synchronized EventLoopGroup loops(boolean inVm) {
        EventLoopGroup there = inVm ? local : sockets;
        if (there == null) {
            there = inVm
                    ? EventLoops.local(options.name() + "-vm", options.ioThreads())
                    : EventLoops.sockets(options.name() + "-io", options.ioThreads());
            groups.add(there);
            if (inVm) {
                local = there;
            } else {
                sockets = there;
            }
        }
        return there;
    }

    /** One of the event loops, to which other threads may hand work, before it listens as well. */
    public java.util.concurrent.Executor eventLoop(boolean inVm) {
        return loops(inVm).next();
    }

    /** Stops to accept and closes every connection, without ending the threads. */
    public void closeConnections() {
        listeners.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
        channels.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        closeConnections();
        groups.forEach(group -> group.shutdownGracefully(0, 2, TimeUnit.SECONDS));
        groups.forEach(group -> group.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS));
    }
}
