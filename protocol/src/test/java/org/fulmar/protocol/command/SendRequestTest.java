package org.fulmar.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The header of a send, with long names (10) and with names of one letter (310, 320). */
class SendRequestTest {
    /** Each field's long name and its letter, as the notes have them. */
    private static final Map<String, String> LETTERS = Map.ofEntries(
            Map.entry("producerGroup", "a"),
            Map.entry("topic", "b"),
            Map.entry("defaultTopic", "c"),
            Map.entry("defaultTopicQueueNums", "d"),
            Map.entry("queueId", "e"),
            Map.entry("sysFlag", "f"),
            Map.entry("bornTimestamp", "g"),
            Map.entry("flag", "h"),
            Map.entry("properties", "i"),
            Map.entry("reconsumeTimes", "j"),
            Map.entry("unitMode", "k"),
            Map.entry("maxReconsumeTimes", "l"),
            Map.entry("batch", "m"),
            Map.entry("brokerName", "n"));

    private static SendRequest decode(int code, Map<String, String> fields) {
        return SendRequest.decode(Frame.request(code, fields, Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON));
    }

    private static Map<String, String> longNames(Map<String, String> letters) {
        Map<String, String> fields = new HashMap<>();
        LETTERS.forEach((name, letter) -> {
            if (letters.containsKey(letter)) {
                fields.put(name, letters.get(letter));
            }
        });
        return fields;
    }

    private static SendRequest random(Random random) {
        return new SendRequest(
                "group-" + random.nextInt(),
                "topic-" + random.nextInt(),
                "TBW102",
                random.nextInt(),
                random.nextInt(),
                random.nextInt(),
                random.nextLong(),
                random.nextInt(),
                random.nextBoolean() ? null : "k\u0001v\u0002",
                random.nextInt(),
                random.nextInt(),
                random.nextBoolean());
    }

    @Test
    void everySendComesBackUnderEitherSetOfNames() {
        for (long seed = 0; seed < 500; seed++) {
            SendRequest send = random(new Random(seed));
            assertThat(decode(RequestCode.SEND_MESSAGE_V2, send.fields())).isEqualTo(send);
            assertThat(decode(RequestCode.SEND_MESSAGE, longNames(send.fields())))
                    .isEqualTo(send);
        }
    }

    @Test
    void aBatchCodeSaysBatchWhateverTheHeaderSays() {
        Map<String, String> fields = new HashMap<>(random(new Random(1)).fields());
        fields.put("m", "false");
        assertThat(decode(RequestCode.SEND_BATCH_MESSAGE, fields).batch()).isTrue();
        assertThat(decode(RequestCode.SEND_MESSAGE_V2, fields).batch()).isFalse();
    }

    @Test
    void onlyGroupTopicAndQueueMustBeThere() {
        SendRequest least = decode(RequestCode.SEND_MESSAGE_V2, Map.of("a", "g", "b", "t", "e", "-1"));
        assertThat(least).isEqualTo(new SendRequest("g", "t", "", 4, -1, 0, 0, 0, null, 0, 0, false));
    }

    @ParameterizedTest
    @CsvSource({"310, a", "310, b", "310, e", "10, producerGroup", "10, topic", "10, queueId"})
    void aMissingFieldIsNamed(int code, String name) {
        Map<String, String> fields = new HashMap<>(random(new Random(1)).fields());
        fields.putAll(longNames(fields));
        fields.remove(name);
        assertThatThrownBy(() -> decode(code, fields))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining(" " + name + " ");
    }

    @ParameterizedTest
    @CsvSource({
        "e, 4294967296",
        "e, ''",
        "e, x",
        "e, 1.5",
        "f, 2147483648",
        "f, -2147483649",
        "g, 9223372036854775808",
        "d, 1e3",
        "h, ' 1'",
        "j, 0x10",
        "l, ٣x"
    })
    void aFieldThatIsNoNumberOrTooLargeIsNamed(String name, String value) {
        Map<String, String> fields = new HashMap<>(random(new Random(1)).fields());
        fields.put(name, value);
        assertThatThrownBy(() -> decode(RequestCode.SEND_MESSAGE_V2, fields))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining(" " + name + " ");
    }

    @Test
    void anErrorShowsNoMoreThanTheBeginningOfALongValue() {
        Map<String, String> fields = new HashMap<>(random(new Random(1)).fields());
        fields.put("e", "x".repeat(100_000));
        assertThatThrownBy(() -> decode(RequestCode.SEND_MESSAGE_V2, fields))
                .isInstanceOf(FrameException.class)
                .message()
                .hasSizeLessThan(200);
    }

    @Test
    void anAnswerIsReadBack() {
        for (String transaction : new String[] {null, "tx"}) {
            SendRequest.Result result = new SendRequest.Result("0A", 3, 17, transaction);
            assertThat(SendRequest.Result.decode(
                            Frame.request(0, result.fields(), Unpooled.EMPTY_BUFFER, HeaderEncoding.JSON)))
                    .isEqualTo(result);
        }
    }

    @Test
    void theAnswerHasWhatRocketMqClientsRead() {
        assertThat(new SendRequest.Result("0A", 3, 17, null).fields())
                .isEqualTo(Map.of(
                        "msgId",
                        "0A",
                        "queueId",
                        "3",
                        "queueOffset",
                        "17",
                        "MSG_REGION",
                        "DefaultRegion",
                        "TRACE_ON",
                        "true"));
        assertThat(new SendRequest.Result("0A", 3, 17, "tx").fields()).containsEntry("transactionId", "tx");
    }
}
