package org.fulmar.protocol.jms;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Random bodies of every JMS operation and answer, with what they decode to. Not thread-safe. */
final class Operations {
    /**
     * A body and its meaning.
     *
     * @param expected what {@code decode} gives, in a form that can be compared
     * @param openEnded whether a shorter body can be one of the operation too
     */
    record Sample(String name, byte[] body, Object expected, Function<ByteBuf, Object> decode, boolean openEnded) {
        Object decode(byte[] bytes) {
            return decode.apply(Unpooled.wrappedBuffer(bytes));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final String[] TEXTS = {"", "a", "orders.new", "語\uD83D\uDE00", "x".repeat(300), "\u0000\u0001\u0002"
    };

    private final Random random;

    Operations(long seed) {
        this.random = new Random(seed);
    }

    List<Sample> all() {
        List<Sample> all = new ArrayList<>(List.of(
                hello(),
                sample("Hello.Reply", this::helloReply, Hello.Reply::encode, Hello.Reply::decode),
                sample("OpenDestination", this::open, OpenDestination::encode, OpenDestination::decode),
                sample(
                        "OpenDestination.Reply",
                        () -> new OpenDestination.Reply(random.nextInt(), text()),
                        OpenDestination.Reply::encode,
                        OpenDestination.Reply::decode),
                sample("TextOperation", () -> new TextOperation(text()), TextOperation::encode, TextOperation::decode),
                sample("CreateConsumer", this::create, CreateConsumer::encode, CreateConsumer::decode),
                sample("ConsumerPosition", this::position, ConsumerPosition::encode, ConsumerPosition::decode),
                sample(
                        "ConsumerPosition.OfSession",
                        () -> new ConsumerPosition.OfSession(random.nextInt(), many(this::position)),
                        ConsumerPosition.OfSession::encode,
                        ConsumerPosition.OfSession::decode),
                sample("Browse", this::browse, Browse::encode, Browse::decode),
                sample("Credit", this::credit, Credit::encode, Credit::decode),
                sample(
                        "Acknowledge",
                        () -> new Acknowledge(random.nextInt(), random.nextBoolean(), many(this::range)),
                        Acknowledge::encode,
                        Acknowledge::decode),
                sample(
                        "Release",
                        () -> new Release(random.nextInt(), random.nextBoolean(), many(this::range)),
                        Release::encode,
                        Release::decode),
                sample("TransactionId", this::transaction, TransactionId::encode, TransactionId::decode),
                sample(
                        "TransactionDecision",
                        () -> new TransactionDecision(xid(), random.nextBoolean()),
                        TransactionDecision::encode,
                        TransactionDecision::decode),
                sample(
                        "TransactionRecovery",
                        () -> new TransactionRecovery(random.nextLong()),
                        TransactionRecovery::encode,
                        TransactionRecovery::decode),
                sample(
                        "TransactionRecovery.Reply",
                        () -> new TransactionRecovery.Reply(
                                many(() -> new TransactionRecovery.InDoubt(random.nextLong(), xid()))),
                        TransactionRecovery.Reply::encode,
                        TransactionRecovery.Reply::decode)));
        all.add(send());
        all.add(part());
        all.add(deliver());
        return all;
    }

    private interface Encode<T> {
        void encode(T operation, ByteBuf out);
    }

    private static <T> Sample sample(
            String name, Supplier<T> make, Encode<T> encode, Function<ByteBuf, Object> decode) {
        T operation = make.get();
        return new Sample(name, bytes(out -> encode.encode(operation, out)), operation, decode, false);
    }

    private static byte[] bytes(Consumer<ByteBuf> encode) {
        ByteBuf out = Unpooled.buffer();
        encode.accept(out);
        return ByteBufUtil.getBytes(out);
    }

    private String text() {
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    private String optional() {
        return random.nextInt(3) == 0 ? null : text();
    }

    private <T> List<T> many(Supplier<T> make) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            list.add(make.get());
        }
        return list;
    }

    private Sample hello() {
        return sample(
                "Hello",
                () -> new Hello(random.nextInt(), random.nextInt(), text(), optional(), text(), optional(), optional()),
                Hello::encode,
                Hello::decode);
    }

    private Hello.Reply helloReply() {
        return new Hello.Reply(random.nextInt(), text(), random.nextLong(), random.nextInt());
    }

    private OpenDestination open() {
        DestinationKind[] kinds = DestinationKind.values();
        return new OpenDestination(kinds[random.nextInt(kinds.length)], text());
    }

    private CreateConsumer create() {
        CreateConsumer.Kind[] kinds = CreateConsumer.Kind.values();
        return new CreateConsumer(
                random.nextInt(),
                random.nextInt(),
                random.nextInt(),
                kinds[random.nextInt(kinds.length)],
                optional(),
                optional(),
                random.nextBoolean(),
                many(this::place),
                random.nextInt());
    }

    private QueuePosition place() {
        return new QueuePosition(random.nextInt(), random.nextLong());
    }

