package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fulmar.broker.BrokerMain;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.kill.BrokerProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * 10,000 queues and 1,000 durable subscriptions on one broker: reports the heap after a collection and how long a start
 * takes, behind a close and behind a SIGKILL, twice over. Runs with {@code -Dfulmar.scale=true}.
 */
@EnabledIfSystemProperty(named = "fulmar.scale", matches = "true")
@Timeout(value = 580, unit = TimeUnit.SECONDS)
class ManyDestinationsTest {
    private static final int QUEUES = Integer.getInteger("fulmar.scale.queues", 10_000);
    private static final int TOPICS = 100;
    private static final int SUBSCRIPTIONS = Integer.getInteger("fulmar.scale.subscriptions", 1_000);
    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    @TempDir
    private Path directory;

    @Test
    void memoryAndStartUpStayFlat() throws Exception {
        try (BrokerProcess broker = new BrokerProcess(BrokerMain.class.getName(), directory)) {
            start(broker, "empty");
            for (int round = 1; round <= 2; round++) {
                load(broker, round);
                System.out.printf("round %d, loaded: heap %d MB%n", round, heapMegabytes(broker));
                long begin = System.nanoTime();
                assertThat(broker.stop()).isIn(0, 143);
                System.out.printf("closed in %d ms%n", (System.nanoTime() - begin) / 1_000_000);
                start(broker, "round " + round + ", after close");
                check(broker);
                broker.kill();
                start(broker, "round " + round + ", after SIGKILL");
                check(broker);
            }
        }
    }

    private static void start(BrokerProcess broker, String when) throws Exception {
        long begin = System.nanoTime();
        broker.start();
        long millis = (System.nanoTime() - begin) / 1_000_000;
        System.out.printf("%s: ready in %d ms, heap %d MB%n", when, millis, heapMegabytes(broker));
    }

    private static long heapMegabytes(BrokerProcess broker) throws Exception {
        command(broker, "GC.run");
        Matcher used = USED.matcher(command(broker, "GC.heap_info"));
        assertThat(used.find()).isTrue();
        return Long.parseLong(used.group(1)) / 1024;
    }

    private static String command(BrokerProcess broker, String name) throws Exception {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(broker.pid()),
                        name)
                .redirectErrorStream(true)
                .start();
        return new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private interface Work {
        void run(Session session) throws JMSException;
    }

    private static void connected(BrokerProcess broker, Work work) throws JMSException {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar://127.0.0.1:" + broker.port());
                Connection connection = factory.createConnection()) {
            connection.setClientID("scale");
            connection.start();
            work.run(connection.createSession(Session.CLIENT_ACKNOWLEDGE));
        }
    }

    private static void load(BrokerProcess broker, int round) throws JMSException {
        connected(broker, session -> {
            MessageProducer producer = session.createProducer(null);
            for (int i = 0; i < SUBSCRIPTIONS; i++) {
                session.createDurableConsumer(session.createTopic("t" + i % TOPICS), "s" + i)
                        .close();
            }
            for (int i = 0; i < QUEUES; i++) {
                producer.send(session.createQueue("q" + i), session.createTextMessage("q" + i + " " + round));
            }
            for (int i = 0; i < TOPICS; i++) {
                producer.send(session.createTopic("t" + i), session.createTextMessage("t" + i + " " + round));
            }
        });
    }

    /** What was sent is there, looked at here and there. */
    private static void check(BrokerProcess broker) throws JMSException {
        connected(broker, session -> {
            for (int i = 0; i < QUEUES; i += QUEUES / 50) {
                assertThat(session.createBrowser(session.createQueue("q" + i))
                                .getEnumeration()
                                .hasMoreElements())
                        .isTrue();
            }
            for (int i = 0; i < SUBSCRIPTIONS; i += SUBSCRIPTIONS / 10) {
                try (MessageConsumer consumer =
                        session.createDurableConsumer(session.createTopic("t" + i % TOPICS), "s" + i)) {
                    Message message = consumer.receive(Jms.WAIT);
                    assertThat(Jms.text(message)).startsWith("t" + i % TOPICS + " ");
                }
            }
        });
    }
}
