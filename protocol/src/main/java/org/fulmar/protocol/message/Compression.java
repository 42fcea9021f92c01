package org.fulmar.protocol.message;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;

/** The body compressions of RocketMQ, with their number in sysFlag bits 8 to 10. Stateless. */
public enum Compression {
    ZLIB_LEGACY(0),
    LZ4(1),
    ZSTD(2),
    ZLIB(3);

    private static final int SHIFT = 8;
    private static final int ZLIB_LEVEL = 5;
    /** Largest window that a zstd stream may ask memory for: 8 MiB. */
    private static final int ZSTD_WINDOW_LOG = 23;

    private final int number;

    Compression(int number) {
        this.number = number;
    }

    /** The sysFlag bits that say "compressed, in this way". */
    public int sysFlagBits() {
        return SysFlag.COMPRESSED | number << SHIFT;
    }

    /**
     * @throws IOException if the type is unknown
     */
    public static Compression ofSysFlag(int sysFlag) throws IOException {
        int type = sysFlag >> SHIFT & 7;
        if (type > 3) {
            throw new IOException("unknown compression type " + type);
        }
        return values()[type];
    }

    public byte[] compress(byte[] body) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 2 + 64);
        Deflater deflater = new Deflater(ZLIB_LEVEL);
        try (OutputStream compressed = open(out, deflater)) {
            compressed.write(body);
        } finally {
            deflater.end();
        }
        return out.toByteArray();
    }

    private OutputStream open(OutputStream out, Deflater deflater) throws IOException {
        return switch (this) {
            case LZ4 -> new LZ4FrameOutputStream(out);
            case ZSTD -> new ZstdOutputStream(out);
            case ZLIB, ZLIB_LEGACY -> new DeflaterOutputStream(out, deflater);
        };
    }

    /**
     * @param maxBytes the largest result that is accepted; never more memory than that is taken
     * @throws IOException if the bytes are malformed or their content is larger
     */
    public byte[] decompress(byte[] body, int maxBytes) throws IOException {
        try (InputStream in = open(body)) {
            byte[] content = in.readNBytes(maxBytes);
            if (content.length == maxBytes && in.read() >= 0) {
                throw new IOException("the compressed body holds more than " + maxBytes + " bytes");
            }
            return content;
        }
    }

    /**
     * The first bytes of the content, fewer if it has no more.
     *
     * @throws IOException if the bytes are malformed as far as they are read
     */
    public byte[] decompressStart(byte[] body, int bytes) throws IOException {
        try (InputStream in = open(body)) {
            return in.readNBytes(bytes);
        }
    }

    private InputStream open(byte[] body) throws IOException {
        InputStream raw = new ByteArrayInputStream(body);
        return switch (this) {
            case LZ4 -> new LZ4FrameInputStream(raw);
            case ZSTD -> new ZstdInputStream(raw).setLongMax(ZSTD_WINDOW_LOG);
            case ZLIB, ZLIB_LEGACY -> new InflaterInputStream(raw);
        };
    }
}
