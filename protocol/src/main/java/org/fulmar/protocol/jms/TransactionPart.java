package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.protocol.frame.FrameException;

/**
 * A part of a transaction, or all of it: messages that it sends, and messages that it acknowledges, of whatever consumers
 * of the connection. TRANSACTION_COMMIT and TRANSACTION_PREPARE carry the last part; TRANSACTION_ADD carries one before it,
 * where there is more than one frame holds.
 *
 * @param before how many parts of it this connection has brought before; if the broker has fewer, some were lost with
 *     a connection, and it rolls the transaction back
 * @param ended whether the application has ended its work on the branch; the prepare or commit may come over another
 *     connection then
 * @param messages their bodies are slices of the request
 */
public record TransactionPart(
        TransactionId id,
        int before,
        boolean ended,
        List<Acknowledge.Range> acknowledged,
        List<SendOperation> messages) {
    /** Bytes before the ranges and messages, at most. */
    private static final int FIXED = 8 + 8 + 1 + 4 + 2 + 2 * BranchXid.MAX_PART + 4 + 1 + 4 + 4;

    /** One message, as it is sent. */
    public record Outgoing(
            SendOperation.Envelope envelope, int flag, long bornTimestamp, byte[] properties, byte[] body) {
        int bytes() {
            return 4 + SendOperation.encodedBytes(properties, body);
        }
    }

    public static int encodedBytes(List<Acknowledge.Range> acknowledged, List<Outgoing> messages) {
        long bytes = FIXED + (long) acknowledged.size() * Acknowledge.Range.BYTES;
        for (Outgoing message : messages) {
            bytes += message.bytes();
        }
        return Math.toIntExact(bytes);
    }

    public static void encode(
            ByteBuf out,
            TransactionId id,
            int before,
            boolean ended,
            List<Acknowledge.Range> acknowledged,
            List<Outgoing> messages) {
        id.encode(out);
        out.writeInt(before);
        out.writeBoolean(ended);
        Acknowledge.encodeRanges(out, acknowledged);
        out.writeInt(messages.size());
        for (Outgoing message : messages) {
            out.writeInt(message.bytes() - 4);
            SendOperation.encode(
                    out, message.envelope, message.flag, 0, message.bornTimestamp, message.properties, message.body);
        }
    }

    public static TransactionPart decode(ByteBuf in) {
        TransactionId id = TransactionId.decode(in);
        int before = in.readInt();
        boolean ended = in.readBoolean();
        List<Acknowledge.Range> acknowledged = Acknowledge.decodeRanges(in);
        int count = Body.count(in, 4 + SendOperation.FIXED);
        List<SendOperation> messages = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = in.readInt();
            if (length < 0 || length > in.readableBytes()) {
                throw new FrameException("a message of " + length + " bytes exceeds its part of a transaction");
            }
            messages.add(SendOperation.decode(in.readSlice(length)));
        }
        return new TransactionPart(id, before, ended, acknowledged, messages);
    }
}
