package org.fulmar.broker.hostile;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameEncoder;
import org.fulmar.protocol.frame.HeaderEncoding;

/** A request as values, from which its bytes are made. */
record Template(int code, Map<String, String> fields, byte[] body) {
    Template(int code, Map<String, String> fields) {
        this(code, fields, new byte[0]);
    }

    Template(int code, byte[] body) {
        this(code, Map.of(), body);
    }

    /** A frame of its own, for a connection that does not know of mutations. */
    Frame frame(HeaderEncoding encoding) {
        return Frame.request(code, fields, Unpooled.wrappedBuffer(body), encoding);
    }

    byte[] bytes(HeaderEncoding encoding, int correlation) {
        Frame frame = frame(encoding).asRequest(correlation);
        ByteBuf out = Unpooled.buffer(128 + body.length);
        FrameEncoder.encodeHeader(frame, out, body.length);
        out.writeBytes(body);
        return ByteBufUtil.getBytes(out);
    }
}
