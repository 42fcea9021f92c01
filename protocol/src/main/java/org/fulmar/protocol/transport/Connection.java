package org.fulmar.protocol.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.protocol.frame.Frame;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a peer, for requests in both directions.
 *
 * <p>Any thread may send; futures complete on the connection's event loop, so what hangs on them must not block. When
 * the connection is lost, every request that waits fails with a {@link RemotingException}, and none hangs.
 */
public final class Connection {
    private static final long SWEEP_MILLIS = 100;

    private record Pending(CompletableFuture<Frame> answer, long deadlineNanos, int code) {}

    private final Channel channel;
    private final ConnectionLimits limits;
    private final boolean serves;
    private final Map<Integer, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicInteger correlations = new AtomicInteger();
    private final AtomicInteger requestsInFlight = new AtomicInteger();
    private final AtomicLong bytesInFlight = new AtomicLong();
    private final Queue<Frame> outbound = new MpscUnboundedArrayQueue<>(64);
    private final AtomicInteger outboundPending = new AtomicInteger();
    private final AtomicLong queuedBytes = new AtomicLong();
    private volatile @Nullable Object attachment;
    private volatile boolean lost;
    private @Nullable ScheduledFuture<?> sweeper;

    /**
     * @param serves whether the peer is one whose requests are no longer read while it does not read its answers; one
     *     side of a connection at most may be so, or both could wait for each other
     */
    Connection(Channel channel, ConnectionLimits limits, boolean serves) {
        this.channel = channel;
        this.limits = limits;
        this.serves = serves;
    }

