package org.fulmar.broker.server;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.Consumer;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.delivery.TransactedDeliveries;
import org.fulmar.broker.delivery.TransactedDeliveries.Held;
import org.fulmar.broker.transaction.Branch;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of which parts have come, and no end. Owned by the broker's core. One goes with any connection that
 * has brought a part of it; whoever goes on with it is told that it is rolled back.
 */
final class OpenTransactions {
    /** Rolled-back transactions whose clients have not heard of it are remembered, up to so many. */
    private static final int MAX_ROLLED_BACK = 10_000;

    private final BrokerConfig config;
    private final TransactionTable table;
    private final TransactedDeliveries deliveries;
    private final Map<Object, OpenTransaction> open = new HashMap<>();
    private final Map<Object, Boolean> rolledBack = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Boolean> eldest) {
            return size() > MAX_ROLLED_BACK;
        }
    };

    OpenTransactions(BrokerConfig config, TransactionTable table, TransactedDeliveries deliveries) {
        this.config = config;
        this.table = table;
        this.deliveries = deliveries;
    }

    /** Of a session's own transaction: what tells it from others. */
    private record Own(long producerId, long sequence) {}

    private static Object key(TransactionId id) {
        BranchXid xid = id.xid();
        return xid == null ? new Own(id.producerId(), id.sequence()) : xid;
    }

    static DeliveryException rolledBack(TransactionId id, @Nullable String why) {
        return new DeliveryException(
                ResponseCode.JMS_TRANSACTION_ROLLED_BACK, "transaction " + id.text() + " is rolled back: " + why);
    }

    Collection<OpenTransaction> all() {
        return open.values();
    }

    boolean contains(BranchXid xid) {
        return open.containsKey(xid);
    }

    /**
     * What has come of a transaction before; null for nothing.
     *
     * @throws DeliveryException if something of it is lost; it is rolled back then
     */
    @Nullable OpenTransaction find(JmsPeer peer, TransactionPart part) throws DeliveryException {
        Object key = key(part.id());
        if (rolledBack.remove(key) != null) {
            throw rolledBack(part.id(), "a connection that had a part in it was lost, or a part was refused");
        }
        OpenTransaction transaction = open.get(key);
        if (part.before() != (transaction == null ? 0 : transaction.partsOf(peer))) {
            if (transaction != null) {
                take(part.id());
                undo(transaction);
            }
            throw rolledBack(part.id(), "an earlier part of it was lost");
        }
        return transaction;
    }

    /** A new one. */
    OpenTransaction add(TransactionId id, long now) throws DeliveryException {
        checkRoom();
        OpenTransaction transaction = new OpenTransaction(id, now);
        open.put(key(id), transaction);
        return transaction;
    }

    /** Checks that there may be one more, open or in doubt. */
    void checkRoom() throws DeliveryException {
        if (open.size() + table.size() >= config.maxTransactions()) {
            throw new DeliveryException(
                    ResponseCode.JMS_RESOURCE,
                    "no more than " + config.maxTransactions() + " transactions at a time (option maxTransactions)");
        }
    }

    /** It is open no more: it ends. */
    @Nullable OpenTransaction take(TransactionId id) {
        OpenTransaction transaction = open.remove(key(id));
        if (transaction != null) {
            transaction.close();
        }
        return transaction;
    }

    /** Its client rolls it back, if there is anything of it. */
    void rollBackAsAsked(TransactionId id) {
        rolledBack.remove(key(id));
        OpenTransaction transaction = take(id);
        if (transaction != null) {
            undo(transaction);
        }
    }

    /** Something of an open transaction is lost: its client is told when it goes on with it. */
    void rollBack(OpenTransaction transaction) {
        if (take(transaction.id()) != null) {
            undo(transaction);
            rolledBack.put(key(transaction.id()), true);
        }
    }

    /** Drops the half messages of one that was taken, and gives back what it acknowledges. */
    void undo(OpenTransaction transaction) {
        undo(transaction.branch(), transaction.held());
    }

    void undo(@Nullable Branch branch, List<Held> held) {
        if (branch != null) {
            table.drop(branch);
        }
        giveBack(held);
    }

    void giveBack(List<Held> held) {
        deliveries.giveBack(held);
        forgetClosed(held);
    }

    /** Closed consumers stay for as long as messages of them are held. */
    static void forgetClosed(List<Held> held) {
        for (Held range : held) {
            Consumer consumer = range.consumer();
            if (!consumer.isOpen() && consumer.held() == 0 && consumer.owner() instanceof JmsPeer peer) {
                peer.remove(consumer);
            }
        }
    }

    /** A connection has gone, and what its consumers held is returned: the transactions that it had a part in go, too. */
    void lost(JmsPeer peer) {
        List.copyOf(peer.transactions()).forEach(this::rollBack);
    }
}
