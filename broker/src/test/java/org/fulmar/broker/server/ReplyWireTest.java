package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.broker.server.NativePeer.answer;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.transport.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replies to requests on the wire of a real broker. */
@Timeout(180)
class ReplyWireTest {
    private static final String REPLIES = "DefaultCluster_REPLY_TOPIC";

    @TempDir
    Path directory;

    private Broker broker;
    private NativePeer requester;
    private NativePeer replier;

    @BeforeEach
    void start() throws Exception {
        start(true, HeaderEncoding.JSON);
    }

    private void start(boolean store, HeaderEncoding encoding) throws Exception {
        Map<String, String> options = new TreeMap<>();
        options.put("listenPort", "0");
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", "4194304");
        options.put("maxMessageSize", "1048576");
        options.put("storeReplyMessageEnable", Boolean.toString(store));
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), () -> 1_700_000_000_000L, false).start();
        requester = new NativePeer(broker.address(), encoding);
        replier = new NativePeer(broker.address(), encoding);
    }

    @AfterEach
    void stop() throws Exception {
        requester.close();
        replier.close();
        broker.close();
    }

    private static SendRequest reply(String clientId) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("MSG_TYPE", "reply");
        properties.put("CORRELATION_ID", "c1");
        if (!clientId.isEmpty()) {
            properties.put("REPLY_TO_CLIENT", clientId);
        }
        properties.put("TTL", "3000");
        return new SendRequest(
                "repliers", REPLIES, "TBW102", 4, 0, 0, 123, 7, MessageProperties.format(properties), 0, 0, false);
    }

    private CompletableFuture<Frame> send(String clientId) {
        byte[] body = "the reply".getBytes(StandardCharsets.UTF_8);
        return replier.start(RequestCode.SEND_REPLY_MESSAGE_V2, reply(clientId).fields(), body);
    }

    private long stored() throws Exception {
        return replier.ask(RequestCode.GET_MAX_OFFSET, Map.of("topic", REPLIES, "queueId", "0"))
                .number("offset");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void replyIsHandedToTheClientThatItIsForAndKept(HeaderEncoding encoding) throws Exception {
        stop();
        start(true, encoding);
        requester.heartbeat("client-1", "requesters", "");
        CompletableFuture<Frame> sent = send("client-1");
        Request pushed = requester.awaitAsked();
        assertThat(sent).as("the requester has not taken it").isNotDone();
        String body = pushed.body().toString(StandardCharsets.UTF_8);
        // at once: the broker waits three seconds for it
        pushed.answer(ResponseCode.SUCCESS, "taken");
        assertThat(pushed.frame().code()).isEqualTo(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT);
        assertThat(pushed.frame().isOneWay()).isFalse();
        assertThat(body).isEqualTo("the reply");
        Map<String, String> fields = pushed.frame().fields();
        assertThat(fields)
                .containsEntry("producerGroup", "repliers")
                .containsEntry("topic", REPLIES)
                .containsEntry("queueId", "0")
                .containsEntry("bornTimestamp", "123")
                .containsEntry("flag", "7")
                .containsKeys("defaultTopic", "defaultTopicQueueNums", "sysFlag", "storeTimestamp");
        assertThat(fields.get("bornHost")).matches("127\\.0\\.0\\.1:\\d+");
        assertThat(fields.get("storeHost"))
                .isEqualTo("127.0.0.1:" + broker.address().getPort());
        assertThat(MessageProperties.parse(fields.get("properties")))
                .containsEntry("CORRELATION_ID", "c1")
                .containsEntry("REPLY_TO_CLIENT", "client-1")
                .containsEntry("PUSH_REPLY_TIME", "1700000000000");
        Answer answer = answer(sent);
        assertThat(answer.code()).as(answer.remark()).isZero();
        assertThat(answer.fields()).containsEntry("queueOffset", "0").containsKeys("msgId", "queueId");
        assertThat(stored()).isEqualTo(1);
    }

    @Test
    void replyThatTheClientRefusesIsRefused() throws Exception {
        requester.heartbeat("client-1", "requesters", "");
        CompletableFuture<Frame> sent = send("client-1");
        requester.awaitAsked().answer(ResponseCode.SYSTEM_ERROR, "no such request");
        Answer answer = answer(sent);
        assertThat(answer.code()).isEqualTo(ResponseCode.SYSTEM_ERROR);
        assertThat(answer.remark()).contains("client-1").contains("no such request");
    }

    @Test
    void replyForAClientThatIsNotThereIsRefusedAtOnce() throws Exception {
        Answer unknown = answer(send("client-1"));
        assertThat(unknown.code()).isEqualTo(ResponseCode.SYSTEM_ERROR);
        assertThat(unknown.remark()).contains("channel of <client-1> not found");
        requester.heartbeat("client-1", "", "consumers");
        assertThat(answer(send("client-1")).remark()).as("a mere consumer").contains("not found");
        Answer none = answer(send(""));
        assertThat(none.code()).isEqualTo(ResponseCode.SYSTEM_ERROR);
        assertThat(none.remark()).contains("REPLY_TO_CLIENT");
    }

    @Test
    void replyOnItsWayToAClientThatIsLostIsRefused() throws Exception {
        NativePeer lost = new NativePeer(broker.address(), HeaderEncoding.JSON);
        lost.heartbeat("client-1", "requesters", "");
        CompletableFuture<Frame> sent = send("client-1");
        lost.awaitAsked().done();
        lost.close();
        assertThat(answer(sent).code()).isEqualTo(ResponseCode.SYSTEM_ERROR);
    }

    @Test
    void laterConnectionOfTheSameClientGetsItsReplies() throws Exception {
        requester.heartbeat("client-1", "requesters", "");
        try (NativePeer again = new NativePeer(broker.address(), HeaderEncoding.JSON)) {
            again.heartbeat("client-1", "requesters", "");
            CompletableFuture<Frame> sent = send("client-1");
            again.awaitAsked().answer(ResponseCode.SUCCESS, (String) null);
            assertThat(answer(sent).code()).isZero();
            assertThat(requester.asked).isEmpty();
        }
    }

    @Test
    void replyIsNotKeptIfTheBrokerIsToldSo() throws Exception {
        stop();
        start(false, HeaderEncoding.JSON);
        requester.heartbeat("client-1", "requesters", "");
        CompletableFuture<Frame> sent = send("client-1");
        requester.awaitAsked().answer(ResponseCode.SUCCESS, null, Map.of(), Unpooled.EMPTY_BUFFER);
        assertThat(answer(sent).code()).isZero();
        assertThat(stored()).isZero();
    }
}
