package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.fulmar.broker.Patience;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;

/** An administrator, producer or consumer as the wire sees it. Used by a test's thread. */
final class AdminPeer implements AutoCloseable {
    private static final int PATIENCE_MILLIS = Patience.MILLIS;

    /** What the broker has asked of its own accord. */
    record Asked(int code, Map<String, String> fields, String body) {}

    final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final RemotingClient client =
            new RemotingClient("admin-peer", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final Connection connection;
    private final Function<Asked, String> answers;

    /** @param answers the body with which a question of the broker is answered */
    AdminPeer(InetSocketAddress broker, Function<Asked, String> answers) throws IOException {
        this.answers = answers;
        this.connection = client.connect(broker, PATIENCE_MILLIS, this::take);
    }

    AdminPeer(InetSocketAddress broker) throws IOException {
        this(broker, asked -> "{}");
    }

    private void take(Request request) {
        Asked one = new Asked(
                request.frame().code(), request.frame().fields(), request.body().toString(StandardCharsets.UTF_8));
        if (one.code != RequestCode.NOTIFY_CONSUMER_IDS_CHANGED) {
            asked.add(one);
        }
        byte[] body = answers.apply(one).getBytes(StandardCharsets.UTF_8);
        request.answer(0, null, Map.of(), Unpooled.wrappedBuffer(body));
    }

    Asked awaitAsked() throws InterruptedException {
        return Objects.requireNonNull(asked.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS), "the broker asked nothing");
    }

    Answer ask(int code, String body, String... namesAndValues) throws Exception {
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return ask(code, fields, body);
    }

    private Answer ask(int code, Map<String, String> fields, String body) throws Exception {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return NativeProducer.answer(connection.request(
                Frame.request(code, fields, Unpooled.wrappedBuffer(bytes), HeaderEncoding.JSON), PATIENCE_MILLIS));
    }

    /** The header of what a group asks of a queue. */
    private static Map<String, String> queue(String group, String topic, int queue) {
        Map<String, String> fields = new HashMap<>();
        fields.put("consumerGroup", group);
        fields.put("topic", topic);
        fields.put("queueId", Integer.toString(queue));
        return fields;
    }

    static String text(Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    Answer putTopic(String topic, int read, int write, int perm, String attributes) throws Exception {
        return ask(
                RequestCode.UPDATE_AND_CREATE_TOPIC,
                "",
                "topic",
                topic,
                "readQueueNums",
                Integer.toString(read),
                "writeQueueNums",
                Integer.toString(write),
                "perm",
                Integer.toString(perm),
                "attributes",
                attributes);
    }

    Answer send(String topic, int queue, String body) throws Exception {
        Map<String, String> properties = Map.of(MessageProperties.UNIQ_KEY, body);
        SendRequest send = new SendRequest(
                "producers", topic, "TBW102", 4, queue, 0, 1, 0, MessageProperties.format(properties), 0, 16, false);
        return ask(RequestCode.SEND_MESSAGE_V2, send.fields(), body);
    }

    Answer pull(String group, String topic, int queue, long offset) throws Exception {
        Map<String, String> fields = queue(group, topic, queue);
        fields.put("queueOffset", Long.toString(offset));
        fields.put("maxMsgNums", "32");
        fields.put("sysFlag", "4");
        fields.put("subscription", "*");
        return ask(RequestCode.PULL_MESSAGE, fields, "");
    }

    /** Takes up to 32 messages of a queue for a minute. */
    Answer pop(String group, String topic, int queue) throws Exception {
        Map<String, String> fields = NativePeer.popHeader(group, topic, 60_000, 0);
        fields.put("queueId", Integer.toString(queue));
        return ask(RequestCode.POP_MESSAGE, fields, "");
    }

    Answer commit(String group, String topic, int queue, long offset) throws Exception {
        Map<String, String> fields = queue(group, topic, queue);
        fields.put("commitOffset", Long.toString(offset));
        return ask(RequestCode.UPDATE_CONSUMER_OFFSET, fields, "");
    }

    /** The offset that a group has committed, or -1. */
    long committed(String group, String topic, int queue) throws Exception {
        Answer answer = ask(RequestCode.QUERY_CONSUMER_OFFSET, queue(group, topic, queue), "");
        return answer.code() == 0 ? Long.parseLong(answer.fields().get("offset")) : -1;
    }

    Answer reset(String group, String topic, int queue, long timestamp) throws Exception {
        return ask(
                RequestCode.INVOKE_BROKER_TO_RESET_OFFSET,
                "",
                "group",
                group,
                "topic",
                topic,
                "timestamp",
                Long.toString(timestamp),
                "isForce",
                "true",
                "queueId",
                Integer.toString(queue));
    }

    /** Joins a consumer group. */
    void heartbeat(String clientId, String group, String topic) throws Exception {
        heartbeat(clientId, group, topic, "CONSUME_PASSIVELY");
    }

    void heartbeat(String clientId, String group, String topic, String consumeType) throws Exception {
        ObjectNode json = JsonBody.object().put("clientID", clientId);
        ObjectNode data = json.putArray("consumerDataSet").addObject();
        data.put("groupName", group)
                .put("messageModel", "CLUSTERING")
                .put("consumeType", consumeType)
                .put("consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET");
        data.putArray("subscriptionDataSet")
                .addObject()
                .put("topic", topic)
                .put("subString", "*")
                .put("subVersion", 1)
                .put("expressionType", "TAG");
        json.putArray("producerDataSet").addObject().put("groupName", "producers");
        Answer answer = ask(RequestCode.HEART_BEAT, new String(JsonBody.bytes(json), StandardCharsets.US_ASCII));
        if (answer.code() != 0) {
            throw new IllegalStateException(answer.code() + " " + answer.remark());
        }
    }

    @Override
    public void close() throws Exception {
        connection.closeAsync().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        client.close();
    }
}
