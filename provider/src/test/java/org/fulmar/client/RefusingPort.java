package org.fulmar.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A loopback port where connections are refused: it is bound, so that nobody else gets it, and nobody listens. A port
 * that was merely closed may be given to the next who asks for a free one.
 */
public final class RefusingPort implements AutoCloseable {
    private final Socket bound = new Socket();

    public RefusingPort() throws IOException {
        bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    public int number() {
        return bound.getLocalPort();
    }

    /** As {@code host:port}. */
    public String address() {
        return "127.0.0.1:" + number();
    }

    @Override
    public void close() throws IOException {
        bound.close();
    }
}
