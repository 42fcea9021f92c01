package org.fulmar.broker.retention;

/**
 * What retention has done and what it sees, for administrators; a snapshot.
 *
 * @param usedRatio of the disk, 0 to 1, without what deleted files still take; -1 if it is not known
 * @param logStart where the log begins
 * @param deletedFiles of the log, since the start of the broker
 * @param movedMessages that were put to another place, since the start of the broker
 * @param movedBytes of them
 * @param mappedBytes of deleted files that the system gives back when the garbage collector has found them
 * @param kept why files that could go are kept; empty if none is
 */
public record RetentionState(
        double usedRatio,
        DiskLevel level,
        long logStart,
        long deletedFiles,
        long movedMessages,
        long movedBytes,
        long mappedBytes,
        String kept) {}
