package org.fulmar.bench;

import java.util.Locale;

/** What a broker promises when it answers a persistent send. */
enum Durability {
    /** The message was forced to the device; several may share one force. */
    FORCED,
    /** The operating system has the message: it survives the broker, not the machine. */
    WRITTEN,
    /** Nothing is waited for; Artemis then answers before it writes, Fulmar still writes first. */
    NO_FORCE;

    static Durability named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
