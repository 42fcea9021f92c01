package org.fulmar.broker.transaction;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * The half messages of RocketMQ producers that have no outcome yet, and when their producers are asked for it. A state
 * machine without I/O or clock, owned by the broker's core.
 *
 * <p>A view of the log. A record of the half topic begins one; a record that was made of it ends it: the copy in its
 * real topic (committed), one in the op topic (rolled back), one in the topic of those that were asked for in vain
 * (given up). So each has one outcome at most, whatever crashes. Each check is a fact; that there was nobody to ask is
 * not. Half messages of JMS transactions are in the same topic and none of this view's.
 */
public final class HalfMessages implements View, LiveRecords {
    /** RocketMQ's topic of half messages. */
    public static final String TOPIC = "RMQ_SYS_TRANS_HALF_TOPIC";
    /** RocketMQ's topic of the offsets of half messages that have an outcome. */
    public static final String OP_TOPIC = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
    /** RocketMQ's topic of half messages whose producers were asked too often. */
    public static final String GIVEN_UP_TOPIC = "TRANS_CHECK_MAX_TIME_TOPIC";

    private static final byte[] TOPIC_BYTES = MessageProperties.name(TOPIC);
    private static final byte[] OP_TOPIC_BYTES = MessageProperties.name(OP_TOPIC);
    private static final byte[] GIVEN_UP_TOPIC_BYTES = MessageProperties.name(GIVEN_UP_TOPIC);
    private static final byte[] IMMUNITY = MessageProperties.name(MessageProperties.CHECK_IMMUNITY_TIME);

    /** The fact that a half message was checked: its place in the log, its checks so far, when the next is due. */
    private static final byte CHECKED = 60;

    private static final long FIRST_MISS_MILLIS = 1000;
    private static final int AT_ONCE = 64;
    private static final int MAX_REMEMBERED = 10_000;
    private static final int MAGIC = 0x48414C46;
    private static final int HEADER_BYTES = 4 + 8 + 4;
    private static final int ENTRY_BYTES = 4 * 8 + 4;

    /**
     * How long half messages wait; all times in milliseconds.
     *
     * @param timeOut before the first check, unless the message asks for a longer time
     * @param interval between checks
     * @param maxChecks after so many without an outcome a message is given up
     * @param maxAge at which it is given up without them
     * @param maxMessages most messages without an outcome
     */
    public record Rules(long timeOut, long interval, int maxChecks, long maxAge, int maxMessages) {
        /**
         * How long a message is not checked.
         *
         * @param seconds what the message asks for, as text; null or no number asks for nothing
         */
        public long immunityMillis(@Nullable String seconds) {
            long wanted = 0;
            if (seconds != null) {
                try {
                    wanted = Math.max(0, Math.min(Long.parseLong(seconds), maxAge / 1000)) * 1000;
                } catch (NumberFormatException e) {
                    wanted = 0;
                }
            }
            return Math.min(maxAge, Math.max(wanted, timeOut));
        }
    }

    /** How a half message has ended. */
    public enum Outcome {
        COMMITTED,
        ROLLED_BACK,
        GIVEN_UP
    }

    private final Rules rules;
    /** In the order of the log; those that have an outcome are taken out now and then. */
    private List<HalfMessage> inOrder = new ArrayList<>();

    private CheckHeap byTime = new CheckHeap();
    private final Map<Long, Outcome> ended = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Outcome> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    public HalfMessages(Rules rules) {
        this.rules = rules;
    }

    public Rules rules() {
        return rules;
    }

    /** How many have no outcome. */
    public int size() {
        return byTime.size();
    }

    /** Whether no more may be prepared. */
    public boolean isFull() {
        return byTime.size() >= rules.maxMessages();
    }

