package org.fulmar.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.fulmar.protocol.frame.FrameException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON bodies in every dialect, as trees of bounded size. */
class JsonBodyTest {
    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void namesMayBeWithoutQuotesAndNumbers() {
        assertThat(JsonBody.parse(utf8("{brokerAddrs:{0:\"a\",1:\"b\"}}")).toString())
                .isEqualTo("{\"brokerAddrs\":{\"0\":\"a\",\"1\":\"b\"}}");
    }

    @Test
    void whatIsWrittenIsAsciiAndReadAgain() {
        byte[] bytes = JsonBody.bytes(JsonBody.object().put("ä", "語\uD83D\uDE00\u0001\uD83D"));
        for (byte b : bytes) {
            assertThat(b).isPositive();
        }
        assertThat(JsonBody.parse(bytes).path("ä").asText()).isEqualTo("語\uD83D\uDE00\u0001\uD83D");
    }

    @Test
    void aBufferIsReadWithoutBeingMoved() {
        ByteBuf body = Unpooled.copiedBuffer("xx{\"a\":1}yy", StandardCharsets.UTF_8);
        body.readerIndex(2).writerIndex(9);
        assertThat(JsonBody.parse(body).path("a").asInt()).isEqualTo(1);
        assertThat(body.readableBytes()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "1", "\"a\"", "null", "true", "{", "{\"a\":", "[1,", "{'a':1}", "{\"a\":NaN}", "nul"})
    void whatIsNoObjectOrListIsRefused(String text) {
        assertThatThrownBy(() -> JsonBody.parse(utf8(text))).isInstanceOf(FrameException.class);
        assertThatThrownBy(() -> JsonBody.parse(Unpooled.wrappedBuffer(utf8(text))))
                .isInstanceOf(FrameException.class);
    }

    @Test
    void depthAndNumbersAreBounded() {
        assertThat(JsonBody.parse(utf8("[".repeat(32) + "]".repeat(32)))).isNotNull();
        assertThatThrownBy(() -> JsonBody.parse(utf8("[".repeat(33) + "]".repeat(33))))
                .isInstanceOf(FrameException.class);
        assertThatThrownBy(() -> JsonBody.parse(utf8("[" + "[".repeat(1 << 20))))
                .isInstanceOf(FrameException.class);
        assertThatThrownBy(() -> JsonBody.parse(utf8("[" + "9".repeat(1 << 20) + "]")))
                .isInstanceOf(FrameException.class);
        assertThat(JsonBody.parse(utf8("[1e999999999]")).get(0).asLong()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatAPeerSendsHasAsManyValuesAsTheLimitSays() {
        ByteBuf fits = Unpooled.wrappedBuffer(utf8("[" + "[],".repeat(60_000) + "1]"));
        ByteBuf tooMany = Unpooled.wrappedBuffer(utf8("[" + "[],".repeat(70_000) + "1]"));
        assertThat(JsonBody.parse(fits)).hasSize(60_001);
        assertThatThrownBy(() -> JsonBody.parse(tooMany)).isInstanceOf(FrameException.class);
        assertThat(JsonBody.parseLarge(tooMany)).hasSize(70_001);
    }
}
