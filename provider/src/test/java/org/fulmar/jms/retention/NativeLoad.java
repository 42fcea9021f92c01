package org.fulmar.jms.retention;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;

/** A RocketMQ producer that sends all the time, some messages at once; counts what is taken and what is refused. */
final class NativeLoad implements AutoCloseable {
    private static final int AT_ONCE = 64;
    private static final int PATIENCE_MILLIS = 10_000;

    private final RemotingClient client = new RemotingClient("native", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final Semaphore room = new Semaphore(AT_ONCE);
    private final byte[] body;
    private final Connection connection;
    final AtomicLong taken = new AtomicLong();
    final AtomicLong refused = new AtomicLong();
    final AtomicLong failed = new AtomicLong();

    NativeLoad(int port, int bytes) throws IOException {
        this.body = new byte[bytes];
        this.connection = client.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS, Request::done);
    }

    /** Sends one more, when there is room for it. */
    void send() throws InterruptedException {
        room.acquire();
        SendRequest send = new SendRequest("load", "native", "TBW102", 4, 1, 0, 1, 0, "", 0, 16, false);
        Frame frame = Frame.request(
                RequestCode.SEND_MESSAGE_V2, send.fields(), Unpooled.wrappedBuffer(body), HeaderEncoding.JSON);
        connection.request(frame, PATIENCE_MILLIS).whenComplete((answer, failure) -> {
            room.release();
            if (answer == null) {
                failed.incrementAndGet();
                return;
            }
            boolean full = answer.code() == ResponseCode.SERVICE_NOT_AVAILABLE
                    && String.valueOf(answer.remark()).startsWith("disk full");
            (answer.code() == ResponseCode.SUCCESS ? taken : full ? refused : failed).incrementAndGet();
            answer.release();
        });
    }

    @Override
    public void close() throws InterruptedException {
        room.acquire(AT_ONCE);
        connection.close();
        client.close();
    }
}
