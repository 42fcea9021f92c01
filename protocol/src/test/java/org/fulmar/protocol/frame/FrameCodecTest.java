package org.fulmar.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.protocol.frame.Wire.hex;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.frame.Wire.Seen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes in as a frame comes out as the same frame, and its bytes are those that RocketMQ's notes give. */
class FrameCodecTest {
    private static final byte[] BODY = "hello".getBytes(StandardCharsets.US_ASCII);

    private static final String JSON_HEADER = "{\"code\":105,\"extFields\":{\"topic\":\"T\"},\"flag\":0,"
            + "\"language\":\"JAVA\",\"opaque\":7,\"serializeTypeCurrentRPC\":\"JSON\",\"version\":493}";

    private static final byte[] BINARY_GOLDEN = hex(
            "0000002E" // bytes that follow
                    + "01000025" // 1 = binary, header of 37 bytes
                    + "0069 00 01ED 00000007 00000002" // code 105, JAVA, version 493, number 7, one-way
                    + "00000004 6F6F7073" // remark "oops"
                    + "0000000C 0005 746F706963 00000001 54" // fields: "topic" = "T"
                    + "68656C6C6F"); // body "hello"

    private static Frame sample(HeaderEncoding encoding, int flag, String remark) {
        return new Frame(105, 0, 493, 7, flag, remark, Map.of("topic", "T"), Unpooled.wrappedBuffer(BODY), encoding);
    }

    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void everyFrameComesBackAsItWentOut(HeaderEncoding encoding) {
        for (long seed = 0; seed < 2_000; seed++) {
            Frame frame = new RandomFrames(seed).next(encoding);
            Seen before = Seen.of(frame);
            assertThat(Wire.decodeOne(Wire.encode(frame))).as("seed %d", seed).isEqualTo(before);
        }
    }

    @Test
    void aJsonFrameHasTheBytesOfTheNotes() {
        byte[] header = JSON_HEADER.getBytes(StandardCharsets.US_ASCII);
        byte[] golden = Wire.frame(4 + header.length + 5, header.length, header, BODY);
        assertThat(Wire.encode(sample(HeaderEncoding.JSON, 0, null))).isEqualTo(golden);
        assertThat(Wire.decodeOne(golden)).isEqualTo(Seen.of(sample(HeaderEncoding.JSON, 0, null)));
    }

    @Test
    void aBinaryFrameHasTheBytesOfTheNotes() {
        assertThat(Wire.encode(sample(HeaderEncoding.ROCKETMQ, 2, "oops"))).isEqualTo(BINARY_GOLDEN);
        assertThat(Wire.decodeOne(BINARY_GOLDEN)).isEqualTo(Seen.of(sample(HeaderEncoding.ROCKETMQ, 2, "oops")));
    }

    @Test
    void aBinaryFrameWithoutRemarkFieldsAndBodyIs29BytesLong() {
        byte[] golden = hex("00000019 01000015 0022 00 01ED FFFFFFFE 00000001 00000000 00000000");
        Frame frame = new Frame(34, 0, 493, -2, 1, null, Map.of(), Unpooled.EMPTY_BUFFER, HeaderEncoding.ROCKETMQ);
        assertThat(Wire.encode(frame)).isEqualTo(golden).hasSize(29);
        assertThat(Wire.decodeOne(golden)).isEqualTo(Seen.of(frame));
    }

    @ParameterizedTest
    @CsvSource({
        "3442, 200050", "3443, 200051", "3444, 200052", "3445, 200053", "3446, 200054", "3447, 200055", "3448, 200056",
        "3543, 200151", "3441, 3441", "3449, 3449", "3542, 3542", "3544, 3544", "-1, -1", "32767, 32767"
    })
    void aCodeOfThePopFamilyThatTheBinaryHeaderWrappedIsWhatItWas(int sent, int meant) {
        byte[] bytes = BINARY_GOLDEN.clone();
        bytes[8] = (byte) (sent >> 8);
        bytes[9] = (byte) sent;
        assertThat(Wire.decodeOne(bytes).code()).isEqualTo(meant);
    }

    @Test
    void aCodeOfThePopFamilyGoesOutWrappedAndComesBackWhole() {
        Frame frame = Frame.request(200_050, Map.of(), Unpooled.EMPTY_BUFFER, HeaderEncoding.ROCKETMQ);
        byte[] bytes = Wire.encode(frame);
        assertThat(Arrays.copyOfRange(bytes, 8, 10)).isEqualTo(hex("0D72"));
        assertThat(Wire.decodeOne(bytes).code()).isEqualTo(200_050);
    }

