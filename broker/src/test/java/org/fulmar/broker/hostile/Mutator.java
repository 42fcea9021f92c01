package org.fulmar.broker.hostile;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.fulmar.protocol.frame.HeaderEncoding;

/** Makes hostile bytes out of valid requests. The same seed makes the same bytes. Not thread-safe. */
final class Mutator {
    private static final int[] BOUNDARIES = {0, -1, 1, Integer.MAX_VALUE, 0x7FFFFFF0, Integer.MIN_VALUE, 65_536, 1 << 24
    };
    private static final String[] VALUES = {
        "",
        "-1",
        "0",
        "1",
        "2147483647",
        "-2147483648",
        "4294967296",
        "9223372036854775807",
        "1e9",
        "null",
        "true",
        "%",
        "*",
        "../../x",
        "\u0000",
        "\u0001\u0002",
        "語\uD83D\uDE00",
        "\uD83D",
        "x".repeat(300),
        "y".repeat(70_000)
    };

    private final List<Template> corpus;
    private final Random random;

    Mutator(List<Template> corpus, long seed) {
        this.corpus = corpus;
        this.random = new Random(seed);
    }

    /** The next bytes; seldom a valid request, which keeps state alive for what follows. */
    byte[] next() {
        Template template = pick();
        byte[] valid = template.bytes(encoding(), random.nextInt());
        return switch (random.nextInt(14)) {
            case 0 -> valid;
            case 1, 2 -> flipped(valid);
            case 3 -> Arrays.copyOf(valid, random.nextInt(valid.length));
            case 4 -> withInt(valid, 0, boundary());
            case 5 -> withInt(valid, 4, valid[4] << 24 | headerLie(valid));
            case 6 -> reframed(withInt(valid, random.nextInt(valid.length - 3), boundary()));
            case 7 -> reframed(resized(valid));
            case 8 -> randomBytes(valid.length);
            case 9 -> concatenated(valid);
            case 10, 11 -> oddField(template).bytes(encoding(), random.nextInt());
            default -> oddBody(template).bytes(encoding(), random.nextInt());
        };
    }

    private Template pick() {
        return corpus.get(random.nextInt(corpus.size()));
    }

    private HeaderEncoding encoding() {
        return random.nextBoolean() ? HeaderEncoding.JSON : HeaderEncoding.ROCKETMQ;
    }

    private int boundary() {
        return BOUNDARIES[random.nextInt(BOUNDARIES.length)];
    }

    private byte[] flipped(byte[] valid) {
        byte[] bytes = valid.clone();
        for (int i = 1 + random.nextInt(8); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    private static byte[] withInt(byte[] bytes, int at, int value) {
        byte[] changed = bytes.clone();
        Unpooled.wrappedBuffer(changed).setInt(at, value);
        return changed;
    }

    private int headerLie(byte[] valid) {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 0xFFFFFF;
            case 2 -> valid.length - 8;
            default -> random.nextInt(valid.length);
        };
    }

    /** With a frame length that is right again, so that what is wrong is found further in. */
    private byte[] reframed(byte[] bytes) {
        return bytes.length < 8 || random.nextInt(4) == 0 ? bytes : withInt(bytes, 0, bytes.length - 4);
    }

    /** A piece taken away, put in, or doubled. */
    private byte[] resized(byte[] valid) {
        int at = random.nextInt(valid.length);
        int length = 1 + random.nextInt(Math.min(64, valid.length - at));
        ByteBuf out = Unpooled.buffer().writeBytes(valid, 0, at);
        switch (random.nextInt(3)) {
            case 0 -> out.writeBytes(valid, at + length, valid.length - at - length);
            case 1 -> out.writeBytes(randomBytes(length)).writeBytes(valid, at, valid.length - at);
            default -> out.writeBytes(valid, at, length).writeBytes(valid, at, valid.length - at);
        }
        return ByteBufUtil.getBytes(out);
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[Math.max(1, length)];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] concatenated(byte[] valid) {
        ByteBuf out = Unpooled.buffer().writeBytes(valid);
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            out.writeBytes(pick().bytes(encoding(), random.nextInt()));
        }
        return ByteBufUtil.getBytes(out.writeBytes(flipped(valid)));
    }

    private Template oddField(Template template) {
        if (template.fields().isEmpty()) {
            return oddBody(template);
        }
        Map<String, String> fields = new HashMap<>(template.fields());
        List<String> names = fields.keySet().stream().sorted().toList();
        String name = names.get(random.nextInt(names.size()));
        switch (random.nextInt(5)) {
            case 0 -> fields.remove(name);
            case 1 -> fields.put(name, fields.get(name) + random.nextInt());
            default -> fields.put(name, VALUES[random.nextInt(VALUES.length)]);
        }
        return new Template(template.code(), fields, template.body());
    }

    private Template oddBody(Template template) {
        byte[] body = template.body();
        byte[] odd = body.length == 0 ? randomBytes(random.nextInt(40)) : body.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            if (odd.length >= 4 && random.nextBoolean()) {
                odd = withInt(odd, random.nextInt(odd.length - 3), boundary());
            } else {
                odd[random.nextInt(odd.length)] ^= (byte) (1 << random.nextInt(8));
            }
        }
        if (random.nextInt(4) == 0) {
            odd = Arrays.copyOf(odd, random.nextInt(odd.length + 1));
        }
        return new Template(template.code(), template.fields(), odd);
    }
}
