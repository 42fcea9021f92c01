package org.fulmar.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.fulmar.protocol.frame.FrameException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageBatchTest {
    private static final int BODY_LENGTH_AT = 16;

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ByteBuf batch(int messages, Random random) {
        ByteBuf out = Unpooled.buffer();
        for (int i = 0; i < messages; i++) {
            ByteBuf body = Unpooled.wrappedBuffer(bytes(random, random.nextInt(60)));
            MessageBatch.write(out, i, bytes(random, random.nextInt(40)), body);
        }
        return out;
    }

    @Test
    void whatIsWrittenIsParsed() {
        Random random = new Random(9);
        for (int round = 0; round < 200; round++) {
            List<byte[]> bodies = new ArrayList<>();
            List<byte[]> blocks = new ArrayList<>();
            ByteBuf out = Unpooled.buffer();
            int count = random.nextInt(20);
            for (int i = 0; i < count; i++) {
                bodies.add(bytes(random, random.nextInt(500)));
                blocks.add(bytes(random, random.nextInt(10) == 0 ? 32_767 : random.nextInt(100)));
                ByteBuf body = Unpooled.wrappedBuffer(bodies.get(i));
                MessageBatch.write(out, i * 7, blocks.get(i), body);
                assertThat(body.readableBytes()).as("the body is not consumed").isEqualTo(bodies.get(i).length);
            }
            List<MessageBatch.Entry> parsed = MessageBatch.parse(out);
            assertThat(parsed).hasSize(count);
            for (int i = 0; i < count; i++) {
                assertThat(parsed.get(i).flag()).isEqualTo(i * 7);
                assertThat(parsed.get(i).properties()).isEqualTo(blocks.get(i));
                assertThat(parsed.get(i).body()).isEqualTo(Unpooled.wrappedBuffer(bodies.get(i)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 11, 12, 1 << 30})
    void aBodyLengthThatDoesNotFitIsRefused(int length) {
        ByteBuf batch = Unpooled.buffer();
        MessageBatch.write(batch, 0, new byte[0], Unpooled.wrappedBuffer(new byte[10]));
        batch.setInt(BODY_LENGTH_AT, length);
        assertThatThrownBy(() -> MessageBatch.parse(batch)).isInstanceOf(FrameException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Short.MIN_VALUE, Short.MAX_VALUE, 6, 4, 0})
    void aPropertyLengthThatDoesNotFitIsRefused(int length) {
        ByteBuf batch = Unpooled.buffer();
        MessageBatch.write(batch, 0, new byte[5], Unpooled.wrappedBuffer(new byte[10]));
        batch.setShort(BODY_LENGTH_AT + 4 + 10, length);
        assertThatThrownBy(() -> MessageBatch.parse(batch)).isInstanceOf(FrameException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 21, 36, 38, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aTotalLengthThatIsNotTheMessagesIsRefused(int length) {
        ByteBuf batch = Unpooled.buffer();
        MessageBatch.write(batch, 0, new byte[5], Unpooled.wrappedBuffer(new byte[10]));
        batch.setInt(0, length);
        assertThatThrownBy(() -> MessageBatch.parse(batch)).isInstanceOf(FrameException.class);
    }

    @Test
    void aBatchThatWasCutAnywhereIsRefusedOrEndsBetweenMessages() {
        Random random = new Random(10);
        ByteBuf whole = batch(8, random);
        List<Integer> ends = new ArrayList<>();
        ByteBuf measured = whole.duplicate();
        ends.add(0);
        while (measured.isReadable()) {
            measured.skipBytes(measured.getInt(measured.readerIndex()));
            ends.add(measured.readerIndex());
        }
        for (int cut = 0; cut <= whole.writerIndex(); cut++) {
            ByteBuf part = whole.copy(0, cut);
            if (ends.contains(cut)) {
                assertThat(MessageBatch.parse(part)).hasSize(ends.indexOf(cut));
            } else {
                assertThatThrownBy(() -> MessageBatch.parse(part)).isInstanceOf(FrameException.class);
            }
        }
    }

    @Test
    void hostileBytesAreRefusedWithAFrameExceptionAndNothingElse() {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            ByteBuf batch = batch(1 + random.nextInt(3), random);
            for (int change = 0; change <= random.nextInt(3); change++) {
                int at = random.nextInt(batch.writerIndex() - 4);
                if (random.nextBoolean()) {
                    batch.setInt(at, random.nextInt());
                } else {
                    batch.setByte(at, random.nextInt());
                }
            }
            try {
                for (MessageBatch.Entry entry : MessageBatch.parse(batch)) {
                    assertThat(entry.body().readableBytes()).isLessThanOrEqualTo(batch.writerIndex());
                }
            } catch (FrameException refused) {
                assertThat(refused).hasMessageContaining("message ");
            }
        }
    }

    @Test
    void aBatchHoldsNoMoreMessagesThanTheLimit() {
        ByteBuf batch = Unpooled.buffer(22 * (MessageBatch.MAX_MESSAGES + 1));
        for (int i = 0; i < MessageBatch.MAX_MESSAGES; i++) {
            MessageBatch.write(batch, 0, new byte[0], Unpooled.EMPTY_BUFFER);
        }
        assertThat(MessageBatch.parse(batch.duplicate())).hasSize(MessageBatch.MAX_MESSAGES);
        MessageBatch.write(batch, 0, new byte[0], Unpooled.EMPTY_BUFFER);
        assertThatThrownBy(() -> MessageBatch.parse(batch)).isInstanceOf(FrameException.class);
    }
}
