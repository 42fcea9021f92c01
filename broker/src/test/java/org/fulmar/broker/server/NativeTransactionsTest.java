package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.NativeProducer.COMMIT;
import static org.fulmar.broker.server.NativeProducer.ROLLBACK;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.server.NativeProducer.Half;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.message.MessageBatch;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions of RocketMQ producers on the wire: what is prepared, and what an outcome makes of it. */
@Timeout(180)
class NativeTransactionsTest extends HalfMessageWire {
    @Test
    void preparedMessageIsInTheHalfTopicAloneAndTheAnswerSaysWhere() throws Exception {
        long before = messages();
        Answer answer = producer.send(
                TOPIC,
                "m1",
                4,
                Map.of(
                        "TRAN_MSG",
                        "true",
                        "PGROUP",
                        "g",
                        "TAGS",
                        "t",
                        "DELAY",
                        "3",
                        "_jms_tx",
                        "1",
                        "TIMER_DELAY_MS",
                        "9"));
        assertThat(answer.code()).isZero();
        assertThat(answer.fields()).containsEntry("queueId", "1").containsEntry("transactionId", "m1");
        assertThat(messages()).isEqualTo(before);
        Half half = Half.of(answer);
        MessageRecord record = Objects.requireNonNull(producer.read(HalfMessages.TOPIC, 0, half.queueOffset()));
        assertThat(record.physicalOffset()).isEqualTo(half.logOffset());
        assertThat(SysFlag.transaction(record.sysFlag())).isZero();
        assertThat(MessageProperties.parse(record.propertyBytes()))
                .containsEntry("REAL_TOPIC", TOPIC)
                .containsEntry("REAL_QID", "1")
                .containsEntry("__transactionId__", "m1")
                .containsEntry("TAGS", "t")
                .doesNotContainKeys("DELAY", "TIMER_DELAY_MS", "_jms_tx");
    }

    @Test
    void preparedBitsAloneMakeAHalfMessageOfTheSendersGroup() throws Exception {
        Answer answer = producer.send(TOPIC, "m", 4, Map.of());
        assertThat(producer.end(Half.of(answer), COMMIT).code()).isZero();
        MessageRecord record = Objects.requireNonNull(producer.read(TOPIC, QUEUE, messages() - 1));
        assertThat(MessageProperties.parse(record.propertyBytes())).containsEntry("PGROUP", "g");
    }

