package org.fulmar.protocol.frame;

/**
 * The bounds that a decoder checks before it takes memory.
 *
 * @param maxFrameBytes largest frame, in bytes without its own length field (RocketMQ: 16 MiB)
 * @param maxHeaderBytes largest header, in bytes
 * @param maxFields largest number of extension fields in a header
 */
public record FrameLimits(int maxFrameBytes, int maxHeaderBytes, int maxFields) {
    public static final FrameLimits DEFAULT = new FrameLimits(16 * 1024 * 1024, 256 * 1024, 256);

    public FrameLimits {
        if (maxFrameBytes < 1024 || maxHeaderBytes < 512 || maxHeaderBytes > maxFrameBytes || maxFields < 1) {
            throw new IllegalArgumentException("frame limits out of range: " + maxFrameBytes + ", " + maxHeaderBytes);
        }
    }

    public FrameLimits withMaxFrameBytes(int bytes) {
        return new FrameLimits(bytes, Math.min(maxHeaderBytes, bytes), maxFields);
    }
}
