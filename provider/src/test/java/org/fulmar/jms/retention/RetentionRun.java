package org.fulmar.jms.retention;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.ResourceAllocationException;
import jakarta.jms.Session;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.retention.DiskLevel;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.Disk;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker on a small disk under permanent load: RocketMQ producers, whose messages go with their files, and slow JMS
 * consumers, whose messages must not. Then the consumers stop, until messages are refused, and go on. Not part of the build:
 *
 * <pre>mvn -q -Pretention -pl provider -am test [-Dretention.dir=DIR] [-Dretention.files=2000]</pre>
 *
 * <p>{@code DIR} is an empty directory on a file system of its own, of about 256 MB, as a tmpfs; without it, a temporary
 * directory is said to be one.
 */
@Timeout(1800)
class RetentionRun {
    private static final int FILE_BYTES = 1 << 20;
    private static final long SMALL_DISK = 256L << 20;
    private static final int STUCK = 200;
    private static final int BODY = 4000;
    /** The broker's clock runs faster: its hour takes two seconds. */
    private static final int FASTER = 1800;

    @TempDir
    Path temporary;

    private final long started = System.nanoTime();
    private Disk disk = new NioDisk();
    private Path directory = Path.of("none");
    private Broker broker;
    private long mostUsed;

    private long clock() {
        return 1_700_000_000_000L + (System.nanoTime() - started) / 1_000_000 * FASTER;
    }

    private void start() throws Exception {
        Map<String, String> options = new TreeMap<>();
        options.put(
                "listenPort",
                broker == null ? "0" : Integer.toString(broker.address().getPort()));
        options.put("storePathRootDir", directory.toString());
        options.put("mappedFileSizeCommitLog", Integer.toString(FILE_BYTES));
        options.put("mappedFileSizeConsumeQueue", "60000");
        options.put("maxMessageSize", "65536");
        options.put("messageIndexEnable", "false");
        options.put("cleanResourceInterval", "100");
        options.put("deleteCommitLogFilesInterval", "1");
        options.put("deleteFileBatchMax", "50");
        options.put("fileReservedTime", "1");
        options.put("deleteWhen", "0;1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23");
        options.put("checkpointIntervalMillis", "500");
        broker = new Broker(BrokerConfig.of(options), disk, this::clock, false).start();
    }

    private long used() throws IOException {
        if (disk instanceof MeasuredDisk) {
            Disk.Space space = disk.space(directory);
            return space.used();
        }
        FileStore store = Files.getFileStore(directory);
        return store.getTotalSpace() - store.getUnallocatedSpace();
    }

    private void measure() throws IOException {
        mostUsed = Math.max(mostUsed, used());
    }

    private Connection connect() throws JMSException {
        Connection connection = new FulmarConnectionFactory(
                        "fulmar://127.0.0.1:" + broker.address().getPort())
                .createConnection();
        connection.start();
        return connection;
    }

    private static Message message(Session session, long number) throws JMSException {
        BytesMessage message = session.createBytesMessage();
        message.setLongProperty("number", number);
        message.writeBytes(new byte[BODY]);
        return message;
    }

    /** Takes what is there, in order, without gaps; the number of the next one. */
    private static long take(MessageConsumer consumer, long from, long most, long waitMillis) throws JMSException {
        long next = from;
        while (next < most) {
            Message message = consumer.receive(waitMillis);
            if (message == null) {
                return next;
            }
            assertThat(message.getLongProperty("number")).isEqualTo(next);
            next++;
        }
        return next;
    }

    private void prepareDisk() throws IOException {
        @Nullable String given = System.getProperty("retention.dir");
        if (given == null) {
            directory = temporary.resolve("store");
            disk = new MeasuredDisk(directory, SMALL_DISK);
        } else {
            directory = Path.of(given, "store");
            Files.createDirectories(directory);
        }
    }

    private void stuckMessages() throws Exception {
        try (Connection connection = connect();
                Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
            MessageProducer producer = session.createProducer(session.createQueue("stuck"));
            for (int i = 0; i < STUCK; i++) {
                producer.setPriority(i % 2 == 0 ? 4 : 9);
                producer.setDeliveryMode(i % 4 < 2 ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT);
                producer.send(message(session, i));
            }
        }
    }

