package org.fulmar.broker.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.delivery.TransactedDeliveries.Held;
import org.fulmar.broker.transaction.Branch;
import org.fulmar.protocol.jms.TransactionId;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of which parts have come, and neither a commit nor a prepare. It goes with any of the connections that
 * have brought parts. Owned by the broker's core.
 */
final class OpenTransaction {
    private final TransactionId id;
    private final long since;
    private final Map<JmsPeer, Integer> parts = new HashMap<>();
    private final List<Held> held = new ArrayList<>();
    private @Nullable Branch branch;
    private boolean persistent;

    OpenTransaction(TransactionId id, long since) {
        this.id = id;
        this.since = since;
    }

    TransactionId id() {
        return id;
    }

    /** When its first part came, in milliseconds since the epoch. */
    long since() {
        return since;
    }

    /** It is open no more. */
    void close() {
        parts.keySet().forEach(peer -> peer.transactions().remove(this));
    }

    int partsOf(JmsPeer peer) {
        return parts.getOrDefault(peer, 0);
    }

    void countPart(JmsPeer peer) {
        parts.merge(peer, 1, Integer::sum);
        peer.transactions().add(this);
    }

    /** What it acknowledges. */
    List<Held> held() {
        return held;
    }

    /** Of how many messages it has the acknowledgement. */
    long acknowledged() {
        return held.stream().mapToLong(Held::count).sum();
    }

    /** Who works on it, for people. */
    String owner() {
        return String.join("; ", parts.keySet().stream().map(JmsPeer::text).toList());
    }

    /** Its half messages; null as long as it has none. */
    @Nullable Branch branch() {
        return branch;
    }

    void branch(Branch theBranch) {
        this.branch = theBranch;
    }

    /** Whether one of its messages is persistent. */
    boolean isPersistent() {
        return persistent;
    }

    void addPersistent(boolean more) {
        persistent |= more;
    }
}