    private ConsumerPosition position() {
        return new ConsumerPosition(random.nextInt(), random.nextLong(), random.nextInt());
    }

    private Browse browse() {
        return new Browse(random.nextInt(), optional(), many(this::place), random.nextInt());
    }

    private Credit credit() {
        return new Credit(random.nextInt(), random.nextInt(), random.nextBoolean());
    }

    private Acknowledge.Range range() {
        return new Acknowledge.Range(
                random.nextInt(), random.nextInt(), random.nextLong() & Long.MAX_VALUE, 1 + random.nextInt(1000));
    }

    private BranchXid xid() {
        return new BranchXid(random.nextInt(), block(BranchXid.MAX_PART + 1), block(BranchXid.MAX_PART + 1));
    }

    private TransactionId transaction() {
        return new TransactionId(random.nextBoolean() ? xid() : null, random.nextLong(), random.nextLong());
    }

    private Sample part() {
        TransactionId id = transaction();
        int before = random.nextInt();
        boolean ended = random.nextBoolean();
        List<Acknowledge.Range> ranges = many(this::range);
        List<TransactionPart.Outgoing> messages = many(() -> new TransactionPart.Outgoing(
                new SendOperation.Envelope(random.nextInt(), random.nextLong(), random.nextLong(), random.nextLong()),
                random.nextInt(),
                random.nextLong(),
                block(100),
                block(200)));
        List<Object> expected = new ArrayList<>(List.of(id, before, ended, ranges));
        messages.forEach(message -> expected.add(List.of(
                message.envelope(),
                message.flag(),
                message.bornTimestamp(),
                list(message.properties()),
                list(message.body()))));
        byte[] bytes = bytes(out -> TransactionPart.encode(out, id, before, ended, ranges, messages));
        if (bytes.length > TransactionPart.encodedBytes(ranges, messages)) {
            throw new AssertionError("more bytes than were said");
        }
        return new Sample("TransactionPart", bytes, expected, Operations::decodedPart, false);
    }

    private static List<Object> decodedPart(ByteBuf in) {
        TransactionPart part = TransactionPart.decode(in);
        List<Object> all = new ArrayList<>(List.of(part.id(), part.before(), part.ended(), part.acknowledged()));
        part.messages()
                .forEach(send -> all.add(List.of(
                        new SendOperation.Envelope(send.handle(), send.deliverAt(), send.producerId(), send.sequence()),
                        send.flag(),
                        send.bornTimestamp(),
                        list(send.properties()),
                        list(ByteBufUtil.getBytes(send.body())))));
        return all;
    }

    private byte[] block(int max) {
        byte[] block = new byte[random.nextInt(max)];
        random.nextBytes(block);
        return block;
    }

    private Sample send() {
        SendOperation.Envelope envelope =
                new SendOperation.Envelope(random.nextInt(), random.nextLong(), random.nextLong(), random.nextLong());
        int flag = random.nextInt();
        int sysFlag = random.nextInt();
        long born = random.nextLong();
        byte[] properties = block(100);
        byte[] content = block(200);
        return new Sample(
                "SendOperation",
                bytes(out -> SendOperation.encode(out, envelope, flag, sysFlag, born, properties, content)),
                List.of(envelope, flag, sysFlag, born, list(properties), list(content)),
                in -> {
                    SendOperation send = SendOperation.decode(in);
                    return List.of(
                            new SendOperation.Envelope(
                                    send.handle(), send.deliverAt(), send.producerId(), send.sequence()),
                            send.flag(),
                            send.sysFlag(),
                            send.bornTimestamp(),
                            list(send.properties()),
                            list(ByteBufUtil.getBytes(send.body())));
                },
                true);
    }

    private Sample deliver() {
        int consumer = random.nextInt();
        int epoch = random.nextInt();
        List<Deliver.Message> messages =
                many(() -> new Deliver.Message(random.nextInt(), random.nextLong(), random.nextInt(), block(100)));
        return new Sample(
                "Deliver",
                bytes(out -> {
                    Deliver.begin(out, consumer, epoch);
                    messages.forEach(m -> Deliver.add(
                            out, m.queueId(), m.queueOffset(), m.deliveryCount(), ByteBuffer.wrap(m.record())));
                }),
                comparable(new Deliver(consumer, epoch, messages)),
                in -> comparable(Deliver.decode(in)),
                true);
    }

    private static List<Object> comparable(Deliver deliver) {
        List<Object> all = new ArrayList<>(List.of(deliver.consumerId(), deliver.epoch()));
        deliver.messages()
                .forEach(m -> all.add(List.of(m.queueId(), m.queueOffset(), m.deliveryCount(), list(m.record()))));
        return all;
    }

    private static List<Byte> list(byte[] bytes) {
        Byte[] boxed = new Byte[bytes.length];
        Arrays.setAll(boxed, i -> bytes[i]);
        return List.of(boxed);
    }
}
