package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.broker.server.NativePeer.ackHeader;
import static org.fulmar.broker.server.NativePeer.answer;
import static org.fulmar.broker.server.NativePeer.popHeader;
import static org.fulmar.broker.server.NativePeer.popped;

import java.nio.file.Files;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.broker.server.NativePeer.Popped;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** POP on the wire: what is popped, how long nobody else gets it, and how it is settled; in both encodings of headers. */
@Timeout(180)
class PopWireTest extends PopWire {
    private Answer change(PopHandle handle, long invisible) throws Exception {
        Map<String, String> fields = ackHeader(GROUP, TOPIC, handle);
        fields.put("invisibleTime", Long.toString(invisible));
        return peer.ask(RequestCode.CHANGE_MESSAGE_INVISIBLETIME, fields);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void messagesOfAllQueuesArePoppedOnceAndSettledByTheirHandles(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 6; i++) {
            peer.send(TOPIC, i % 2, "t", "m" + i);
        }
        Answer answer = pop(GROUP);
        assertThat(answer.number("popTime")).isEqualTo(clock.get());
        assertThat(answer.number("restNum")).isZero();
        assertThat(answer.fields().get("startOffsetInfo").split(";")).containsExactlyInAnyOrder("0 0 1", "0 1 0");
        assertThat(answer.fields().get("msgOffsetInfo").split(";")).containsExactlyInAnyOrder("0 0 1,2,3", "0 1 0,1,2");
        assertThat(answer.fields()).doesNotContainKey("orderCountInfo");
        List<Popped> got = popped(answer);
        assertThat(bodies(got)).containsExactlyInAnyOrder("m0", "m1", "m2", "m3", "m4", "m5");
        assertThat(messages(GROUP)).as("they are invisible").isEmpty();
        for (Popped message : got) {
            assertThat(acknowledge(message.handle()).code()).isZero();
            assertThat(acknowledge(message.handle()).code()).as("once more").isZero();
        }
        assertThat(committed(0)).isEqualTo(4);
        assertThat(committed(1)).isEqualTo(3);
        clock.addAndGet(10 * INVISIBLE);
        assertThat(messages(GROUP)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void messageComesAgainAfterItsTimeNotBeforeAndItsOldHandleCountsNoMore(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        Popped first = messages(GROUP).get(0);
        assertThat(first.reconsumeTimes()).isZero();
        clock.addAndGet(INVISIBLE - 1);
        assertThat(messages(GROUP)).isEmpty();
        clock.addAndGet(1);
        peer.send(TOPIC, 1, "t", "newer");
        List<Popped> again = messages(GROUP);
        assertThat(bodies(again)).containsExactly("m", "newer");
        assertThat(again).extracting(Popped::reconsumeTimes).containsExactly(1, 0);
        Answer stale = acknowledge(first.handle());
        assertThat(stale.code()).isEqualTo(ResponseCode.NO_MESSAGE);
        assertThat(stale.remark()).contains("given again");
        assertThat(change(first.handle(), 1000).code()).isEqualTo(ResponseCode.NO_MESSAGE);
        assertThat(committed(1)).isZero();
        assertThat(acknowledge(again.get(0).handle()).code()).isZero();
        assertThat(committed(1)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void handleOfAMessageWhoseTimeIsOverCountsUntilItIsGivenAgain(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        Popped message = messages(GROUP).get(0);
        clock.addAndGet(2 * INVISIBLE);
        assertThat(acknowledge(message.handle()).code()).isZero();
        assertThat(messages(GROUP)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void anotherInvisibleTimeMakesAnotherHandle(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        PopHandle old = messages(GROUP).get(0).handle();
        clock.addAndGet(1000);
        Answer changed = change(old, 2 * INVISIBLE);
        assertThat(changed.code()).as(changed.remark()).isZero();
        assertThat(changed.number("popTime")).isEqualTo(clock.get());
        assertThat(changed.number("invisibleTime")).isEqualTo(2 * INVISIBLE);
        assertThat(acknowledge(old).code()).isEqualTo(ResponseCode.NO_MESSAGE);
        clock.addAndGet(2 * INVISIBLE - 1);
        assertThat(messages(GROUP)).isEmpty();
        PopHandle fresh = new PopHandle(
                old.startOffset(), changed.number("popTime"), 2 * INVISIBLE, 0, "0", "broker-a", 1, old.queueOffset());
        assertThat(change(fresh, 0).code()).isZero();
        assertThat(messages(GROUP)).extracting(Popped::reconsumeTimes).containsExactly(1);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void batchSettlesTheMessagesWhoseBitsAreSet(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 4; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        PopHandle handle = messages(GROUP).get(0).handle();
        BitSet bits = new BitSet();
        bits.set(0);
        bits.set(1);
        bits.set(3);
        String part =
                "{\"c\":\"%s\",\"t\":\"%s\",\"r\":\"0\",\"so\":%d,\"q\":1,\"rq\":0,\"pt\":%d,\"it\":%d,\"b\":\"%s\"}"
                        .formatted(
                                GROUP,
                                TOPIC,
                                handle.startOffset(),
                                handle.popTime(),
                                handle.invisibleTime(),
                                Base64.getEncoder().encodeToString(bits.toByteArray()));
        Answer done = peer.ask(RequestCode.BATCH_ACK_MESSAGE, "{\"brokerName\":\"broker-a\",\"acks\":[" + part + "]}");
        assertThat(done.code()).as(done.remark()).isZero();
        assertThat(committed(1)).isEqualTo(2);
        clock.addAndGet(INVISIBLE);
        assertThat(bodies(messages(GROUP))).containsExactly("m2");
        Answer empty = peer.ask(RequestCode.BATCH_ACK_MESSAGE, "{\"brokerName\":\"broker-a\",\"acks\":[]}");
        assertThat(empty.code()).isEqualTo(ResponseCode.NO_MESSAGE);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void filterByTagsPassesOverTheOthersForGood(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 4; i++) {
            peer.send(TOPIC, 1, i % 2 == 0 ? "even" : "odd", "m" + i);
        }
        Map<String, String> header = header(GROUP);
        header.put("exp", "even || other");
        List<Popped> got = popped(pop(header));
        assertThat(bodies(got)).containsExactly("m0", "m2");
        for (Popped message : got) {
            acknowledge(message.handle());
        }
        assertThat(committed(1)).isEqualTo(4);
        header.put("expType", "SQL92");
        header.put("exp", "TAGS = (");
        assertThat(pop(header).code()).isEqualTo(ResponseCode.SUBSCRIPTION_PARSE_FAILED);
        peer.send(TOPIC, 1, "even", "m4");
        peer.send(TOPIC, 1, "odd", "m5");
        header.put("exp", "TAGS = 'odd'");
        assertThat(bodies(popped(pop(header)))).containsExactly("m5");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void administratorsResetMovesTheGroupOnce(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 3; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        for (Popped message : messages(GROUP)) {
            acknowledge(message.handle());
        }
        assertThat(committed(1)).isEqualTo(3);
        reset(1);
        List<Popped> again = messages(GROUP);
        assertThat(bodies(again)).containsExactly("m1", "m2");
        for (Popped message : again) {
            assertThat(acknowledge(message.handle()).code()).isZero();
        }
        assertThat(messages(GROUP)).isEmpty();
        assertThat(committed(1)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void whatIsUnderWayStaysInvisibleOverARestartAndItsHandleCounts(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 3; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        List<Popped> got = messages(GROUP);
        assertThat(acknowledge(got.get(1).handle()).code()).isZero();
        restart(encoding);
        assertThat(messages(GROUP)).isEmpty();
        assertThat(acknowledge(got.get(2).handle()).code()).isZero();
        // once from the log alone
        peer.close();
        broker.close();
        assertThat(Files.deleteIfExists(directory.resolve("config").resolve("popGroups.json")))
                .isTrue();
        Files.deleteIfExists(directory.resolve("config").resolve("popGroups.json.bak"));
        start();
        peer = new NativePeer(broker.address(), encoding);
        assertThat(committed(1)).isZero();
        clock.addAndGet(INVISIBLE);
        List<Popped> again = messages(GROUP);
        assertThat(bodies(again)).containsExactly("m0");
        assertThat(again.get(0).reconsumeTimes()).isEqualTo(1);
        assertThat(acknowledge(again.get(0).handle()).code()).isZero();
        assertThat(committed(1)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void messagePoppedInVainTooOftenIsInTheDeadLetterQueueOnce(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "poison");
        peer.send(TOPIC, 1, "t", "good");
        for (int i = 0; i <= GroupConfig.RETRY_MAX_TIMES; i++) {
            List<Popped> got = messages(GROUP);
            assertThat(got.get(0).body()).isEqualTo("poison");
            assertThat(got.get(0).reconsumeTimes()).isEqualTo(i);
            if (i == 0) {
                acknowledge(got.get(1).handle());
            }
            clock.addAndGet(INVISIBLE);
        }
        assertThat(messages(GROUP)).isEmpty();
        restart(encoding);
        assertThat(messages(GROUP)).isEmpty();
        List<Popped> dead = popped(pop(popHeader("undertaker", "%DLQ%" + GROUP, INVISIBLE, clock.get())));
        assertThat(bodies(dead)).containsExactly("poison");
        assertThat(dead.get(0).reconsumeTimes()).isEqualTo(GroupConfig.RETRY_MAX_TIMES);
        assertThat(committed(1)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void groupGoesOnWherePullersHaveCommitted(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 5; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        Map<String, String> commit =
                Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", "1", "commitOffset", "3");
        assertThat(peer.ask(RequestCode.UPDATE_CONSUMER_OFFSET, commit).code()).isZero();
        List<Popped> got = messages(GROUP);
        assertThat(bodies(got)).containsExactly("m3", "m4");
        assertThat(committed(1)).as("the floor").isEqualTo(3);
        Map<String, String> back = Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", "1", "commitOffset", "1");
        assertThat(peer.ask(RequestCode.UPDATE_CONSUMER_OFFSET, back).code()).isZero();
        assertThat(bodies(messages(GROUP))).containsExactly("m1", "m2", "m3", "m4");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void whatCannotBePoppedOrAcknowledgedIsRefusedWithItsReason(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        refused(ResponseCode.INVALID_PARAMETER, "maxMsgNums", "33", "1 to 32");
        refused(ResponseCode.INVALID_PARAMETER, "queueId", "99", "which has 4");
        refused(ResponseCode.INVALID_PARAMETER, "invisibleTime", "0", "40 days");
        refused(ResponseCode.INVALID_PARAMETER, "consumerGroup", "g".repeat(256), "1 to 255");
        refused(ResponseCode.INVALID_PARAMETER, "consumerGroup", "a b", "character");
        refused(ResponseCode.TOPIC_NOT_EXIST, "topic", "unknown", "does not exist");
        PopHandle handle = new PopHandle(0, 1, 2, 0, "0", "broker-a", 1, 77);
        assertThat(acknowledge(handle).code()).isEqualTo(ResponseCode.NO_MESSAGE);
        Map<String, String> wrong = ackHeader(GROUP, TOPIC, handle);
        wrong.put("queueId", "99");
        assertThat(peer.ask(RequestCode.ACK_MESSAGE, wrong).code()).isEqualTo(ResponseCode.MESSAGE_ILLEGAL);
        wrong.put("extraInfo", "1 2 3");
        assertThat(peer.ask(RequestCode.ACK_MESSAGE, wrong).remark()).contains("8 parts");
        wrong.put("topic", "unknown");
        wrong.put("extraInfo", handle.text());
        assertThat(peer.ask(RequestCode.ACK_MESSAGE, wrong).code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
    }

    private void refused(int code, String field, String value, String part) throws Exception {
        Map<String, String> header = header(GROUP);
        header.put(field, value);
        Answer answer = pop(header);
        assertThat(answer.remark()).contains(part);
        assertThat(answer.code()).isEqualTo(code);
    }
}
