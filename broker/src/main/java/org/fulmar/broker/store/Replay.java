package org.fulmar.broker.store;

import java.io.IOException;
import java.io.UncheckedIOException;
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

    private final QueueTable queues;
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
            QueueTable queues,
            List<View> views,
            List<Long> positions,
            long queuesPosition,
            boolean rebuilt,
            MessageStore.Topics topics,
            MessageStore.EntryTag entryTag) {
        this.queues = queues;
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
        String topic = record.topic();
        if (at >= queuesPosition && topics.exists(topic) && !queues.isTorn(topic, record.queueId())) {
            index(record, rebuilt);
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
                queues.delete(gone);
            } catch (IOException e) {
                LOG.warn("the queue files of {} could not be removed", gone, e);
            }
        }
    }

    /**
     * What a record is to queues without their files, which are built again when the views are at the end of the log.
     *
     * @param tableEnd the end of the log when the table of queues was saved
     */
    void torn(MessageRecord record, long tableEnd) {
        if (record.topicIs(Facts.TOPIC)) {
            Facts.forEach(record, this::tornFact);
        } else if (queues.isTorn(record.topic(), record.queueId())) {
            if (record.physicalOffset() >= tableEnd && (record.sysFlag() & SysFlag.RELOCATED) == 0) {
                queues.madeAnew(record.topic(), record.queueId(), record.queueOffset());
            }
            index(record, true);
        }
    }

    private void tornFact(ByteBuffer fact) {
        String gone = topics.deletedBy(fact);
        if (gone != null) {
            try {
                queues.forgetTorn(gone);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** @param anew whether the queue is built from the log alone, which may not have all that it had */
    private void index(MessageRecord record, boolean anew) {
        QueueLog queue = queues.get(record.topic(), record.queueId());
        long tagHash = entryTag.of(record);
        if (anew) {
            queue.skipTo(record.queueOffset());
        }
        if ((record.sysFlag() & SysFlag.RELOCATED) != 0) {
            queue.relocated(record.queueOffset(), record.physicalOffset(), record.size(), tagHash);
        } else {
            queue.replay(record.queueOffset(), record.physicalOffset(), record.size(), tagHash);
        }
    }
}
