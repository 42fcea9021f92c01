package org.fulmar.broker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.message.MessageProperties;
import org.fulmar.protocol.message.MessageRecord;
import org.fulmar.protocol.message.RecordDraft;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A message store whose core is the test's own thread: what the store's threads post to it runs when the test pumps.
 *
 * <p>Sends messages of known content and checks what it finds against what was sent.
 */
final class TestStore implements MessageStore.Events {
    static final Path ROOT = Path.of("/store");
    static final Path LOG = ROOT.resolve("commitlog");
    static final Path ASIDE = ROOT.resolve("aside");
    static final byte[] HOST = {10, 0, 0, 1, 0, 0, 0x2A, (byte) 0x9F};
    static final long TIME = 1_700_000_000_000L;

    private static final long PATIENCE_SECONDS = Patience.SECONDS;

    static {
        // failures and torn logs by the thousand are the point here
        ((Logger) LoggerFactory.getLogger("org.fulmar.broker.store")).setLevel(Level.OFF);
    }

    /** A message that was handed to a store, and what became of it. */
    static final class Sent implements Appender.Listener {
        final String topic;
        final int queueId;
        final byte[] body;
        final String tag;
        final String key;
        final boolean durably;
        final List<Sent> answered;
        final int factsBefore;
        long queueOffset;
        long physicalOffset = -1;
        int size;

        @Nullable StoreException failure;

        boolean stored;

        Sent(
                String topic,
                int queueId,
                byte[] body,
                String tag,
                String key,
                boolean durably,
                List<Sent> answered,
                int facts) {
            this.topic = topic;
            this.queueId = queueId;
            this.body = body;
            this.tag = tag;
            this.key = key;
            this.durably = durably;
            this.answered = answered;
            this.factsBefore = facts;
        }

        @Override
        public void stored(long physical, long offset) {
            assertThat(stored || failure != null)
                    .as("%s is answered once", this)
                    .isFalse();
            assertThat(physical).isEqualTo(physicalOffset);
            assertThat(offset).isEqualTo(queueOffset);
            stored = true;
            answered.add(this);
        }

        @Override
        public void failed(StoreException cause) {
            assertThat(stored || failure != null)
                    .as("%s is answered once", this)
                    .isFalse();
            failure = cause;
        }

        long end() {
            return physicalOffset + size;
        }

        @Override
        public String toString() {
            return topic + "/" + queueId + "/" + queueOffset + "@" + physicalOffset + "+" + size;
        }
    }

    final Disk disk;
    private final StoreOptions options;
    final MessageStore store;
    final FactList facts = new FactList();
    final List<StoreException> failures = new ArrayList<>();
    final List<QueueLog> shown = new ArrayList<>();
    /** Messages whose sender was answered, in that order; read by the disk's hooks. */
    final List<Sent> answered = Collections.synchronizedList(new ArrayList<>());

    private final BlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private int writtenFacts;
    private int sends;
    private long time = TIME;

    TestStore(Disk disk, StoreOptions options) {
        this.disk = disk;
        this.options = options;
        this.store = new MessageStore(disk, options, List.of(facts), this);
        store.log().storeHost(HOST);
    }

    /** Small files, small batches; the log is forced only when somebody waits. */
    static StoreOptions options() {
        return options(64 * 1024, 40 * 20);
    }

    static StoreOptions options(int segmentBytes, int queueFileBytes) {
        return new StoreOptions(
                ROOT,
                segmentBytes,
                queueFileBytes,
                32 * 1024,
                true,
                3_600_000,
                3_600_000,
                8 * 1024,
                segmentBytes / 2,
                64,
                300,
                false);
    }

    static StoreOptions withIndex(StoreOptions o, int slots, int entries) {
        return new StoreOptions(
                o.root(),
                o.segmentBytes(),
                o.queueFileBytes(),
                o.maxMessageBytes(),
                o.syncFlush(),
                o.flushIntervalMillis(),
                o.checkpointIntervalMillis(),
                o.batchBytes(),
                o.allocateAheadBytes(),
                slots,
                entries,
                true);
    }

    static TestStore open(Disk disk, StoreOptions options) throws IOException {
        return new TestStore(disk, options).open();
    }

    static TestStore open(Disk disk) throws IOException {
        return open(disk, options());
    }

    TestStore open() throws IOException {
        store.open(topic -> true);
        return this;
    }

    // ---- the core

    @Override
    public Executor core() {
        return mailbox::add;
    }

    @Override
    public void visible(QueueLog queue) {
        shown.add(queue);
    }

    @Override
    public void failed(StoreException cause) {
        failures.add(cause);
    }

    /** Runs what the store's threads have posted so far. */
    void pump() {
        Runnable task = mailbox.poll();
        while (task != null) {
            task.run();
            task = mailbox.poll();
        }
    }

