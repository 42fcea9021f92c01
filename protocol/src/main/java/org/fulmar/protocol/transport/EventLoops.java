package org.fulmar.protocol.transport;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** Makes event loops: native epoll where it is there, NIO otherwise, and in-VM ones for embedded use. Stateless. */
final class EventLoops {
    private static final boolean NATIVE = Epoll.isAvailable();

    private EventLoops() {}

    static EventLoopGroup sockets(String name, int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads,
                new DefaultThreadFactory(name, true),
                NATIVE ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    static EventLoopGroup local(String name, int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name, true), LocalIoHandler.newFactory());
    }

    static Class<? extends ServerSocketChannel> serverChannel() {
        return NATIVE ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    static Class<? extends SocketChannel> clientChannel() {
        return NATIVE ? EpollSocketChannel.class : NioSocketChannel.class;
    }
}
