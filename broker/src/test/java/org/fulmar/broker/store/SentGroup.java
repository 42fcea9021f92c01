package org.fulmar.broker.store;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.broker.store.TestStore.Sent;
import org.jspecify.annotations.Nullable;

/** A group of facts and messages that was handed to a store, and what became of it. */
final class SentGroup implements Appender.Listener {
    final List<Sent> messages = new ArrayList<>();
    final int facts;
    final boolean durably;
    long start;
    long end;
    boolean stored;

    @Nullable StoreException failure;

    private SentGroup(int facts, boolean durably) {
        this.facts = facts;
        this.durably = durably;
    }

    /**
     * Appends a group.
     *
     * @param queues the topic and queue of each message, as {@code topic/queue}
     * @throws StoreException if no room could be reserved for it
     */
    static SentGroup append(TestStore run, int facts, List<String> queues, int bodyBytes, boolean durably)
            throws StoreException {
        SentGroup sent = new SentGroup(facts, durably);
        RecordGroup group = run.store.appender().group();
        for (String queue : queues) {
            int slash = queue.indexOf('/');
            sent.messages.add(
                    run.add(group, queue.substring(0, slash), Integer.parseInt(queue.substring(slash + 1)), bodyBytes));
        }
        run.store.appender().reserve(group, facts * 12);
        for (int i = 0; i < facts; i++) {
            long number = run.facts.facts().size();
            run.facts.facts().add(number);
            group.fact(out -> out.writeLong(number));
        }
        sent.start = run.store.log().end();
        run.store.appender().append(group, durably, sent);
        sent.end = run.store.log().end();
        return sent;
    }

    @Override
    public void stored(long physicalOffset, long queueOffset) {
        if (stored || physicalOffset != start) {
            throw new AssertionError("group at " + start + " is stored at " + physicalOffset + ", twice: " + stored);
        }
        stored = true;
    }

    @Override
    public void failed(StoreException cause) {
        failure = cause;
    }
}