    @Test
    void anEmptyTextOfABinaryHeaderIsNone() {
        byte[] header = hex("0069 00 01ED 00000007 00000000 00000000 00000011"
                + "0005 746F706963 00000000" // "topic" = ""
                + "0000 00000000"); // "" = ""
        Seen seen = Wire.decodeOne(Wire.frame(1, header, new byte[0]));
        assertThat(seen.fields()).isEmpty();
        assertThat(seen.remark()).isNull();
    }

    @Test
    void halfACharacterInAJsonHeaderIsAQuestionMarkAndAWholeOneStays() {
        Seen seen = Wire.decodeOne(Wire.json(
                "{\"code\":15,\"extFields\":{\"a\":\"x\\ud83dy\",\"b\":\"\\udc26\",\"c\":\"\\ud83d\\udc26\"}}"));
        assertThat(seen.fields())
                .containsOnly(Map.entry("a", "x?y"), Map.entry("b", "?"), Map.entry("c", "\ud83d\udc26"));
    }

    @Test
    void framesAreTheSameWhereverTheStreamIsCut() {
        byte[] stream = stream();
        List<Object> whole = Wire.decode(stream);
        assertThat(whole).hasSize(4);
        for (int at = 0; at <= stream.length; at++) {
            List<Object> cut = Wire.decode(Arrays.copyOf(stream, at), Arrays.copyOfRange(stream, at, stream.length));
            assertThat(cut).as("cut at %d", at).isEqualTo(whole);
        }
        byte[][] single = new byte[stream.length][];
        for (int i = 0; i < single.length; i++) {
            single[i] = new byte[] {stream[i]};
        }
        assertThat(Wire.decode(single)).isEqualTo(whole);
    }

    /** Both encodings, with and without body, with and without remark, one behind the other. */
    private static byte[] stream() {
        ByteBuf all = Unpooled.buffer();
        all.writeBytes(Wire.encode(sample(HeaderEncoding.JSON, 0, null)));
        all.writeBytes(Wire.encode(sample(HeaderEncoding.ROCKETMQ, 1, "näh")));
        all.writeBytes(Wire.json("{code:34}"));
        all.writeBytes(BINARY_GOLDEN);
        return Arrays.copyOf(all.array(), all.readableBytes());
    }

    @Test
    void anAnswerHasTheNumberAndTheEncodingOfItsRequestAndOurVersion() {
        for (HeaderEncoding encoding : HeaderEncoding.values()) {
            Frame request = sample(encoding, 0, null).asRequest(4711);
            Seen answer = Wire.decodeOne(Wire.encode(Frame.response(request, 3, "no")));
            assertThat(answer).isEqualTo(new Seen(3, 0, Frame.VERSION, 4711, 1, "no", Map.of(), "", encoding));
            request.release();
        }
    }

    @Test
    void aBodyIsReleasedWhenItIsWrittenWhateverItsSize() {
        for (int size : new int[] {0, 1, 16 * 1024, 16 * 1024 + 1, 1 << 20}) {
            ByteBuf body = Unpooled.directBuffer(Math.max(1, size)).writeZero(size);
            Wire.encode(Frame.request(10, body));
            assertThat(body.refCnt()).as("body of %d bytes", size).isZero();
        }
    }

    @Test
    void aDecodedBodyIsKeptUntilItsFrameIsReleased() {
        EmbeddedChannel channel = Wire.decoder(FrameLimits.DEFAULT);
        ByteBuf bytes = Unpooled.copiedBuffer(BINARY_GOLDEN);
        channel.writeInbound(bytes);
        Frame frame = channel.readInbound();
        channel.finish();
        assertThat(frame.body().toString(StandardCharsets.US_ASCII)).isEqualTo("hello");
        frame.release();
        assertThat(bytes.refCnt()).isZero();
    }

    @Test
    void aFrameThatCantBeWrittenFailsItsWriteAndReleasesItsBody() {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameEncoder());
        ByteBuf body = Unpooled.buffer(8).writeZero(8);
        Frame half = new Frame(1, 0, 0, 0, 0, "\uD83D", Map.of(), body, HeaderEncoding.JSON);
        assertThat(channel.write(half).isSuccess()).isFalse();
        assertThat(body.refCnt()).isZero();
        assertThat(channel.<Object>readOutbound()).isNull();
        channel.finishAndReleaseAll();
    }
}
