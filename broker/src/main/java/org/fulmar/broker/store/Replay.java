package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.SysFlag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a record of the log is to each view, and to the queues, in a restart. Used once, on the starting thread.
 *
 * <p>The files of a checkpoint are replaced one after the other, and one that is damaged gives way to its copy, so that
 * each view has a position of its own. It is given what lies behind that and nothing else, whatever the others are given;
 * and it must take it without a look at another view, which may be ahead of it or behind. So each is a function of the
 * log, and all are at its end when the replay is.
 */
final class Replay {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);

    private final MessageStore store;
    private final List<View> views;
    private final List<Long> positions;
    private final long queuesPosition;
    private final boolean rebuilt;
    private final MessageStore.Topics topics;
    private final MessageStore.EntryTag entryTag;
    private long records;

    /**
     * @param positions from where each of the views is to be given what the log says
     * @param queuesPosition the same for the queues
     * @param rebuilt whether queues are built again from what is left of the log
     */
    Replay(
            MessageStore store,
            List<View> views,
            List<Long> positions,
            long queuesPosition,
            boolean rebuilt,
            MessageStore.Topics topics,
            MessageStore.EntryTag entryTag) {
        this.store = store;
        this.views = views;
        this.positions = positions;
        this.queuesPosition = queuesPosition;
        this.rebuilt = rebuilt;
        this.topics = topics;
        this.entryTag = entryTag;
    }

    /** How many it was given. */
    long records() {
        return records;
    }

    void record(MessageRecord record) {
        records++;
        if (record.topicIs(Facts.TOPIC)) {
            Facts.forEach(record, fact -> fact(record.physicalOffset(), fact));
            return;
        }
        long at = record.physicalOffset();
        boolean relocated = (record.sysFlag() & SysFlag.RELOCATED) != 0;
        for (int i = 0; i < views.size(); i++) {
            if (at >= positions.get(i) && relocated) {
                views.get(i).relocated(record, record.preparedTransactionOffset());
            } else if (at >= positions.get(i)) {
                views.get(i).message(record);
            }
        }
        if (at >= queuesPosition && topics.exists(record.topic())) {
            queue(record, relocated);
        }
    }

    private void fact(long at, ByteBuffer fact) {
        String gone = topics.deletedBy(fact.duplicate());
        for (int i = 0; i < views.size(); i++) {
            if (at >= positions.get(i)) {
                views.get(i).apply(fact.duplicate());
                if (gone != null) {
                    views.get(i).topicDeleted(gone);
                }
            }
        }
        if (gone != null && at >= queuesPosition) {
            try {
                store.deleteQueues(gone);
            } catch (IOException e) {
                LOG.warn("the queue files of {} could not be removed", gone, e);
            }
        }
    }

    private void queue(MessageRecord record, boolean relocated) {
        QueueLog queue = store.queue(record.topic(), record.queueId());
        long tagHash = entryTag.of(record);
        if (rebuilt) {
            queue.skipTo(record.queueOffset());
        }
        if (relocated) {
            queue.relocated(record.queueOffset(), record.physicalOffset(), record.size(), tagHash);
        } else {
            queue.replay(record.queueOffset(), record.physicalOffset(), record.size(), tagHash);
        }
    }
}