    /** Sends a request; the future fails with a {@link RemotingException} if no answer comes in time. */
    public CompletableFuture<Frame> request(Frame frame, long timeoutMillis) {
        CompletableFuture<Frame> answer = new CompletableFuture<>();
        int correlation = correlations.incrementAndGet();
        if (pending.size() >= limits.maxPending()) {
            frame.release();
            answer.completeExceptionally(new RemotingException(
                    RemotingException.Reason.OVERLOADED,
                    "more than " + limits.maxPending() + " requests wait for an answer of " + remoteAddress()));
            return answer;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        pending.put(correlation, new Pending(answer, deadline, frame.code()));
        write(frame.asRequest(correlation));
        if (lost) {
            failAll(null);
        }
        return answer;
    }

    /** Sends a request that is never answered. A failure shows only in the loss of the connection. */
    public void oneWay(Frame frame) {
        write(frame.asOneWay(correlations.incrementAndGet()));
    }

    /** Sends a response, or any frame as it is. */
    public void send(Frame frame) {
        write(frame);
    }

    /**
     * Writes in the order of the calls, whatever threads they come from: a write on the event loop must not overtake
     * one that another thread has handed to it.
     */
    private void write(Frame frame) {
        queuedBytes.addAndGet(frame.body().readableBytes());
        outbound.add(frame);
        if (outboundPending.getAndIncrement() != 0) {
            return;
        }
        EventLoop loop = channel.eventLoop();
        if (loop.inEventLoop()) {
            writeQueued();
            return;
        }
        try {
            loop.execute(this::writeQueued);
        } catch (RejectedExecutionException e) {
            // the event loop has ended, and the connection with it
            lost = true;
            releaseQueued();
            failAll(e);
        }
    }

    private void writeQueued() {
        int written;
        do {
            written = 0;
            Frame frame = outbound.poll();
            while (frame != null) {
                queuedBytes.addAndGet(-frame.body().readableBytes());
                if (lost) {
                    // the encoder may be gone from the channel, and nobody else knows how to release a frame
                    frame.release();
                } else {
                    channel.write(frame, channel.voidPromise());
                }
                written++;
                frame = outbound.poll();
            }
            channel.flush();
        } while (outboundPending.addAndGet(-written) != 0);
    }

    private void releaseQueued() {
        Frame frame = outbound.poll();
        while (frame != null) {
            frame.release();
            frame = outbound.poll();
        }
    }

    private void fail(int correlation, RemotingException failure) {
        Pending waiting = pending.remove(correlation);
        if (waiting != null) {
            waiting.answer.completeExceptionally(failure);
        }
    }

    private void failAll(@Nullable Throwable cause) {
        for (Integer correlation : pending.keySet()) {
            String message = "the connection to " + remoteAddress() + " was lost";
            fail(correlation, cause == null ? new RemotingException(message) : new RemotingException(message, cause));
        }
    }

    void opened() {
        sweeper = channel.eventLoop()
                .scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void sweep() {
        if (pending.isEmpty()) {
            return;
        }
        long now = System.nanoTime();
        pending.forEach((correlation, waiting) -> {
            if (now - waiting.deadlineNanos > 0) {
                fail(
                        correlation,
                        new RemotingException(
                                RemotingException.Reason.TIMED_OUT,
                                "no answer to request " + waiting.code + " from " + remoteAddress() + " in time"));
            }
        });
    }

    void closed(@Nullable Throwable cause) {
        lost = true;
        if (sweeper != null) {
            sweeper.cancel(false);
        }
        failAll(cause);
    }

    void answered(Frame response) {
        Pending waiting = pending.remove(response.opaque());
        if (waiting == null || !waiting.answer.complete(response)) {
            response.release();
        }
    }

    /** The answer to a request is not taken in. */
    void oversized(int correlation, long bytes) {
        fail(
                correlation,
                new RemotingException(
                        RemotingException.Reason.OVERSIZED,
                        "the answer of " + bytes + " bytes from " + remoteAddress() + " is larger than is accepted"));
    }

    Request requestStarted(Frame frame) {
        Request request = new Request(this, frame);
        int requests = requestsInFlight.incrementAndGet();
        long bytes = bytesInFlight.addAndGet(request.bytes());
        if (requests > limits.maxRequestsInFlight() || bytes > limits.maxBytesInFlight() || !drains()) {
            channel.config().setAutoRead(false);
            // what was in flight may have finished meanwhile, and nothing else would read on
            readOnIfCalm();
        }
        return request;
    }

    void requestFinished(int bytes) {
        requestsInFlight.decrementAndGet();
        bytesInFlight.addAndGet(-bytes);
        readOnIfCalm();
    }

    void writabilityChanged() {
        if (drains()) {
            readOnIfCalm();
        } else {
            channel.config().setAutoRead(false);
        }
    }

    private boolean drains() {
        return !serves || channel.isWritable();
    }

    private void readOnIfCalm() {
        if (!channel.config().isAutoRead()
                && requestsInFlight.get() <= limits.maxRequestsInFlight() / 2
                && bytesInFlight.get() <= limits.maxBytesInFlight() / 2
                && drains()) {
            channel.config().setAutoRead(true);
            try {
                channel.eventLoop().execute(this::decodeOn);
            } catch (RejectedExecutionException e) {
                // the event loop has ended, and the connection with it
                lost = true;
            }
        }
    }

    /** Has the decoder go on with what it was given before the pause. */
    private void decodeOn() {
        if (channel.isActive() && channel.config().isAutoRead()) {
            channel.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER);
            channel.pipeline().fireChannelReadComplete();
        }
    }

    /** Whether the outbound buffer has room; if not, {@link RequestHandler#writable} tells when it has. */
    public boolean isWritable() {
        return channel.isWritable() && queuedBytes.get() < limits.writeHighBytes();
    }

    public boolean isOpen() {
        return channel.isActive() && !lost;
    }

    public void close() {
        channel.close();
    }

    /** Closes, and completes when the connection is gone and its handler was told. */
    public CompletableFuture<Void> closeAsync() {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        channel.close().addListener(done -> gone.complete(null));
        return gone;
    }

    public @Nullable SocketAddress remoteAddress() {
        return channel.remoteAddress();
    }

    public @Nullable SocketAddress localAddress() {
        return channel.localAddress();
    }

    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    public ByteBufAllocator allocator() {
        return channel.alloc();
    }

    /** A pooled direct buffer for a frame's body. */
    public ByteBuf buffer(int bytes) {
        return channel.alloc().directBuffer(bytes);
    }

    /** What the owner of this connection keeps with it. */
    public @Nullable Object attachment() {
        return attachment;
    }

    public void attach(Object object) {
        this.attachment = object;
    }

    @Override
    public String toString() {
        return "connection " + channel.id().asShortText() + " with " + remoteAddress();
    }
}
