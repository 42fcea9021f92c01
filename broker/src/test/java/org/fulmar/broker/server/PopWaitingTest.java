package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.NativePeer.answer;
import static org.fulmar.broker.server.NativePeer.popped;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.broker.server.NativePeer.Popped;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pops that wait on the wire for a message, or for their turn in an ordered queue; in both encodings of headers. */
@Timeout(180)
class PopWaitingTest extends PopWire {
    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void waitingPopIsAnsweredWhenAMessageIsVisibleOrComesBack(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        Map<String, String> waiting = header(GROUP);
        waiting.put("pollTime", "15000");
        CompletableFuture<Frame> first = peer.start(RequestCode.POP_MESSAGE, waiting, new byte[0]);
        awaitPolling(1);
        assertThat(first).isNotDone();
        peer.send(TOPIC, 1, "t", "m");
        assertThat(bodies(popped(answer(first)))).containsExactly("m");
        CompletableFuture<Frame> second = peer.start(RequestCode.POP_MESSAGE, waiting, new byte[0]);
        awaitPolling(1);
        waiting.put("bornTime", Long.toString(clock.addAndGet(10_000)));
        CompletableFuture<Frame> notified = peer.start(RequestCode.NOTIFICATION, waiting, new byte[0]);
        awaitPolling(2);
        // the second has waited long enough before the message comes back
        clock.addAndGet(5_000);
        assertThat(answer(second).code()).isEqualTo(ResponseCode.POLLING_TIMEOUT);
        clock.addAndGet(5_000);
        CompletableFuture<Frame> third = peer.start(RequestCode.POP_MESSAGE, renewed(waiting), new byte[0]);
        clock.addAndGet(10_000);
        assertThat(answer(third).fields()).containsEntry("msgOffsetInfo", "0 1 0");
        assertThat(answer(notified).fields()).containsKey("hasMsg");
        awaitPolling(0);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void waitingPopLooksPastAnyNumberOfMessagesThatItDoesNotWant(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        List<CompletableFuture<Frame>> sent = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            sent.add(peer.startSend(TOPIC, 1, i == 1999 ? "last" : "other", "m" + i));
        }
        for (CompletableFuture<Frame> each : sent) {
            assertThat(answer(each).code()).isZero();
        }
        Map<String, String> header = header(GROUP);
        header.put("exp", "last");
        header.put("pollTime", "15000");
        assertThat(bodies(popped(pop(header)))).containsExactly("m1999");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void notificationTellsOfAMessageAndTakesNone(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        Map<String, String> header = header(GROUP);
        Answer none = peer.ask(RequestCode.NOTIFICATION, header);
        assertThat(none.fields()).containsEntry("hasMsg", "false").containsEntry("pollingFull", "false");
        header.put("pollTime", "15000");
        CompletableFuture<Frame> waiting = peer.start(RequestCode.NOTIFICATION, header, new byte[0]);
        awaitPolling(1);
        peer.send(TOPIC, 1, "t", "m");
        assertThat(answer(waiting).fields()).containsEntry("hasMsg", "true");
        Answer peeked = peer.ask(RequestCode.PEEK_MESSAGE, header(GROUP));
        assertThat(peeked.code()).isZero();
        assertThat(peeked.body()).isNotEmpty();
        assertThat(bodies(messages(GROUP))).containsExactly("m");
        assertThat(peer.ask(RequestCode.PEEK_MESSAGE, header(GROUP)).code()).isEqualTo(ResponseCode.PULL_NOT_FOUND);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void waitingPopHearsOfTheAdministratorsReset(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        peer.send(TOPIC, 1, "t", "m");
        for (Popped message : messages(GROUP)) {
            acknowledge(message.handle());
        }
        Map<String, String> waiting = header(GROUP);
        waiting.put("pollTime", "15000");
        CompletableFuture<Frame> pop = peer.start(RequestCode.POP_MESSAGE, waiting, new byte[0]);
        awaitPolling(1);
        reset(0);
        assertThat(bodies(popped(answer(pop)))).containsExactly("m");
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void orderedPopHasOneBatchOfAQueueUnderWay(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        begin();
        for (int i = 0; i < 4; i++) {
            peer.send(TOPIC, 1, "t", "m" + i);
        }
        Map<String, String> header = header(GROUP);
        header.put("order", "true");
        header.put("maxMsgNums", "2");
        header.put("queueId", "1");
        header.put("attemptId", "try-1");
        Answer first = pop(header);
        assertThat(first.number("reviveQid")).isEqualTo(PopHandle.ORDERED);
        assertThat(first.fields().get("orderCountInfo").split(";"))
                .containsExactlyInAnyOrder("0 1 0", "0 qo1%0 0", "0 qo1%1 0");
        Answer repeated = pop(header);
        List<Popped> batch = popped(repeated);
        assertThat(bodies(batch)).as("the same try").containsExactly("m0", "m1");
        assertThat(batch.get(0).reconsumeTimes()).isZero();
        header.put("attemptId", "try-2");
        assertThat(pop(header).code()).isEqualTo(ResponseCode.POLLING_TIMEOUT);
        header.put("pollTime", "15000");
        CompletableFuture<Frame> next = peer.start(RequestCode.POP_MESSAGE, header, new byte[0]);
        awaitPolling(1);
        assertThat(acknowledge(batch.get(0).handle()).code()).isZero();
        assertThat(next).isNotDone();
        assertThat(acknowledge(batch.get(1).handle()).code()).isZero();
        List<Popped> second = popped(answer(next));
        assertThat(bodies(second)).containsExactly("m2", "m3");
        assertThat(acknowledge(second.get(0).handle()).code()).isZero();
        peer.send(TOPIC, 1, "t", "m4");
        clock.addAndGet(INVISIBLE);
        header.put("attemptId", "try-3");
        Answer later = pop(renewed(header));
        assertThat(bodies(popped(later))).containsExactly("m3", "m4");
        assertThat(later.fields().get("orderCountInfo")).contains("0 qo1%3 1").contains("0 qo1%4 0");
    }

    private Map<String, String> renewed(Map<String, String> header) {
        Map<String, String> copy = new TreeMap<>(header);
        copy.put("bornTime", Long.toString(clock.get()));
        return copy;
    }

    private void awaitPolling(int count) {
        await().until(() ->
                peer.ask(RequestCode.POLLING_INFO, Map.of("consumerGroup", GROUP, "topic", TOPIC, "queueId", "-1"))
                                .number("pollingNum")
                        == count);
    }
}
