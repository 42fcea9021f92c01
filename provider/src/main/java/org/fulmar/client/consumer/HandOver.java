package org.fulmar.client.consumer;

/** How a queue passes from one member of a group to another when members come and go. */
public enum HandOver {
    /**
     * The old owner ends what it has begun, commits and unlocks; the new one begins when it gets the broker's lock on the
     * queue. No message is processed by two members at the same time, as long as all members consume in this way.
     * Brokers that know no locks are used as with {@link #IMMEDIATE}.
     */
    LOCKED,
    /**
     * The new owner begins at once, at what was committed last: what the old one has in hand may be processed twice.
     * This is what Apache's concurrent consumers do, and right for a group that has some of them.
     */
    IMMEDIATE
}
