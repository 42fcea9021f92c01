package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;

/** A member of a RocketMQ consumer group as the wire sees it. Used by a test's thread. */
final class NativeConsumer implements AutoCloseable {
    private static final int PATIENCE_MILLIS = Patience.MILLIS;

    /** The groups of which it was told that something has changed. */
    final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    private final RemotingClient client =
            new RemotingClient("consumer", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT);
    private final Connection connection;
    private final String group;
    private final String id;

    NativeConsumer(InetSocketAddress broker, String group, String id) throws IOException {
        this.group = group;
        this.id = id;
        this.connection = client.connect(broker, PATIENCE_MILLIS, request -> {
            if (request.frame().code() == RequestCode.NOTIFY_CONSUMER_IDS_CHANGED) {
                told.add(request.frame().fields().get("consumerGroup"));
            }
            request.done();
        });
    }

    Answer ask(int code, Map<String, String> fields, byte[] body) throws Exception {
        Frame frame = Frame.request(code, fields, Unpooled.wrappedBuffer(body), HeaderEncoding.JSON);
        CompletableFuture<Frame> answer = connection.request(frame, PATIENCE_MILLIS);
        return NativeProducer.answer(answer);
    }

    Answer ask(int code, Map<String, String> fields) throws Exception {
        return ask(code, fields, new byte[0]);
    }

    Answer ask(int code, ObjectNode body) throws Exception {
        return ask(code, Map.of(), JsonBody.bytes(body));
    }

    Answer heartbeat(String topic, String messageModel) throws Exception {
        ObjectNode json = JsonBody.object().put("clientID", id);
        ObjectNode data = json.putArray("consumerDataSet").addObject();
        data.put("groupName", group).put("messageModel", messageModel).put("consumeType", "CONSUME_PASSIVELY");
        data.putArray("subscriptionDataSet")
                .addObject()
                .put("topic", topic)
                .put("subString", "*")
                .put("subVersion", 1)
                .put("expressionType", "TAG");
        json.putArray("producerDataSet");
        return ask(RequestCode.HEART_BEAT, json);
    }

    Answer heartbeat(String topic) throws Exception {
        return heartbeat(topic, "CLUSTERING");
    }

    Answer leave() throws Exception {
        return ask(RequestCode.UNREGISTER_CLIENT, Map.of("clientID", id, "consumerGroup", group));
    }

    private ObjectNode queues(String topic, int... queueIds) {
        ObjectNode json = JsonBody.object().put("clientId", id).put("consumerGroup", group);
        ArrayNode queues = json.putArray("mqSet");
        for (int queueId : queueIds) {
            queues.addObject().put("topic", topic).put("queueId", queueId).put("brokerName", "broker-a");
        }
        return json.put("onlyThisBroker", false);
    }

    Answer tryLock(String topic, int... queueIds) throws Exception {
        return ask(RequestCode.LOCK_BATCH_MQ, queues(topic, queueIds));
    }

    /** The ids of those queues that it holds now. */
    TreeSet<Integer> lock(String topic, int... queueIds) throws Exception {
        Answer answer = tryLock(topic, queueIds);
        if (answer.code() != 0) {
            throw new IllegalStateException(answer.code() + " " + answer.remark());
        }
        TreeSet<Integer> held = new TreeSet<>();
        answer.json()
                .path("lockOKMQSet")
                .forEach(queue -> held.add(queue.path("queueId").asInt()));
        return held;
    }

    Answer unlock(String topic, int... queueIds) throws Exception {
        return ask(RequestCode.UNLOCK_BATCH_MQ, queues(topic, queueIds));
    }

    Answer pull(String topic, int queueId, long offset) throws Exception {
        Map<String, String> fields = new HashMap<>();
        fields.put("consumerGroup", group);
        fields.put("topic", topic);
        fields.put("queueId", Integer.toString(queueId));
        fields.put("queueOffset", Long.toString(offset));
        fields.put("maxMsgNums", "32");
        fields.put("sysFlag", "0");
        return ask(RequestCode.PULL_MESSAGE, fields);
    }

    /** Waits until it is told of its group. */
    boolean awaitTold() throws InterruptedException {
        return group.equals(told.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
    }

    @Override
    public void close() throws Exception {
        connection.closeAsync().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        client.close();
    }
}
