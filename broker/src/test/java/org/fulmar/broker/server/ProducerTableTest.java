package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a broker knows of producers' messages: the same live, from a snapshot, and from the log. */
@Timeout(180)
class ProducerTableTest {
    private static final int MOST = 100_000;

    private static MessageRecord record(long producer, long sequence, int flag) {
        return record(String.format("%016X%016X", producer, sequence), flag);
    }

    private static MessageRecord record(String id, int flag) {
        StringBuilder properties = new StringBuilder();
        MessageProperties.append(properties, MessageProperties.UNIQ_KEY, id);
        RecordDraft draft = new RecordDraft(
                        "t", 0, properties.toString().getBytes(StandardCharsets.UTF_8), Unpooled.EMPTY_BUFFER)
                .flags(flag, 0);
        ByteBuffer log = ByteBuffer.allocate(draft.size(new byte[8]));
        draft.write(log, 0, 0, 0, new byte[8]);
        return Objects.requireNonNull(MessageRecord.wrap(log, 0, log.limit()));
    }

    @Test
    void messageIsARepeatFromWhenItIsStored() {
        ProducerTable table = new ProducerTable();
        assertThat(table.isRepeat(7, 1)).isFalse();
        table.stored(7, 1);
        table.stored(7, 3);
        assertThat(table.isRepeat(7, 1)).isTrue();
        assertThat(table.isRepeat(7, 3)).isTrue();
        assertThat(table.isRepeat(7, 4)).isFalse();
        assertThat(table.isRepeat(8, 1)).isFalse();
        table.ended(7);
        assertThat(table.isRepeat(7, 3)).isFalse();
    }

    @Test
    void repeatIsKnownAfterARestartFromTheLogAndFromASnapshotWithTheRestOfTheLog() {
        for (int seed = 1; seed <= 50; seed++) {
            Random random = new Random(seed);
            ProducerTable live = new ProducerTable();
            List<MessageRecord> log = new ArrayList<>();
            long[] producers = random.longs(5).toArray();
            long[] next = new long[producers.length];
            byte[] snapshot = null;
            int snapshotAt = 0;
            for (int i = 0; i < 200; i++) {
                int producer = random.nextInt(producers.length);
                next[producer] += 1 + random.nextInt(2);
                live.stored(producers[producer], next[producer]);
                log.add(record(producers[producer], next[producer], JmsFlag.MARK));
                if (random.nextInt(50) == 0) {
                    snapshotAt = log.size();
                    snapshot = live.capture(snapshotAt).get();
                }
            }
            ProducerTable replayed = new ProducerTable();
            assertThat(replayed.restore(null)).isZero();
            log.forEach(replayed::message);
            ProducerTable restored = new ProducerTable();
            assertThat(restored.restore(snapshot)).isEqualTo(snapshotAt);
            log.subList(snapshotAt, log.size()).forEach(restored::message);
            byte[] expected = live.capture(0).get();
            assertThat(replayed.capture(0).get()).as("seed %d", seed).isEqualTo(expected);
            assertThat(restored.capture(0).get()).as("seed %d", seed).isEqualTo(expected);
            for (int p = 0; p < producers.length; p++) {
                assertThat(replayed.isRepeat(producers[p], next[p])).isEqualTo(next[p] > 0);
                assertThat(replayed.isRepeat(producers[p], next[p] + 1)).isFalse();
            }
        }
    }

    @Test
    void olderRecordThatIsCopiedLaterChangesNothing() {
        ProducerTable table = new ProducerTable();
        table.message(record(1, 5, JmsFlag.MARK));
        table.message(record(1, 2, JmsFlag.MARK));
        assertThat(table.isRepeat(1, 5)).isTrue();
    }

    @Test
    void recordsOfOthersSayNothing() {
        ProducerTable table = new ProducerTable();
        table.message(record(1, 5, 0));
        table.message(record("0000000000000001000000000000000", JmsFlag.MARK));
        table.message(record("0000000000000001_00000000000000G", JmsFlag.MARK));
        assertThat(table.isRepeat(1, 5)).isFalse();
    }

    @Test
    void producerThatWasSilentForLongestIsForgottenFirst() {
        ProducerTable table = new ProducerTable();
        for (long producer = 1; producer <= MOST; producer++) {
            table.stored(producer, 1);
        }
        table.stored(1, 2);
        table.stored(MOST + 1, 1);
        assertThat(table.isRepeat(1, 2)).isTrue();
        assertThat(table.isRepeat(2, 1)).isFalse();
        assertThat(table.isRepeat(3, 1)).isTrue();
        assertThat(table.isRepeat(MOST + 1, 1)).isTrue();
    }

    @Test
    void aMessageThatWasRefusedIsNoRepeatThoughLaterOnesWereStored() {
        ProducerTable live = new ProducerTable();
        live.stored(7, 1);
        live.stored(7, 2);
        live.stored(7, 5);
        ProducerTable restored = new ProducerTable();
        restored.restore(live.capture(0).get());
        for (ProducerTable table : java.util.List.of(live, restored)) {
            assertThat(table.isRepeat(7, 2)).isTrue();
            assertThat(table.isRepeat(7, 3)).as("3 was refused, or never came").isFalse();
            assertThat(table.isRepeat(7, 4)).isFalse();
            assertThat(table.isRepeat(7, 5)).isTrue();
            table.stored(7, 4);
            assertThat(table.isRepeat(7, 3)).isFalse();
            assertThat(table.isRepeat(7, 4)).isTrue();
            assertThat(table.isRepeat(7, 5)).isTrue();
            assertThat(table.isRepeat(7, 6)).isFalse();
        }
    }
}
