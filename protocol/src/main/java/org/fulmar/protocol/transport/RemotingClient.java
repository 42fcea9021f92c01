package org.fulmar.protocol.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.fulmar.protocol.frame.FrameLimits;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections. Owns its event loop threads, which it starts when first needed; any thread may call it.
 * {@link #close} closes its connections with it.
 */
public final class RemotingClient implements AutoCloseable {
    private final String name;
    private final int threads;
    private final FrameLimits frames;
    private final ConnectionLimits limits;
    private volatile @Nullable EventLoopGroup sockets;
    private volatile @Nullable EventLoopGroup local;
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private boolean closed;

    public RemotingClient(String name, int threads, FrameLimits frames, ConnectionLimits limits) {
        this.name = name;
        this.threads = threads;
        this.frames = frames;
        this.limits = limits;
    }

    /**
     * Connects and waits for it; not to be called on an event loop.
     *
     * @param handler what is done with the peer's requests
     * @throws IOException if there is no connection within the time-out
     */
    public Connection connect(SocketAddress address, int timeoutMillis, RequestHandler handler) throws IOException {
        CompletableFuture<Connection> opening = connectAsync(address, timeoutMillis, handler);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis + 1000L);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return opening.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IOException(cause.getMessage(), cause);
        } catch (TimeoutException e) {
            // one that comes all the same is nobody's
            opening.thenAccept(Connection::close);
            throw new IOException("no connection to " + address + " within " + timeoutMillis + " ms", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Connects without waiting; any thread may call it. The future completes on the connection's event loop, before
     * anything that the peer sends is handled, and fails with an {@link IOException}. Names are resolved on the event
     * loop: who cares resolves them before.
     */
    public CompletableFuture<Connection> connectAsync(
            SocketAddress address, int timeoutMillis, RequestHandler handler) {
        CompletableFuture<Connection> opened = new CompletableFuture<>();
        try {
            EventLoop loop = group(address instanceof LocalAddress).next();
            // also the beginning: Netty would bind things to the caller's thread, which may be a server's, that nobody
            // takes away
            loop.execute(() -> connectOn(loop, address, timeoutMillis, handler, opened));
        } catch (IOException e) {
            opened.completeExceptionally(e);
        } catch (RejectedExecutionException e) {
            opened.completeExceptionally(new IOException(name + " is closed", e));
        }
        return opened;
    }

    private void connectOn(
            EventLoop loop,
            SocketAddress address,
            int timeoutMillis,
            RequestHandler handler,
            CompletableFuture<Connection> opened) {
        boolean begun = false;
        try {
            bootstrap(loop, address, timeoutMillis, handler).connect(address).addListener((ChannelFuture future) -> {
                try {
                    opened.complete(opened(address, future));
                } catch (IOException e) {
                    opened.completeExceptionally(e);
                }
            });
            begun = true;
        } catch (RejectedExecutionException | IllegalStateException e) {
            opened.completeExceptionally(new IOException(name + " is closed", e));
        } finally {
            if (!begun) {
                // nobody else tells; if it was told above, this changes nothing
                opened.completeExceptionally(new IOException("no connection to " + address + " could be begun"));
            }
        }
    }

    private Bootstrap bootstrap(EventLoop loop, SocketAddress address, int timeoutMillis, RequestHandler handler) {
        boolean inVm = address instanceof LocalAddress;
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(inVm ? LocalChannel.class : EventLoops.clientChannel())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(limits.writeLowBytes(), limits.writeHighBytes()))
                .handler(new ChannelSetup(frames, limits, handler, false));
        if (!inVm) {
            bootstrap.option(ChannelOption.TCP_NODELAY, true);
        }
        return bootstrap;
    }

    private Connection opened(SocketAddress address, ChannelFuture future) throws IOException {
        if (!future.isSuccess()) {
            throw new IOException("no connection to " + address + ": " + future.cause(), future.cause());
        }
        Channel channel = future.channel();
        channels.add(channel);
        ConnectionHandler made = channel.pipeline().get(ConnectionHandler.class);
        if (made == null) {
            throw new IOException(address + " closed the connection at once");
        }
        return made.connection();
    }

    private synchronized EventLoopGroup group(boolean inVm) throws IOException {
        if (closed) {
            throw new IOException(name + " is closed");
        }
        if (inVm) {
            EventLoopGroup group = local == null ? EventLoops.local(name + "-vm", threads) : local;
            local = group;
            return group;
        }
        EventLoopGroup group = sockets == null ? EventLoops.sockets(name + "-io", threads) : sockets;
        sockets = group;
        return group;
    }

    /** Closes every connection and opens no more, without ending the threads. */
    public synchronized void closeConnections() {
        closed = true;
        channels.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    /** Whether the caller runs on one of the event loop threads. */
    public boolean inEventLoop() {
        EventLoopGroup overSockets = sockets;
        EventLoopGroup inVm = local;
        return (overSockets != null && isEventLoop(overSockets)) || (inVm != null && isEventLoop(inVm));
    }

    private static boolean isEventLoop(EventLoopGroup group) {
        for (EventExecutor loop : group) {
            if (loop.inEventLoop()) {
                return true;
            }
        }
        return false;
    }

    /** Closes all connections. The threads of those over sockets have ended then, unless one of them has called this. */
    @Override
    public synchronized void close() {
        closeConnections();
        for (EventLoopGroup group : new EventLoopGroup[] {sockets, local}) {
            if (group != null) {
                // in-VM peers hand their last tasks to this loop a moment after the close
                group.shutdownGracefully(group == local ? 100 : 0, 2000, TimeUnit.MILLISECONDS);
            }
        }
        if (sockets != null && !isEventLoop(sockets)) {
            sockets.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
        }
    }
}
