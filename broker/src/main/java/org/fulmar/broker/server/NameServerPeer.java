package org.fulmar.broker.server;

import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutionException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** A connection to a name server, made when it is first needed and again when it was lost. One thread asks. */
final class NameServerPeer {
    /** How long a connection, or an answer, is waited for. */
    static final int TIMEOUT_MILLIS = 3000;

    /** An answer; the body is empty unless it is a success. */
    record Answer(int code, @Nullable String remark, byte[] body) {
        boolean isSuccess() {
            return code == ResponseCode.SUCCESS;
        }
    }

    private final RemotingClient client;
    private final InetSocketAddress address;
    private volatile @Nullable Connection connection;

    NameServerPeer(RemotingClient client, InetSocketAddress address) {
        this.client = client;
        this.address = address;
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @throws IOException if there is no connection, or no answer, in time
     */
    Answer ask(Frame request) throws IOException, InterruptedException {
        Connection there = connection;
        if (there == null || !there.isOpen()) {
            try {
                // the name is looked up each time
                there = client.connect(
                        new InetSocketAddress(address.getHostString(), address.getPort()),
                        TIMEOUT_MILLIS,
                        NameServerPeer::refuse);
            } catch (IOException e) {
                request.release();
                throw e;
            }
            connection = there;
        }
        try {
            Frame answer = there.request(request, TIMEOUT_MILLIS).get();
            boolean success = answer.code() == ResponseCode.SUCCESS;
            byte[] body = success ? ByteBufUtil.getBytes(answer.body()) : new byte[0];
            answer.release();
            return new Answer(answer.code(), answer.remark(), body);
        } catch (ExecutionException e) {
            throw new IOException("no answer of " + address + ": " + e.getCause(), e);
        }
    }

    /** Sends a last request, if there is a connection; its answer is not waited for. Any thread. */
    void leave(Frame request) {
        Connection there = connection;
        if (there != null && there.isOpen()) {
            there.request(request, TIMEOUT_MILLIS);
        } else {
            request.release();
        }
    }

    private static void refuse(Request request) {
        request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "a broker takes no requests on this connection");
    }
}
