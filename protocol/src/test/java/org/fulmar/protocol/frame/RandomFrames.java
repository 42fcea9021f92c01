package org.fulmar.protocol.frame;

import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Frames with anything in them that their encoding can carry. Not thread-safe. */
final class RandomFrames {
    private static final String[] PIECES = {
        "a",
        "topic",
        "\"",
        "\\",
        "{",
        "}",
        ":",
        ",",
        "\u0000",
        "\u0001",
        "\u0002",
        "\n",
        "ä",
        "語",
        "\uD83D\uDE00",
        " ",
        "0"
    };

    private final Random random;

    RandomFrames(long seed) {
        this.random = new Random(seed);
    }

    Frame next(HeaderEncoding encoding) {
        boolean json = encoding == HeaderEncoding.JSON;
        Map<String, String> fields = new HashMap<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            // empty texts do not exist in the binary form
            fields.put(text(1), text(json ? 0 : 1));
        }
        byte[] body = new byte[random.nextInt(4) == 0 ? random.nextInt(40_000) : random.nextInt(20)];
        random.nextBytes(body);
        return new Frame(
                json ? random.nextInt() : binaryCode(),
                random.nextInt(14),
                random.nextInt(65_536),
                random.nextInt(),
                random.nextInt(),
                random.nextBoolean() ? null : text(json ? 0 : 1),
                fields,
                Unpooled.wrappedBuffer(body),
                encoding);
    }

    /** Any code of 16 bits but those that stand for larger ones. */
    private int binaryCode() {
        int code = (short) random.nextInt();
        return code >= 3442 && code <= 3543 ? 10 : code;
    }

    private String text(int minPieces) {
        StringBuilder text = new StringBuilder();
        for (int i = minPieces + random.nextInt(6); i > 0; i--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }
}