    /**
     * A half message was appended; later ones have higher places in the log.
     *
     * @param immunitySeconds the text of the message's property, if it has it
     */
    public void prepared(long logOffset, long queueOffset, long storedAt, @Nullable String immunitySeconds) {
        add(new HalfMessage(logOffset, queueOffset, storedAt, storedAt + rules.immunityMillis(immunitySeconds), 0));
    }

    private void add(HalfMessage half) {
        inOrder.add(half);
        byTime.add(half);
    }

    /** The half message at a place of the log; null if there is none without an outcome. */
    public @Nullable HalfMessage find(long logOffset) {
        int index = firstFrom(logOffset);
        HalfMessage half = index < inOrder.size() ? inOrder.get(index) : null;
        return half != null && half.logOffset() == logOffset && half.place >= 0 ? half : null;
    }

    /** The index of the first one at or behind a place of the log. */
    private int firstFrom(long logOffset) {
        int low = 0;
        int high = inOrder.size();
        while (low < high) {
            int middle = low + high >>> 1;
            if (inOrder.get(middle).logOffset() < logOffset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Those without an outcome behind a place of the log, in its order. */
    public List<HalfMessage> after(long logOffset, int max) {
        List<HalfMessage> found = new ArrayList<>();
        int from = logOffset < 0 ? 0 : firstFrom(logOffset + 1);
        for (int i = from; i < inOrder.size() && found.size() < max; i++) {
            if (inOrder.get(i).place >= 0) {
                found.add(inOrder.get(i));
            }
        }
        return found;
    }

    /** How one of the last that have ended did; null if it is not remembered. */
    public @Nullable Outcome outcome(long logOffset) {
        return ended.get(logOffset);
    }

    /** The record that ends it was appended. Does nothing for one that is not there. */
    public void ended(long logOffset, Outcome outcome) {
        HalfMessage half = find(logOffset);
        if (half == null) {
            return;
        }
        byTime.remove(half);
        ended.put(logOffset, outcome);
        if (inOrder.size() > 2 * byTime.size() + 1024) {
            List<HalfMessage> left = new ArrayList<>(byTime.size() + 1024);
            inOrder.stream().filter(each -> each.place >= 0).forEach(left::add);
            inOrder = left;
        }
    }

    /** When the first one is to be looked at, in milliseconds since the epoch. */
    public long nextDue() {
        HalfMessage first = byTime.first();
        return first == null ? Long.MAX_VALUE : first.next;
    }

    /** One that is due, or null. Whoever takes it ends it, or says what became of the check. */
    public @Nullable HalfMessage firstDue(long now) {
        HalfMessage first = byTime.first();
        return first == null || first.next > now ? null : first;
    }

    /** Whether it is not worth another check. */
    public boolean isSpent(HalfMessage half, long now) {
        return half.checks >= rules.maxChecks() || now - half.storedAt() >= rules.maxAge();
    }

    /** A check is sent at the end of this turn. */
    public void checked(HalfMessage half, long now, FactSink sink) {
        log(half, half.checks + 1, soon(half, now, rules.interval()), sink);
    }

    /** Checks begin anew, now. */
    public void resumed(HalfMessage half, long now, FactSink sink) {
        log(half, 0, now, sink);
    }

    private void log(HalfMessage half, int checks, long due, FactSink sink) {
        sink.fact(out -> out.writeByte(CHECKED)
                .writeLong(half.logOffset())
                .writeInt(checks)
                .writeLong(due));
        applyChecked(half, checks, due);
    }

    private void applyChecked(HalfMessage half, int checks, long due) {
        half.checks = checks;
        half.misses = 0;
        half.due = due;
        half.next = due;
        byTime.moved(half);
    }

    /** There is nobody to ask: it is tried again after a pause that grows up to the interval. */
    public void missed(HalfMessage half, long now) {
        long pause = FIRST_MISS_MILLIS << Math.min(half.misses, 20);
        half.misses++;
        postponed(half, soon(half, now, Math.min(pause, rules.interval())));
    }

    /** It can't be seen to before then. */
    public void postponed(HalfMessage half, long next) {
        half.next = next;
        byTime.moved(half);
    }

    /** After a pause, but no later than it is too old. */
    private long soon(HalfMessage half, long now, long pause) {
        return Math.max(now + 1, Math.min(now + pause, half.storedAt() + rules.maxAge()));
    }

    @Override
    public void message(MessageRecord record) {
        if (record.topicIs(TOPIC_BYTES)) {
            if (record.property(JmsNames.TRANSACTION) == null) {
                prepared(
                        record.physicalOffset(),
                        record.queueOffset(),
                        record.storeTimestamp(),
                        record.property(IMMUNITY));
            }
            return;
        }
        MovedRecord.tell(record, new MovedRecord.Origin() {
            @Override
            public void half(long logOffset) {
                ended(logOffset, outcomeOf(record));
            }
        });
    }

    @Override
    public void relocated(MessageRecord record, long from) {
        if (!record.topicIs(TOPIC_BYTES) || record.property(JmsNames.TRANSACTION) != null) {
            return;
        }
        HalfMessage before = find(from);
        if (before == null) {
            message(record);
            return;
        }
        byTime.remove(before);
        HalfMessage half = new HalfMessage(
                record.physicalOffset(), before.queueOffset(), before.storedAt(), before.due, before.checks);
        half.next = before.next;
        half.misses = before.misses;
        add(half);
    }

    /** Its messages are all that counts, with what the log says behind them. */
    @Override
    public boolean knowsMessagesAlone() {
        return true;
    }

    @Override
    public Look before(long position) {
        long[] last = {-1};
        return found -> {
            while (true) {
                List<HalfMessage> next = after(last[0], AT_ONCE);
                for (HalfMessage half : next) {
                    if (half.logOffset() >= position) {
                        return false;
                    }
                    if (!found.mayGoOn()) {
                        return true;
                    }
                    last[0] = half.logOffset();
                    found.live(half.logOffset(), -1);
                }
                if (next.size() < AT_ONCE) {
                    return false;
                }
            }
        };
    }

    private static Outcome outcomeOf(MessageRecord record) {
        if (record.topicIs(OP_TOPIC_BYTES)) {
            return Outcome.ROLLED_BACK;
        }
        return record.topicIs(GIVEN_UP_TOPIC_BYTES) ? Outcome.GIVEN_UP : Outcome.COMMITTED;
    }

    @Override
    public void apply(ByteBuffer fact) {
        if (fact.get() != CHECKED) {
            return;
        }
        HalfMessage half = find(fact.getLong());
        if (half != null) {
            applyChecked(half, fact.getInt(), fact.getLong());
        }
    }

    @Override
    public String fileName() {
        return "halfMessages";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + size() * ENTRY_BYTES + 8);
        out.putInt(MAGIC).putLong(logPosition).putInt(size());
        for (HalfMessage half : inOrder) {
            if (half.place >= 0) {
                out.putLong(half.logOffset()).putLong(half.queueOffset()).putLong(half.storedAt());
                out.putLong(half.due).putInt(half.checks);
            }
        }
        return () -> out.putLong(out.capacity() - 8, crc(out.array())).array();
    }

    private static long crc(byte[] file) {
        CRC32 crc = new CRC32();
        crc.update(file, 0, file.length - 8);
        return crc.getValue();
    }

    @Override
    public long restore(byte @Nullable [] content) {
        inOrder = new ArrayList<>();
        byTime = new CheckHeap();
        ended.clear();
        if (content == null || content.length < HEADER_BYTES + 8) {
            return 0;
        }
        ByteBuffer in = ByteBuffer.wrap(content);
        if (in.getInt() != MAGIC || in.getLong(content.length - 8) != crc(content)) {
            return 0;
        }
        long position = in.getLong();
        int count = in.getInt();
        for (int i = 0; i < count; i++) {
            add(new HalfMessage(in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getInt()));
        }
        return position;
    }
}
