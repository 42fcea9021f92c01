package org.fulmar.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.message.Compression;
import org.fulmar.protocol.message.RecordDraft;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that brokers send, whole and broken. */
@Timeout(60)
class ReceivedMessageTest {
    private static final byte[] HOST = {127, 0, 0, 1, 0, 0, 0x2A, (byte) 0x9F};

    private static byte[] record(byte[] body, int sysFlag) {
        byte[] properties = "UNIQ_KEY\u0001ID\u0002TAGS\u0001t\u0002".getBytes(StandardCharsets.UTF_8);
        RecordDraft draft = new RecordDraft("T", 3, properties, Unpooled.wrappedBuffer(body))
                .flags(9, sysFlag)
                .born(5, HOST);
        ByteBuffer out = ByteBuffer.allocate(draft.size(HOST));
        draft.write(out, 7, 4711, 6, HOST);
        return out.array();
    }

    private static List<ReceivedMessage> decode(byte[]... records) {
        ByteBuf all = Unpooled.wrappedBuffer(records);
        return ReceivedMessage.decode(all, "a", 1 << 20);
    }

    @Test
    void recordsAreReadOneAfterTheOther() throws Exception {
        byte[] text = "hello".repeat(1000).getBytes(StandardCharsets.UTF_8);
        List<ReceivedMessage> messages = decode(
                record(new byte[0], 0),
                record(Compression.ZSTD.compress(text), Compression.ZSTD.sysFlagBits()),
                record(Compression.ZLIB.compress(text), 1));
        assertThat(messages).hasSize(3);
        assertThat(messages.get(1).body()).isEqualTo(text);
        assertThat(messages.get(2).body()).isEqualTo(text);
        ReceivedMessage first = messages.get(0);
        assertThat(first.queue()).isEqualTo(new MessageQueue("T", "a", 3));
        assertThat(first.offset()).isEqualTo(7);
        assertThat(first.messageId()).isEqualTo("ID");
        assertThat(first.offsetMessageId()).isEqualTo("7F00000100002A9F0000000000001267");
        assertThat(first.tags()).isEqualTo("t");
        assertThat(first.damage()).isNull();
        assertThat(decode()).isEmpty();
    }

    @Test
    void damagedBodyIsSaidAndHoldsUpNothing() {
        byte[] damaged = record("hello".getBytes(StandardCharsets.UTF_8), 0);
        damaged[8]++;
        List<ReceivedMessage> messages = decode(damaged, record(new byte[] {1}, 1), record(new byte[] {1}, 0x701));
        assertThat(messages)
                .hasSize(3)
                .allSatisfy(message -> assertThat(message.damage()).isNotNull());
    }

    @Test
    void bodyThatGrowsTooLargeIsDamaged() throws Exception {
        byte[] bomb = Compression.ZSTD.compress(new byte[4 << 20]);
        assertThat(decode(record(bomb, Compression.ZSTD.sysFlagBits())).get(0).damage())
                .contains("more than");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noBytesHoweverBrokenAreReadBeyondTheirEnd(long seed) {
        Random random = new Random(seed);
        byte[] whole = record("hello".getBytes(StandardCharsets.UTF_8), 0);
        for (int i = 0; i < 20_000; i++) {
            byte[] broken = java.util.Arrays.copyOf(whole, random.nextInt(whole.length) + 1);
            broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            try {
                assertThat(decode(whole, broken)).as("seed %d", seed).hasSize(2);
            } catch (FrameException e) {
                assertThat(e).as("seed %d", seed).hasMessageContaining("record");
            }
        }
        assertThatThrownBy(() -> decode(new byte[] {1})).isInstanceOf(FrameException.class);
    }
}
