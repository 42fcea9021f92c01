package org.fulmar.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.fulmar.protocol.frame.Wire.hex;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.fulmar.protocol.frame.FrameDecoder.Oversized;
import org.fulmar.protocol.frame.Wire.Seen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** No declared length makes the decoder take memory, and nothing malformed comes through it. */
class FrameBoundsTest {
    private static final String FIXED = "0069 00 01ED 00000007 00000000";
    private static final int LARGEST_ALLOCATION = 64 * 1024;

    private static byte[] encoded(HeaderEncoding encoding) {
        return Wire.encode(
                Frame.request(105, Map.of("topic", "T", "x", "y"), Unpooled.wrappedBuffer(new byte[] {1, 2}), encoding)
                        .asRequest(7));
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void aFrameOfTwoGibibytesIsToldAndSkippedAndTheNextOneIsRead(HeaderEncoding encoding) {
        CountingAllocator allocator = new CountingAllocator();
        EmbeddedChannel channel = Wire.decoder(FrameLimits.DEFAULT);
        channel.config().setAllocator(allocator);
        byte[] next = encoded(encoding);
        byte[] start = Arrays.copyOf(next, next.length - 2);
        Unpooled.wrappedBuffer(start).setInt(0, Integer.MAX_VALUE);
        for (byte one : start) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {one}));
        }

        Oversized oversized = channel.readInbound();
        assertThat(oversized.declaredBytes()).isEqualTo(Integer.MAX_VALUE);
        assertThat(oversized.header().code()).isEqualTo(105);
        assertThat(oversized.header().opaque()).isEqualTo(7);
        assertThat(oversized.header().body().readableBytes()).isZero();

        long left = Integer.MAX_VALUE - (start.length - 4L);
        ByteBuf chunk = Unpooled.buffer(1 << 20).writeZero(1 << 20);
        while (left >= chunk.readableBytes()) {
            channel.writeInbound(chunk.retainedDuplicate());
            left -= chunk.readableBytes();
        }
        channel.writeInbound(chunk.retainedSlice(0, (int) left), Unpooled.copiedBuffer(next));
        assertThat(Wire.drain(channel)).containsExactly(Wire.decodeOne(next));
        channel.finish();
        assertThat(chunk.refCnt()).as("nothing is kept of what is skipped").isEqualTo(1);
        assertThat(allocator.largest()).isLessThan(LARGEST_ALLOCATION);
    }

    @Test
    void theLargestFrameIsReadAndOneByteMoreIsNot() {
        FrameLimits limits = new FrameLimits(1024, 512, 8);
        byte[] header = "{code:34,opaque:5}".getBytes(StandardCharsets.US_ASCII);
        byte[] fits = Wire.frame(0, header, new byte[1024 - 4 - header.length]);
        byte[] tooLong = Wire.frame(0, header, new byte[1025 - 4 - header.length]);
        EmbeddedChannel channel = Wire.decoder(limits);
        channel.writeInbound(Unpooled.wrappedBuffer(fits, tooLong, fits));
        Seen first = Seen.of(channel.readInbound());
        assertThat(first.bodyHex()).hasSize(2 * (1024 - 4 - header.length));
        assertThat(channel.<Oversized>readInbound().declaredBytes()).isEqualTo(1025);
        assertThat(Seen.of(channel.readInbound())).isEqualTo(first);
        assertThat(channel.<Object>readInbound()).isNull();
        channel.finish();
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void aFrameThatIsPromisedButDoesNotComeTakesNoMemory(HeaderEncoding encoding) {
        for (int length : new int[] {FrameLimits.DEFAULT.maxFrameBytes(), 1 << 20}) {
            CountingAllocator allocator = new CountingAllocator();
            EmbeddedChannel channel = Wire.decoder(FrameLimits.DEFAULT);
            channel.config().setAllocator(allocator);
            byte[] start = encoded(encoding);
            Unpooled.wrappedBuffer(start).setInt(0, length);
            for (byte one : start) {
                channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {one}));
            }
            assertThat(channel.<Object>readInbound()).isNull();
            assertThat(allocator.largest()).isLessThan(LARGEST_ALLOCATION);
            channel.finishAndReleaseAll();
        }
    }

    static Stream<Arguments> lies() {
        byte[] json = "{code:34}".getBytes(StandardCharsets.US_ASCII);
        byte[] binary = hex(FIXED + "00000000 00000000");
        return Stream.of(
                Arguments.of("negative length", Wire.frame(-1, json.length, json, new byte[0])),
                Arguments.of("smallest length", Wire.frame(Integer.MIN_VALUE, json.length, json, new byte[0])),
                Arguments.of("length 0", Wire.frame(0, json.length, json, new byte[0])),
                Arguments.of("length 3", Wire.frame(3, 0, json, new byte[0])),
                Arguments.of("header longer than frame", Wire.frame(12, json.length, json, new byte[0])),
                Arguments.of("header of 16 MiB", Wire.frame(1 << 25, 0xFFFFFF, json, new byte[0])),
                Arguments.of("header over its limit", Wire.frame(1 << 20, 256 * 1024 + 1, json, new byte[0])),
                Arguments.of("encoding 2", Wire.frame(13, 2 << 24 | 9, json, new byte[0])),
                Arguments.of("encoding 255", Wire.frame(13, 255 << 24 | 9, json, new byte[0])),
                Arguments.of("a TLS greeting", hex("16030100 C8010000 C40303")),
                Arguments.of("an HTTP request", "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)),
                Arguments.of("no header", Wire.frame(0, new byte[0], new byte[0])),
                Arguments.of("binary without header", Wire.frame(1, new byte[0], new byte[0])),
                Arguments.of("binary cut", Wire.frame(1, Arrays.copyOf(binary, 20), new byte[0])),
                Arguments.of("remark -1", Wire.frame(1, hex(FIXED + "FFFFFFFF 00000000"), new byte[0])),
                Arguments.of("remark 2^31-1", Wire.frame(1, hex(FIXED + "7FFFFFFF 00000000"), new byte[0])),
                Arguments.of("remark too long", Wire.frame(1, hex(FIXED + "00000005 41424344"), new byte[0])),
                Arguments.of("fields -1", Wire.frame(1, hex(FIXED + "00000000 FFFFFFFF"), new byte[0])),
                Arguments.of("fields 2^31-1", Wire.frame(1, hex(FIXED + "00000000 7FFFFFFF 0001"), new byte[0])),
                Arguments.of(
                        "name too long", Wire.frame(1, hex(FIXED + "00000000 00000007 FFFF 4100000000"), new byte[0])),
                Arguments.of("value -2", Wire.frame(1, hex(FIXED + "00000000 00000007 0001 41 FFFFFFFE"), new byte[0])),
                Arguments.of(
                        "value too long",
                        Wire.frame(1, hex(FIXED + "00000000 00000007 0001 41 00000001"), new byte[0])),
                Arguments.of("name cut", Wire.frame(1, hex(FIXED + "00000000 00000001 00"), new byte[0])),
                Arguments.of("too many fields", Wire.frame(1, fields(257), new byte[0])),
                Arguments.of("too many JSON fields", jsonFields(257)),
                Arguments.of("JSON that is a list", Wire.json("[]")),
                Arguments.of("JSON that is a number", Wire.json("1")),
                Arguments.of("JSON that ends", Wire.json("{\"code\":1")),
                Arguments.of("JSON that ends in a name", Wire.json("{\"extFields\":{\"a\"")),
                Arguments.of("JSON that ends in a text", Wire.json("{\"remark\":\"a")),
                Arguments.of("a code that is text", Wire.json("{\"code\":\"1\"}")),
                Arguments.of("a code that is null", Wire.json("{\"code\":null}")),
                Arguments.of("a code that is a list", Wire.json("{\"code\":[1]}")),
                Arguments.of("a code of 33 bits", Wire.json("{\"code\":4294967296}")),
                Arguments.of("a code of 1e400", Wire.json("{\"code\":1e400}")),
                Arguments.of("a code of 2000 digits", Wire.json("{\"code\":" + "9".repeat(2000) + "}")),
                Arguments.of("deep JSON", Wire.json("{\"x\":" + "[".repeat(1000) + "]".repeat(1000) + "}")));
    }

    private static byte[] fields(int count) {
        ByteBuf header = Unpooled.buffer();
        header.writeBytes(hex(FIXED + "00000000")).writeInt(count * 10);
        for (int i = 0; i < count; i++) {
            header.writeShort(3).writeCharSequence(Integer.toString(100 + i), StandardCharsets.US_ASCII);
            header.writeInt(1).writeByte('v');
        }
        return Arrays.copyOf(header.array(), header.readableBytes());
    }

    private static byte[] jsonFields(int count) {
        StringBuilder json = new StringBuilder("{\"extFields\":{");
        for (int i = 0; i < count; i++) {
            json.append(i == 0 ? "" : ",").append("\"f").append(i).append("\":1");
        }
        return Wire.json(json + "}}");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lies")
    void whatIsMalformedIsRefusedAndNothingBehindItIsRead(String what, byte[] bytes) {
        EmbeddedChannel channel = Wire.decoder(FrameLimits.DEFAULT);
        ByteBuf stream = Unpooled.wrappedBuffer(bytes, encoded(HeaderEncoding.JSON), encoded(HeaderEncoding.ROCKETMQ));
        assertThatThrownBy(() -> channel.writeInbound(stream))
                .as(what)
                .isInstanceOf(DecoderException.class)
                .cause()
                .isInstanceOf(FrameException.class)
                .hasMessageMatching("(?s).+");
        catchThrowable(channel::finish);
        assertThat(Wire.drain(channel)).isEmpty();
        assertThat(stream.refCnt()).isZero();
    }

    @Test
    void asManyFieldsAsTheLimitSaysAreRead() {
        assertThat(Wire.decodeOne(Wire.frame(1, fields(256), new byte[0])).fields())
                .hasSize(256);
        assertThat(Wire.decodeOne(jsonFields(256)).fields()).hasSize(256);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void aHeaderThatIsCutAtAnyByteIsRefused(HeaderEncoding encoding) {
        byte[] frame = encoded(encoding);
        byte[] header = Arrays.copyOfRange(frame, 8, frame.length - 2);
        for (int length = 0; length < header.length; length++) {
            byte[] cut = Wire.frame(encoding.mark(), Arrays.copyOf(header, length), new byte[2]);
            assertThatThrownBy(() -> Wire.decode(cut))
                    .as("header of %d bytes", length)
                    .isInstanceOf(DecoderException.class)
                    .hasCauseInstanceOf(FrameException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void whateverBytesComeOnlyFramesAndFrameExceptionsCome(HeaderEncoding encoding) {
        for (long seed = 0; seed < 10_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = Wire.encode(new RandomFrames(seed).next(encoding));
            int flips = 1 + random.nextInt(6);
            for (int i = 0; i < flips; i++) {
                bytes[random.nextInt(Math.min(200, bytes.length))] ^= (byte) (1 << random.nextInt(8));
            }
            Throwable thrown = catchThrowable(() -> Wire.decode(bytes));
            if (thrown != null) {
                assertThat(thrown).as("seed %d", seed).hasCauseInstanceOf(FrameException.class);
            }
        }
    }

    @Test
    void limitsThatMakeNoSenseAreRefused() {
        for (List<Integer> wrong :
                List.of(List.of(1023, 512, 1), List.of(1024, 511, 1), List.of(1024, 1025, 1), List.of(1024, 512, 0))) {
            assertThatThrownBy(() -> new FrameLimits(wrong.get(0), wrong.get(1), wrong.get(2)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(FrameLimits.DEFAULT.withMaxFrameBytes(2048)).isEqualTo(new FrameLimits(2048, 2048, 256));
    }
}
