package org.fulmar.protocol.jms;

import org.fulmar.protocol.frame.FrameException;

/** The kinds of JMS destinations, with their number on the wire. */
public enum DestinationKind {
    QUEUE,
    TOPIC,
    TEMPORARY_QUEUE,
    TEMPORARY_TOPIC;

    public boolean isQueue() {
        return this == QUEUE || this == TEMPORARY_QUEUE;
    }

    public boolean isTemporary() {
        return this == TEMPORARY_QUEUE || this == TEMPORARY_TOPIC;
    }

    static DestinationKind of(int number) {
        if (number < 0 || number >= values().length) {
            throw new FrameException("unknown kind of destination " + number);
        }
        return values()[number];
    }
}