    @Test
    void diskUseIsBoundedAndNothingThatCountsIsLost() throws Exception {
        prepareDisk();
        int files = Integer.getInteger("retention.files", 2000);
        start();
        stuckMessages();
        long sent = 0;
        long received = 0;
        int restarts = 0;
        long moved = 0;
        AtomicLong natives = new AtomicLong();
        long refused = 0;
        while (broker.retention().logStart() < (long) files * FILE_BYTES) {
            try (NativeLoad load = new NativeLoad(broker.address().getPort(), BODY);
                    Connection connection = connect();
                    Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                    MessageConsumer slow = session.createSharedDurableConsumer(session.createTopic("events"), "slow")) {
                MessageProducer producer = session.createProducer(session.createTopic("events"));
                long until = broker.retention().logStart() + (long) FILE_BYTES * files / 5;
                while (broker.retention().logStart() < until) {
                    for (int i = 0; i < 40; i++) {
                        load.send();
                    }
                    try {
                        producer.send(message(session, sent));
                        sent++;
                    } catch (ResourceAllocationException e) {
                        // the disk fills faster than what is deleted is given back
                        refused++;
                    }
                    if (sent - received > 5000) {
                        received = take(slow, received, sent - 2500, 10_000);
                    }
                    measure();
                }
                natives.addAndGet(load.taken.get());
                refused += load.refused.get();
                assertThat(load.failed.get()).as("native sends that failed").isZero();
            }
            moved += broker.retention().movedMessages();
            broker.close();
            start();
            restarts++;
        }
        System.out.printf(
                "%d files gone in %d s, %d restarts; sent %d native and %d JMS messages, %d of these received; %d refused; %d"
                        + " moved; most bytes used %d of %d%n",
                broker.retention().logStart() / FILE_BYTES,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started),
                restarts,
                natives.get(),
                sent,
                received,
                refused,
                moved,
                mostUsed,
                SMALL_DISK);
        assertThat(mostUsed)
                .as("bytes used; and no send has failed for want of room")
                .isLessThan(SMALL_DISK);
        fill(sent, received);
        broker.close();
    }

    /** Nobody receives, until messages are refused; then somebody does. */
    private void fill(long sentBefore, long receivedBefore) throws Exception {
        long sent = sentBefore;
        long received = receivedBefore;
        Awaitility.await()
                .atMost(60, TimeUnit.SECONDS)
                .until(() -> broker.retention().level() == DiskLevel.NORMAL
                        && broker.retention().usedRatio() >= 0);
        try (NativeLoad load = new NativeLoad(broker.address().getPort(), BODY);
                Connection connection = connect();
                Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
            MessageProducer producer = session.createProducer(session.createTopic("events"));
            String why = "";
            while (why.isEmpty()) {
                try {
                    producer.send(message(session, sent));
                    sent++;
                } catch (ResourceAllocationException e) {
                    why = String.valueOf(e.getMessage());
                }
                measure();
            }
            System.out.printf("after %d more messages: %s; %d bytes used%n", sent - sentBefore, why, used());
            assertThat(why).contains("disk full");
            assertThat(broker.retention().level()).isEqualTo(DiskLevel.REFUSING);
            load.send();
            load.send();
            try (MessageConsumer slow = session.createSharedDurableConsumer(session.createTopic("events"), "slow")) {
                received = take(slow, received, sent, 20_000);
                assertThat(received).as("messages received").isEqualTo(sent);
                long drained = System.nanoTime();
                while (broker.retention().level() == DiskLevel.REFUSING) {
                    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - drained))
                            .isLessThan(120);
                    Thread.onSpinWait();
                }
                System.out.printf(
                        "taken again %d ms after the last was received: %s%n",
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - drained), broker.retention());
                producer.send(message(session, sent++));
                received = take(slow, received, sent, 20_000);
            }
            load.send();
            assertThat(received).isEqualTo(sent);
            Awaitility.await().until(() -> load.refused.get() + load.taken.get() + load.failed.get() == 3);
            assertThat(load.refused.get()).as("native messages refused").isEqualTo(2);
            assertThat(load.taken.get()).isEqualTo(1);
        }
        receiveStuck();
        System.out.printf("most bytes used %d of %d%n", mostUsed, SMALL_DISK);
    }

    private void receiveStuck() throws Exception {
        try (Connection connection = connect();
                Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
                MessageConsumer consumer = session.createConsumer(session.createQueue("stuck"))) {
            List<Long> came = new ArrayList<>();
            for (int i = 0; i < STUCK; i++) {
                Message message = consumer.receive(10_000);
                assertThat(message).as("stuck message after %s", came).isNotNull();
                assertThat(message.getJMSRedelivered()).isFalse();
                came.add(message.getLongProperty("number"));
            }
            assertThat(consumer.receive(200)).isNull();
            for (int lane = 0; lane < 2; lane++) {
                int odd = lane;
                assertThat(came.stream().filter(number -> number % 2 == odd))
                        .isSorted()
                        .hasSize(STUCK / 2);
            }
        }
    }
}
