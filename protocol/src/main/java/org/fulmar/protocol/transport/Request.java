package org.fulmar.protocol.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.jspecify.annotations.Nullable;

/**
 * A request that a peer sent, until it is answered. Passed from thread to thread, held by one at a time.
 *
 * <p>While it is open it counts against its connection's bounds on requests in flight; {@link #park} takes it out of
 * that count for a long wait.
 */
public final class Request {
    private final Connection connection;
    private final Frame frame;
    private final int bytes;
    private boolean counted = true;

    Request(Connection connection, Frame frame) {
        this.connection = connection;
        this.frame = frame;
        this.bytes = 128 + frame.body().readableBytes();
    }

    public Connection connection() {
        return connection;
    }

    public Frame frame() {
        return frame;
    }

    /** The request's body; valid until the request is answered or done. */
    public ByteBuf body() {
        return frame.body();
    }

    int bytes() {
        return bytes;
    }

    /** Answers with success or an error and releases the request; nothing is sent if it was one-way. */
    public void answer(int code, @Nullable String remark, Map<String, String> fields, ByteBuf body) {
        if (frame.isOneWay()) {
            body.release();
        } else {
            connection.send(Frame.response(frame, code, remark, fields, body));
        }
        done();
    }

    public void answer(int code, @Nullable String remark) {
        answer(code, remark, Map.of(), Unpooled.EMPTY_BUFFER);
    }

    public void answer(int code, Map<String, String> fields) {
        answer(code, null, fields, Unpooled.EMPTY_BUFFER);
    }

    /** Releases the request without an answer, as for one-way requests. */
    public void done() {
        frame.release();
        park();
    }

    /** From now on the request does not count as work in flight, though it is still to be answered. */
    public void park() {
        if (counted) {
            counted = false;
            connection.requestFinished(bytes);
        }
    }
}
