package org.fulmar.broker.store;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.fulmar.protocol.message.MessageRecord;

/**
 * Our own facts in the log: records of a system topic whose body holds facts one behind the other, each with its
 * length. Stateless.
 */
public final class Facts {
    /** The system topic of the records that hold facts. */
    public static final byte[] TOPIC = "rmq_sys_fulmar_facts".getBytes(StandardCharsets.US_ASCII);

    private Facts() {}

    /** Takes the facts of a record. */
    public interface Visitor {
        void fact(ByteBuffer fact);
    }

    /** Shows each fact of a record that is known to be intact. */
    public static void forEach(MessageRecord record, Visitor visitor) {
        ByteBuffer body = record.body();
        while (body.hasRemaining()) {
            int length = body.getInt();
            ByteBuffer fact = body.slice(body.position(), length);
            body.position(body.position() + length);
            visitor.fact(fact);
        }
    }

    /** Writes a text into a fact. */
    public static void text(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length).writeBytes(bytes);
    }

    /** Reads the text that a fact goes on with. */
    public static String text(ByteBuffer fact) {
        byte[] bytes = new byte[fact.getInt()];
        fact.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
