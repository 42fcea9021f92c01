package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.HexFormat;
import org.fulmar.protocol.frame.FrameException;

/**
 * The name of a branch of a global transaction (X/Open XA): a format and two strings of bytes. A value: compared by
 * content. Immutable; its arrays must not be changed.
 *
 * @param globalId of the global transaction, 0 to 64 bytes
 * @param qualifier of the branch, 0 to 64 bytes
 */
public record BranchXid(int formatId, byte[] globalId, byte[] qualifier) {
    /** Longest of each of its parts, in bytes. */
    public static final int MAX_PART = 64;

    private static final HexFormat HEX = HexFormat.of();

    public BranchXid {
        if (globalId.length > MAX_PART || qualifier.length > MAX_PART) {
            throw new IllegalArgumentException("an Xid of " + globalId.length + " + " + qualifier.length
                    + " bytes, at most " + MAX_PART + " each are accepted");
        }
    }

    public void encode(ByteBuf out) {
        out.writeInt(formatId);
        out.writeByte(globalId.length);
        out.writeBytes(globalId);
        out.writeByte(qualifier.length);
        out.writeBytes(qualifier);
    }

    public static BranchXid decode(ByteBuf in) {
        return new BranchXid(in.readInt(), part(in), part(in));
    }

    private static byte[] part(ByteBuf in) {
        int length = in.readUnsignedByte();
        if (length > MAX_PART) {
            throw new FrameException("a part of an Xid of " + length + " bytes, at most " + MAX_PART + " are accepted");
        }
        byte[] part = new byte[length];
        in.readBytes(part);
        return part;
    }

    /** The form that people see and type: format, global id and qualifier, the latter two in hex. */
    public String text() {
        return formatId + ":" + HEX.formatHex(globalId) + ":" + HEX.formatHex(qualifier);
    }

    /**
     * @param text as {@link #text} gives it
     * @throws IllegalArgumentException if it is malformed
     */
    public static BranchXid parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("an Xid is format:globalId:qualifier, not " + text);
        }
        return new BranchXid(Integer.parseInt(parts[0]), HEX.parseHex(parts[1]), HEX.parseHex(parts[2]));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BranchXid xid
                && formatId == xid.formatId
                && Arrays.equals(globalId, xid.globalId)
                && Arrays.equals(qualifier, xid.qualifier);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * formatId + Arrays.hashCode(globalId)) + Arrays.hashCode(qualifier);
    }

    @Override
    public String toString() {
        return text();
    }
}
