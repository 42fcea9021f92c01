package org.fulmar.protocol.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.jms.Operations.Sample;
import org.fulmar.protocol.message.MessageProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The binary bodies of the JMS operations, whole and damaged. */
class JmsOperationsTest {
    private static final int[] BOUNDARIES = {
        0, -1, -2, 1, Integer.MAX_VALUE, 0x7FFFFFF0, Integer.MIN_VALUE, 1 << 20, 65_537
    };

    static Stream<Sample> samples() {
        return Stream.of(1L, 2L, 3L, 4L, 5L).flatMap(seed -> new Operations(seed).all().stream());
    }

    @Test
    void everyOperationComesBackAsItWentOut() {
        for (long seed = 0; seed < 500; seed++) {
            for (Sample sample : new Operations(seed).all()) {
                assertThat(sample.decode(sample.body()))
                        .as("%s, seed %d", sample, seed)
                        .isEqualTo(sample.expected());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void aBodyThatIsCutAtAnyByteIsRefused(Sample sample) {
        for (int length = 0; length < sample.body().length; length++) {
            byte[] cut = Arrays.copyOf(sample.body(), length);
            Throwable thrown = catchThrowable(() -> sample.decode(cut));
            if (thrown != null || !sample.openEnded()) {
                assertThat(thrown)
                        .as("%s of %d bytes", sample, length)
                        .isInstanceOfAny(FrameException.class, IndexOutOfBoundsException.class);
            }
        }
    }

    @Test
    void aSendNeedsItsFixedFieldsAndADeliveryEndsBetweenMessages() {
        byte[] properties = {1, 2, 3};
        byte[] body = {4, 5};
        ByteBuf out = Unpooled.buffer();
        SendOperation.encode(out, new SendOperation.Envelope(1, 5, 6, 7), 2, 3, 4, properties, body);
        assertThat(out.readableBytes())
                .isEqualTo(SendOperation.encodedBytes(properties, body))
                .isEqualTo(53);
        for (int length = 0; length <= 53; length++) {
            ByteBuf cut = out.slice(0, length);
            assertThat(catchThrowable(() -> SendOperation.decode(cut)) == null)
                    .as("%d bytes", length)
                    .isEqualTo(length >= 51);
        }
        ByteBuf delivery = Unpooled.buffer();
        Deliver.begin(delivery, 1, 2);
        Deliver.add(delivery, 3, 4, 5, java.nio.ByteBuffer.wrap(new byte[10]));
        Deliver.add(delivery, 3, 5, 5, java.nio.ByteBuffer.wrap(new byte[0]));
        for (int length = 0; length <= delivery.readableBytes(); length++) {
            ByteBuf cut = delivery.slice(0, length);
            assertThat(catchThrowable(() -> Deliver.decode(cut)) == null)
                    .as("%d bytes", length)
                    .isEqualTo(length == 8 || length == 38 || length == 58);
        }
    }

    @Test
    void whateverBytesComeTheyTakeLittleMemoryAndFailInOneWay() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            for (Sample sample : new Operations(seed).all()) {
                byte[] bytes = mutated(random, sample.body());
                long before = threads.getCurrentThreadAllocatedBytes();
                Throwable thrown = catchThrowable(() -> sample.decode(bytes));
                long allocated = threads.getCurrentThreadAllocatedBytes() - before;
                assertThat(allocated).as("%s, seed %d", sample, seed).isLessThan(1 << 20);
                if (thrown != null) {
                    assertThat(thrown)
                            .as("%s, seed %d", sample, seed)
                            .isInstanceOfAny(FrameException.class, IndexOutOfBoundsException.class);
                }
            }
        }
    }

    private static byte[] mutated(Random random, byte[] body) {
        byte[] bytes = body.clone();
        for (int i = 1 + random.nextInt(3); i > 0 && bytes.length > 0; i--) {
            if (bytes.length >= 4 && random.nextBoolean()) {
                Unpooled.wrappedBuffer(bytes)
                        .setInt(random.nextInt(bytes.length - 3), BOUNDARIES[random.nextInt(BOUNDARIES.length)]);
            } else {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, 65_537, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aTextLongerThanItsLimitIsRefusedHoweverLongTheBodyIs(int length) {
        ByteBuf body = Unpooled.buffer().writeInt(length).writeZero(70_000);
        assertThatThrownBy(() -> TextOperation.decode(body)).isInstanceOf(FrameException.class);
    }

    @Test
    void theLongestTextIsReadAndOneThatIsMissingIsNot() {
        String longest = "x".repeat(65_536);
        ByteBuf body = Unpooled.buffer();
        new TextOperation(longest).encode(body);
        assertThat(TextOperation.decode(body)).isEqualTo(new TextOperation(longest));
        assertThatThrownBy(() -> TextOperation.decode(Unpooled.buffer().writeInt(-1)))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("missing");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 32_768, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void propertiesLongerThanARecordHoldsAreRefused(int length) {
        ByteBuf body = Unpooled.buffer().writeZero(44).writeInt(length).writeZero(40_000);
        assertThatThrownBy(() -> SendOperation.decode(body))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("" + MessageProperties.MAX_BYTES);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 5, 6, 127, -128})
    void aKindThatDoesNotExistIsRefused(int kind) {
        ByteBuf consumer = Unpooled.buffer().writeZero(12).writeByte(kind).writeZero(20);
        assertThatThrownBy(() -> CreateConsumer.decode(consumer)).isInstanceOf(FrameException.class);
        ByteBuf destination = Unpooled.buffer().writeByte(kind).writeInt(0);
        assertThatThrownBy(() -> OpenDestination.decode(destination)).isInstanceOf(FrameException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, -5, Integer.MIN_VALUE})
    void anAcknowledgementOfLessThanOneMessageIsRefused(int count) {
        ByteBuf body = Unpooled.buffer();
        new Acknowledge(1, true, List.of(new Acknowledge.Range(1, 0, 5, count))).encode(body);
        assertThatThrownBy(() -> Acknowledge.decode(body)).isInstanceOf(FrameException.class);
    }

    @Test
    void anAcknowledgementBeforeTheFirstMessageOrBehindTheLastIsRefused() {
        for (Acknowledge.Range wrong :
                List.of(new Acknowledge.Range(1, 0, -1, 1), new Acknowledge.Range(1, 0, Long.MAX_VALUE, 1))) {
            ByteBuf body = Unpooled.buffer();
            new Acknowledge(1, true, List.of(wrong)).encode(body);
            assertThatThrownBy(() -> Acknowledge.decode(body)).isInstanceOf(FrameException.class);
        }
    }

    @Test
    void anAcknowledgementOfMoreMessagesThanTheBrokerWillLookAtIsRefused() {
        Acknowledge.Range half = new Acknowledge.Range(1, 0, 0, Acknowledge.MAX_MESSAGES / 2);
        ByteBuf fits = Unpooled.buffer();
        new Acknowledge(1, true, List.of(half, half)).encode(fits);
        assertThat(Acknowledge.decode(fits).ranges()).hasSize(2);
        ByteBuf body = Unpooled.buffer();
        new Acknowledge(1, true, List.of(half, half, new Acknowledge.Range(1, 0, 0, 1))).encode(body);
        assertThatThrownBy(() -> Acknowledge.decode(body)).isInstanceOf(FrameException.class);
    }

    @Test
    void anXidHasPartsOfAtMost64Bytes() {
        assertThatThrownBy(() -> new BranchXid(1, new byte[65], new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64");
        ByteBuf body = Unpooled.buffer().writeInt(1).writeByte(65).writeZero(100);
        assertThatThrownBy(() -> BranchXid.decode(body)).isInstanceOf(FrameException.class);
    }

    @Test
    void anXidIsReadAsPeopleSeeIt() {
        BranchXid xid = new BranchXid(-5, new byte[] {0, (byte) 0xAB}, new byte[0]);
        assertThat(xid.text()).isEqualTo("-5:00ab:");
        assertThat(BranchXid.parse(xid.text())).isEqualTo(xid).hasSameHashCodeAs(xid);
        for (String malformed : List.of("", "1:00", "x:00:00", "1:0:00", "1:00:00:00")) {
            assertThatThrownBy(() -> BranchXid.parse(malformed)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aMessageLongerThanItsPartOfATransactionIsRefused(int length) {
        ByteBuf body = Unpooled.buffer();
        TransactionPart.encode(body, new TransactionId(null, 1, 2), 0, true, List.of(), List.of());
        body.setInt(body.writerIndex() - 4, 1).writeInt(length).writeZero(SendOperation.FIXED);
        assertThatThrownBy(() -> TransactionPart.decode(body))
                .isInstanceOfAny(FrameException.class, IndexOutOfBoundsException.class);
    }

    @Test
    void aGreetingDoesNotShowItsPassword() {
        assertThat(new Hello(1, 1, "c", "id", "instance", "user", "secret").toString())
                .contains("user")
                .doesNotContain("secret");
    }

    @Test
    void everyCodeFitsTheBinaryHeaderAndIsKnownAsJms() {
        for (int code = JmsCode.HELLO; code <= JmsCode.TRANSACTION_FORGET; code++) {
            assertThat(JmsCode.isJms(code)).isTrue();
            assertThat((int) (short) code).isEqualTo(code);
        }
        assertThat(JmsCode.isJms(JmsCode.DELIVER)).isTrue();
        assertThat(JmsCode.isJms(19_999)).isFalse();
        assertThat(JmsCode.isJms(21_000)).isFalse();
    }
}
