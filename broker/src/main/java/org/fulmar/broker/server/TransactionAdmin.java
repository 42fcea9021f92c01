package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.delivery.TransactedDeliveries;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.transaction.Branch;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * The administrator's view of JMS transactions: what is open or in doubt, since when, whose and with what content; and
 * the end of a prepared branch by hand, in place of its transaction manager, who is told of it as a heuristic outcome.
 * Owned by the broker's core.
 */
final class TransactionAdmin {
    private static final int MAX_PAGE = 1000;
    /** Messages of one transaction that are described. */
    private static final int MAX_MESSAGES = 100;

    private static final byte[] REAL_TOPIC = MessageProperties.name(MessageProperties.REAL_TOPIC);
    private static final byte[] UNIQ_KEY = MessageProperties.name("UNIQ_KEY");

    private final OpenTransactions transactions;
    private final TransactionTable table;
    private final TransactionWriter writer;
    private final TransactedDeliveries deliveries;
    private final MessageStore store;
    private final LongSupplier clock;

    TransactionAdmin(
            OpenTransactions transactions,
            TransactionTable table,
            TransactionWriter writer,
            TransactedDeliveries deliveries,
            MessageStore store,
            LongSupplier clock) {
        this.transactions = transactions;
        this.table = table;
        this.writer = writer;
        this.deliveries = deliveries;
        this.store = store;
        this.clock = clock;
    }

    /**
     * Fields: {@code max} entries of each list, {@code after} the number of the last branch of the page before, {@code
     * messages} whether the messages of each are described.
     */
    void list(Request request) {
        Fields in = Fields.of(request.frame());
        int max = Math.max(1, Math.min(MAX_PAGE, in.integer("max", 100)));
        long after = in.number("after", 0);
        boolean described = in.bool("messages", false);
        long now = clock.getAsLong();
        ObjectNode json = JsonBody.object();
        ArrayNode array = json.putArray("transactions");
        int count = 0;
        for (Branch branch : table.all()) {
            if (branch.number() > after && branch.state() != Branch.State.ACTIVE && count++ < max) {
                describe(branch, array.addObject(), now, described);
            }
        }
        ArrayNode open = json.putArray("open");
        for (OpenTransaction transaction : transactions.all()) {
            if (open.size() < max) {
                Branch branch = transaction.branch();
                open.addObject()
                        .put("id", transaction.id().text())
                        .put("ageMillis", now - transaction.since())
                        .put("owner", transaction.owner())
                        .put("acknowledged", transaction.acknowledged())
                        .put("messages", branch == null ? 0 : branch.messages());
            }
        }
        request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(json));
    }

    private void describe(Branch branch, ObjectNode node, long now, boolean described) {
        TransactionId id = branch.id();
        node.put("number", branch.number())
                .put("id", id == null ? "" : id.text())
                .put("state", branch.state().name())
                .put("heuristic", branch.isHeuristic())
                .put("ageMillis", now - branch.since())
                .put("owner", branch.owner())
                .put("acknowledged", deliveries.reservedBy(branch.number()))
                .put("messages", branch.messages())
                .put("bytes", branch.bytes());
        if (described) {
            ArrayNode content = node.putArray("content");
            for (MessageRecord half : halves(branch)) {
                content.addObject()
                        .put("destination", half.property(REAL_TOPIC))
                        .put("messageId", half.property(UNIQ_KEY))
                        .put("bornTimestamp", half.bornTimestamp())
                        .put("bodyBytes", half.body().remaining());
            }
        }
    }

    private List<MessageRecord> halves(Branch branch) {
        List<MessageRecord> found = new ArrayList<>();
        long at = branch.halfBehind(0);
        while (at >= 0 && found.size() < MAX_MESSAGES) {
            @Nullable MessageRecord half = store.log().read(at);
            if (half == null) {
                break;
            }
            found.add(half);
            at = branch.halfBehind(at + half.size());
        }
        return found;
    }

    /** Fields: {@code xid} in the form that {@link #list} gives, {@code commit}. */
    void end(Request request) {
        Fields in = Fields.of(request.frame());
        BranchXid xid = BranchXid.parse(in.text("xid"));
        boolean commit = in.bool("commit", false);
        Branch branch = table.find(xid);
        if (branch == null) {
            request.answer(ResponseCode.JMS_TRANSACTION_UNKNOWN, "no branch " + xid + " is in doubt");
        } else if (branch.state() != Branch.State.PREPARED) {
            request.answer(ResponseCode.JMS_TRANSACTION_STATE, "branch " + xid + " is " + branch.state() + " already");
        } else {
            end(request, branch, commit);
        }
    }

    private void end(Request request, Branch branch, boolean commit) {
        try {
            if (commit) {
                writer.commitPrepared(branch, true, new JmsSender.Answer(request));
            } else {
                writer.rollbackPrepared(branch, true, new JmsSender.Answer(request));
            }
        } catch (StoreException e) {
            request.answer(StoreErrors.jmsCode(e), e.getMessage());
        }
    }
}
