package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.fulmar.broker.server.NativeProducer.COMMIT;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.broker.server.NativeProducer.Answer;
import org.fulmar.broker.server.NativeProducer.Check;
import org.fulmar.broker.server.NativeProducer.Half;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Half messages without an outcome on the wire: their producers are asked, they are given up, administrators end them. */
@Timeout(180)
class CheckBackTest extends HalfMessageWire {
    @Test
    void lateOutcomeOfAMessageThatSetATimeForItIsRefusedUnlessItWasAskedFor() throws Exception {
        Half half = producer.prepare(TOPIC, "m", Map.of("CHECK_IMMUNITY_TIME_IN_SECONDS", "30"));
        clock.addAndGet(29_000);
        assertThat(producer.end(half, 0).code()).isZero();
        assertThat(checkBacks).hasValue(0);
        clock.addAndGet(2_000);
        told(producer.end(half, COMMIT), ResponseCode.ILLEGAL_OPERATION, "time");
        Check check = producer.awaitCheck();
        assertThat(check.fields()).containsEntry("commitLogOffset", Long.toString(half.logOffset()));
        assertThat(producer.ask(RequestCode.END_TRANSACTION, producer.ending(half, COMMIT, true))
                        .code())
                .isZero();
    }

    @Test
    void producersOfTheGroupAreAskedInTurnWithTheMessageAsItWasSent() throws Exception {
        NativeProducer second = producer("g");
        second.heartbeat();
        NativeProducer stranger = producer("other");
        stranger.heartbeat();
        Half half = producer.prepare(TOPIC, "m", Map.of("TAGS", "t"));
        clock.addAndGet(5_999);
        producer.heartbeat();
        assertThat(checkBacks).hasValue(0);
        List<NativeProducer> asked = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            clock.addAndGet(i == 1 ? 1 : 60_000);
            await().until(() -> !producer.checks.isEmpty() || !second.checks.isEmpty());
            NativeProducer who = producer.checks.isEmpty() ? second : producer;
            asked.add(who);
            Check check = who.awaitCheck();
            assertThat(checkBacks).hasValue(i);
            assertThat(check.fields())
                    .containsEntry("commitLogOffset", Long.toString(half.logOffset()))
                    .containsEntry("tranStateTableOffset", Long.toString(half.queueOffset()))
                    .containsEntry("msgId", "m")
                    .containsEntry("transactionId", "m")
                    .containsEntry("offsetMsgId", half.offsetId());
            assertThat(check.message().topic()).isEqualTo(TOPIC);
            assertThat(check.message().queueId()).isEqualTo(QUEUE);
            assertThat(check.message().queueOffset()).isEqualTo(half.queueOffset());
            assertThat(check.message().physicalOffset()).isEqualTo(half.logOffset());
            assertThat(check.message().property(MessageProperties.name("TAGS"))).isEqualTo("t");
            assertThat(check.message().intact()).isTrue();
        }
        assertThat(asked).containsExactlyInAnyOrder(producer, second);
        assertThat(stranger.checks).isEmpty();
    }

    @Test
    void checksAreCountedOverARestartAndTheMessageIsKeptAfterTheLast() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        clock.addAndGet(6_000);
        producer.awaitCheck();
        restartTwice();
        assertThat(listed("10", -1).path("halfMessages").path(0).path("checks").asInt())
                .isEqualTo(1);
        producer.heartbeat();
        clock.addAndGet(60_000);
        producer.awaitCheck();
        clock.addAndGet(59_000);
        producer.heartbeat();
        assertThat(producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0)).isZero();
        clock.addAndGet(1_000);
        await().until(() -> producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0) == 1);
        MessageRecord kept = Objects.requireNonNull(producer.read(HalfMessages.GIVEN_UP_TOPIC, 0, 0));
        assertThat(MessageProperties.parse(kept.propertyBytes()))
                .containsEntry("REAL_TOPIC", TOPIC)
                .containsEntry("REAL_QID", "1")
                .containsEntry("TRANSACTION_CHECK_TIMES", "2");
        told(producer.end(half, COMMIT), ResponseCode.SYSTEM_ERROR, HalfMessages.GIVEN_UP_TOPIC);
        restartTwice();
        assertThat(listed("10", -1).path("total").asInt()).isZero();
        assertThat(producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0)).isEqualTo(1);
    }

    @Test
    void withoutAProducerNoCheckCountsUntilTheMessageIsTooOld() throws Exception {
        NativeProducer first = producer("lonely");
        first.prepare(TOPIC, "m");
        first.close();
        open.remove(first);
        await("the broker knows that it is gone")
                .until(() -> producer.ask(RequestCode.GET_PRODUCER_CONNECTION_LIST, Map.of("producerGroup", "lonely"))
                                .code()
                        != ResponseCode.SUCCESS);
        for (int hour = 0; hour < 71; hour++) {
            clock.addAndGet(3_600_000);
            producer.heartbeat();
        }
        assertThat(listed("10", -1).path("halfMessages").path(0).path("checks").asInt(-1))
                .isZero();
        NativeProducer heir = producer("lonely");
        heir.heartbeat();
        clock.addAndGet(60_000);
        heir.awaitCheck();
        clock.addAndGet(3_600_000);
        await().until(() -> producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0) == 1);
        assertThat(checkBacks).hasValue(1);
    }

    @Test
    void administratorSeesHalfMessagesPageByPageAndEndsThem() throws Exception {
        List<Half> halves = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            halves.add(producer.prepare(TOPIC, "m" + i));
        }
        clock.addAndGet(1_000);
        JsonNode page = listed("2", -1);
        assertThat(page.path("total").asInt()).isEqualTo(5);
        assertThat(page.path("halfMessages")).hasSize(2);
        JsonNode first = page.path("halfMessages").path(0);
        assertThat(first.path("logOffset").asLong()).isEqualTo(halves.get(0).logOffset());
        assertThat(first.path("queueOffset").asLong()).isEqualTo(halves.get(0).queueOffset());
        assertThat(first.path("topic").asText()).isEqualTo(TOPIC);
        assertThat(first.path("producerGroup").asText()).isEqualTo("g");
        assertThat(first.path("uniqueKey").asText()).isEqualTo("m0");
        assertThat(first.path("transactionId").asText()).isEqualTo("m0");
        assertThat(first.path("ageMillis").asLong()).isEqualTo(1_000);
        assertThat(first.path("nextCheckInMillis").asLong()).isEqualTo(5_000);
        assertThat(first.path("bodyBytes").asInt()).isEqualTo(2);
        assertThat(first.path("body").asText()).isEqualTo("6d30");
        JsonNode rest = listed("1000000", halves.get(1).logOffset()).path("halfMessages");
        assertThat(rest).hasSize(3);

        long before = messages();
        assertThat(adminEnd(halves.get(0), "true").code()).isZero();
        assertThat(adminEnd(halves.get(1), "false").code()).isZero();
        told(adminEnd(halves.get(2), "maybe"), ResponseCode.INVALID_PARAMETER, "true or false");
        told(adminEnd(new Half(3, 0, ""), "true"), ResponseCode.JMS_TRANSACTION_UNKNOWN, "no half message");
        assertThat(messages()).isEqualTo(before + 1);
        assertThat(listed("10", -1).path("total").asInt()).isEqualTo(3);
    }

    private Answer adminEnd(Half half, String commit) throws Exception {
        return producer.ask(
                JmsCode.ADMIN_END_HALF_MESSAGE, Map.of("logOffset", Long.toString(half.logOffset()), "commit", commit));
    }

    @Test
    void messageThatWasGivenUpIsAskedForAgainWhenToldTo() throws Exception {
        producer.prepare(TOPIC, "m");
        for (int i = 0; i < 2; i++) {
            clock.addAndGet(i == 0 ? 6_000 : 60_000);
            producer.awaitCheck();
        }
        clock.addAndGet(60_000);
        await().until(() -> producer.maxOffset(HalfMessages.GIVEN_UP_TOPIC, 0) == 1);
        MessageRecord kept = Objects.requireNonNull(producer.read(HalfMessages.GIVEN_UP_TOPIC, 0, 0));
        String id = new org.fulmar.protocol.message.MessageId(kept.storeHost(), kept.physicalOffset()).text();
        Answer resumed = producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", id));
        assertThat(resumed.code()).as(resumed.remark()).isZero();
        clock.addAndGet(6_000);
        Check check = producer.awaitCheck();
        long before = messages();
        Half half = new Half(
                Long.parseLong(check.fields().get("commitLogOffset")),
                Long.parseLong(check.fields().get("tranStateTableOffset")),
                "");
        assertThat(producer.end(half, COMMIT).code()).isZero();
        assertThat(messages()).isEqualTo(before + 1);
        told(
                producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", "0".repeat(32))),
                ResponseCode.SYSTEM_ERROR,
                "begins at log offset 0");
    }

    @Test
    void bodyThatLooksLikeAMessageThatWasGivenUpIsNotTakenForOne() throws Exception {
        Half before = Half.of(producer.send(TOPIC, "places", 0, Map.of()));
        MessageRecord plain = Objects.requireNonNull(producer.read(TOPIC, QUEUE, messages() - 1));
        // the next record begins behind this one, and its body at the same distance from its beginning
        long bodyAt = before.logOffset() + plain.size() + plain.body().arrayOffset();
        byte[] properties =
                "REAL_TOPIC\u0001rmq_sys_fulmar_facts\u0002REAL_QID\u00010\u0002".getBytes(StandardCharsets.US_ASCII);
        RecordDraft draft = new RecordDraft(HalfMessages.GIVEN_UP_TOPIC, 0, properties, Unpooled.EMPTY_BUFFER);
        ByteBuffer forged = ByteBuffer.allocate(draft.size(new byte[8]));
        draft.write(forged, 0, bodyAt, 0, new byte[8]);
        SendRequest send = new SendRequest("g", TOPIC, "TBW102", 4, 1, 0, 1, 0, "", 0, 16, false);
        Half there = Half.of(
                NativeProducer.answer(producer.start(RequestCode.SEND_MESSAGE_V2, send.fields(), forged.array())));
        assertThat(there.logOffset()).isEqualTo(before.logOffset() + plain.size());
        String id = there.offsetId().substring(0, 16) + String.format("%016X", bodyAt);
        byte[] log = Files.readAllBytes(directory.resolve("commitlog/" + "0".repeat(20)));
        assertThat(Arrays.copyOfRange(log, (int) bodyAt, (int) bodyAt + forged.capacity()))
                .as("a whole record stands there")
                .isEqualTo(forged.array());
        told(
                producer.ask(RequestCode.VIEW_MESSAGE_BY_ID, Map.of("offset", Long.toString(bodyAt))),
                ResponseCode.SYSTEM_ERROR,
                "no message begins at log offset " + bodyAt);
        told(
                producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", id)),
                ResponseCode.SYSTEM_ERROR,
                "neither a half message nor");
        assertThat(listed("10", -1).path("total").asInt()).isZero();
    }

    @Test
    void halfMessageIsAskedForAtOnceWhenToldTo() throws Exception {
        Half half = producer.prepare(TOPIC, "m", Map.of("CHECK_IMMUNITY_TIME_IN_SECONDS", "3600"));
        Answer resumed = producer.ask(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", half.offsetId()));
        assertThat(resumed.code()).as(resumed.remark()).isZero();
        assertThat(producer.awaitCheck().fields()).containsEntry("offsetMsgId", half.offsetId());
    }

    @Test
    void strangersAreRefusedWhereNobodyIsLetInWithoutAName() throws Exception {
        Half half = producer.prepare(TOPIC, "m");
        stop();
        open.clear();
        Path users = directory.resolve("users");
        Files.writeString(users, "somebody = " + PasswordHash.of("secret").text());
        options.put("usersFile", users.toString());
        options.put("anonymousAllowed", "false");
        broker = new Broker(BrokerConfig.of(options), new NioDisk(), clock::get, false, probe).start();
        producer = producer("g");
        told(producer.end(half, COMMIT), ResponseCode.NO_PERMISSION, "anonymous");
        told(adminEnd(half, "true"), ResponseCode.NO_PERMISSION, "anonymous");
        for (int code : new int[] {JmsCode.ADMIN_HALF_MESSAGES, RequestCode.RESUME_CHECK_HALF_MESSAGE}) {
            told(producer.ask(code, Map.of("msgId", half.offsetId())), ResponseCode.NO_PERMISSION, "anonymous");
        }
    }
}
