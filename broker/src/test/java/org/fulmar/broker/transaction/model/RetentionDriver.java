package org.fulmar.broker.transaction.model;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.fulmar.broker.Patience;
import org.fulmar.broker.retention.RetentionState;
import org.fulmar.broker.transaction.model.Wire.Call;
import org.fulmar.broker.transaction.model.Wire.Link;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Credit;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.message.MessageRecord;
import org.jspecify.annotations.Nullable;

/**
 * Sends, acknowledges here and there, lets time pass, has transactions prepared and decided long afterwards, and knows what
 * must be there of it all: the model of a broker whose old files are deleted meanwhile. Used by one thread.
 */
final class RetentionDriver {
    private static final String QUEUE = "q";
    private static final String TOPIC = "t";
    private static final String UNREAD = "unread";
    private static final long HOUR = 3_600_000;
    private static final long PATIENCE_SECONDS = Patience.SECONDS;

    /** A message and what is known of it. */
    private static final class Message {
        final long id;
        final String destination;
        final int priority;
        /** Whether it comes in the order in which it was sent. */
        final boolean ordered;

        boolean stored;
        boolean maybe;
        boolean gone;
        boolean maybeGone;

        Message(long id, String destination, int priority, boolean ordered) {
            this.id = id;
            this.destination = destination;
            this.priority = priority;
            this.ordered = ordered;
        }

        @Override
        public String toString() {
            return "message " + id + " of " + destination + " priority " + priority
                    + (ordered ? "" : " delayed or in xa");
        }
    }

    private record Held(Message message, int consumer, int queueId, long offset) {}

    private record Prepared(TransactionId id, List<Message> messages) {}

    private final Machine machine;
    private final Wire wire;
    private final Random random;
    private final Map<Long, Message> messages = new TreeMap<>();
    private final List<Held> held = new ArrayList<>();
    private final Map<Integer, Boolean> started = new HashMap<>();
    private final List<Prepared> prepared = new ArrayList<>();
    private final List<Prepared> toCommit = new ArrayList<>();
    private final List<Prepared> toRollBack = new ArrayList<>();
    private final Map<String, Long> lastFirst = new HashMap<>();
    private Link link;
    private long nextId = 1;
    private long sequence;
    private long movedMessages;
    private boolean draining;
    private final Set<Long> drained = new HashSet<>();

    RetentionDriver(Machine machine, Random random, WireMaker maker) {
        this.machine = machine;
        this.random = random;
        this.wire = maker.make(this::delivered);
    }

    /** Makes the wire that tells of deliveries. */
    interface WireMaker {
        Wire make(java.util.function.BiConsumer<Link, Deliver> deliveries);
    }

    long movedMessages() {
        return movedMessages + state().movedMessages();
    }

    RetentionState state() {
        return Objects.requireNonNull(machine.retention());
    }

    private static void require(boolean condition, String what, Object... with) {
        if (!condition) {
            throw new AssertionError(String.format(what, with));
        }
    }

    // ---- connections

    void connect() {
        started.clear();
        held.clear();
        Link fresh = wire.open("driver");
        if (fresh == null) {
            return;
        }
        link = fresh;
        wire.await(wire.call(link, JmsCode.START, out -> {}));
        consume(1, QUEUE, CreateConsumer.Kind.QUEUE, null, 20);
        consume(2, TOPIC, CreateConsumer.Kind.SHARED_DURABLE, "s", 20);
    }

    private int handle(String destination) {
        Integer known = link.handles.get(destination);
        if (known != null) {
            return known;
        }
        DestinationKind kind = destination.equals(QUEUE) ? DestinationKind.QUEUE : DestinationKind.TOPIC;
        Call opening = wire.call(link, JmsCode.OPEN_DESTINATION, new OpenDestination(kind, destination)::encode);
        wire.await(opening);
        if (!opening.succeeded()) {
            require(!opening.done || opening.lost, "%s", opening);
            return -1;
        }
        int handle = OpenDestination.Reply.decode(Unpooled.wrappedBuffer(opening.body))
                .handle();
        link.handles.put(destination, handle);
        return handle;
    }

    private void consume(int id, String destination, CreateConsumer.Kind kind, @Nullable String name, int credit) {
        int handle = handle(destination);
        if (handle < 0) {
            return;
        }
        CreateConsumer create = new CreateConsumer(id, 1, handle, kind, name, null, false, List.of(), credit);
        Call call = wire.call(link, JmsCode.CREATE_CONSUMER, create::encode);
        wire.await(call);
        require(!call.done || call.lost || call.succeeded(), "%s", call);
        started.put(id, call.succeeded());
    }

