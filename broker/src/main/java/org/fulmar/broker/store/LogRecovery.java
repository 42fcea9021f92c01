package org.fulmar.broker.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fulmar.protocol.message.MessageRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a log that a process left behind, cleanly or not. Runs once, on the starting thread, before the log is used.
 *
 * <p>Every record from the given place on is verified with its checksum. At the first one that is not whole the log is
 * cut; the bytes behind are kept in the directory {@code aside} for whoever wants to know, and read as zeros in the
 * log from then on.
 */
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
    private static final int BLOCK = 1 << 20;

    private final Disk disk;
    private final CommitLog log;
    private final Path aside;
    private LogSegment[] segments = {};
    /** Records between these places are known to be whole. */
    private long soundFrom;

    private long soundEnd;

    LogRecovery(Disk disk, CommitLog log, Path aside) {
        this.disk = disk;
        this.log = log;
        this.aside = aside;
    }

    /** Takes whole records in order, those of a group only together. */
    interface Visitor {
        void record(MessageRecord record);
    }

    /**
     * Opens the segment files; a gap in their names ends the log there. Deletes those before {@code start}.
     *
     * @return the first position; {@code start} if there is no file
     */
    long openSegments(long start) throws IOException {
        log.mark().load();
        List<LogSegment> found = new ArrayList<>();
        List<Long> bases = new ArrayList<>();
        for (Path file : disk.list(log.directory())) {
            String name = file.getFileName().toString();
            if (!name.matches("\\d{20}")) {
                continue;
            }
            long base = Long.parseLong(name);
            if (base < start) {
                LOG.info("log file {} is before the log's beginning and is deleted", file);
                disk.delete(file);
            } else {
                bases.add(base);
            }
        }
        for (int i = 1; i < bases.size(); i++) {
            if (bases.get(i) - bases.get(i - 1) < log.segmentSize()) {
                throw new IOException("the log files in " + log.directory() + " are shorter than " + log.segmentSize()
                        + " bytes: set the size back to what the store was made with");
            }
        }
        for (long base : bases) {
            Path file = log.directory().resolve(LogSegment.fileName(base));
            if (!found.isEmpty() && base != found.get(found.size() - 1).end()) {
                if (drop(LogSegment.open(disk, log.directory(), base, log.segmentSize()))) {
                    LOG.warn("log file {} does not follow its predecessor and is put aside", file);
                }
                continue;
            }
            found.add(LogSegment.open(disk, log.directory(), base, log.segmentSize()));
        }
        segments = found.toArray(LogSegment[]::new);
        return segments.length == 0 ? start : segments[0].base();
    }

    /** {@code from}, or the beginning of its file if no whole record stands there, as when much of the log was lost. */
    long soundStart(long from, long cleanEnd) {
        if (segments.length == 0 || from == segments[0].base() || from == cleanEnd) {
            return from;
        }
        int index = (int) Math.min((from - segments[0].base()) / log.segmentSize(), segments.length - 1L);
        LogSegment segment = segments[index];
        if (from < segment.end() && scan(segment, (int) (from - segment.base()), record -> {}, 1) > from) {
            return from;
        }
        return segment.base();
    }

    /** Where the whole records end that begin at {@code from}; changes nothing. */
    long findEnd(long from) {
        long position = from;
        int index = segments.length == 0 ? 0 : (int) ((from - segments[0].base()) / log.segmentSize());
        while (index < segments.length && position == Math.max(from, segments[index].base())) {
            position =
                    scan(segments[index], (int) (position - segments[index].base()), record -> {}, Integer.MAX_VALUE);
            index++;
        }
        soundFrom = from;
        soundEnd = position;
        return position;
    }

    /**
     * Verifies the records from {@code from} on, a place where a record begins, and opens the log at their end.
     *
     * @param cleanEnd where the log was closed in good order, or -1: nothing is looked for behind that place
     * @return the end of the log
     */
    long recover(long from, long cleanEnd, Visitor visitor) throws IOException {
        long position = from;
        int index = segments.length == 0 ? 0 : (int) ((from - segments[0].base()) / log.segmentSize());
        while (index < segments.length) {
            LogSegment segment = segments[index];
            position = scan(segment, (int) (position - segment.base()), visitor, Integer.MAX_VALUE);
            if (position < segment.end()) {
                break;
            }
            // a killed process may have left it with the operating system only
            segment.force();
            index++;
        }
        if (index < segments.length) {
            keepTail(index, (int) (position - segments[index].base()), position == cleanEnd);
        }
        log.open(segments, position);
        return position;
    }

    /** Shows the records of a recovered log once more; those behind a damaged one in its file are passed over. */
    void visit(Visitor visitor) {
        for (LogSegment segment : segments) {
            scan(segment, 0, visitor, Integer.MAX_VALUE);
        }
    }

    /**
     * The place behind the last record that is whole, and whose group is; the segment's end if a filler closes it. A group
     * lies in one segment.
     */
    private long scan(LogSegment segment, int from, Visitor visitor, int records) {
        ByteBuffer mapped = segment.mapped();
        List<MessageRecord> group = new ArrayList<>();
        int whole = from;
        int at = from;
        for (int i = 0; (i < records || !group.isEmpty()) && at + 8 <= segment.size(); i++) {
            if (group.isEmpty()
                    && mapped.getInt(at + 4) == MessageRecord.MAGIC_FILLER
                    && mapped.getInt(at) == segment.size() - at) {
                return segment.end();
            }
            MessageRecord record = MessageRecord.wrap(mapped, at, segment.size());
            long position = segment.base() + at;
            boolean sound = position >= soundFrom && position < soundEnd;
            if (record == null || record.physicalOffset() != position || !sound && !record.intact()) {
                break;
            }
            at += record.size();
            group.add(record);
            if (!RecordGroup.goesOn(record)) {
                group.forEach(visitor::record);
                group.clear();
                whole = at;
            }
        }
        return segment.base() + whole;
    }

    private void keepTail(int index, int cut, boolean clean) throws IOException {
        LogSegment torn = segments[index];
        boolean kept = !clean && copyTail(torn, cut);
        for (int i = index + 1; i < segments.length; i++) {
            kept |= drop(segments[i]);
        }
        segments = Arrays.copyOf(segments, index + 1);
        torn.cut(cut);
        if (kept) {
            LOG.warn("the log was cut at {}; what followed is kept in {}", torn.base() + cut, aside);
        }
    }

    /** Takes a file out of the log: put aside if anything was written to it, which the result says. */
    private boolean drop(LogSegment segment) throws IOException {
        boolean used = isUsed(segment);
        segment.close();
        if (used) {
            disk.move(segment.path(), aside.resolve(segment.path().getFileName()));
        } else {
            // a file that was made ahead of the writer
            disk.delete(segment.path());
        }
        return used;
    }

    /** Where to stop looking for anything in a segment. */
    private int usableBytes(LogSegment segment) {
        return (int) Math.max(0, Math.min(segment.size(), log.mark().position() - segment.base()));
    }

    private boolean isUsed(LogSegment segment) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        int end = usableBytes(segment);
        for (int at = 0; at < end; at += BLOCK) {
            block.clear().limit(Math.min(BLOCK, end - at));
            segment.readFromDisk(block, at);
            if (lastNonZero(block.flip()) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Copies what is behind {@code cut} up to the last byte that is not zero; whether there was any. */
    private boolean copyTail(LogSegment segment, int cut) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        DiskFile target = null;
        try {
            int end = usableBytes(segment);
            for (int at = cut; at < end; at += BLOCK) {
                block.clear().limit(Math.min(BLOCK, end - at));
                segment.readFromDisk(block, at);
                block.flip();
                int used = lastNonZero(block);
                if (used > 0) {
                    target = target == null ? openTail(segment.base() + cut) : target;
                    target.write(block.limit(used), at - cut);
                }
            }
            if (target != null) {
                target.force();
            }
        } finally {
            if (target != null) {
                target.close();
            }
        }
        return target != null;
    }

    private DiskFile openTail(long position) throws IOException {
        String name = LogSegment.fileName(position) + ".tail";
        Path path = aside.resolve(name);
        for (int i = 1; disk.exists(path); i++) {
            path = aside.resolve(name + "." + i);
        }
        return disk.open(path);
    }

    private static int lastNonZero(ByteBuffer block) {
        int end = block.limit();
        while (end >= 8 && block.getLong(end - 8) == 0) {
            end -= 8;
        }
        while (end > 0 && block.get(end - 1) == 0) {
            end--;
        }
        return end;
    }
}
