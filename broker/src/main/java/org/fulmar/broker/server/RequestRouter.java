package org.fulmar.broker.server;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings each request to its handler: on the event loop, on the core, or on the bounded business pool that refuses
 * when it is full. Filled before the server listens, then only read.
 */
final class RequestRouter implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(RequestRouter.class);

    /** Handles requests of one code. */
    interface Handler {
        void handle(Request request);
    }

    private final Map<Integer, Handler> handlers = new HashMap<>();
    private final Core core;
    private final ExecutorService business;
    private Consumer<Connection> onClosed = connection -> {};
    private Consumer<Connection> onWritable = connection -> {};

    RequestRouter(Core core, ExecutorService business) {
        this.core = core;
        this.business = business;
    }

    void onClosed(Consumer<Connection> listener) {
        this.onClosed = listener;
    }

    void onWritable(Consumer<Connection> listener) {
        this.onWritable = listener;
    }

    /** The handler runs on the event loop. */
    void direct(int code, Handler handler) {
        handlers.put(code, handler);
    }

    /** The handler runs on the core. */
    void onCore(int code, Handler handler) {
        handlers.put(code, request -> core.execute(() -> run(handler, request)));
    }

    /** The handler may block: it runs on the business pool. */
    void blocking(int code, Handler handler) {
        handlers.put(code, request -> {
            try {
                business.execute(() -> run(handler, request));
            } catch (RejectedExecutionException e) {
                request.answer(ResponseCode.SYSTEM_BUSY, "too many requests of this kind wait; send it again later");
            }
        });
    }

    /** A handler whose answers may be large: it refuses while many answers wait to be read on the connection. */
    static Handler unlessUnread(Handler handler) {
        return request -> {
            if (request.connection().isWritable()) {
                handler.handle(request);
            } else {
                request.answer(
                        ResponseCode.SYSTEM_BUSY,
                        "too many answers wait to be read on this connection; read them, then send the request again");
            }
        };
    }

    @Override
    public void handle(Request request) {
        Handler handler = handlers.get(request.frame().code());
        if (handler == null) {
            request.answer(
                    ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
                    "request code " + request.frame().code() + " is not supported by this broker");
            return;
        }
        handler.handle(request);
    }

    /** Runs a handler where an exception would be lost: it becomes the answer. */
    static void run(Handler handler, Request request) {
        try {
            handler.handle(request);
        } catch (FrameException | IndexOutOfBoundsException | IllegalArgumentException e) {
            LOG.debug("malformed request {}", request.frame(), e);
            request.answer(
                    ResponseCode.INVALID_PARAMETER,
                    "request " + request.frame().code() + " is malformed: " + e.getMessage());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("request {} failed", request.frame(), e);
            request.answer(
                    ResponseCode.SYSTEM_ERROR, "request " + request.frame().code() + " failed: " + e);
        }
    }

    @Override
    public void closed(Connection connection) {
        core.execute(() -> onClosed.accept(connection));
    }

    @Override
    public void writable(Connection connection) {
        core.execute(() -> onWritable.accept(connection));
    }
}