    /** The machine has died, or is stopped now: it comes back. */
    void comeBack(boolean power) throws Exception {
        boolean died = machine.isDead();
        movedMessages += state().movedMessages();
        wire.cutAll(List.of(link));
        machine.restart();
        while (machine.isDead()) {
            machine.restart();
        }
        if (died && power) {
            // that a message was delivered, and acknowledged, was in the log, but not forced
            lastFirst.clear();
            messages.values().stream().filter(message -> message.gone).forEach(message -> {
                message.gone = false;
                message.maybeGone = true;
            });
        }
        connect();
        settleDoubts();
    }

    private void settleDoubts() {
        for (Prepared each : List.copyOf(toCommit)) {
            decide(each, true);
        }
        for (Prepared each : List.copyOf(toRollBack)) {
            decide(each, false);
        }
    }

    // ---- messages

    private Message next(String destination, boolean ordered) {
        Message message = new Message(nextId++, destination, random.nextInt(4) == 0 ? 9 : 4, ordered);
        if (!destination.equals(UNREAD)) {
            messages.put(message.id, message);
        }
        return message;
    }

    private byte[] body(Message message) {
        boolean large = message.destination.equals(UNREAD) || random.nextInt(8) == 0;
        byte[] body = new byte[100 + random.nextInt(large ? 6000 : 600)];
        ByteBuffer.wrap(body).putLong(message.id);
        return body;
    }

    private static byte[] properties(Message message) {
        return ("KEYS\u0001k" + message.id + "\u0002").getBytes(StandardCharsets.UTF_8);
    }

    /** Sends some messages at once. */
    void send(int count) {
        for (int i = 0; i < count && !machine.isDead(); i++) {
            int kind = random.nextInt(20);
            boolean delayed = kind == 0;
            String destination = kind < 4 ? QUEUE : kind < 7 ? TOPIC : UNREAD;
            int handle = handle(destination);
            if (handle < 0) {
                return;
            }
            Message message = next(destination, !delayed);
            long due = delayed ? machine.now() + 1 + random.nextInt((int) (4 * HOUR)) : 0;
            byte[] body = body(message);
            message.maybe = true;
            Call call = wire.call(
                    link,
                    JmsCode.SEND,
                    out -> SendOperation.encode(
                            out,
                            new SendOperation.Envelope(handle, due, 0, 0),
                            JmsFlag.MARK | message.priority,
                            0,
                            machine.now(),
                            properties(message),
                            body));
            call.then = done -> {
                if (!done.lost) {
                    message.stored = done.answer == ResponseCode.SUCCESS;
                    message.maybe = message.stored;
                    require(
                            message.stored || done.answer == ResponseCode.JMS_RESOURCE,
                            "%s is refused: %s",
                            message,
                            done);
                }
            };
        }
        wire.awaitAll();
    }

    private void delivered(Link from, Deliver deliver) {
        for (Deliver.Message each : deliver.messages()) {
            MessageRecord record =
                    Objects.requireNonNull(MessageRecord.wrap(ByteBuffer.wrap(each.record()), 0, each.record().length));
            require(record.intact(), "a damaged message came");
            long id = record.body().getLong(0);
            Message message = messages.get(id);
            require(message != null && message.maybe, "message %d was not sent, but came", id);
            require(record.queueOffset() == each.queueOffset(), "%s has another offset than it says", message);
            require(!message.gone, "%s was acknowledged, but comes again (%d)", message, each.deliveryCount());
            require(
                    held.stream().noneMatch(other -> other.message == message),
                    "%s comes though it is held, %d",
                    message,
                    each.deliveryCount());
            held.add(new Held(message, deliver.consumerId(), each.queueId(), each.queueOffset()));
            if (draining) {
                require(drained.add(id), "%s came twice", message);
            }
            if (message.ordered && (each.deliveryCount() == 1 || draining)) {
                Long before = lastFirst.put(message.destination + each.queueId(), id);
                require(before == null || before < id, "%s came behind %d", message, before);
            }
        }
    }

    /** Acknowledges some of what is held, here and there, and leaves the rest. */
    void acknowledge(int most) {
        List<Held> some = new ArrayList<>();
        for (int i = 0; i < most && !held.isEmpty(); i++) {
            // the first are held for long
            int index = Math.min(held.size() - 1, (random.nextInt(3) == 0 ? 0 : 4) + random.nextInt(held.size()));
            some.add(held.remove(index));
        }
        List<Acknowledge.Range> ranges = some.stream()
                .map(each -> new Acknowledge.Range(each.consumer, each.queueId, each.offset, 1))
                .toList();
        if (ranges.isEmpty()) {
            return;
        }
        some.forEach(each -> each.message.maybeGone = true);
        Call call = wire.call(link, JmsCode.ACKNOWLEDGE, new Acknowledge(1, true, ranges)::encode);
        call.then = done -> {
            if (!done.lost) {
                require(done.answer == ResponseCode.SUCCESS, "an acknowledgement of what is held: %s", done);
                some.forEach(each -> each.message.gone = true);
            }
        };
        wire.await(call);
    }

