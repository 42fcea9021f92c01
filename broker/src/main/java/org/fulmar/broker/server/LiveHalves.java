package org.fulmar.broker.server;

import java.util.ArrayDeque;
import java.util.Deque;
import org.fulmar.broker.store.LiveRecords;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.message.MessageRecord;

/** The half messages of JMS transactions that are open, prepared or being committed. Owned by the broker's core. */
final class LiveHalves implements LiveRecords {
    private final TransactionTable table;
    private final MessageStore store;

    LiveHalves(TransactionTable table, MessageStore store) {
        this.table = table;
        this.store = store;
    }

    @Override
    public Look before(long position) {
        Deque<long[]> ranges = new ArrayDeque<>(table.halvesBefore(position));
        return found -> {
            while (!ranges.isEmpty()) {
                if (!found.mayGoOn()) {
                    return true;
                }
                long[] range = ranges.element();
                MessageRecord half = store.log().read(range[0]);
                if (half != null) {
                    found.live(range[0], half.size());
                    range[0] += half.size();
                }
                if (half == null || range[0] >= range[1]) {
                    ranges.remove();
                }
            }
            return false;
        };
    }
}
