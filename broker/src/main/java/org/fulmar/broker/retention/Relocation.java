package org.fulmar.broker.retention;

import java.util.ArrayList;
import java.util.List;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.message.MessageRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts messages that count to the head of the log, some in a turn of the core. Owned by the core.
 *
 * <p>The copy is the same message at the same place of its queue. It is appended and written, and every view told, in one
 * task of the core, so that nothing can refer to the older place in between; until the file goes, both are there.
 */
final class Relocation {
    private static final Logger LOG = LoggerFactory.getLogger(Relocation.class);
    /** Places that are looked at in a turn. */
    private static final int PLACES = 1024;
    /** Messages that are moved in a turn. */
    private static final int MESSAGES = 256;
    /** Bytes of messages that are moved in a turn, but for the last one. */
    private static final int BYTES = 256 << 10;

    private final MessageStore store;
    private final Runnable write;

    /**
     * @param write hands what was appended to the operating system
     */
    Relocation(MessageStore store, Runnable write) {
        this.store = store;
        this.write = write;
    }

    /**
     * What one turn has done.
     *
     * @param more whether there may be more to do
     * @param failure why not all of it was done, or empty
     */
    record Step(boolean more, int messages, long bytes, String failure) {}

    /** Collects what is found in one turn. */
    private final class Gathering implements LiveRecords.Found {
        final List<MessageRecord> records = new ArrayList<>();
        long bytes;
        String failure = "";
        private int places;

        @Override
        public boolean mayGoOn() {
            return places++ < PLACES && records.size() < MESSAGES && bytes < BYTES;
        }

        @Override
        public void unknown(String why) {
            failure = failure.isEmpty() ? why : failure;
        }

        @Override
        public void live(long logOffset, int size) {
            MessageRecord record = store.log().read(logOffset);
            if (record == null || !record.intact()) {
                LOG.error("a message at {} of the log is damaged and is lost with its file", logOffset);
            } else if (store.isCurrent(record)) {
                records.add(record);
                bytes += record.size();
            } else {
                unknown("the message at " + logOffset + " of the log is not the one that its queue has");
            }
        }
    }

    /** Moves what a look finds next. */
    Step move(LiveRecords.Look look) {
        // what was appended in this turn is read from the log
        write.run();
        Gathering found = new Gathering();
        boolean more = look.next(found);
        List<Long> places = new ArrayList<>(found.records.size());
        String failure = found.failure;
        long bytes = 0;
        for (MessageRecord record : found.records) {
            try {
                places.add(store.appender().relocate(record));
                bytes += record.size();
            } catch (StoreException e) {
                failure = String.valueOf(e.getMessage());
                break;
            }
        }
        write.run();
        if (store.appender().failed()) {
            return new Step(false, 0, 0, "the store has failed");
        }
        for (long place : places) {
            MessageRecord record = store.log().read(place);
            if (record == null) {
                throw new IllegalStateException("what was written at " + place + " of the log can't be read");
            }
            store.relocated(record);
        }
        return new Step(more && failure.isEmpty(), places.size(), bytes, failure);
    }

    /**
     * Adds up what a look finds next, by file.
     *
     * @param start where the first file begins
     * @return whether there may be more
     */
    boolean count(LiveRecords.Look look, long start, int fileBytes, long[] bytesOfFiles) {
        int[] places = {0};
        return look.next(new LiveRecords.Found() {
            @Override
            public boolean mayGoOn() {
                return places[0]++ < PLACES;
            }

            @Override
            public void unknown(String why) {
                // it will be moved, if it counts
            }

            @Override
            public void live(long logOffset, int size) {
                int file = (int) ((logOffset - start) / fileBytes);
                if (logOffset >= start && file < bytesOfFiles.length) {
                    bytesOfFiles[file] += size < 0 ? sizeOf(logOffset) : size;
                }
            }
        });
    }

    private int sizeOf(long logOffset) {
        MessageRecord record = store.log().read(logOffset);
        return record == null ? 0 : record.size();
    }
}
