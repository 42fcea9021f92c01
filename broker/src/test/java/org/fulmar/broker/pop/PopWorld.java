package org.fulmar.broker.pop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.fulmar.broker.delivery.Backlog;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.fulmar.protocol.message.SysFlag;
import org.jspecify.annotations.Nullable;

/** All that the POP engine has around it, in memory: messages, log, committed offsets; it can be killed and restarted. */
final class PopWorld implements Backlog, Positions, PopEngine.Surroundings {
    static final String TOPIC = "t";

    /** Wants messages of one tag. */
    record Wants(int tag) implements MessageTest {
        @Override
        public boolean matches(MessageRecord message) {
            throw new UnsupportedOperationException("there are no records here");
        }
    }

    /** The log: facts, and copies of dead messages. */
    private static final class Log implements FactSink {
        final List<byte[]> entries = new ArrayList<>();
        final Set<Integer> copies = new HashSet<>();
        private final ByteBuf buffer = Unpooled.buffer();

        @Override
        public void fact(Body body) {
            buffer.clear();
            body.write(buffer);
            entries.add(ByteBufUtil.getBytes(buffer));
        }

        void copy(int cursorId, long offset) {
            StringBuilder properties = new StringBuilder();
            MessageProperties.append(
                    properties,
                    new String(JmsNames.MOVED_FROM, StandardCharsets.US_ASCII),
                    MovedRecord.ofDelivery(cursorId, offset));
            RecordDraft draft = new RecordDraft(
                            "dead", 0, MessageProperties.name(properties.toString()), Unpooled.EMPTY_BUFFER)
                    .flags(0, SysFlag.MOVED);
            ByteBuffer record = ByteBuffer.allocate(draft.size(new byte[8]));
            draft.write(record, 0, 0, 0, new byte[8]);
            copies.add(entries.size());
            entries.add(record.array());
        }

        void replay(int from, PopTable table) {
            for (int i = from; i < entries.size(); i++) {
                ByteBuffer entry = ByteBuffer.wrap(entries.get(i)).asReadOnlyBuffer();
                if (copies.contains(i)) {
                    table.message(Objects.requireNonNull(MessageRecord.wrap(entry, 0, entry.limit())));
                } else {
                    table.apply(entry);
                }
            }
        }
    }

    final List<List<Integer>> queues = new ArrayList<>();
    final int[] minOffsets;
    final List<String> dead = new ArrayList<>();
    final Set<String> woken = new HashSet<>();
    int maxRedeliveries = 3;
    private final Log log = new Log();
    private Map<String, Long> committed = new HashMap<>();
    private byte @Nullable [] saved;
    private Map<String, Long> savedCommitted = new HashMap<>();
    PopTable table = new PopTable(this);
    PopEngine engine = new PopEngine(table, this, this, this, log);

    PopWorld(int queueCount) {
        for (int i = 0; i < queueCount; i++) {
            queues.add(new ArrayList<>());
        }
        minOffsets = new int[queueCount];
    }

    /** An administrator removes what the group has committed. */
    void forget(String group, int queueId) {
        committed.remove(group + queueId);
    }

    void removeGroup(String group) {
        table.removeGroup(group, log);
    }

    /** Saves the views, as the broker does now and then. */
    void checkpoint() {
        saved = table.capture(log.entries.size()).get();
        savedCommitted = new HashMap<>(committed);
    }

    /**
     * Starts again with what a crash leaves: the log, and the committed offsets as they were saved.
     *
     * @param fromLog whether the saved cursors are lost as well
     */
    void kill(boolean fromLog) {
        committed = new HashMap<>(savedCommitted);
        start(fromLog ? null : saved);
    }

    /** Ends in good order and starts again. */
    void restart() {
        checkpoint();
        start(saved);
    }

    private void start(byte @Nullable [] state) {
        table = new PopTable(this);
        int from = (int) table.restore(state);
        log.replay(from, table);
        table.recovered(this);
        engine = new PopEngine(table, this, this, this, log);
    }

    @Override
    public long visibleOffset(String topic, int queueId) {
        return queues.get(queueId).size();
    }

    @Override
    public long nextOffset(String topic, int queueId) {
        return queues.get(queueId).size();
    }

    @Override
    public int[] queueIds(String topic) {
        return IntStream.range(0, queues.size()).toArray();
    }

    @Override
    public Verdict verdict(String topic, int queueId, long offset, @Nullable MessageTest test) {
        if (offset < minOffsets[queueId]) {
            return Verdict.GONE;
        }
        int tag = queues.get(queueId).get((int) offset);
        return test == null || ((Wants) test).tag == tag ? Verdict.DELIVER : Verdict.PASS;
    }

    @Override
    public int messageGroup(String topic, int queueId, long offset, int buckets) {
        return -1;
    }

    @Override
    public long committed(String topic, String group, int queueId) {
        return committed.getOrDefault(group + queueId, -1L);
    }

    @Override
    public long takeReset(String topic, String group, int queueId, FactSink facts) {
        return -1;
    }

    @Override
    public boolean commit(String topic, String group, int queueId, long offset) {
        committed.put(group + queueId, offset);
        return true;
    }

    @Override
    public long minOffset(String topic, int queueId) {
        return minOffsets[queueId];
    }

    @Override
    public int maxRedeliveries(String group) {
        return maxRedeliveries;
    }

    @Override
    public boolean deadLetter(String group, String topic, int cursorId, int queueId, long offset, int deliveries) {
        log.copy(cursorId, offset);
        dead.add(group + " " + queueId + " " + offset + " " + deliveries);
        return true;
    }

    @Override
    public void wake(String group, String topic) {
        woken.add(group);
    }
}
