package org.fulmar.broker.retention;

/** How full the disk of the log is, as far as it makes a difference; the later, the fuller. */
public enum DiskLevel {
    /** Files go at their hour. */
    NORMAL,
    /** Files that are old enough go at any hour. */
    HIGH,
    /** The oldest files go whatever their age is. */
    FORCED,
    /** And messages are refused. */
    REFUSING
}
