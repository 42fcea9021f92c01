package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.TextOperation;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** A JMS connection with one consumer at most, as the wire sees it. Used by a test's thread. */
final class JmsWire implements AutoCloseable {
    private static final int PATIENCE_MILLIS = Patience.MILLIS;

    /** A message that was delivered. */
    record Delivered(String body, int queueId, long offset) {}

    private final BlockingQueue<Delivered> delivered = new LinkedBlockingQueue<>();
    private final RemotingClient client =
            new RemotingClient("jms-wire", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final Connection connection;

    JmsWire(InetSocketAddress broker) throws Exception {
        this.connection = connect(broker);
        ask(JmsCode.HELLO, new Hello(1, JmsCode.VERSION, "test", null, "", null, null)::encode);
        ask(JmsCode.START, out -> {});
    }

    private Connection connect(InetSocketAddress broker) throws IOException {
        return client.connect(broker, PATIENCE_MILLIS, this::take);
    }

    private void take(Request request) {
        for (Deliver.Message each : Deliver.decode(request.body()).messages()) {
            MessageRecord record =
                    Objects.requireNonNull(MessageRecord.wrap(ByteBuffer.wrap(each.record()), 0, each.record().length));
            String body = new String(record.bodyBytes(), StandardCharsets.UTF_8);
            delivered.add(new Delivered(body, each.queueId(), each.queueOffset()));
        }
        request.done();
    }

    private byte[] ask(int code, Consumer<ByteBuf> body) throws Exception {
        ByteBuf out = connection.buffer(256);
        body.accept(out);
        Frame frame = connection
                .request(Frame.request(code, out), PATIENCE_MILLIS)
                .get(2L * PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        byte[] answer = new byte[frame.body().readableBytes()];
        frame.body().getBytes(frame.body().readerIndex(), answer);
        frame.release();
        if (frame.code() != 0) {
            throw new IllegalStateException(code + ": " + frame.code() + " " + frame.remark());
        }
        return answer;
    }

    /** Makes a destination if it is not there; its handle. */
    int open(DestinationKind kind, String name) throws Exception {
        byte[] answer = ask(JmsCode.OPEN_DESTINATION, new OpenDestination(kind, name)::encode);
        return OpenDestination.Reply.decode(Unpooled.wrappedBuffer(answer)).handle();
    }

    /** Consumes a queue, or a topic by a durable subscription of this name, which is made if it is not there. */
    void consume(DestinationKind kind, String name, @Nullable String subscription, int credit) throws Exception {
        CreateConsumer.Kind how = subscription == null ? CreateConsumer.Kind.QUEUE : CreateConsumer.Kind.SHARED_DURABLE;
        int handle = open(kind, name);
        ask(
                JmsCode.CREATE_CONSUMER,
                new CreateConsumer(1, 1, handle, how, subscription, null, false, List.of(), credit)::encode);
    }

    void unsubscribe(String subscription) throws Exception {
        ask(JmsCode.UNSUBSCRIBE, new TextOperation(subscription)::encode);
    }

    /** The next messages, when so many are there. */
    List<Delivered> await(int count) throws InterruptedException {
        List<Delivered> all = new ArrayList<>();
        while (all.size() < count) {
            all.add(Objects.requireNonNull(
                    delivered.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS), "of " + count + " came " + all));
        }
        return all;
    }

    void acknowledge(Delivered message) throws Exception {
        Acknowledge.Range range = new Acknowledge.Range(1, message.queueId, message.offset, 1);
        ask(JmsCode.ACKNOWLEDGE, new Acknowledge(1, false, List.of(range))::encode);
    }

    @Override
    public void close() throws Exception {
        connection.closeAsync().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        client.close();
    }
}
