package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.Request;

/** A RocketMQ client as the wire sees it, in either encoding of headers. Used by a test's thread. */
final class NativePeer implements AutoCloseable {
    private static final int PATIENCE_MILLIS = Patience.MILLIS;

    /** An answer, its body as bytes. */
    record Answer(int code, String remark, Map<String, String> fields, byte[] body) {
        JsonNode json() {
            return JsonBody.parse(body);
        }

        long number(String field) {
            return Long.parseLong(Objects.requireNonNull(fields.get(field), field));
        }
    }

    /** A message that was popped, with the handle that a client makes of the answer's header. */
    record Popped(String body, int reconsumeTimes, PopHandle handle) {}

    /** What the broker has asked; the test answers it. */
    final BlockingQueue<Request> asked = new LinkedBlockingQueue<>();

    private final RemotingClient client = new RemotingClient("peer", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final Connection connection;
    private final HeaderEncoding encoding;

    NativePeer(InetSocketAddress broker, HeaderEncoding encoding) throws IOException {
        this.encoding = encoding;
        this.connection = client.connect(broker, PATIENCE_MILLIS, asked::add);
    }

    CompletableFuture<Frame> start(int code, Map<String, String> fields, byte[] body) {
        return connection.request(
                Frame.request(code, fields, Unpooled.wrappedBuffer(body), encoding), 2L * PATIENCE_MILLIS);
    }

    static Answer answer(CompletableFuture<Frame> started) throws Exception {
        Frame frame = started.get(2L * PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        byte[] body = ByteBufUtil.getBytes(frame.body());
        frame.release();
        return new Answer(frame.code(), String.valueOf(frame.remark()), frame.fields(), body);
    }

    Answer ask(int code, Map<String, String> fields) throws Exception {
        return answer(start(code, fields, new byte[0]));
    }

    Answer ask(int code, String body) throws Exception {
        return answer(start(code, Map.of(), body.getBytes(StandardCharsets.UTF_8)));
    }

    /** The next request of the broker. */
    Request awaitAsked() throws InterruptedException {
        return Objects.requireNonNull(asked.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS), "the broker asked nothing");
    }

    void heartbeat(String clientId, String producerGroup, String consumerGroup) throws Exception {
        String consumers = consumerGroup.isEmpty()
                ? ""
                : "{\"groupName\":\"" + consumerGroup
                        + "\",\"messageModel\":\"CLUSTERING\",\"consumeType\":\"CONSUME_POP\",\"subscriptionDataSet\":[]}";
        String producers = producerGroup.isEmpty() ? "" : "{\"groupName\":\"" + producerGroup + "\"}";
        Answer answer = ask(
                RequestCode.HEART_BEAT,
                "{\"clientID\":\"" + clientId + "\",\"consumerDataSet\":[" + consumers + "],\"producerDataSet\":["
                        + producers + "]}");
        if (answer.code != 0) {
            throw new IllegalStateException(answer.remark);
        }
    }

    Answer send(String topic, int queueId, String tag, String body) throws Exception {
        Answer answer = answer(startSend(topic, queueId, tag, body));
        if (answer.code != 0) {
            throw new IllegalStateException(answer.remark);
        }
        return answer;
    }

    CompletableFuture<Frame> startSend(String topic, int queueId, String tag, String body) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put(MessageProperties.TAGS, tag);
        properties.put(MessageProperties.UNIQ_KEY, body);
        SendRequest send = new SendRequest(
                "producer", topic, "TBW102", 4, queueId, 0, 1, 0, MessageProperties.format(properties), 0, 16, false);
        return start(RequestCode.SEND_MESSAGE_V2, send.fields(), body.getBytes(StandardCharsets.UTF_8));
    }

    /** The header of a pop of any queue, which waits for nothing. */
    static Map<String, String> popHeader(String group, String topic, long invisible, long now) {
        Map<String, String> fields = new HashMap<>();
        fields.put("consumerGroup", group);
        fields.put("topic", topic);
        fields.put("queueId", "-1");
        fields.put("maxMsgNums", "32");
        fields.put("invisibleTime", Long.toString(invisible));
        fields.put("pollTime", "0");
        fields.put("bornTime", Long.toString(now));
        fields.put("initMode", "0");
        fields.put("expType", "TAG");
        fields.put("exp", "*");
        fields.put("order", "false");
        return fields;
    }

    /** The messages of an answer to a pop; as a client does, from the header alone but for the records. */
    static List<Popped> popped(Answer answer) {
        Map<String, Long> starts = new HashMap<>();
        for (String each : answer.fields.get("startOffsetInfo").split(";")) {
            String[] parts = each.split(" ");
            starts.put(parts[0] + "@" + parts[1], Long.parseLong(parts[2]));
        }
        Map<String, List<String>> offsets = new HashMap<>();
        for (String each : answer.fields.get("msgOffsetInfo").split(";")) {
            String[] parts = each.split(" ");
            offsets.put(parts[0] + "@" + parts[1], new ArrayList<>(List.of(parts[2].split(","))));
        }
        List<Popped> all = new ArrayList<>();
        ByteBuffer records = ByteBuffer.wrap(answer.body);
        for (int at = 0; at < answer.body.length; ) {
            MessageRecord record = Objects.requireNonNull(MessageRecord.wrap(records, at, answer.body.length));
            if (!record.intact()) {
                throw new IllegalStateException("a popped record is damaged");
            }
            String key = "0@" + record.queueId();
            long offset = Long.parseLong(offsets.get(key).remove(0));
            if (offset != record.queueOffset()) {
                throw new IllegalStateException("the header says " + offset + ", the record " + record.queueOffset());
            }
            all.add(new Popped(
                    new String(record.bodyBytes(), StandardCharsets.UTF_8),
                    record.reconsumeTimes(),
                    new PopHandle(
                            starts.get(key),
                            answer.number("popTime"),
                            answer.number("invisibleTime"),
                            (int) answer.number("reviveQid"),
                            "0",
                            "broker-a",
                            record.queueId(),
                            offset)));
            at += record.size();
        }
        offsets.values().forEach(left -> {
            if (!left.isEmpty()) {
                throw new IllegalStateException("the header names messages that are not there: " + left);
            }
        });
        return all;
    }

    static Map<String, String> ackHeader(String group, String topic, PopHandle handle) {
        Map<String, String> fields = new HashMap<>();
        fields.put("consumerGroup", group);
        fields.put("topic", topic);
        fields.put("queueId", Integer.toString(handle.queueId()));
        fields.put("offset", Long.toString(handle.queueOffset()));
        fields.put("extraInfo", handle.text());
        return fields;
    }

    @Override
    public void close() throws Exception {
        connection.closeAsync().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        client.close();
    }
}
