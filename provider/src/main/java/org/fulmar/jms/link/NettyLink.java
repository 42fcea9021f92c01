package org.fulmar.jms.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.fulmar.jms.message.WireMessage;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.Browse;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Credit;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.Release;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TextOperation;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.jms.TransactionRecovery;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;
import org.jspecify.annotations.Nullable;

/** The link over the Netty transport: each operation is a frame with a binary body. */
final class NettyLink implements BrokerLink, RequestHandler {
    private static final int SMALL = 256;
    /** A broker that is frozen is found out before requests of the usual time limit fail. */
    private static final int PING_MILLIS = 10_000;

    private static final int GOODBYE_MILLIS = 5_000;
    private static final long WRITABLE_POLL_MILLIS = 100;

    private final int timeoutMillis;
    private final LinkListener listener;
    private final Object writable = new Object();
    private volatile @Nullable Connection connection;
    private Hello.@Nullable Reply broker;
    private volatile @Nullable ScheduledFuture<?> pings;
    private volatile boolean lost;

    NettyLink(int timeoutMillis, LinkListener listener) {
        this.timeoutMillis = timeoutMillis;
        this.listener = listener;
    }

    /** Greets the broker on a fresh connection; the future fails if it refuses. */
    CompletableFuture<Void> greet(Connection fresh, Hello hello, int greetingMillis) {
        connection = fresh;
        return call(JmsCode.HELLO, SMALL, hello::encode, Hello.Reply::decode, greetingMillis)
                .thenAccept(reply -> {
                    broker = reply;
                    pings = fresh.eventLoop()
                            .scheduleWithFixedDelay(this::ping, PING_MILLIS, PING_MILLIS, TimeUnit.MILLISECONDS);
                    if (lost) {
                        pings.cancel(false);
                    }
                });
    }

    /** A silent connection would be closed by the broker; one that does not answer is closed by us. */
    private void ping() {
        call(JmsCode.PING, 0, out -> {}, in -> null, PING_MILLIS).whenComplete((pong, failure) -> {
            if (failure != null) {
                connected().close();
            }
        });
    }

    private Connection connected() {
        Connection there = connection;
        if (there == null) {
            throw new IllegalStateException("the link is not connected");
        }
        return there;
    }

    private <T> CompletableFuture<T> call(
            int code, int bytes, Consumer<ByteBuf> request, Function<ByteBuf, @Nullable T> response) {
        return call(code, bytes, request, response, timeoutMillis);
    }

    private <T> CompletableFuture<T> call(
            int code, int bytes, Consumer<ByteBuf> request, Function<ByteBuf, @Nullable T> response, int millis) {
        Connection to = connected();
        ByteBuf body = Unpooled.EMPTY_BUFFER;
        if (bytes > 0) {
            body = to.buffer(bytes);
            request.accept(body);
        }
        return to.request(Frame.request(code, body), millis).handle((answer, failure) -> {
            if (failure != null) {
                throw unanswered(to, failure);
            }
            try {
                if (answer.code() != ResponseCode.SUCCESS) {
                    throw new CompletionException(new LinkException(
                            answer.code(),
                            answer.remark() == null ? "refused with code " + answer.code() : answer.remark()));
                }
                return response.apply(answer.body());
            } finally {
                answer.release();
            }
        });
    }

    private static CompletionException unanswered(Connection to, Throwable failure) {
        int code = to.isOpen() ? LinkException.TIMED_OUT : LinkException.LOST;
        return new CompletionException(new LinkException(code, reason(failure), failure));
    }

