package org.fulmar.broker.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;

/** The log of a test: keeps facts in memory, and replays them. */
final class RecordedFacts implements FactSink {
    private final List<byte[]> facts = new ArrayList<>();
    private final TreeMap<Integer, String> moves = new TreeMap<>();
    private final ByteBuf buffer = Unpooled.buffer();

    @Override
    public void fact(Body body) {
        buffer.clear();
        body.write(buffer);
        facts.add(ByteBufUtil.getBytes(buffer));
    }

    /** A record says that a message was copied to another queue, and with that is settled here. */
    void moved(int cursorId, long offset) {
        StringBuilder properties = new StringBuilder();
        String from = MovedRecord.ofDelivery(cursorId, offset);
        MessageProperties.append(properties, new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII), from);
        RecordDraft draft = new RecordDraft(
                        "elsewhere", 0, MessageProperties.name(properties.toString()), Unpooled.EMPTY_BUFFER)
                .flags(0, SysFlag.MOVED);
        ByteBuffer record = ByteBuffer.allocate(draft.size(new byte[8]));
        draft.write(record, 0, 0, 0, new byte[8]);
        moves.put(facts.size(), from);
        facts.add(record.array());
    }

    /** How many records in the log move this message. */
    long moves(int cursorId, long offset) {
        String from = MovedRecord.ofDelivery(cursorId, offset);
        return moves.values().stream().filter(from::equals).count();
    }

    int size() {
        return facts.size();
    }

    /** Loses the facts from a position on. */
    void cut(int end) {
        facts.subList(end, facts.size()).clear();
        moves.tailMap(end, true).clear();
    }

    void replay(int from, View view) {
        for (int i = from; i < facts.size(); i++) {
            ByteBuffer fact = ByteBuffer.wrap(facts.get(i)).asReadOnlyBuffer();
            if (moves.containsKey(i)) {
                view.message(Objects.requireNonNull(MessageRecord.wrap(fact, 0, fact.limit())));
            } else {
                view.apply(fact);
            }
        }
    }
}
