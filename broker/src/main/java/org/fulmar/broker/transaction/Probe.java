package org.fulmar.broker.transaction;

/**
 * Is told when a transaction passes a point at which a process may die; tests end processes there. Called on the broker's
 * core, which waits for it. The broker of a user has {@link #NONE}.
 */
public interface Probe {
    /** Passes every point. */
    Probe NONE = point -> {};

    /** The points, in the order of a transaction's life. */
    enum Point {
        /** A part with messages has come, and none of them is in the log. */
        SEND,
        /** A part with acknowledgements has come. */
        ACKNOWLEDGE,
        /** The application has ended its work on a branch. */
        END,
        /** A prepare has come, and nothing of it is in the log. */
        PREPARE,
        /** The branch is prepared and durable, and nobody was told. */
        PREPARED,
        /** A commit has come, and nothing of it is in the log. */
        COMMIT,
        /** The decision to commit is written, and no half message is re-appended. */
        COMMITTING,
        /** Some half messages are re-appended, which is written, and others not. Passed between turns of the core. */
        RE_APPEND,
        /** All is visible and durable, and nobody was told. */
        COMMITTED,
        /** A rollback has come, and nothing of it is in the log. */
        ROLLBACK,
        /** The branches in doubt are asked for. */
        RECOVER,
        /** The producer of a half message is about to be asked for its outcome. */
        CHECK_BACK
    }

    void at(Point point);
}
