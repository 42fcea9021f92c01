package org.fulmar.broker.transaction;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MovedRecord;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * The JMS transactions of which something is in the log: open ones with half messages, prepared branches, commits that are
 * not finished, and what an administrator has decided.
 *
 * <p>A state machine without I/O, owned by the broker's core. It is a view of the log: half messages name their
 * transaction, facts say what became of it. A transaction that was neither prepared nor decided when the broker stopped is
 * rolled back by that.
 */
public final class TransactionTable implements View {
    private static final byte[] HALF_BYTES = MessageProperties.name(HalfMessages.TOPIC);
    private static final byte PREPARED = 40;
    private static final byte DECIDED = 41;
    private static final byte DONE = 42;
    private static final byte FORGOTTEN = 43;
    private static final HexFormat HEX = HexFormat.of();

    /** Bytes that the facts of one transaction have in a group, but for what it acknowledges, at most. */
    public static final int FACT_BYTES = 2048;

    private static final int MAX_OWNER = 512;

    private final Map<Long, Branch> branches = new TreeMap<>();
    private final Map<BranchXid, Branch> byXid = new HashMap<>();
    private long lastNumber;

    /** A new open transaction. */
    public Branch open(TransactionId id) {
        Branch branch = branch(lastNumber + 1);
        branch.id(id);
        return branch;
    }

    private Branch branch(long number) {
        lastNumber = Math.max(lastNumber, number);
        return branches.computeIfAbsent(number, Branch::new);
    }

    /** The branch of this name that is prepared or decided; null while it is open. */
    public @Nullable Branch find(BranchXid xid) {
        return byXid.get(xid);
    }

    public @Nullable Branch find(long number) {
        return branches.get(number);
    }

    /** In the order of their numbers. */
    public Collection<Branch> all() {
        return branches.values();
    }

    public int size() {
        return branches.size();
    }

    /** A half message was appended, or is found by a replay. */
    public void half(Branch branch, long position, int size) {
        branch.addHalf(position, size);
    }

    /** An open transaction is rolled back: of its half messages nothing will be known after a restart. */
    public void drop(Branch branch) {
        branches.remove(branch.number());
    }

    /**
     * @param coordinator the broker that records the decision, if it is another one; empty for this one
     */
    public void prepare(Branch branch, TransactionId id, long now, String owner, String coordinator, FactSink facts) {
        String by = owner.length() > MAX_OWNER ? owner.substring(0, MAX_OWNER) : owner;
        facts.fact(out -> {
            out.writeByte(PREPARED).writeLong(branch.number());
            id.encode(out);
            out.writeLong(now);
            text(out, by);
            text(out, coordinator);
        });
        applyPrepared(branch.number(), id, now, by);
    }

    private void applyPrepared(long number, TransactionId id, long now, String owner) {
        Branch branch = branch(number);
        branch.prepared(id, now, owner);
        name(branch, id);
    }

    /** From now on the branch is found by its name, until it is forgotten. */
    private void name(Branch branch, TransactionId id) {
        BranchXid xid = id.xid();
        if (xid != null) {
            byXid.put(xid, branch);
        }
    }

    /** The decision: it stands when the fact is in the log. What it acknowledges is settled by facts of the same group. */
    public void decide(Branch branch, boolean commit, boolean heuristic, FactSink facts) {
        TransactionId id = branch.id();
        if (id == null) {
            throw new IllegalStateException("transaction " + branch.number() + " has lost its name");
        }
        facts.fact(out -> {
            out.writeByte(DECIDED)
                    .writeLong(branch.number())
                    .writeBoolean(commit)
                    .writeBoolean(heuristic);
            id.encode(out);
        });
        applyDecided(branch.number(), commit, heuristic, id);
    }

    private void applyDecided(long number, boolean commit, boolean heuristic, TransactionId id) {
        // one without half messages may not be known yet
        Branch branch = branch(number);
        branch.id(id);
        name(branch, id);
        branch.decided(commit, heuristic);
        if (!commit && !heuristic) {
            forget(branch);
        }
    }

    /** All of a committed transaction is re-appended. */
    public void done(Branch branch, FactSink facts) {
        facts.fact(out -> out.writeByte(DONE).writeLong(branch.number()));
        applyDone(branch.number());
    }

    private void applyDone(long number) {
        Branch branch = branches.get(number);
        if (branch != null) {
            branch.done();
            if (!branch.isHeuristic()) {
                forget(branch);
            }
        }
    }

    /** The transaction manager knows what an administrator has decided. */
    public void forget(Branch branch, FactSink facts) {
        facts.fact(out -> out.writeByte(FORGOTTEN).writeLong(branch.number()));
        forget(branch);
    }

    private void forget(Branch branch) {
        branches.remove(branch.number());
        TransactionId id = branch.id();
        if (id != null && id.xid() != null) {
            byXid.remove(id.xid(), branch);
        }
    }

