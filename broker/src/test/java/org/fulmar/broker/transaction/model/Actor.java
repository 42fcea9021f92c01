package org.fulmar.broker.transaction.model;

import static org.fulmar.broker.transaction.model.Ledger.require;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.fulmar.broker.transaction.model.Wire.Call;
import org.fulmar.broker.transaction.model.Wire.Link;
import org.fulmar.broker.transaction.model.Work.Delivery;
import org.fulmar.broker.transaction.model.Work.Message;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Credit;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.message.MessageProperties;
import org.jspecify.annotations.Nullable;

/** A session: its consumers, what it works on, and the requests that it makes, in their form on the wire. */
final class Actor {
    /** How a session acknowledges. */
    enum Mode {
        LOCAL,
        XA,
        AUTO
    }

    /** A consumer, with what was delivered and not yet handed to the application. */
    static final class Receiver {
        final int id;
        final String destination;
        final Deque<Delivery> inbox = new ArrayDeque<>();
        int epoch;
        /** Deliveries that have come, those of older epochs among them. */
        long arrived;
        /** Number of the last one that the application has got. */
        long handedOut;

        Receiver(int id, String destination) {
            this.id = id;
            this.destination = destination;
        }
    }

    /** Connections one after the other, each in place of the one before. */
    static final class Line {
        final String instance;
        final List<Actor> actors = new ArrayList<>();
        final List<String> temporary = new ArrayList<>();
        Link link;

        Line(String instance, Link link) {
            this.instance = instance;
            this.link = link;
        }
    }

    static final String TOPIC = "t";
    private static final String SUBSCRIPTION = "sub";

    final int sessionId;
    final Mode mode;
    final Line line;
    final Wire wire;
    final long producer;
    final List<Receiver> receivers = new ArrayList<>();
    long sequence;

    @Nullable Work work;
    /** What it has to find out before it goes on. */
    @Nullable Work doubt;

    @Nullable Call call;

    Actor(int sessionId, Mode mode, Line line, Wire wire, long producer) {
        this.sessionId = sessionId;
        this.mode = mode;
        this.line = line;
        this.wire = wire;
        this.producer = producer;
        line.actors.add(this);
    }

    boolean isBusy() {
        Call open = call;
        return open != null && !open.done;
    }

    Call request(int code, java.util.function.Consumer<ByteBuf> body) {
        Call made = wire.call(line.link, code, body);
        call = made;
        return made;
    }

    /** The handle of a destination on the line's connection; -1 if that is lost meanwhile. */
    static int handle(Wire wire, Link link, String destination) {
        Integer known = link.handles.get(destination);
        if (known != null) {
            return known;
        }
        DestinationKind kind = destination.startsWith("temp-")
                ? DestinationKind.TEMPORARY_QUEUE
                : destination.equals(TOPIC) ? DestinationKind.TOPIC : DestinationKind.QUEUE;
        Call opening = wire.call(link, JmsCode.OPEN_DESTINATION, new OpenDestination(kind, destination)::encode);
        wire.await(opening);
        if (!opening.succeeded()) {
            require(!opening.done || opening.lost, "destination %s: %s", destination, opening);
            return -1;
        }
        int handle = OpenDestination.Reply.decode(Unpooled.wrappedBuffer(opening.body))
                .handle();
        link.handles.put(destination, handle);
        return handle;
    }

    /** A new temporary queue; null if the connection is lost meanwhile. */
    @Nullable String makeTemporary() {
        Link link = line.link;
        Call making = wire.call(
                link, JmsCode.CREATE_TEMPORARY, new OpenDestination(DestinationKind.TEMPORARY_QUEUE, "")::encode);
        wire.await(making);
        if (!making.succeeded()) {
            return null;
        }
        OpenDestination.Reply reply = OpenDestination.Reply.decode(Unpooled.wrappedBuffer(making.body));
        link.handles.put(reply.name(), reply.handle());
        line.temporary.add(reply.name());
        return reply.name();
    }

    /** Opens a consumer; null if the connection is lost meanwhile. */
    @Nullable Receiver receive(int id, String destination, int credit) {
        int handle = handle(wire, line.link, destination);
        if (handle < 0) {
            return null;
        }
        boolean topic = destination.equals(TOPIC);
        CreateConsumer create = new CreateConsumer(
                id,
                sessionId,
                handle,
                topic ? CreateConsumer.Kind.SHARED_DURABLE : CreateConsumer.Kind.QUEUE,
                topic ? SUBSCRIPTION : null,
                null,
                false,
                List.of(),
                credit);
        Receiver receiver = new Receiver(id, destination);
        // deliveries may come before the answer
        receivers.add(receiver);
        Call creating = wire.call(line.link, JmsCode.CREATE_CONSUMER, create::encode);
        wire.await(creating);
        require(!creating.done || creating.lost || creating.succeeded(), "consumer on %s: %s", destination, creating);
        return creating.succeeded() ? receiver : null;
    }

    @Nullable Receiver receiver(int id) {
        for (Receiver receiver : receivers) {
            if (receiver.id == id) {
                return receiver;
            }
        }
        return null;
    }

    /** What has come for one of its consumers. */
    void delivered(Ledger ledger, Receiver receiver, Deliver deliver, long now) {
        for (Deliver.Message message : deliver.messages()) {
            receiver.arrived++;
            if (deliver.epoch() == receiver.epoch) {
                Delivery delivery = ledger.delivered(receiver, message, now);
                delivery.number = receiver.arrived;
                receiver.inbox.add(delivery);
            }
        }
    }