    // ---- transactions

    void prepare() {
        int handle = handle(QUEUE);
        if (handle < 0) {
            return;
        }
        long number = ++sequence;
        BranchXid xid = new BranchXid(1, ByteBuffer.allocate(8).putLong(number).array(), new byte[0]);
        TransactionId id = new TransactionId(xid, 7, number);
        List<Message> own = new ArrayList<>();
        List<TransactionPart.Outgoing> outgoing = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(6); i++) {
            Message message = next(QUEUE, false);
            own.add(message);
            outgoing.add(new TransactionPart.Outgoing(
                    SendOperation.Envelope.to(handle),
                    JmsFlag.MARK | message.priority,
                    machine.now(),
                    properties(message),
                    body(message)));
        }
        Prepared branch = new Prepared(id, own);
        toRollBack.add(branch);
        Call call = wire.call(
                link,
                JmsCode.TRANSACTION_PREPARE,
                out -> TransactionPart.encode(out, id, 0, true, List.of(), outgoing));
        call.then = done -> {
            if (!done.lost) {
                if (done.answer == ResponseCode.SUCCESS) {
                    toRollBack.remove(branch);
                    prepared.add(branch);
                } else {
                    require(done.answer == ResponseCode.JMS_RESOURCE, "a prepare: %s", done);
                    toRollBack.remove(branch);
                }
            }
        };
        wire.await(call);
    }

    /** Decides one of the prepared branches. */
    void decide() {
        if (!prepared.isEmpty()) {
            boolean commit = random.nextInt(3) > 0;
            Prepared branch = prepared.remove(random.nextInt(prepared.size()));
            (commit ? toCommit : toRollBack).add(branch);
            if (commit) {
                branch.messages.forEach(message -> message.maybe = true);
            }
            decide(branch, commit);
        }
    }

    private void decide(Prepared branch, boolean commit) {
        TransactionDecision decision = new TransactionDecision(Objects.requireNonNull(branch.id.xid()), commit);
        Call call = wire.call(link, JmsCode.TRANSACTION_DECIDE, decision::encode);
        call.then = done -> {
            if (!done.lost) {
                require(
                        done.answer == ResponseCode.SUCCESS || done.answer == ResponseCode.JMS_TRANSACTION_UNKNOWN,
                        "a decision: %s",
                        done);
                (commit ? toCommit : toRollBack).remove(branch);
                branch.messages.forEach(message -> message.stored = commit);
            }
        };
        wire.await(call);
    }

    // ---- the end

    /** Time passes, and files may go that are too old then. */
    void advance(long millis) {
        long start = state().logStart();
        machine.advance(millis);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(60);
        while (state().logStart() == start && !machine.isDead() && System.nanoTime() < deadline) {
            Thread.yield();
        }
    }

    /** Time passes until the log begins behind a place, if that needs any more. */
    void awaitStart(long place) throws Exception {
        machine.dieAtOperation(0);
        if (machine.isDead()) {
            comeBack(machine.losesPower());
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (state().logStart() < place) {
            require(System.nanoTime() < deadline, "the log still begins at %d: %s", state().logStart(), state());
            advance(HOUR);
        }
    }

    /** Everything that must be there comes, once and in order, and nothing else. */
    void drain() throws Exception {
        machine.dieAtOperation(0);
        if (machine.isDead()) {
            comeBack(machine.losesPower());
        }
        while (!prepared.isEmpty()) {
            decide();
        }
        machine.advance(5 * HOUR);
        comeBack(false);
        if (random.nextBoolean()) {
            // the indexes are views: they can be built again from what is left of the log
            wire.cutAll(List.of(link));
            machine.stop();
            machine.disk().delete(Path.of("/store/config/queues.json"));
            machine.start();
            connect();
        }
        // anew, from the first message that is there
        wire.cutAll(List.of(link));
        lastFirst.clear();
        drained.clear();
        held.clear();
        draining = true;
        connect();
        int more = messages.size() + 1;
        wire.oneWay(link, JmsCode.CREDIT, new Credit(1, more, false)::encode);
        wire.oneWay(link, JmsCode.CREDIT, new Credit(2, more, false)::encode);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (missing() != null && System.nanoTime() < deadline) {
            drainOnce();
        }
        drainOnce();
        Message missing = missing();
        require(missing == null, "%s is lost", missing);
    }

    private void drainOnce() {
        wire.await(wire.call(link, JmsCode.DRAIN, new Credit(1, 0, false)::encode));
        wire.await(wire.call(link, JmsCode.DRAIN, new Credit(2, 0, false)::encode));
        require(!machine.isDead(), "the machine died");
    }

    private @Nullable Message missing() {
        for (Message message : messages.values()) {
            boolean due = message.stored && !message.gone && !message.maybeGone;
            if (due && !drained.contains(message.id)) {
                return message;
            }
        }
        return null;
    }
}
