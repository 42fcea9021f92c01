package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** A RocketMQ producer as the wire sees it. Used by a test's thread. */
final class NativeProducer implements AutoCloseable {
    static final int COMMIT = 8;
    static final int ROLLBACK = 12;

    private static final int PATIENCE_MILLIS = Patience.MILLIS;
    private static final int PREPARED = 4;

    /** An answer, its body as bytes. */
    record Answer(int code, String remark, Map<String, String> fields, byte[] body) {
        JsonNode json() {
            return JsonBody.parse(body);
        }
    }

    /** What the broker has asked for. */
    record Check(Map<String, String> fields, MessageRecord message) {}

    /** Where a half message is. */
    record Half(long logOffset, long queueOffset, String offsetId) {
        static Half of(Answer answer) {
            String id = answer.fields.get("msgId");
            return new Half(MessageId.parse(id).physicalOffset(), Long.parseLong(answer.fields.get("queueOffset")), id);
        }
    }

    final BlockingQueue<Check> checks = new LinkedBlockingQueue<>();
    private final RemotingClient client =
            new RemotingClient("producer", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final Connection connection;
    private final String group;

    NativeProducer(InetSocketAddress broker, String group) throws IOException {
        this.group = group;
        this.connection = client.connect(broker, PATIENCE_MILLIS, this::take);
    }

    private void take(Request request) {
        if (request.frame().code() == RequestCode.CHECK_TRANSACTION_STATE) {
            byte[] body = new byte[request.body().readableBytes()];
            request.body().getBytes(request.body().readerIndex(), body);
            checks.add(new Check(
                    request.frame().fields(),
                    Objects.requireNonNull(MessageRecord.wrap(ByteBuffer.wrap(body), 0, body.length))));
        }
        request.done();
    }

    Check awaitCheck() throws InterruptedException {
        return Objects.requireNonNull(checks.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS), "no check came");
    }

    CompletableFuture<Frame> start(int code, Map<String, String> fields, byte[] body) {
        Frame frame = Frame.request(code, fields, Unpooled.wrappedBuffer(body), HeaderEncoding.JSON);
        return connection.request(frame, PATIENCE_MILLIS);
    }

    static Answer answer(CompletableFuture<Frame> started) throws Exception {
        Frame frame = started.get(2L * PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        byte[] body = new byte[frame.body().readableBytes()];
        frame.body().getBytes(frame.body().readerIndex(), body);
        frame.release();
        return new Answer(frame.code(), String.valueOf(frame.remark()), frame.fields(), body);
    }

    Answer ask(int code, Map<String, String> fields) throws Exception {
        return answer(start(code, fields, new byte[0]));
    }

    void heartbeat() throws Exception {
        byte[] body = ("{\"clientID\":\"c\",\"consumerDataSet\":[],\"producerDataSet\":[{\"groupName\":\"" + group
                        + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        answer(start(RequestCode.HEART_BEAT, Map.of(), body));
    }

    /** A send with these properties, besides a unique key that is the body. */
    Answer send(String topic, String body, int sysFlag, Map<String, String> properties) throws Exception {
        Map<String, String> all = new LinkedHashMap<>(properties);
        all.put(MessageProperties.UNIQ_KEY, body);
        SendRequest send = new SendRequest(
                group, topic, "TBW102", 4, 1, sysFlag, 1, 0, MessageProperties.format(all), 0, 16, false);
        return answer(start(RequestCode.SEND_MESSAGE_V2, send.fields(), body.getBytes(StandardCharsets.UTF_8)));
    }

    Half prepare(String topic, String body, Map<String, String> more) throws Exception {
        Map<String, String> properties = new HashMap<>(more);
        properties.put(MessageProperties.TRAN_MSG, "true");
        properties.put(MessageProperties.PGROUP, group);
        Answer answer = send(topic, body, PREPARED, properties);
        if (answer.code != 0) {
            throw new IllegalStateException(answer.code + " " + answer.remark);
        }
        return Half.of(answer);
    }

    Half prepare(String topic, String body) throws Exception {
        return prepare(topic, body, Map.of());
    }

    Map<String, String> ending(Half half, int decision, boolean fromCheck) {
        Map<String, String> fields = new HashMap<>();
        fields.put("producerGroup", group);
        fields.put("commitLogOffset", Long.toString(half.logOffset));
        fields.put("tranStateTableOffset", Long.toString(half.queueOffset));
        fields.put("commitOrRollback", Integer.toString(decision));
        fields.put("fromTransactionCheck", Boolean.toString(fromCheck));
        fields.put("msgId", "any");
        return fields;
    }

    Answer end(Half half, int decision) throws Exception {
        return ask(RequestCode.END_TRANSACTION, ending(half, decision, false));
    }

    void endOneWay(Half half, int decision) {
        connection.oneWay(Frame.request(
                RequestCode.END_TRANSACTION,
                ending(half, decision, false),
                Unpooled.EMPTY_BUFFER,
                HeaderEncoding.JSON));
    }

    long maxOffset(String topic, int queue) throws Exception {
        Answer answer = ask(RequestCode.GET_MAX_OFFSET, Map.of("topic", topic, "queueId", Integer.toString(queue)));
        return answer.code == 0 ? Long.parseLong(answer.fields.get("offset")) : -1;
    }

    /** Asks for one message, and waits for none. */
    Answer pull(String topic, int queue, long offset) throws Exception {
        Map<String, String> pull = new HashMap<>();
        pull.put("consumerGroup", "reader");
        pull.put("topic", topic);
        pull.put("queueId", Integer.toString(queue));
        pull.put("queueOffset", Long.toString(offset));
        pull.put("maxMsgNums", "1");
        pull.put("sysFlag", "4");
        pull.put("commitOffset", "0");
        pull.put("suspendTimeoutMillis", "0");
        pull.put("subscription", "*");
        return ask(RequestCode.PULL_MESSAGE, pull);
    }

    /** The message at a place of a queue, or null. */
    @Nullable MessageRecord read(String topic, int queue, long offset) throws Exception {
        Answer answer = pull(topic, queue, offset);
        return answer.code == 0 ? MessageRecord.wrap(ByteBuffer.wrap(answer.body), 0, answer.body.length) : null;
    }

    @Override
    public void close() throws Exception {
        connection.closeAsync().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        client.close();
    }
}
