package org.fulmar.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageRecordTest {
    /** Everything that was put into a record. */
    private static final class Sample {
        final String topic;
        final int queueId;
        final int flag;
        final int sysFlag;
        final long bornTimestamp;
        final byte[] bornHost;
        final byte[] storeHost;
        final int reconsumeTimes;
        final long preparedTransactionOffset;
        final byte[] body;
        final Map<String, String> properties = new LinkedHashMap<>();
        final long queueOffset;
        final long physicalOffset;
        final long storeTimestamp;

        Sample(Random random) {
            topic = topic(random);
            queueId = random.nextInt();
            flag = random.nextInt();
            sysFlag = random.nextInt() & ~(SysFlag.BORN_HOST_V6 | SysFlag.STORE_HOST_V6 | SysFlag.RELOCATED);
            bornTimestamp = random.nextLong();
            bornHost = bytes(random, random.nextBoolean() ? 8 : 20);
            storeHost = bytes(random, random.nextBoolean() ? 8 : 20);
            reconsumeTimes = random.nextInt();
            preparedTransactionOffset = random.nextLong();
            body = bytes(random, random.nextInt(4) == 0 ? 0 : random.nextInt(300));
            int count = random.nextInt(5);
            for (int i = 0; i < count; i++) {
                properties.put("name" + i, "wert-é-" + random.nextInt());
            }
            queueOffset = random.nextLong();
            physicalOffset = random.nextLong();
            storeTimestamp = random.nextLong();
        }

        private static String topic(Random random) {
            int length = random.nextInt(3) == 0 ? 128 + random.nextInt(200) : 1 + random.nextInt(127);
            String ascii = "t".repeat(length);
            return random.nextInt(4) == 0 ? "é" + ascii.substring(Math.min(2, length - 1)) : ascii;
        }

        static byte[] bytes(Random random, int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        RecordDraft draft() {
            byte[] block = MessageProperties.format(properties).getBytes(StandardCharsets.UTF_8);
            return new RecordDraft(topic, queueId, block, Unpooled.wrappedBuffer(body))
                    .flags(flag, sysFlag)
                    .born(bornTimestamp, bornHost)
                    .reconsumeTimes(reconsumeTimes)
                    .preparedTransactionOffset(preparedTransactionOffset);
        }

        /** The record alone in a buffer of its size. */
        ByteBuffer written() {
            RecordDraft draft = draft();
            ByteBuffer out = ByteBuffer.allocate(draft.size(storeHost));
            draft.write(out, queueOffset, physicalOffset, storeTimestamp, storeHost);
            assertThat(out.hasRemaining()).isFalse();
            return out.flip();
        }

        void assertReadsBack(MessageRecord record) {
            assertThat(record.topic()).isEqualTo(topic);
            assertThat(record.topicIs(topic.getBytes(StandardCharsets.UTF_8))).isTrue();
            assertThat(record.topicIs((topic + "x").getBytes(StandardCharsets.UTF_8)))
                    .isFalse();
            assertThat(record.queueId()).isEqualTo(queueId);
            assertThat(record.flag()).isEqualTo(flag);
            assertThat(record.sysFlag() & ~(SysFlag.BORN_HOST_V6 | SysFlag.STORE_HOST_V6))
                    .isEqualTo(sysFlag);
            assertThat(record.bornTimestamp()).isEqualTo(bornTimestamp);
            assertThat(record.bornHost()).isEqualTo(bornHost);
            assertThat(record.storeHost()).isEqualTo(storeHost);
            assertThat(record.storeTimestamp()).isEqualTo(storeTimestamp);
            assertThat(record.reconsumeTimes()).isEqualTo(reconsumeTimes);
            assertThat(record.preparedTransactionOffset()).isEqualTo(preparedTransactionOffset);
            assertThat(record.queueOffset()).isEqualTo(queueOffset);
            assertThat(record.physicalOffset()).isEqualTo(physicalOffset);
            assertThat(record.bodyBytes()).isEqualTo(body);
            assertThat(record.bodyLength()).isEqualTo(body.length);
            assertThat(record.body()).isEqualTo(ByteBuffer.wrap(body));
            assertThat(record.bodyCrc()).isEqualTo(body.length == 0 ? 0 : RecordDraft.crc(body));
            properties.forEach((name, value) ->
                    assertThat(record.property(MessageProperties.name(name))).isEqualTo(value));
            assertThat(record.property(MessageProperties.name("missing"))).isNull();
            assertThat(MessageProperties.parse(record.propertyBytes())).containsAllEntriesOf(properties);
            assertThat(record.intact()).isTrue();
        }
    }

    private static MessageRecord wrapped(ByteBuffer buffer, int at, int limit) {
        MessageRecord record = MessageRecord.wrap(buffer, at, limit);
        if (record == null) {
            throw new AssertionError("no record at " + at);
        }
        return record;
    }

    @Test
    void onlyAMoveMarksARecordAsMoved() {
        Random random = new Random(3);
        Sample sample = new Sample(random);
        RecordDraft draft = sample.draft().flags(0, SysFlag.RELOCATED);
        ByteBuffer bytes = ByteBuffer.allocate(draft.size(sample.storeHost));
        draft.write(bytes, 1, 4711, 1, sample.storeHost);
        MessageRecord record = wrapped(bytes, 0, bytes.capacity());
        assertThat(record.sysFlag() & SysFlag.RELOCATED).isZero();
        RecordDraft moved = RecordDraft.relocated(record);
        ByteBuffer copy = ByteBuffer.allocate(moved.size(sample.storeHost));
        moved.write(copy, 1, 815, 2, sample.storeHost);
        MessageRecord there = wrapped(copy, 0, copy.capacity());
        assertThat(there.sysFlag() & SysFlag.RELOCATED).isNotZero();
        assertThat(there.preparedTransactionOffset()).isEqualTo(4711);
        assertThat(there.intact()).isTrue();
    }

    @Test
    void everyFieldIsReadAsItWasWritten() {
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            Sample sample = new Sample(random);
            ByteBuffer written = sample.written();
            MessageRecord record = wrapped(written, 0, written.limit());
            assertThat(record.size()).isEqualTo(written.limit());
            sample.assertReadsBack(record);
        }
    }

    @Test
    void recordsAreReadInTheMiddleOfABuffer() {
        Random random = new Random(2);
        for (int i = 0; i < 500; i++) {
            Sample sample = new Sample(random);
            RecordDraft draft = sample.draft();
            int before = random.nextInt(50);
            int size = draft.size(sample.storeHost);
            ByteBuffer buffer = ByteBuffer.allocateDirect(before + size + random.nextInt(50));
            for (int at = 0; at < buffer.capacity(); at++) {
                buffer.put(at, (byte) random.nextInt());
            }
            buffer.position(before);
            draft.write(buffer, sample.queueOffset, sample.physicalOffset, sample.storeTimestamp, sample.storeHost);
            assertThat(buffer.position()).isEqualTo(before + size);
            MessageRecord record = wrapped(buffer, before, buffer.capacity());
            assertThat(record.position()).isEqualTo(before);
            assertThat(record.buffer()).isSameAs(buffer);
            sample.assertReadsBack(record);
            assertThat(MessageRecord.wrap(buffer, before, before + size - 1)).isNull();
        }
    }

    @Test
    void aBodyIsWrittenFromItsReaderIndexAndStaysReadable() {
        io.netty.buffer.ByteBuf body = Unpooled.copiedBuffer("..body", StandardCharsets.US_ASCII);
        body.skipBytes(2);
        RecordDraft draft = new RecordDraft("t", 0, new byte[0], body);
        for (int i = 0; i < 2; i++) {
            ByteBuffer out = ByteBuffer.allocate(draft.size(new byte[8]));
            draft.write(out, 0, 0, 0, new byte[8]);
            assertThat(wrapped(out, 0, out.capacity()).bodyBytes())
                    .isEqualTo("body".getBytes(StandardCharsets.US_ASCII));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 127, 128, 255, 32_767, 32_768, 65_535})
    void topicsOfEveryLengthAreReadBack(int length) {
        String topic = "n".repeat(length);
        RecordDraft draft = new RecordDraft(topic, 3, new byte[0], Unpooled.EMPTY_BUFFER);
        ByteBuffer out = ByteBuffer.allocate(draft.size(new byte[8]));
        draft.write(out, 0, 0, 0, new byte[8]);
        MessageRecord record = wrapped(out, 0, out.capacity());
        assertThat(record.topic()).isEqualTo(topic);
        assertThat(record.intact()).isTrue();
        assertThat(out.getInt(4)).isEqualTo(length > 127 ? MessageRecord.MAGIC_V2 : MessageRecord.MAGIC_V1);
    }

    @Test
    void aTopicThatNoRecordCanHoldIsRefused() {
        assertThatThrownBy(() -> new RecordDraft("n".repeat(65_536), 0, new byte[0], Unpooled.EMPTY_BUFFER))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPropertyBlockThatIsNotClosedIsRefused() {
        byte[] open = "a\u0001b".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> new RecordDraft("t", 0, open, Unpooled.EMPTY_BUFFER))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noSingleBitFlipPassesForAWholeRecord() {
        Random random = new Random(3);
        for (int i = 0; i < 20; i++) {
            ByteBuffer record = new Sample(random).written();
            for (int bit = 0; bit < record.limit() * 8; bit++) {
                byte flipped = (byte) (record.get(bit / 8) ^ 1 << bit % 8);
                byte original = record.get(bit / 8);
                record.put(bit / 8, flipped);
                MessageRecord found = MessageRecord.wrap(record, 0, record.limit());
                if (found != null && found.size() == record.limit() && found.intact()) {
                    fail("bit %d of record %d flipped unnoticed", bit, i);
                }
                record.put(bit / 8, original);
            }
            assertThat(wrapped(record, 0, record.limit()).intact()).isTrue();
        }
    }

    @Test
    void aRecordWithoutOurChecksumIsReadButNotIntact() {
        Sample sample = new Sample(new Random(4));
        ByteBuffer ours = sample.written();
        int size = ours.limit() - MessageRecord.CRC_BYTES;
        ByteBuffer foreign = ByteBuffer.wrap(Arrays.copyOf(ours.array(), size));
        int blockLength = MessageProperties.format(sample.properties).getBytes(StandardCharsets.UTF_8).length;
        foreign.putInt(0, size).putShort(size - blockLength - 2, (short) blockLength);
        MessageRecord record = wrapped(foreign, 0, size);
        assertThat(record.topic()).isEqualTo(sample.topic);
        assertThat(record.intact()).isFalse();
    }

    @Test
    void wrapNeverThrowsAndNothingIsReadBehindTheLimit() {
        Random random = new Random(5);
        int views = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = i % 50 == 0
                    ? Sample.bytes(random, random.nextInt(200))
                    : new Sample(random).written().array();
            bytes = mutated(bytes, random);
            // the buffer ends at the limit, so that a read behind it throws
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            MessageRecord record;
            try {
                record = MessageRecord.wrap(buffer, 0, bytes.length);
            } catch (RuntimeException e) {
                throw new AssertionError("wrap threw on input " + i, e);
            }
            if (record != null) {
                views++;
                assertThat(record.size()).isBetween(91, bytes.length);
                readAll(record, i);
            }
        }
        assertThat(views).as("inputs that got as far as a view").isGreaterThan(10_000);
    }

    private static byte[] mutated(byte[] bytes, Random random) {
        int kind = random.nextInt(4);
        if (kind == 0 && bytes.length > 0) {
            return Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes && bytes.length > 4; i++) {
            int at = random.nextInt(bytes.length - 4);
            switch (random.nextInt(4)) {
                case 0 -> buffer.putInt(at, random.nextInt());
                case 1 -> buffer.putInt(at, Integer.MAX_VALUE - random.nextInt(200));
                case 2 -> buffer.put(at, (byte) random.nextInt());
                default -> buffer.put(at, (byte) (buffer.get(at) ^ 1 << random.nextInt(8)));
            }
        }
        if (kind == 1 && bytes.length > 100) {
            // a consistent size lets the lengths inside be reached
            buffer.putInt(0, bytes.length)
                    .putInt(4, random.nextBoolean() ? MessageRecord.MAGIC_V1 : MessageRecord.MAGIC_V2);
        }
        return bytes;
    }

    private static void readAll(MessageRecord record, int input) {
        try {
            record.intact();
            record.topic();
            record.topicIs(new byte[0]);
            record.bodyBytes();
            record.body();
            record.bodyCrc();
            record.bornHost();
            record.storeHost();
            record.storeTimestamp();
            record.bornTimestamp();
            record.reconsumeTimes();
            record.preparedTransactionOffset();
            record.propertyBytes();
            record.property(MessageProperties.name("name1"));
            record.property(MessageProperties.name("x".repeat(400)));
            record.property(new byte[0]);
        } catch (RuntimeException e) {
            throw new AssertionError("a view of input " + input + " reads out of bounds", e);
        }
    }
}
