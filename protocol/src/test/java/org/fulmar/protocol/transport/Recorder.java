package org.fulmar.protocol.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.FrameException;

/** A handler that does what the request's code says, and remembers what it saw. For any thread. */
final class Recorder implements RequestHandler {
    /** Answered with the same fields and body. */
    static final int ECHO = 1;
    /** Kept in {@link #kept}, for the test to answer. */
    static final int KEEP = 2;
    /** Counted, remembered by its text, and done. */
    static final int NOTE = 3;
    /** Answered with as many bytes as the body's first integer says. */
    static final int BYTES = 4;
    /** Malformed, for want of a field. */
    static final int FIELD = 5;
    /** Malformed, for want of bytes. */
    static final int CUT = 6;
    /** Malformed, for a bad argument. */
    static final int ARGUMENT = 7;
    /** Fails for another reason. */
    static final int FAIL = 8;

    final Queue<Connection> opened = new ConcurrentLinkedQueue<>();
    final Queue<Connection> closed = new ConcurrentLinkedQueue<>();
    final Queue<Request> kept = new ConcurrentLinkedQueue<>();
    final Queue<String> notes = new ConcurrentLinkedQueue<>();
    final AtomicInteger requests = new AtomicInteger();
    final AtomicInteger writable = new AtomicInteger();

    @Override
    public void handle(Request request) {
        requests.incrementAndGet();
        switch (request.frame().code()) {
            case ECHO ->
                request.answer(
                        0, "echo", request.frame().fields(), request.body().retainedSlice());
            case KEEP -> kept.add(request);
            case NOTE -> {
                notes.add(String.valueOf(request.frame().fields().get("note")));
                request.done();
            }
            case BYTES -> {
                int size = request.body().readInt();
                ByteBuf body = request.connection().buffer(size).writeZero(size);
                request.answer(0, null, Map.of(), body);
            }
            case FIELD -> throw new FrameException("the header field x is missing");
            case CUT -> Unpooled.EMPTY_BUFFER.readInt();
            case ARGUMENT -> throw new IllegalArgumentException("nonsense");
            case FAIL -> throw new IllegalStateException("on purpose");
            default ->
                request.answer(
                        ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
                        "code " + request.frame().code() + " is not supported");
        }
    }

    @Override
    public void opened(Connection connection) {
        opened.add(connection);
    }

    @Override
    public void closed(Connection connection) {
        closed.add(connection);
    }

    @Override
    public void writable(Connection connection) {
        writable.incrementAndGet();
    }
}