    @Test
    void committedMessageIsThereOnceHoweverOftenItIsCommitted() throws Exception {
        long before = messages();
        Half half = producer.prepare(TOPIC, "m", Map.of("colour", "red"));
        List<CompletableFuture<Frame>> started = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            started.add(producer.start(
                    RequestCode.END_TRANSACTION, producer.ending(half, COMMIT, i % 2 == 0), new byte[0]));
        }
        for (CompletableFuture<Frame> each : started) {
            assertThat(NativeProducer.answer(each).code()).isZero();
        }
        told(producer.end(half, ROLLBACK), ResponseCode.SYSTEM_ERROR, "committed");
        assertThat(messages()).isEqualTo(before + 1);
        MessageRecord record = Objects.requireNonNull(producer.read(TOPIC, QUEUE, before));
        assertThat(SysFlag.transaction(record.sysFlag())).isEqualTo(SysFlag.TRANSACTION_COMMIT);
        assertThat(record.preparedTransactionOffset()).isEqualTo(half.logOffset());
        assertThat(new String(record.bodyBytes(), StandardCharsets.UTF_8)).isEqualTo("m");
        assertThat(MessageProperties.parse(record.propertyBytes()))
                .containsEntry("TRAN_MSG", "true")
                .containsEntry("PGROUP", "g")
                .containsEntry("__transactionId__", "m")
                .containsEntry("colour", "red")
                .doesNotContainKeys("REAL_TOPIC", "REAL_QID");
        restartTwice();
        assertThat(listed("10", -1).path("total").asInt()).isZero();
        producer.end(half, COMMIT);
        assertThat(messages()).as("two more are of the restarts").isEqualTo(before + 3);
    }

    @Test
    void rolledBackMessageStaysSoAlsoAfterARestart() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        long before = messages();
        assertThat(producer.end(half, ROLLBACK).code()).isZero();
        assertThat(producer.end(half, ROLLBACK).code()).isZero();
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "rolled back");
        assertThat(messages()).isEqualTo(before);
        MessageRecord op = Objects.requireNonNull(producer.read(HalfMessages.OP_TOPIC, 0, 0));
        assertThat(op.property(MessageProperties.name("TAGS"))).isEqualTo("d");
        assertThat(new String(op.bodyBytes(), StandardCharsets.UTF_8)).isEqualTo(Long.toString(half.queueOffset()));
        restartTwice();
        assertThat(listed("10", -1).path("total").asInt()).isZero();
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "ended");
    }

    @Test
    void oneWayOutcomesCountAsWell() throws Exception {
        long before = messages();
        producer.endOneWay(producer.prepare(TOPIC, "no"), ROLLBACK);
        producer.endOneWay(producer.prepare(TOPIC, "yes"), COMMIT);
        await().until(() -> messages() == before + 1);
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void outcomeOfAnotherGroupOrWithAnotherPlaceIsRefusedAndChangesNothing() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        Answer plain = producer.send(TOPIC, "plain", 0, Map.of());
        NativeProducer stranger = producer("other");
        told(stranger.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "none of producer group other");
        told(
                producer.end(new Half(half.logOffset(), half.queueOffset() + 1, ""), COMMIT),
                ResponseCode.SYSTEM_ERROR,
                "queue offset");
        for (long place : new long[] {
            -1,
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            half.logOffset() + 1,
            half.logOffset() - 4,
            Half.of(plain).logOffset(),
            0
        }) {
            told(producer.end(new Half(place, half.queueOffset(), ""), COMMIT), ResponseCode.SYSTEM_ERROR, "no half");
        }
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(1);
        assertThat(producer.end(half, 0).code()).as("unknown").isZero();
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(1);
        assertThat(producer.end(half, COMMIT).code()).isZero();
    }

    @Test
    void garbledOutcomesAreToldAndChangeNothing() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        Random random = new Random(7);
        String[] values = {"", "x", "4", "-1", "99999999999999999999", "8 ", "\u0001", "NaN", "1e3"};
        for (int i = 0; i < 200; i++) {
            Map<String, String> fields = producer.ending(half, COMMIT, false);
            List<String> names =
                    List.of("producerGroup", "commitLogOffset", "tranStateTableOffset", "commitOrRollback");
            String name = names.get(random.nextInt(names.size()));
            if (random.nextInt(4) == 0) {
                fields.remove(name);
            } else {
                fields.put(name, values[random.nextInt(values.length)]);
            }
            assertThat(producer.ask(RequestCode.END_TRANSACTION, fields).code())
                    .as("%s", fields)
                    .isIn(ResponseCode.INVALID_PARAMETER, ResponseCode.SYSTEM_ERROR);
        }
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(1);
        assertThat(producer.end(half, COMMIT).code()).isZero();
    }

    @Test
    void batchMayNotBeTransactional() throws Exception {
        byte[] transactional = "TRAN_MSG\u0001true\u0002".getBytes(StandardCharsets.US_ASCII);
        for (int kind = 0; kind < 3; kind++) {
            ByteBuf body = Unpooled.buffer();
            byte[] properties = kind == 0 ? transactional : new byte[0];
            MessageBatch.write(body, 0, properties, Unpooled.wrappedBuffer(new byte[] {1}));
            SendRequest send = new SendRequest(
                    "g",
                    TOPIC,
                    "TBW102",
                    4,
                    1,
                    kind == 1 ? SysFlag.TRANSACTION_PREPARED : 0,
                    1,
                    0,
                    kind == 2 ? new String(transactional, StandardCharsets.US_ASCII) : "",
                    0,
                    16,
                    true);
            Answer answer = NativeProducer.answer(
                    producer.start(RequestCode.SEND_BATCH_MESSAGE, send.fields(), ByteBufUtil.getBytes(body)));
            told(answer, ResponseCode.MESSAGE_ILLEGAL, "batch");
        }
        told(producer.send(TOPIC, "m", SysFlag.TRANSACTION_COMMIT, Map.of()), ResponseCode.MESSAGE_ILLEGAL, "prepared");
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void whatCouldNotBeCommittedIsNotPrepared() throws Exception {
        Map<String, String> large = new TreeMap<>(Map.of("TRAN_MSG", "true", "PGROUP", "g"));
        for (int size = 32_300; size < 32_767; size += 7) {
            large.put("x", "y".repeat(size));
            Answer answer = producer.send(TOPIC, "m", 4, large);
            if (answer.code() != 0) {
                told(answer, ResponseCode.MESSAGE_ILLEGAL, "properties");
                return;
            }
            assertThat(producer.end(Half.of(answer), COMMIT).code()).isZero();
        }
        throw new AssertionError("every size was taken");
    }

    @Test
    void noMoreHalfMessagesAreTakenThanTheOptionAllows() throws Exception {
        Half first = producer.prepare(TOPIC, "m0");
        for (int i = 1; i < 5; i++) {
            producer.prepare(TOPIC, "m" + i);
        }
        told(producer.send(TOPIC, "m5", 4, Map.of("TRAN_MSG", "true")), ResponseCode.SYSTEM_BUSY, "maxHalfMessages");
        assertThat(producer.end(first, ROLLBACK).code()).isZero();
        producer.prepare(TOPIC, "m5");
    }

    @Test
    void committedMessageWhoseTopicIsGoneIsRolledBack() throws Exception {
        producer.send("passing", "makes the topic", 0, Map.of());
        Half half = producer.prepare("passing", "m");
        assertThat(producer.ask(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", "passing"))
                        .code())
                .isZero();
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, "does not exist any more");
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void topicsOfHalfMessagesCantBeChangedDeletedOrSentTo() throws Exception {
        for (String topic : List.of(HalfMessages.TOPIC, HalfMessages.OP_TOPIC, HalfMessages.GIVEN_UP_TOPIC)) {
            Map<String, String> change = Map.of("topic", topic, "readQueueNums", "4", "writeQueueNums", "4");
            told(producer.ask(RequestCode.UPDATE_AND_CREATE_TOPIC, change), ResponseCode.INVALID_PARAMETER, topic);
            told(
                    producer.ask(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", topic)),
                    ResponseCode.INVALID_PARAMETER,
                    topic);
            told(producer.send(topic, "m", 0, Map.of()), ResponseCode.NO_PERMISSION, topic);
            told(producer.send(topic, "m", 4, Map.of("TRAN_MSG", "true")), ResponseCode.NO_PERMISSION, topic);
        }
    }
}