    /** Hands the next message to the application, and asks for another one; null if there is none. */
    @Nullable Delivery consume(Receiver receiver) {
        Delivery delivery = receiver.inbox.poll();
        if (delivery != null) {
            receiver.handedOut = delivery.number;
            delivery.message.seen++;
            wire.oneWay(line.link, JmsCode.CREDIT, new Credit(receiver.id, 1, false)::encode);
        }
        return delivery;
    }

    private static List<Acknowledge.Range> ranges(List<Delivery> deliveries) {
        List<Acknowledge.Range> ranges = new ArrayList<>();
        for (Delivery delivery : deliveries) {
            int last = ranges.size() - 1;
            Acknowledge.Range before = last < 0 ? null : ranges.get(last);
            if (before != null
                    && before.consumerId() == delivery.receiver.id
                    && before.queueId() == delivery.queueId
                    && before.offset() + before.count() == delivery.offset) {
                ranges.set(
                        last,
                        new Acknowledge.Range(
                                before.consumerId(), before.queueId(), before.offset(), before.count() + 1));
            } else {
                ranges.add(new Acknowledge.Range(delivery.receiver.id, delivery.queueId, delivery.offset, 1));
            }
        }
        return ranges;
    }

    private static byte[] properties(long producer, long sequence) {
        StringBuilder text = new StringBuilder();
        MessageProperties.append(
                text,
                new String(JmsNames.UNIQ_KEY, StandardCharsets.US_ASCII),
                String.format("%016X%016X", producer, sequence));
        return MessageProperties.name(text.toString());
    }

    private static int flag(Message message) {
        return JmsFlag.MARK | message.priority | (message.persistent ? 0 : JmsFlag.NON_PERSISTENT);
    }

    /** What is not at the broker yet; null if a destination can't be opened because the connection is lost. */
    @Nullable List<TransactionPart.Outgoing> outgoing(Work of, long now) {
        List<TransactionPart.Outgoing> outgoing = new ArrayList<>();
        for (Message message : of.messages.subList(of.shippedMessages, of.messages.size())) {
            int handle = handle(wire, line.link, message.destination);
            if (handle < 0) {
                return null;
            }
            // numbers of messages need not be known for transactions: their end has one
            SendOperation.Envelope envelope = new SendOperation.Envelope(handle, message.deliverAt, 0, 0);
            outgoing.add(new TransactionPart.Outgoing(
                    envelope, flag(message), now, properties(~producer, message.number), message.body));
        }
        return outgoing;
    }

    /** Sends a part of a transaction, the last one or one before it. */
    Call part(int code, Work of, List<TransactionPart.Outgoing> outgoing) {
        List<Acknowledge.Range> ranges =
                ranges(of.acknowledged.subList(of.shippedAcknowledged, of.acknowledged.size()));
        int before = of.parts;
        Call made = request(code, out -> TransactionPart.encode(out, of.id, before, true, ranges, outgoing));
        of.asked = true;
        of.bound |= code == JmsCode.TRANSACTION_ADD;
        of.parts++;
        of.lastPart = new Work.Shipped(of.shippedMessages, of.shippedAcknowledged);
        of.shippedMessages = of.messages.size();
        of.shippedAcknowledged = of.acknowledged.size();
        return made;
    }

    /** Rolls back what is not prepared. */
    Call rollback(Work of) {
        List<Acknowledge.Range> ranges =
                ranges(of.acknowledged.subList(of.shippedAcknowledged, of.acknowledged.size()));
        return request(
                JmsCode.TRANSACTION_ROLLBACK,
                out -> TransactionPart.encode(out, of.id, of.parts, false, ranges, List.of()));
    }

    /** Sends one message in no transaction. */
    Call send(Message message, int handle, long now) {
        long number = message.sentBy.id.sequence();
        byte[] properties = properties(producer, number);
        return request(
                JmsCode.SEND,
                out -> SendOperation.encode(
                        out,
                        new SendOperation.Envelope(handle, message.deliverAt, producer, number),
                        flag(message),
                        0,
                        now,
                        properties,
                        message.body));
    }

    Call acknowledge(Delivery delivery) {
        return request(JmsCode.ACKNOWLEDGE, new Acknowledge(sessionId, false, ranges(List.of(delivery)))::encode);
    }

    private ConsumerPosition.OfSession positions() {
        return new ConsumerPosition.OfSession(
                sessionId,
                receivers.stream()
                        .map(r -> new ConsumerPosition(r.id, r.handedOut, r.epoch))
                        .toList());
    }

    /** Gives back all that it holds, what the application has not seen uncounted. */
    Call recover() {
        receivers.forEach(receiver -> {
            receiver.epoch++;
            receiver.inbox.forEach(Delivery::end);
            receiver.inbox.clear();
        });
        return request(JmsCode.RECOVER, positions()::encode);
    }

    /** Closes its consumers. */
    Call close() {
        ConsumerPosition.OfSession positions = positions();
        forgetReceivers();
        return request(JmsCode.CLOSE_SESSION, positions::encode);
    }

    /** Its connection is lost, or it is closed: it holds nothing any more. */
    void forgetReceivers() {
        receivers.forEach(receiver -> receiver.inbox.forEach(Delivery::end));
        receivers.clear();
    }

    static byte[] body(long number, int bytes) {
        byte[] body = new byte[8 + bytes];
        ByteBuffer.wrap(body).putLong(number);
        for (int i = 8; i < body.length; i++) {
            body[i] = (byte) (number * 31 + i);
        }
        return body;
    }
}
