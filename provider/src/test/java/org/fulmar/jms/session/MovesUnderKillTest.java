package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.fulmar.broker.BrokerMain;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Messages that go from one place to another, by a failure or by time, while the broker is SIGKILLed at random moments:
 * in the end each is at one of the two places, once. {@code -Dfulmar.moves.kills} (3), {@code -Dfulmar.moves.seed}
 * (random, printed).
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class MovesUnderKillTest {
    private static final int MESSAGES = 400;

    private final int kills = Integer.getInteger("fulmar.moves.kills", 3);
    private final long seed = Long.getLong("fulmar.moves.seed", new Random().nextInt(1_000_000));
    private final Random random = new Random(seed);

    @TempDir
    private Path directory;

    private BrokerProcess broker;

    @BeforeEach
    void start() throws Exception {
        System.out.println("moves under kill: -Dfulmar.moves.seed=" + seed);
        broker = new BrokerProcess(
                BrokerMain.class.getName(), directory, "maxRedeliveries=0", "checkpointIntervalMillis=300");
        broker.start();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    /** What is done over a connection that may be lost at any time. */
    private interface Work {
        void run(Session session) throws JMSException;
    }

    private void connected(Work work) throws JMSException {
        try (FulmarConnectionFactory factory =
                        new FulmarConnectionFactory("fulmar://127.0.0.1:" + broker.port() + "?reconnect=false");
                Connection connection = factory.createConnection()) {
            connection.start();
            work.run(connection.createSession(Session.CLIENT_ACKNOWLEDGE));
        }
    }

    /**
     * Works in the background until the broker is killed, up to so many milliseconds after that has begun, and starts it
     * again.
     */
    private void killUnder(int millis, Work work, Callable<Boolean> begun) throws Exception {
        Background<Void> background = Background.run(() -> {
            try {
                connected(work);
            } catch (JMSException e) {
                // the kill
            }
        });
        await().atMost(Duration.ofMillis(Jms.WAIT)).until(begun);
        LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(1000L * 200 + random.nextInt(1000 * millis)));
        broker.kill();
        background.result();
        broker.start();
    }

    private static List<String> drain(Session session, String queue) throws JMSException {
        List<String> texts = new ArrayList<>();
        try (MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
            for (Message next = consumer.receiveNoWait(); next != null; next = consumer.receiveNoWait()) {
                texts.add(Jms.text(next));
                next.acknowledge();
            }
        }
        return texts;
    }

    @Test
    void eachMessageIsInTheQueueOrIsADeadLetterAndNeverBoth() throws Exception {
        connected(session -> {
            MessageProducer producer = session.createProducer(session.createQueue("orders"));
            for (int i = 0; i < MESSAGES; i++) {
                producer.send(session.createTextMessage("m" + i));
            }
        });
        AtomicInteger moved = new AtomicInteger();
        for (int kill = 0; kill < kills; kill++) {
            killUnder(
                    300,
                    session -> {
                        try (MessageConsumer consumer = session.createConsumer(session.createQueue("orders"))) {
                            for (Message next = consumer.receive(Jms.WAIT);
                                    next != null;
                                    next = consumer.receive(100)) {
                                session.recover();
                                moved.incrementAndGet();
                            }
                        }
                    },
                    () -> moved.get() > 0);
        }
        connected(session -> {
            List<String> dead = new ArrayList<>();
            List<String> left = new ArrayList<>();
            long begun = System.nanoTime();
            // what the broker had begun to move when it was killed may be on its way
            while (dead.size() + left.size() < MESSAGES && System.nanoTime() - begun < Jms.WAIT * 1_000_000) {
                dead.addAll(drain(session, "%DLQ%orders"));
                left.addAll(drain(session, "orders"));
            }
            dead.addAll(drain(session, "%DLQ%orders"));
            left.addAll(drain(session, "orders"));
            System.out.println("dead " + dead.size() + ", left " + left.size());
            assertThat(dead).as("seed %d", seed).isNotEmpty();
            List<String> all = new ArrayList<>(dead);
            all.addAll(left);
            assertThat(all)
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).collect(Collectors.toList()));
        });
    }

    @Test
    void delayedMessageComesOnceThoughTheBrokerIsKilledWhenItIsDue() throws Exception {
        Set<String> answered = new ConcurrentSkipListSet<>();
        Set<String> asked = new ConcurrentSkipListSet<>();
        for (int kill = 0; kill < kills; kill++) {
            int cycle = kill;
            Random delays = new Random(seed * 31 + kill);
            Work sending = session -> {
                MessageProducer producer = session.createProducer(session.createQueue("later"));
                for (int i = 0; i < MESSAGES; i++) {
                    producer.setDeliveryDelay(1 + delays.nextInt(600));
                    String text = "m" + cycle + "-" + i;
                    asked.add(text);
                    producer.send(session.createTextMessage(text));
                    answered.add(text);
                }
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            };
            killUnder(600, sending, () -> answered.stream().anyMatch(text -> text.startsWith("m" + cycle + "-")));
        }
        connected(session -> {
            List<String> got = new ArrayList<>();
            try (MessageConsumer consumer = session.createConsumer(session.createQueue("later"))) {
                Set<String> missing = new TreeSet<>(answered);
                for (Message next = consumer.receive(Jms.WAIT);
                        next != null;
                        next = consumer.receive(missing.isEmpty() ? 1500 : Jms.WAIT)) {
                    missing.remove(Jms.text(next));
                    assertThat(System.currentTimeMillis())
                            .as("never early")
                            .isGreaterThanOrEqualTo(next.getJMSDeliveryTime());
                    got.add(Jms.text(next));
                    next.acknowledge();
                }
            }
            System.out.println("sent " + asked.size() + ", answered " + answered.size() + ", came " + got.size());
            assertThat(got).as("seed %d", seed).doesNotHaveDuplicates();
            assertThat(new TreeSet<>(got)).as("seed %d", seed).containsAll(answered);
            assertThat(asked).as("seed %d", seed).containsAll(got);
        });
    }
}
