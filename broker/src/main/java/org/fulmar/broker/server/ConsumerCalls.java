package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.store.Facts;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageId;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * Questions of administrators that a consumer answers: they are passed on over its connection. Begins on the core or on
 * the business pool; nobody waits: the answer is passed back on the consumer's event loop, or says after a time-out
 * that there is none.
 */
final class ConsumerCalls {
    private static final int MAX_WAITING = 256;
    private static final int MAX_ASKED_AT_ONCE = 64;
    private static final long TIMEOUT_MILLIS = 10_000;
    private static final int MAX_BODY = 4 << 20;
    private static final String TABLE = "\"messageQueueTable\":";

    private final BrokerConfig config;
    private final TopicService topics;
    private final ClientTable clients;
    private final MessageStore store;
    private final QueueStates queues;
    private final AtomicInteger waiting = new AtomicInteger();

    ConsumerCalls(
            BrokerConfig config, TopicService topics, ClientTable clients, MessageStore store, QueueStates queues) {
        this.config = config;
        this.topics = topics;
        this.clients = clients;
        this.store = store;
        this.queues = queues;
    }

    /** GET_CONSUMER_RUNNING_INFO. On the core. */
    void runningInfo(Request request) {
        Fields in = Fields.of(request.frame());
        Attendance.Member member = online(request, in.text("consumerGroup"), in.text("clientId"));
        if (member != null) {
            pass(request, member, RequestCode.GET_CONSUMER_RUNNING_INFO, in.map(), Unpooled.EMPTY_BUFFER);
        }
    }

    /** CONSUME_MESSAGE_DIRECTLY: a consumer handles a message at once, as a trial. On the business pool. */
    void consumeDirectly(Request request) {
        Fields in = Fields.of(request.frame());
        long place = MessageId.parse(in.text("msgId")).physicalOffset();
        MessageRecord record = place < 0 ? null : store.log().read(place);
        if (record == null || record.physicalOffset() != place || !record.intact() || record.topicIs(Facts.TOPIC)) {
            request.answer(ResponseCode.SYSTEM_ERROR, "no message has the id " + in.text("msgId"));
            return;
        }
        Map<String, String> fields = new HashMap<>(in.map());
        TopicConfig topic = queues.ask(() -> topics.get(record.topic()));
        fields.put("brokerName", config.brokerName());
        fields.put("topicSysFlag", Integer.toString(topic == null ? 0 : topic.topicSysFlag()));
        fields.put("groupSysFlag", "0");
        Attendance.Member member =
                queues.ask(() -> clients.attendance().consumer(in.text("consumerGroup"), in.text("clientId")));
        if (member == null) {
            notOnline(request, in.text("consumerGroup"), in.text("clientId"));
            return;
        }
        ByteBuf body = member.connection().buffer(record.size());
        body.writeBytes(record.buffer().slice(record.position(), record.size()));
        pass(request, member, RequestCode.CONSUME_MESSAGE_DIRECTLY, fields, body);
    }

    private Attendance.@Nullable Member online(Request request, String group, String clientId) {
        Attendance.Member member = clients.attendance().consumer(group, clientId);
        if (member == null) {
            notOnline(request, group, clientId);
        }
        return member;
    }

    private static void notOnline(Request request, String group, String clientId) {
        request.answer(ResponseCode.SYSTEM_ERROR, "The Consumer <" + group + "> <" + clientId + "> not online");
    }

    /** Whether one more may be asked; else the request is answered. */
    private boolean begin(Request request, boolean reads) {
        if (reads && waiting.incrementAndGet() <= MAX_WAITING) {
            return true;
        }
        if (reads) {
            waiting.decrementAndGet();
        }
        request.answer(
                ResponseCode.SYSTEM_BUSY,
                reads
                        ? "more than " + MAX_WAITING + " questions wait for answers of consumers; ask again later"
                        : "the consumer does not read what the broker sends; ask again later");
        return false;
    }

