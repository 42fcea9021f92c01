package org.fulmar.broker.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.View;

/** The log of a test: keeps facts in memory, and replays them. */
final class RecordedFacts implements FactSink {
    private final List<byte[]> facts = new ArrayList<>();
    private final ByteBuf buffer = Unpooled.buffer();

    @Override
    public void fact(Body body) {
        buffer.clear();
        body.write(buffer);
        facts.add(ByteBufUtil.getBytes(buffer));
    }

    int size() {
        return facts.size();
    }

    /** Loses the facts from a position on. */
    void cut(int end) {
        facts.subList(end, facts.size()).clear();
    }

    void replay(int from, View view) {
        for (byte[] fact : facts.subList(from, facts.size())) {
            view.apply(ByteBuffer.wrap(fact).asReadOnlyBuffer());
        }
    }
}
