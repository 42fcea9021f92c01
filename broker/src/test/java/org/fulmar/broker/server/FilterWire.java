package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.message.MessageRecord;

/** A RocketMQ consumer with filters as the wire sees it, on a connection of its own. Used by a test's thread. */
final class FilterWire implements AutoCloseable {
    final NativeProducer wire;
    private final String clientId;

    FilterWire(InetSocketAddress broker, String clientId) throws Exception {
        this.wire = new NativeProducer(broker, "p-" + clientId);
        this.clientId = clientId;
    }

    /** One subscription of a heartbeat. */
    record Wanted(String topic, String type, String text, long version) {
        static Wanted sql(String topic, String text, long version) {
            return new Wanted(topic, "SQL92", text, version);
        }

        static Wanted tag(String topic, String tag, long version) {
            return new Wanted(topic, "TAG", tag, version);
        }

        ObjectNode json() {
            ObjectNode node = JsonBody.object()
                    .put("topic", topic)
                    .put("expressionType", type)
                    .put("subString", text)
                    .put("subVersion", version);
            if (type.equals("TAG") && !text.equals("*")) {
                node.putArray("codeSet").add(text.hashCode());
            }
            return node;
        }
    }

    Answer heartbeat(String group, Wanted... subscriptions) throws Exception {
        ObjectNode body = JsonBody.object().put("clientID", clientId);
        ObjectNode consumer = body.putArray("consumerDataSet").addObject();
        consumer.put("groupName", group).put("messageModel", "CLUSTERING");
        for (Wanted subscription : subscriptions) {
            consumer.withArray("/subscriptionDataSet").add(subscription.json());
        }
        body.putArray("producerDataSet");
        return NativeProducer.answer(wire.start(RequestCode.HEART_BEAT, Map.of(), JsonBody.bytes(body)));
    }

    Answer checkConfig(Wanted subscription) throws Exception {
        ObjectNode body = JsonBody.object().put("clientId", clientId).put("group", "g");
        body.set("subscriptionData", subscription.json());
        return NativeProducer.answer(wire.start(RequestCode.CHECK_CLIENT_CONFIG, Map.of(), JsonBody.bytes(body)));
    }

    private static Map<String, String> pullFields(String group, Wanted wanted, int queue, long offset) {
        Map<String, String> fields = new HashMap<>();
        fields.put("consumerGroup", group);
        fields.put("topic", wanted.topic());
        fields.put("queueId", Integer.toString(queue));
        fields.put("queueOffset", Long.toString(offset));
        fields.put("maxMsgNums", "32");
        fields.put("commitOffset", "0");
        fields.put("sysFlag", "0");
        fields.put("suspendTimeoutMillis", "0");
        fields.put("expressionType", wanted.type());
        fields.put("subVersion", Long.toString(wanted.version()));
        return fields;
    }

    /** A pull with its own text, as of pull consumers. */
    Answer pullText(String group, Wanted wanted, int queue, long offset) throws Exception {
        Map<String, String> fields = pullFields(group, wanted, queue, offset);
        fields.put("sysFlag", "4");
        fields.put("subscription", wanted.text());
        return wire.ask(RequestCode.PULL_MESSAGE, fields);
    }

    /** A pull by the group's heartbeat, as of push consumers. */
    Answer pull(String group, Wanted wanted, int queue, long offset) throws Exception {
        return wire.ask(RequestCode.PULL_MESSAGE, pullFields(group, wanted, queue, offset));
    }

    /** As {@link #pull}, and waits at the broker if nothing is there. */
    CompletableFuture<Frame> park(String group, Wanted wanted, int queue, long offset, long millis) {
        Map<String, String> fields = pullFields(group, wanted, queue, offset);
        fields.put("sysFlag", "2");
        fields.put("suspendTimeoutMillis", Long.toString(millis));
        return wire.start(RequestCode.PULL_MESSAGE, fields, new byte[0]);
    }

    static List<String> bodies(Answer answer) {
        List<String> bodies = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.wrap(answer.body());
        for (int at = 0; at < buffer.capacity(); ) {
            MessageRecord record = MessageRecord.wrap(buffer, at, buffer.capacity());
            if (record == null) {
                throw new AssertionError("no whole record at " + at);
            }
            bodies.add(new String(record.bodyBytes(), StandardCharsets.UTF_8));
            at += record.size();
        }
        return bodies;
    }

    /** Everything that is wanted of a queue, by as many pulls as it takes. */
    List<String> drain(String group, Wanted wanted, int queue) throws Exception {
        List<String> bodies = new ArrayList<>();
        long offset = 0;
        while (true) {
            Answer answer = wanted.type().equals("SQL92") && wanted.version() < 0
                    ? pullText(group, wanted, queue, offset)
                    : pull(group, wanted, queue, offset);
            if (answer.code() != 0 && answer.code() != 20) {
                if (answer.code() != 19) {
                    throw new AssertionError(answer.code() + " " + answer.remark());
                }
                return bodies;
            }
            bodies.addAll(bodies(answer));
            offset = next(answer);
        }
    }

    static long next(Answer answer) {
        return Long.parseLong(answer.fields().get("nextBeginOffset"));
    }

    @Override
    public void close() throws Exception {
        wire.close();
    }
}
