package org.fulmar.broker.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A view that holds every fact it was given, in order. */
final class FactList implements View {
    private final List<Long> facts = new ArrayList<>();

    @Override
    public String fileName() {
        return "facts.bin";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        ByteBuffer out = ByteBuffer.allocate(8 + facts.size() * 8).putLong(logPosition);
        facts.forEach(out::putLong);
        return out::array;
    }

    @Override
    public long restore(byte @Nullable [] content) {
        facts.clear();
        if (content == null) {
            return 0;
        }
        ByteBuffer in = ByteBuffer.wrap(content);
        long position = in.getLong();
        while (in.hasRemaining()) {
            facts.add(in.getLong());
        }
        return position;
    }

    @Override
    public void apply(ByteBuffer fact) {
        facts.add(fact.getLong());
    }

    List<Long> facts() {
        return facts;
    }
}
