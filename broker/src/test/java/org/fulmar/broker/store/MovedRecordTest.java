package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Copies of records to another topic: all of the message, and where it came from. */
@Timeout(180)
class MovedRecordTest {
    private static final byte[] HOST = {127, 0, 0, 1, 0, 0, 42, 42};
    private static final byte[] BODY = "the body".getBytes(StandardCharsets.UTF_8);

    private static MessageRecord written(RecordDraft draft) {
        ByteBuffer log = ByteBuffer.allocate(draft.size(HOST) + 16).position(16);
        draft.write(log, 7, 4711, 99, HOST);
        return Objects.requireNonNull(MessageRecord.wrap(log, 16, log.position()));
    }

    private static MessageRecord record(String properties, int sysFlag) {
        return written(
                new RecordDraft("from", 1, properties.getBytes(StandardCharsets.UTF_8), Unpooled.wrappedBuffer(BODY))
                        .born(1234, HOST)
                        .flags(0x4A000004, sysFlag)
                        .reconsumeTimes(3));
    }

    private static String block(String... namesAndValues) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            MessageProperties.append(text, namesAndValues[i], namesAndValues[i + 1]);
        }
        return text.toString();
    }

    private static Map<String, String> properties(MessageRecord record) {
        Map<String, String> found = new TreeMap<>(MessageProperties.parse(record.propertyBytes()));
        found.remove("__CRC32#");
        return found;
    }

    private static List<String> origins(MessageRecord record) {
        List<String> told = new ArrayList<>();
        MovedRecord.tell(record, new MovedRecord.Origin() {
            @Override
            public void timer(long logOffset) {
                told.add("timer " + logOffset);
            }

            @Override
            public void delivery(int cursorId, long offset) {
                told.add("delivery " + cursorId + " " + offset);
            }
        });
        return told;
    }

    @Test
    void copyHasEverythingOfTheMessageButItsPlace() {
        MessageRecord record = record(block("a", "1", "TAGS", "t", "b", "é"), 0);
        MessageRecord copy = written(MovedRecord.copy(record, "to", 5, MovedRecord.ofTimer(17), Map.of()));
        assertThat(copy.intact()).isTrue();
        assertThat(copy.topic()).isEqualTo("to");
        assertThat(copy.queueId()).isEqualTo(5);
        assertThat(copy.body()).isEqualTo(ByteBuffer.wrap(BODY));
        assertThat(copy.bornTimestamp()).isEqualTo(1234);
        assertThat(copy.bornHost()).isEqualTo(HOST);
        assertThat(copy.flag()).isEqualTo(0x4A000004);
        assertThat(copy.reconsumeTimes()).isEqualTo(3);
        Map<String, String> there = properties(copy);
        assertThat(there.remove(new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII)))
                .isEqualTo("t17");
        assertThat(there).isEqualTo(Map.of("a", "1", "TAGS", "t", "b", "é"));
    }

    @Test
    void copyTellsWhatItWasMadeOfAndNothingElseDoes() {
        MessageRecord record = record(block("a", "1"), 0);
        MessageRecord ofTimer = written(MovedRecord.copy(record, "to", 0, MovedRecord.ofTimer(1L << 40), Map.of()));
        MessageRecord dead =
                written(MovedRecord.copy(ofTimer, "dlq", 0, MovedRecord.ofDelivery(12, 1L << 41), Map.of("why", "x")));
        assertThat(origins(record)).isEmpty();
        assertThat(origins(ofTimer)).containsExactly("timer " + (1L << 40));
        assertThat(origins(dead)).as("a copy of a copy").containsExactly("delivery 12 " + (1L << 41));
        String forged = block(new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII), "t5");
        assertThat(origins(record(forged, 0)))
                .as("a property that a client has set")
                .isEmpty();
        assertThat(origins(record(block("a", "1"), SysFlag.MOVED))).isEmpty();
    }

    @Test
    void whatTheTimerTopicNeedsDoesNotGoAlong() {
        MessageRecord record =
                record(block(MessageProperties.TIMER_OUT_MS, "5", MessageProperties.REAL_TOPIC, "to", "a", "1"), 0);
        MessageRecord copy = written(MovedRecord.copy(record, "to", 0, MovedRecord.ofTimer(1), Map.of()));
        assertThat(properties(copy).keySet())
                .containsExactlyInAnyOrder("a", new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII));
    }

    @Test
    void newWordsTakeThePlaceOfOldOnes() {
        MessageRecord record = record(block("why", "old", "a", "1"), 0);
        MessageRecord copy = written(
                MovedRecord.copy(record, "to", 0, MovedRecord.ofDelivery(1, 2), Map.of("why", "new", "when", "now")));
        assertThat(copy.property("why".getBytes(StandardCharsets.UTF_8))).isEqualTo("new");
        assertThat(properties(copy)).containsEntry("when", "now").containsEntry("a", "1");
    }

    @Test
    void whatDoesNotFitIsLeftOutAndTheMessageGoesAllTheSame() {
        String big = "x".repeat(MessageProperties.MAX_BYTES - 200);
        MessageRecord record = record(block("big", big), 0);
        MessageRecord copy = written(
                MovedRecord.copy(record, "to", 0, MovedRecord.ofDelivery(1, 2), Map.of("why", "y".repeat(200))));
        assertThat(properties(copy)).containsEntry("big", big).doesNotContainKey("why");
        assertThat(origins(copy)).containsExactly("delivery 1 2");
    }

    @Test
    void copyOfARecordOfAGroupStandsForItself() {
        MessageRecord record = record(block("a", "1"), SysFlag.CONTINUED | SysFlag.COMPRESSED);
        MessageRecord copy = written(MovedRecord.copy(record, "to", 0, MovedRecord.ofTransaction(7, 99), Map.of()));
        assertThat(copy.sysFlag()).isEqualTo(SysFlag.MOVED | SysFlag.COMPRESSED);
        List<String> told = new ArrayList<>();
        MovedRecord.tell(copy, new MovedRecord.Origin() {
            @Override
            public void timer(long logOffset) {
                told.add("timer");
            }

            @Override
            public void delivery(int cursorId, long offset) {
                told.add("delivery");
            }

            @Override
            public void transaction(long number, long before) {
                told.add("transaction " + number + " " + before);
            }
        });
        assertThat(told).containsExactly("transaction 7 99");
    }
}