    private static String reason(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    private CompletableFuture<Void> call(int code, int bytes, Consumer<ByteBuf> request) {
        return call(code, bytes, request, in -> null);
    }

    @Override
    public Hello.Reply broker() {
        Hello.Reply reply = broker;
        if (reply == null) {
            throw new IllegalStateException("the broker has not answered yet");
        }
        return reply;
    }

    @Override
    public boolean isLost() {
        return lost;
    }

    @Override
    public CompletableFuture<Void> setClientId(String clientId) {
        return call(JmsCode.SET_CLIENT_ID, SMALL, new TextOperation(clientId)::encode);
    }

    @Override
    public CompletableFuture<OpenDestination.Reply> openDestination(DestinationKind kind, String name) {
        return call(
                JmsCode.OPEN_DESTINATION,
                SMALL,
                new OpenDestination(kind, name)::encode,
                OpenDestination.Reply::decode);
    }

    @Override
    public CompletableFuture<OpenDestination.Reply> createTemporary(DestinationKind kind, String name) {
        return call(
                JmsCode.CREATE_TEMPORARY,
                SMALL,
                new OpenDestination(kind, name)::encode,
                OpenDestination.Reply::decode);
    }

    @Override
    public CompletableFuture<Void> deleteTemporary(DestinationKind kind, String name) {
        return call(JmsCode.DELETE_TEMPORARY, SMALL, new OpenDestination(kind, name)::encode);
    }

    private static ByteBuf encode(Connection to, SendOperation.Envelope envelope, WireMessage message) {
        ByteBuf body = to.buffer(SendOperation.encodedBytes(message.properties(), message.body()));
        SendOperation.encode(
                body, envelope, message.flag(), 0, message.bornTimestamp(), message.properties(), message.body());
        return body;
    }

    @Override
    public CompletableFuture<Void> send(SendOperation.Envelope envelope, WireMessage message) {
        Connection to = connected();
        ByteBuf body = encode(to, envelope, message);
        return to.request(Frame.request(JmsCode.SEND, body), timeoutMillis).handle((answer, failure) -> {
            if (failure != null) {
                throw unanswered(to, failure);
            }
            answer.release();
            if (answer.code() != ResponseCode.SUCCESS) {
                throw new CompletionException(new LinkException(answer.code(), String.valueOf(answer.remark())));
            }
            return null;
        });
    }

    @Override
    public void sendOneWay(SendOperation.Envelope envelope, WireMessage message)
            throws LinkException, InterruptedException {
        Connection to = connected();
        if (!to.isWritable()) {
            synchronized (writable) {
                while (!to.isWritable() && !lost) {
                    writable.wait(WRITABLE_POLL_MILLIS);
                }
            }
        }
        if (lost) {
            throw new LinkException(LinkException.LOST, "the connection to the broker was lost");
        }
        to.oneWay(Frame.request(JmsCode.SEND, encode(to, envelope, message)));
    }

    @Override
    public CompletableFuture<Void> createConsumer(CreateConsumer consumer) {
        return call(JmsCode.CREATE_CONSUMER, SMALL, consumer::encode);
    }

    @Override
    public CompletableFuture<Void> closeConsumer(ConsumerPosition position) {
        return call(JmsCode.CLOSE_CONSUMER, SMALL, position::encode);
    }

    @Override
    public CompletableFuture<Void> closeSession(ConsumerPosition.OfSession session) {
        return call(JmsCode.CLOSE_SESSION, SMALL, session::encode);
    }

    @Override
    public CompletableFuture<Void> recover(ConsumerPosition.OfSession session) {
        return call(JmsCode.RECOVER, SMALL, session::encode);
    }

    @Override
    public void credit(int consumerId, int credit) {
        Connection to = connected();
        ByteBuf body = to.buffer(16);
        new Credit(consumerId, credit, false).encode(body);
        to.oneWay(Frame.request(JmsCode.CREDIT, body));
    }

    @Override
    public CompletableFuture<Void> drain(int consumerId, int credit, boolean withdraw) {
        return call(JmsCode.DRAIN, 16, new Credit(consumerId, credit, withdraw)::encode);
    }

    @Override
    public CompletableFuture<Void> acknowledge(Acknowledge acknowledge) {
        int bytes = Acknowledge.encodedBytes(acknowledge.ranges().size());
        return call(JmsCode.ACKNOWLEDGE, bytes, acknowledge::encode);
    }

    @Override
    public CompletableFuture<Void> release(Release held) {
        return call(JmsCode.RELEASE, Release.encodedBytes(held.ranges().size()), held::encode);
    }

    private CompletableFuture<Void> part(
            int code,
            TransactionId id,
            int before,
            List<Acknowledge.Range> acknowledged,
            List<TransactionPart.Outgoing> messages) {
        int bytes = TransactionPart.encodedBytes(acknowledged, messages);
        boolean ended = code != JmsCode.TRANSACTION_ADD;
        return call(code, bytes, out -> TransactionPart.encode(out, id, before, ended, acknowledged, messages));
    }

    @Override
    public CompletableFuture<Void> addToTransaction(
            TransactionId id,
            int before,
            List<Acknowledge.Range> acknowledged,
            List<TransactionPart.Outgoing> messages) {
        return part(JmsCode.TRANSACTION_ADD, id, before, acknowledged, messages);
    }

    @Override
    public CompletableFuture<Void> commit(
            TransactionId id,
            int before,
            List<Acknowledge.Range> acknowledged,
            List<TransactionPart.Outgoing> messages) {
        return part(JmsCode.TRANSACTION_COMMIT, id, before, acknowledged, messages);
    }

    @Override
    public CompletableFuture<Void> prepare(
            TransactionId id,
            int before,
            List<Acknowledge.Range> acknowledged,
            List<TransactionPart.Outgoing> messages) {
        return part(JmsCode.TRANSACTION_PREPARE, id, before, acknowledged, messages);
    }

    @Override
    public CompletableFuture<Void> rollback(TransactionId id, List<Acknowledge.Range> givenBack) {
        return part(JmsCode.TRANSACTION_ROLLBACK, id, 0, givenBack, List.of());
    }

    @Override
    public CompletableFuture<Void> decide(TransactionDecision decision) {
        return call(JmsCode.TRANSACTION_DECIDE, SMALL, decision::encode);
    }

    @Override
    public CompletableFuture<Boolean> wasCommitted(TransactionId id) {
        return call(JmsCode.TRANSACTION_OUTCOME, SMALL, id::encode, in -> in.readByte() == 1);
    }

    @Override
    public CompletableFuture<TransactionRecovery.Reply> inDoubt(TransactionRecovery from) {
        return call(JmsCode.TRANSACTION_RECOVER, SMALL, from::encode, TransactionRecovery.Reply::decode);
    }

    @Override
    public CompletableFuture<Void> forget(TransactionId id) {
        return call(JmsCode.TRANSACTION_FORGET, SMALL, id::encode);
    }

    @Override
    public CompletableFuture<Browse.Reply> browse(Browse browse) {
        return call(JmsCode.BROWSE, SMALL, browse::encode, Browse.Reply::decode);
    }

    @Override
    public CompletableFuture<Void> start(boolean started) {
        return call(started ? JmsCode.START : JmsCode.STOP, 0, out -> {});
    }

    @Override
    public CompletableFuture<Void> unsubscribe(String subscription) {
        return call(JmsCode.UNSUBSCRIBE, SMALL, new TextOperation(subscription)::encode);
    }

    @Override
    public void abandon() {
        connected().close();
    }

    @Override
    public void close() {
        Connection there = connection;
        if (there == null) {
            return;
        }
        if (!lost) {
            // so that whoever comes next finds that all of this connection is gone
            call(JmsCode.GOODBYE, 0, out -> {}, in -> null, Math.min(GOODBYE_MILLIS, timeoutMillis))
                    .handle((done, failure) -> null)
                    .join();
        }
        there.closeAsync().join();
    }

    @Override
    public void handle(Request request) {
        if (request.frame().code() == JmsCode.DELIVER) {
            Deliver deliver = Deliver.decode(request.body());
            request.done();
            listener.delivered(deliver);
        } else {
            request.answer(
                    ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
                    "a JMS client takes no requests of code " + request.frame().code());
        }
    }

    @Override
    public void closed(Connection gone) {
        lost = true;
        ScheduledFuture<?> running = pings;
        if (running != null) {
            running.cancel(false);
        }
        synchronized (writable) {
            writable.notifyAll();
        }
        if (broker != null) {
            // one that was never greeted is told by the failure of the greeting
            listener.lost(null);
        }
    }

    @Override
    public void writable(Connection ready) {
        synchronized (writable) {
            writable.notifyAll();
        }
    }
}