    private void pass(Request request, Attendance.Member member, int code, Map<String, String> fields, ByteBuf body) {
        if (!begin(request, member.connection().isWritable())) {
            body.release();
            return;
        }
        Frame question = Frame.request(code, fields, body, HeaderEncoding.JSON);
        member.connection().request(question, TIMEOUT_MILLIS).whenComplete((answer, failure) -> {
            waiting.decrementAndGet();
            if (answer != null) {
                request.answer(answer.code(), answer.remark(), answer.fields(), answer.body());
            } else {
                boolean open = member.connection().isOpen();
                request.answer(
                        open ? ResponseCode.CONSUME_MSG_TIMEOUT : ResponseCode.SYSTEM_ERROR,
                        "consumer <" + member.clientId() + ">: " + failure.getMessage());
            }
        });
    }

    /** INVOKE_BROKER_TO_GET_CONSUMER_STATUS: how far the consumers of a group say they are, all or one. On the core. */
    void status(Request request) {
        Fields in = Fields.of(request.frame());
        String group = in.text("group");
        String only = in.text("clientAddr", "");
        List<Attendance.Member> asked = clients.attendance().consumers(group).stream()
                .filter(member -> only.isBlank() || only.equals(member.clientId()))
                .filter(member ->
                        member.connection().isOpen() && member.connection().isWritable())
                .limit(MAX_ASKED_AT_ONCE)
                .toList();
        if (asked.isEmpty()) {
            request.answer(ResponseCode.SYSTEM_ERROR, "No Any Consumer online in the consumer group: [" + group + "]");
            return;
        }
        if (!begin(request, true)) {
            return;
        }
        Map<String, String> fields = Fields.write()
                .put("topic", in.text("topic"))
                .put("group", group)
                .map();
        Map<String, CompletableFuture<String>> tables = new LinkedHashMap<>();
        for (Attendance.Member member : asked) {
            Frame question = Frame.request(
                    RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, fields, Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON);
            tables.put(
                    member.clientId(),
                    member.connection()
                            .request(question, TIMEOUT_MILLIS / 2)
                            .handle((answer, failure) -> answer == null ? "" : table(answer)));
        }
        CompletableFuture.allOf(tables.values().toArray(CompletableFuture[]::new))
                .whenComplete((done, failure) -> {
                    waiting.decrementAndGet();
                    answer(request, tables);
                });
    }

    private static void answer(Request request, Map<String, CompletableFuture<String>> tables) {
        ObjectNode json = JsonBody.object();
        ObjectNode byClient = json.putObject("consumerTable");
        int[] bytes = {0};
        tables.forEach((client, future) -> {
            String table = future.getNow("");
            bytes[0] += table.length();
            if (!table.isEmpty() && bytes[0] <= MAX_BODY) {
                byClient.putRawValue(client, new RawValue(table));
            }
        });
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    /** The table of queues in a consumer's answer, as it is; empty if there is none. Takes the frame. */
    private static String table(Frame answer) {
        try {
            if (answer.code() != ResponseCode.SUCCESS || answer.body().readableBytes() > MAX_BODY) {
                return "";
            }
            return objectBehind(answer.body().toString(StandardCharsets.UTF_8), TABLE);
        } finally {
            answer.release();
        }
    }

    /**
     * The JSON object behind a name, as text. Its keys are objects, which JSON parsers do not read, so that only its
     * brackets are looked at; empty if they do not match.
     */
    static String objectBehind(String json, String name) {
        int at = json.indexOf(name);
        int start = at < 0 ? -1 : at + name.length();
        if (start < 0 || start >= json.length() || json.charAt(start) != '{') {
            return "";
        }
        int depth = 0;
        boolean quoted = false;
        for (int i = start; i < json.length(); i++) {
            char c = json.charAt(i);
            if (quoted) {
                i += c == '\\' ? 1 : 0;
                quoted = c != '"';
            } else if (c == '"') {
                quoted = true;
            } else if (c == '{') {
                depth++;
            } else if (c == '}') {
                depth--;
                if (depth == 0) {
                    return json.substring(start, i + 1);
                }
            }
        }
        return "";
    }
}
