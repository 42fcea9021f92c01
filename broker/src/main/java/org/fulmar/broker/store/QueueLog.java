package org.fulmar.broker.store;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One queue of a topic as the core sees it: the offsets it has given, and those that consumers may see.
 *
 * <p>Owned by the broker's core. An offset becomes visible when its message, and every message before it in the queue,
 * is as durable as it asked to be, never earlier.
 */
public final class QueueLog {
    private static final Logger LOG = LoggerFactory.getLogger(QueueLog.class);

    /** A message that is appended but not visible yet. */
    static final class Entry {
        private final long physicalOffset;
        private final int size;
        private final long tagHash;
        private boolean ready;

        Entry(long physicalOffset, int size, long tagHash) {
            this.physicalOffset = physicalOffset;
            this.size = size;
            this.tagHash = tagHash;
        }
    }

    private final String topic;
    private final int queueId;
    private final ConsumeQueue index;
    private final Deque<Entry> pending = new ArrayDeque<>();
    private final Listener listener;
    /** Messages that became visible since {@link #takeShown}. */
    private long shown;

    private boolean noted;

    /** Told on the core each time that offsets of a queue became visible. */
    public interface Listener {
        void visible(QueueLog queue);
    }

    QueueLog(String topic, int queueId, ConsumeQueue index, Listener listener) {
        this.listener = listener;
        this.topic = topic;
        this.queueId = queueId;
        this.index = index;
    }

    public String topic() {
        return topic;
    }

    public int queueId() {
        return queueId;
    }

    public ConsumeQueue index() {
        return index;
    }

    /** The offset that the next message gets. */
    public long nextOffset() {
        return index.maxOffset() + pending.size();
    }

    /** The offset behind the last one that consumers may see. */
    public long visibleOffset() {
        return index.maxOffset();
    }

    /** The first offset whose message is there; retention moves it. */
    public long minOffset() {
        return index.minOffset();
    }

    /** Notes an appended message; {@link #ready} shows it later. */
    Entry appended(long physicalOffset, int size, long tagHash) {
        Entry entry = new Entry(physicalOffset, size, tagHash);
        pending.add(entry);
        return entry;
    }

    /** The entry's message is as durable as it asked to be: it is shown when all before it are, too. */
    void ready(Entry entry) {
        entry.ready = true;
        boolean moved = false;
        Entry head = pending.peek();
        while (head != null && head.ready) {
            index.add(head.physicalOffset, head.size, head.tagHash);
            pending.remove();
            head = pending.peek();
            moved = true;
            shown++;
        }
        if (moved) {
            tell();
        }
    }

    /** That a listener fails, for want of memory or of files, must not keep others from their messages. */
    private void tell() {
        try {
            listener.visible(this);
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("who waits for messages of {} queue {} could not be told of one", topic, queueId, e);
        }
    }

    /** Whether it is asked for the first time since {@link #takeShown}. */
    public boolean note() {
        boolean first = !noted;
        noted = true;
        return first;
    }

    /** How many messages became visible since this was asked before, or since the start. */
    public long takeShown() {
        long count = shown;
        shown = 0;
        noted = false;
        return count;
    }

    /**
     * Replays a record that was found in the log; does nothing if the index has it already. A later record with an
     * earlier offset says that the queue was deleted and made anew in between.
     */
    void replay(long queueOffset, long physicalOffset, int size, long tagHash) {
        if (queueOffset < index.maxOffset() && physicalOffset > index.lastPhysicalOffset()) {
            index.restart(queueOffset);
        }
        if (queueOffset == index.maxOffset()) {
            index.add(physicalOffset, size, tagHash);
        }
    }

    /**
     * The index is built again and comes to an offset. If that is not the next one, nothing is left in the log of what lies
     * between.
     */
    void skipTo(long queueOffset) {
        if (queueOffset <= index.maxOffset()) {
            return;
        }
        if (index.maxOffset() == index.minOffset()) {
            index.begin(queueOffset);
            return;
        }
        while (index.maxOffset() < queueOffset) {
            index.add(0, 0, 0);
        }
        index.unorderedBefore(queueOffset);
    }

    /** The message at an offset is at another place of the log, live or in a replay. */
    void relocated(long queueOffset, long physicalOffset, int size, long tagHash) {
        if (queueOffset >= index.maxOffset()) {
            replay(queueOffset, physicalOffset, size, tagHash);
            index.unorderedBefore(queueOffset + 1);
        } else if (queueOffset < index.minOffset()) {
            index.beginWith(queueOffset, physicalOffset, size, tagHash);
        } else {
            // the file may hold it already though the table of queues is older
            index.unorderedBefore(queueOffset + 1);
            ByteBuffer entry = index.entries(queueOffset, 1);
            if (entry.remaining() == ConsumeQueue.ENTRY_BYTES && entry.getLong(entry.position()) < physicalOffset) {
                index.change(queueOffset, physicalOffset, size, tagHash);
            }
        }
    }
}
