package org.fulmar.jms.crash;

/**
 * What a client does in one transaction: moves messages of the queue and one of the subscription.
 *
 * @param name of the transaction
 * @param messages of the queue, 1 or more
 * @param bytes of each message's body
 * @param interleaved whether each message is sent before the next is received
 */
record Work(String name, Kind kind, int messages, int bytes, boolean interleaved) {
    /** How the transaction ends, if nothing happens. */
    enum Kind {
        /** A branch that is prepared, for the manager to decide. */
        TWO_PHASE,
        /** A branch that its client commits. */
        ONE_PHASE,
        /** A branch that its client rolls back, unprepared. */
        BRANCH_ROLLED_BACK,
        /** A transacted session commits. */
        LOCAL,
        LOCAL_ROLLED_BACK,
        /** A message of a RocketMQ producer, which knows no outcome; nothing is received. */
        HALF;

        boolean isBranch() {
            return this == TWO_PHASE || this == ONE_PHASE || this == BRANCH_ROLLED_BACK;
        }
    }

    /** What became of it, as far as its client knows. */
    enum Outcome {
        /** To be decided by the manager. */
        PREPARED,
        COMMITTED,
        ROLLED_BACK,
        UNKNOWN
    }

    /** Its form between processes. */
    String text() {
        return name + " " + kind + " " + messages + " " + bytes + " " + interleaved;
    }

    static Work parse(String... words) {
        return new Work(
                words[0],
                Kind.valueOf(words[1]),
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]),
                Boolean.parseBoolean(words[4]));
    }

    /** How many messages it puts anywhere. */
    int moved() {
        return kind == Kind.HALF ? 1 : messages + 1;
    }

    /** The one message that a half transaction puts into the queue. */
    String halfToken() {
        return "half-" + name;
    }
}
