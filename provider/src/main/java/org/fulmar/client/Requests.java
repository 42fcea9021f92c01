package org.fulmar.client;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.RemotingException;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests over {@link Connections}, which it has made first where need be, within one deadline. Thread-safe,
 * never blocks. Futures complete on event loops and fail with a {@link ClientException}.
 */
final class Requests {
    private static final int MAX_BINARY_CODE = Short.MAX_VALUE;

    private final Connections connections;
    private final ScheduledExecutorService scheduler;
    private final HeaderEncoding encoding;
    private final @Nullable Signing signing;
    private final BooleanSupplier closed;

    Requests(
            Connections connections,
            ScheduledExecutorService scheduler,
            HeaderEncoding encoding,
            @Nullable Signing signing,
            BooleanSupplier closed) {
        this.connections = connections;
        this.scheduler = scheduler;
        this.encoding = encoding;
        this.signing = signing;
        this.closed = closed;
    }

    boolean isConnected(String address) {
        return connections.open(address) != null;
    }

    Frame frame(int code, Map<String, String> fields, ByteBuf body) {
        HeaderEncoding fitting = code > MAX_BINARY_CODE ? HeaderEncoding.JSON : encoding;
        return Frame.request(code, signing == null ? fields : signing.sign(fields, body), body, fitting);
    }

    CompletableFuture<Frame> request(
            String address, int code, Map<String, String> fields, ByteBuf body, long timeoutMillis) {
        if (closed.getAsBoolean()) {
            body.release();
            return ClientException.failed(ClientException.closed("the client"));
        }
        CompletableFuture<Connection> connection = connections.to(address);
        Frame frame = frame(code, fields, body);
        CompletableFuture<Frame> answer = connection.isDone() && !connection.isCompletedExceptionally()
                ? connection.join().request(frame, timeoutMillis)
                : whenConnected(address, connection, frame, timeoutMillis);
        return answer.handle((response, failure) -> {
            if (failure != null) {
                throw new java.util.concurrent.CompletionException(explained(failure));
            }
            return response;
        });
    }

    private ClientException explained(Throwable failure) {
        return closed.getAsBoolean()
                ? new ClientException(ClientException.Kind.CLOSED, "the client is closed", failure)
                : ClientException.of(failure);
    }

    private CompletableFuture<Frame> whenConnected(
            String address, CompletableFuture<Connection> connecting, Frame frame, long timeoutMillis) {
        CompletableFuture<Frame> answer = new CompletableFuture<>();
        long start = System.nanoTime();
        ScheduledFuture<?> timeout;
        try {
            timeout = scheduler.schedule(
                    () -> answer.completeExceptionally(new RemotingException(
                            RemotingException.Reason.TIMED_OUT, "no connection to " + address + " in time")),
                    timeoutMillis,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            frame.release();
            return ClientException.failed(ClientException.closed("the client"));
        }
        connecting.whenComplete((connection, failure) -> {
            timeout.cancel(false);
            long left = timeoutMillis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            if (failure != null) {
                answer.completeExceptionally(failure);
            }
            if (answer.isDone()) {
                frame.release();
            } else {
                forward(connection.request(frame, Math.max(1, left)), answer);
            }
        });
        return answer;
    }

    private static void forward(CompletableFuture<Frame> from, CompletableFuture<Frame> to) {
        from.whenComplete((response, failure) -> {
            if (failure != null) {
                to.completeExceptionally(failure);
            } else if (!to.complete(response)) {
                response.release();
            }
        });
    }

    /** The future completes with the connection when the request was handed to it. */
    CompletableFuture<Connection> oneWay(String address, int code, Map<String, String> fields, ByteBuf body) {
        if (closed.getAsBoolean()) {
            body.release();
            return ClientException.failed(ClientException.closed("the client"));
        }
        Frame frame = frame(code, fields, body);
        return connections.to(address).handle((connection, failure) -> {
            if (failure != null) {
                frame.release();
                throw new java.util.concurrent.CompletionException(explained(failure));
            }
            connection.oneWay(frame);
            return connection;
        });
    }
}
