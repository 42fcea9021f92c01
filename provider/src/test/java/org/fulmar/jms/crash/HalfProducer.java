package org.fulmar.jms.crash;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.fulmar.jms.crash.Work.Outcome;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;

/**
 * A transaction producer of RocketMQ, as far as the broker sees one: it sends half messages, and is asked for their
 * outcome. It connects again when its connection is lost. Used by one thread; asked on an event loop.
 */
final class HalfProducer implements RequestHandler, AutoCloseable {
    private static final long TIMEOUT_MILLIS = 60_000;
    private static final int UNKNOWN = 0;
    private static final int COMMIT = 8;
    private static final int ROLLBACK = 12;

    private final RemotingClient client = new RemotingClient("half", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final InetSocketAddress broker;
    private final String cell;
    private final Function<String, Boolean> outcomes;
    private Connection connection;
    private volatile boolean closed;

    /**
     * @param outcomes of transactions, by their names; null as long as one is not known
     */
    HalfProducer(int port, String cell, Function<String, Boolean> outcomes) {
        this.broker = new InetSocketAddress("127.0.0.1", port);
        this.cell = cell;
        this.outcomes = outcomes;
        this.connection = connect();
    }

    /** Tries until the broker is there, and makes itself known. */
    private Connection connect() {
        Connection[] made = new Connection[1];
        Awaitility.await("producer connected")
                .atMost(Duration.ofMillis(TIMEOUT_MILLIS))
                .pollInterval(Duration.ofMillis(10))
                .pollDelay(Duration.ZERO)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    made[0] = client.connect(broker, 10_000, this);
                    heartbeat(made[0]);
                    return true;
                });
        return made[0];
    }

    private void heartbeat(Connection over) throws IOException {
        String json = "{\"clientID\":\"" + cell + "\",\"producerDataSet\":[{\"groupName\":\"" + cell + "\"}]}";
        ByteBuf body = Unpooled.copiedBuffer(json, StandardCharsets.UTF_8);
        ask(over, Frame.request(RequestCode.HEART_BEAT, Map.of(), body, HeaderEncoding.JSON));
    }

    private static void ask(Connection over, Frame frame) throws IOException {
        try {
            Frame answer = over.request(frame, TIMEOUT_MILLIS).join();
            int code = answer.code();
            String remark = answer.remark();
            answer.release();
            if (code != ResponseCode.SUCCESS) {
                throw new IOException("refused with " + code + ": " + remark);
            }
        } catch (CompletionException e) {
            throw new IOException("the broker is lost", e);
        }
    }

    /** Sends a half message. If its answer is lost, it may be there all the same. */
    Outcome send(Work work) {
        Map<String, String> properties = new TreeMap<>();
        properties.put(MessageProperties.TRAN_MSG, "true");
        properties.put("PGROUP", cell);
        properties.put("UNIQ_KEY", work.name());
        properties.put(Places.TOKEN, work.halfToken());
        properties.put(Places.TRANSACTION, work.name());
        properties.put(Places.OF, Integer.toString(work.moved()));
        SendRequest send = new SendRequest(
                cell,
                Places.TO_QUEUE.in(cell),
                "",
                1,
                0,
                4,
                System.currentTimeMillis(),
                0,
                MessageProperties.format(properties),
                0,
                0,
                false);
        ByteBuf body = Unpooled.wrappedBuffer(new byte[work.bytes()]);
        try {
            ask(connection, Frame.request(RequestCode.SEND_MESSAGE_V2, send.fields(), body, HeaderEncoding.JSON));
            return Outcome.PREPARED;
        } catch (IOException e) {
            System.out.println(work.name() + " is not known to be half: " + e);
            return Outcome.UNKNOWN;
        }
    }

    /** Is asked for an outcome, and answers if there is one. */
    @Override
    public void handle(Request request) {
        Fields in = Fields.of(request.frame());
        Boolean outcome = outcomes.apply(in.text("msgId"));
        int decision = UNKNOWN;
        if (outcome != null) {
            decision = outcome ? COMMIT : ROLLBACK;
        }
        Map<String, String> fields = Fields.write()
                .put("producerGroup", cell)
                .put("tranStateTableOffset", in.number("tranStateTableOffset"))
                .put("commitLogOffset", in.number("commitLogOffset"))
                .put("commitOrRollback", decision)
                .put("fromTransactionCheck", true)
                .put("msgId", in.text("msgId"))
                .put("transactionId", in.text("transactionId"))
                .map();
        request.connection()
                .oneWay(Frame.request(RequestCode.END_TRANSACTION, fields, Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON));
        request.done();
    }

    @Override
    public void closed(Connection lost) {
        if (!closed) {
            Thread again = new Thread(() -> connection = connect(), "producer-reconnect");
            again.setDaemon(true);
            again.start();
        }
    }

    @Override
    public void close() {
        closed = true;
        client.close();
        Awaitility.await().atMost(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS).until(() -> !connection.isOpen());
    }
}
