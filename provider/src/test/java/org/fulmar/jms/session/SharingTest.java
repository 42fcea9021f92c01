package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Consumers beside each other: with selectors on a queue, with message groups, and of one durable subscription. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SharingTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private Connection connection;
    private Session session;
    private String name;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession();
        name = "sharing." + BROKER.name();
    }

    @Test
    void selectorOnAQueueLeavesTheOthersMessagesAlone() throws JMSException {
        Queue queue = session.createQueue(name);
        MessageProducer producer = session.createProducer(queue);
        for (int i = 0; i < 300; i++) {
            Message message = session.createTextMessage(i + "");
            message.setIntProperty("n", i);
            producer.send(message);
        }
        List<String> small = Jms.drain(session.createConsumer(queue, "n < 100"));
        List<String> large = Jms.drain(session.createConsumer(queue, "n >= 200"));
        List<String> rest = Jms.drain(session.createConsumer(queue));
        Function<IntStream, List<String>> texts =
                numbers -> numbers.mapToObj(Integer::toString).toList();
        assertThat(small).isEqualTo(texts.apply(IntStream.range(0, 100)));
        assertThat(large).isEqualTo(texts.apply(IntStream.range(200, 300)));
        assertThat(rest).isEqualTo(texts.apply(IntStream.range(100, 200)));
    }

    @Test
    void oneInAThousandIsFoundThoughEachReceiveOpensAConsumer() throws JMSException {
        Queue queue = session.createQueue(name);
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < 10_000; i++) {
            Message message = session.createTextMessage(i + "");
            message.setBooleanProperty("rare", i % 1000 == 999);
            producer.send(message);
        }
        for (int i = 0; i < 10; i++) {
            try (MessageConsumer consumer = session.createConsumer(queue, "rare")) {
                assertThat(Jms.receive(consumer, 1)).containsExactly(i * 1000 + 999 + "");
            }
        }
        assertThat(Jms.drain(session.createConsumer(queue))).hasSize(9990).doesNotContain("999");
    }

    /** A consumer in a session of its own that notes what it gets, and acknowledges it. */
    private final class Worker {
        final Session own = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        final MessageConsumer consumer;
        final List<String> got = new ArrayList<>();

        Worker(Queue queue) throws JMSException {
            consumer = own.createConsumer(queue);
        }

        /** Takes one message, if there is one for it. */
        boolean work() throws JMSException {
            Message message = consumer.receiveNoWait();
            if (message != null) {
                got.add(message.getStringProperty("JMSXGroupID") + " " + Jms.text(message));
                message.acknowledge();
            }
            return message != null;
        }
    }

    @Test
    void messageGroupStaysWithOneConsumerInOrderUntilThatOneCloses() throws JMSException {
        Queue queue = session.createQueue(name);
        MessageProducer producer = session.createProducer(queue);
        List<Worker> workers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            workers.add(new Worker(queue));
        }
        int sent = 0;
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 300; i++) {
                Message message = session.createTextMessage(String.format("%04d", sent++));
                message.setStringProperty("JMSXGroupID", "g" + i % 17);
                producer.send(message);
            }
            boolean more = true;
            while (more) {
                more = false;
                for (Worker worker : List.copyOf(workers)) {
                    more |= worker.work();
                }
            }
            if (round == 0) {
                assertOneOwnerEach(workers);
                assertThat(workers).allSatisfy(worker -> assertThat(worker.got).isNotEmpty());
                Worker gone = workers.remove(0);
                assertThat(gone.got).isNotEmpty();
                gone.consumer.close();
                gone.own.close();
                all(gone.got);
            }
        }
        assertOneOwnerEach(workers);
        List<String> all = new ArrayList<>(heard);
        workers.forEach(worker -> all.addAll(worker.got));
        assertThat(all).hasSize(600).doesNotHaveDuplicates();
    }

    private final List<String> heard = new ArrayList<>();

    private void all(List<String> got) {
        heard.addAll(got);
    }

    private static void assertOneOwnerEach(List<Worker> workers) {
        Map<String, Worker> owners = new HashMap<>();
        for (Worker worker : workers) {
            Map<String, List<String>> groups =
                    worker.got.stream().collect(Collectors.groupingBy(got -> got.substring(0, got.indexOf(' '))));
            groups.forEach((group, got) -> {
                assertThat(owners.put(group, worker))
                        .as("%s has two owners", group)
                        .isNull();
                assertThat(got).isSorted();
            });
        }
    }

    @Test
    void groupOfAConsumerThatFailsComesAgainToItInOrder() throws JMSException {
        Queue queue = session.createQueue(name);
        MessageProducer producer = session.createProducer(queue);
        for (int i = 0; i < 5; i++) {
            Message message = session.createTextMessage(i + "");
            message.setStringProperty("JMSXGroupID", "g");
            producer.send(message);
        }
        Worker owner = new Worker(queue);
        assertThat(Jms.receive(owner.consumer, 3)).containsExactly("0", "1", "2");
        Worker other = new Worker(queue);
        owner.own.recover();
        assertThat(other.consumer.receiveNoWait()).isNull();
        assertThat(Jms.receive(owner.consumer, 5)).containsExactly("0*2", "1*2", "2*2", "3", "4");
        owner.own.close();
        assertThat(Jms.receive(other.consumer, 5)).containsExactly("0*3", "1*3", "2*3", "3*2", "4*2");
        other.own.close();
    }

    @Test
    void threeConsumersOfADurableSubscriptionGetEachMessageOnce() throws JMSException {
        Topic topic = session.createTopic(name);
        MessageProducer producer = session.createProducer(topic);
        List<MessageConsumer> consumers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            consumers.add(connection.createSession().createSharedDurableConsumer(topic, name));
        }
        for (int i = 0; i < 900; i++) {
            producer.send(session.createTextMessage(i + ""));
        }
        List<String> got = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            assertThat(got.add(Jms.text(consumers.get(0).receive(Jms.WAIT)))).isTrue();
        }
        consumers.get(0).close();
        for (MessageConsumer consumer : consumers.subList(1, 3)) {
            got.addAll(Jms.drain(consumer));
            consumer.close();
        }
        assertThat(got).hasSize(900);
        assertThat(new TreeSet<>(got)).hasSize(900);
        session.unsubscribe(name);
    }
}