    @Override
    public void message(MessageRecord record) {
        if (record.topicIs(HALF_BYTES)) {
            String number = record.property(JmsNames.TRANSACTION);
            if (number != null) {
                branch(Long.parseLong(number)).addHalf(record.physicalOffset(), record.size());
            }
            return;
        }
        MovedRecord.tell(record, new MovedRecord.Origin() {
            @Override
            public void transaction(long number, long before) {
                Branch branch = branches.get(number);
                if (branch != null) {
                    branch.reappended(before);
                }
            }
        });
    }

    @Override
    public void relocated(MessageRecord record, long from) {
        String number = record.topicIs(HALF_BYTES) ? record.property(JmsNames.TRANSACTION) : null;
        Branch branch = number == null ? null : branches.get(Long.parseLong(number));
        if (branch != null) {
            branch.relocated(from, record.physicalOffset(), record.size());
        }
    }

    /** Parts of the log that hold half messages and begin before a place of it: first and behind-last, of each in order. */
    public List<long[]> halvesBefore(long position) {
        List<long[]> ranges = new ArrayList<>();
        for (Branch branch : branches.values()) {
            branch.halves().stream()
                    .filter(range -> range.start() < position)
                    .forEach(range -> ranges.add(new long[] {range.start(), range.end()}));
        }
        return ranges;
    }

    @Override
    public void apply(ByteBuffer fact) {
        byte type = fact.get();
        if (type < PREPARED || type > FORGOTTEN) {
            return;
        }
        long number = fact.getLong();
        switch (type) {
            case PREPARED -> {
                ByteBuf in = Unpooled.wrappedBuffer(fact);
                applyPrepared(number, TransactionId.decode(in), in.readLong(), text(in));
            }
            case DECIDED -> {
                ByteBuf in = Unpooled.wrappedBuffer(fact);
                applyDecided(number, in.readBoolean(), in.readBoolean(), TransactionId.decode(in));
            }
            case DONE -> applyDone(number);
            default -> {
                Branch branch = branches.get(number);
                if (branch != null) {
                    forget(branch);
                }
            }
        }
    }

    /** What was open when the broker stopped is rolled back: nobody is there who could go on with it. */
    @Override
    public void recovered(Ends ends) {
        branches.values().removeIf(branch -> branch.state() == Branch.State.ACTIVE);
    }

    private static void text(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length).writeBytes(bytes);
    }

    private static String text(ByteBuf in) {
        return in.readCharSequence(in.readInt(), StandardCharsets.UTF_8).toString();
    }

    @Override
    public String fileName() {
        return "jmsTransactions.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        ObjectNode json = JsonBody.object().put("logPosition", logPosition).put("lastNumber", lastNumber);
        ArrayNode array = json.putArray("transactions");
        for (Branch branch : branches.values()) {
            ObjectNode node = array.addObject()
                    .put("number", branch.number())
                    .put("state", branch.state().name())
                    .put("heuristic", branch.isHeuristic())
                    .put("since", branch.since())
                    .put("owner", branch.owner())
                    .put("messages", branch.messages())
                    .put("bytes", branch.bytes())
                    .put("next", branch.next());
            TransactionId id = branch.id();
            if (id != null) {
                ByteBuf out = Unpooled.buffer(64);
                id.encode(out);
                node.put("id", HEX.formatHex(out.array(), 0, out.writerIndex()));
            }
            ArrayNode halves = node.putArray("halves");
            branch.halves()
                    .forEach(range -> halves.add(range.start()).add(range.end()).add(range.count()));
        }
        return () -> JsonBody.bytes(json);
    }

    @Override
    public long restore(byte @Nullable [] content) {
        branches.clear();
        byXid.clear();
        lastNumber = 0;
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        for (JsonNode node : json.path("transactions")) {
            restore(node);
        }
        lastNumber = json.path("lastNumber").asLong();
        return json.path("logPosition").asLong();
    }

    private void restore(JsonNode node) {
        Branch branch = branch(node.path("number").asLong());
        TransactionId id = node.has("id")
                ? TransactionId.decode(
                        Unpooled.wrappedBuffer(HEX.parseHex(node.path("id").asText())))
                : null;
        branch.restored(
                id,
                Branch.State.valueOf(node.path("state").asText()),
                node.path("heuristic").asBoolean(),
                node.path("since").asLong(),
                node.path("owner").asText(),
                node.path("next").asLong());
        List<Long> numbers = new ArrayList<>();
        node.path("halves").forEach(number -> numbers.add(number.asLong()));
        for (int i = 0; i + 2 < numbers.size(); i += 3) {
            branch.add(new Branch.Halves(
                    numbers.get(i), numbers.get(i + 1), numbers.get(i + 2).intValue()));
        }
        branch.counted(
                node.path("messages").asLong(branch.messages()),
                node.path("bytes").asLong(branch.bytes()));
        if (id != null && branch.state() != Branch.State.ACTIVE) {
            name(branch, id);
        }
    }
}
