package org.fulmar.client.consumer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.fulmar.client.ClientConfig;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Patience;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.PullRequest;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingServer;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;

/**
 * A name server and broker in one, of one topic with one queue, that says what a test tells it to: answers as a friendly
 * broker would, but for the codes that the test answers itself. Its handlers run on the event loop.
 */
final class ScriptedBroker implements RequestHandler, AutoCloseable {
    static final String TOPIC = "T";

    /** Answers one request, exactly once. */
    interface Script {
        void answer(Request request);
    }

    final AtomicLong committed = new AtomicLong(-1);
    final List<Integer> codes = new CopyOnWriteArrayList<>();
    private final Map<Integer, Script> scripts = new ConcurrentHashMap<>();
    private final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final RemotingServer server;
    private final InetSocketAddress address;

    ScriptedBroker() throws Exception {
        server = new RemotingServer(
                new RemotingServer.Options("scripted", 1, 100, FrameLimits.DEFAULT, ConnectionLimits.SERVER), this);
        address = server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    ScriptedBroker on(int code, Script script) {
        scripts.put(code, script);
        return this;
    }

    ClientInstance client() {
        return ClientInstance.start(ClientConfig.of("127.0.0.1:" + address.getPort())
                .with(ClientConfig.CLIENT_ID, "me")
                .with(ClientConfig.CONNECT_TIMEOUT, Patience.MILLIS)
                .with(ClientConfig.REQUEST_TIMEOUT, Patience.MILLIS)
                .with(ClientConfig.RECOVER_DELAY, 20));
    }

    long count(int code) {
        return codes.stream().filter(each -> each == code).count();
    }

    /** Asks the client something, over its newest connection. */
    Frame ask(int code, Map<String, String> fields, byte[] body) throws Exception {
        return connections
                .get(connections.size() - 1)
                .request(
                        Frame.request(code, fields, Unpooled.wrappedBuffer(body), HeaderEncoding.JSON), Patience.MILLIS)
                .get();
    }

    void disconnect() {
        connections.forEach(Connection::close);
    }

    @Override
    public void opened(Connection connection) {
        connections.add(connection);
    }

    @Override
    public void handle(Request request) {
        int code = request.frame().code();
        codes.add(code);
        Script script = scripts.get(code);
        if (script != null) {
            script.answer(request);
            return;
        }
        switch (code) {
            case RequestCode.GET_ROUTEINFO_BY_TOPIC -> route(request);
            case RequestCode.GET_CONSUMER_LIST_BY_GROUP -> json(request, "{\"consumerIdList\":[\"me\"]}");
            case RequestCode.LOCK_BATCH_MQ -> lock(request);
            case RequestCode.QUERY_CONSUMER_OFFSET -> {
                if (committed.get() < 0) {
                    request.answer(ResponseCode.QUERY_NOT_FOUND, "none");
                } else {
                    request.answer(0, Map.of("offset", Long.toString(committed.get())));
                }
            }
            case RequestCode.UPDATE_CONSUMER_OFFSET -> {
                Fields in = Fields.of(request.frame());
                if (in.text("topic").equals(TOPIC)) {
                    committed.set(in.number("commitOffset"));
                }
                request.answer(0, Map.of());
            }
            case RequestCode.GET_MIN_OFFSET, RequestCode.GET_MAX_OFFSET -> request.answer(0, Map.of("offset", "0"));
            case RequestCode.PULL_MESSAGE -> {
                // waits for ever, as one that has nothing
                request.park();
            }
            default -> request.answer(0, Map.of());
        }
    }

    /** Only the topic itself has a route, and so the group's retry topic is not consumed. */
    private void route(Request request) {
        if (!Fields.of(request.frame()).text("topic").equals(TOPIC)) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "no route");
            return;
        }
        String self = "127.0.0.1:" + address.getPort();
        json(
                request,
                "{\"brokerDatas\":[{\"brokerAddrs\":{\"0\":\"" + self + "\",\"1\":\"" + self
                        + "\"},\"brokerName\":\"a\",\"cluster\":\"C\"}],\"queueDatas\":[{\"brokerName\":\"a\",\"perm\":6,"
                        + "\"readQueueNums\":1,\"writeQueueNums\":1}]}");
    }

    private static void lock(Request request) {
        var answer = JsonBody.object();
        answer.set("lockOKMQSet", JsonBody.parse(request.body()).path("mqSet"));
        request.answer(0, null, Map.of(), JsonBody.buffer(answer));
    }

    static void json(Request request, String body) {
        request.answer(0, null, Map.of(), Unpooled.wrappedBuffer(body.getBytes(StandardCharsets.UTF_8)));
    }

    /** Messages with these numbers as bodies and offsets. */
    static ByteBuf records(long from, int count) {
        ByteBuf all = Unpooled.buffer();
        for (int i = 0; i < count; i++) {
            all.writeBytes(record(from + i));
        }
        return all;
    }

    static ByteBuffer record(long offset) {
        byte[] host = MessageId.hostBytes(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
        byte[] properties = ("UNIQ_KEY\u0001U" + offset + "\u0002").getBytes(StandardCharsets.UTF_8);
        RecordDraft draft = new RecordDraft(
                        TOPIC,
                        0,
                        properties,
                        Unpooled.wrappedBuffer(Long.toString(offset).getBytes(StandardCharsets.UTF_8)))
                .born(1, host);
        ByteBuffer out = ByteBuffer.allocate(draft.size(host));
        draft.write(out, offset, offset * 1000, 2, host);
        return out.flip();
    }

    static void found(Request request, long from, int count, long replica) {
        pulled(request, ResponseCode.SUCCESS, from + count, replica, records(from, count));
    }

    static void pulled(Request request, int code, long next, long replica, ByteBuf body) {
        Map<String, String> fields = Fields.of(new PullRequest.Result(next, 0, 1000).fields())
                .put("suggestWhichBrokerId", replica)
                .map();
        request.answer(code, null, fields, body);
    }

    @Override
    public void close() {
        server.close();
    }
}