    /** Runs what the store's threads post until something is so. */
    void pumpUntil(String what, BooleanSupplier condition) {
        pump();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            try {
                Runnable task = mailbox.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (task == null) {
                    fail("not within %d s: %s", PATIENCE_SECONDS, what);
                }
                task.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    /** Waits until everyone who was promised an answer has it. */
    void settle(List<Sent> sent) {
        pumpUntil("every message answered", () -> sent.stream().allMatch(m -> m.stored || m.failure != null));
    }

    // ---- in

    /** Appends a message whose body begins with {@code bodyBytes} bytes nobody else has. */
    Sent send(String topic, int queueId, int bodyBytes, boolean durably) throws StoreException {
        int number = sends++;
        return send(
                topic, queueId, body(topic, queueId, bodyBytes, number), "tag" + number % 5, "key" + number, durably);
    }

    private byte[] body(String topic, int queueId, int bodyBytes, int number) {
        QueueLog queue = store.queue(topic, queueId);
        String name =
                topic + "-" + queueId + "-" + queue.nextOffset() + "-" + System.identityHashCode(this) + "-" + number;
        byte[] body = new byte[bodyBytes];
        byte[] unique = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bodyBytes; i++) {
            body[i] = unique[i % unique.length];
        }
        return body;
    }

    Sent send(String topic, int queueId, byte[] body, String tag, String key, boolean durably) throws StoreException {
        QueueLog queue = store.queue(topic, queueId);
        Sent sent = new Sent(topic, queueId, body, tag, key, durably, answered, writtenFacts);
        RecordDraft draft = draft(sent);
        store.appender().time(time++);
        sent.queueOffset = queue.nextOffset();
        store.appender().append(queue, draft, MessageProperties.tagHash(tag), durably, sent);
        sent.size = draft.size(HOST);
        sent.physicalOffset = store.log().end() - sent.size;
        return sent;
    }

    private RecordDraft draft(Sent sent) {
        StringBuilder properties = new StringBuilder();
        MessageProperties.append(properties, MessageProperties.TAGS, sent.tag);
        MessageProperties.append(properties, MessageProperties.KEYS, sent.key);
        return new RecordDraft(
                        sent.topic,
                        sent.queueId,
                        properties.toString().getBytes(StandardCharsets.UTF_8),
                        Unpooled.wrappedBuffer(sent.body))
                .born(time, HOST);
    }

    /** Adds a message to a group; it learns its place when the group is appended. */
    Sent add(RecordGroup group, String topic, int queueId, int bodyBytes) throws StoreException {
        int number = sends++;
        QueueLog queue = store.queue(topic, queueId);
        byte[] body = body(topic, queueId, bodyBytes, number);
        Sent sent = new Sent(topic, queueId, body, "tag" + number % 5, "key" + number, true, answered, writtenFacts);
        group.add(queue, draft(sent), MessageProperties.tagHash(sent.tag), (position, size) -> {
            sent.queueOffset = queue.nextOffset() - 1;
            sent.physicalOffset = position;
            sent.size = size;
        });
        return sent;
    }

    /** Decides a fact and logs it. */
    void fact(long number) {
        facts.facts().add(number);
        store.appender().fact(out -> out.writeLong(number));
    }

    void write() {
        store.appender().write();
        writtenFacts = facts.facts().size();
    }

    /** Facts that are in the hands of the operating system. */
    int writtenFacts() {
        return writtenFacts;
    }

    void checkpoint() throws IOException {
        store.checkpoint().run();
    }

    // ---- out

    /** Stops the store's threads; what the disk holds afterwards does not matter any more. */
    void abandon() throws IOException, InterruptedException {
        if (disk instanceof FaultyDisk faulty) {
            faulty.heal();
            faulty.roomLeft(-1);
        }
        store.appender().forceFailed(new IOException("abandoned"));
        store.close();
    }

    void close() throws IOException, InterruptedException {
        store.close();
        pump();
    }

    /** Checks that a queue shows exactly these messages, by its index, and their whole content, from the log. */
    void assertShows(String topic, int queueId, List<Sent> expected) {
        QueueLog queue = store.queueIfPresent(topic, queueId);
        long visible = queue == null ? 0 : queue.visibleOffset();
        if (visible != expected.size()) {
            fail("%s/%d shows %d messages instead of %d", topic, queueId, visible, expected.size());
        }
        long at = 0;
        while (at < visible) {
            ByteBuffer entries = queue.index().entries(at, 64);
            if (entries.remaining() < ConsumeQueue.ENTRY_BYTES) {
                fail("%s/%d has no entry for offset %d of %d", topic, queueId, at, visible);
            }
            while (entries.hasRemaining()) {
                Sent sent = expected.get((int) at);
                long physical = entries.getLong();
                int size = entries.getInt();
                long tagHash = entries.getLong();
                if (physical != sent.physicalOffset || size != sent.size || tagHash != sent.tag.hashCode()) {
                    fail("the entry %s/%d/%d says %d+%d, but sent was %s", topic, queueId, at, physical, size, sent);
                }
                assertHolds(sent, at);
                at++;
            }
        }
    }

    /** Ends this store, and checks that a queue of one like it shows exactly these messages, opened on what is left. */
    void assertShowsReopened(FaultyDisk left, String topic, int queueId, List<Sent> expected)
            throws IOException, InterruptedException {
        abandon();
        TestStore second = open(left, options);
        second.assertShows(topic, queueId, expected);
        second.abandon();
    }

    /** Checks that the log holds a message as it was sent. */
    void assertHolds(Sent sent, long queueOffset) {
        MessageRecord record = store.log().read(sent.physicalOffset);
        if (record == null) {
            throw new AssertionError("the log has no record for " + sent);
        }
        boolean same = record.intact()
                && record.size() == sent.size
                && record.physicalOffset() == sent.physicalOffset
                && record.queueOffset() == queueOffset
                && record.queueId() == sent.queueId
                && record.topic().equals(sent.topic)
                && record.body().equals(ByteBuffer.wrap(sent.body))
                && sent.tag.equals(record.property(MessageProperties.name(MessageProperties.TAGS)));
        if (!same) {
            fail("the log holds another record than %s", sent);
        }
    }

    /** Checks that the queues show these messages and no others, and that each queue has its own order. */
    void assertShowsExactly(Map<String, List<Sent>> byQueue) {
        byQueue.forEach((name, expected) -> {
            int slash = name.lastIndexOf('/');
            assertShows(name.substring(0, slash), Integer.parseInt(name.substring(slash + 1)), expected);
        });
    }
}
