package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageFormatRuntimeException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TransactionRolledBackException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transacted sessions (JMS 3.1, section 6.2.7): what they send and receive happens as one, or not at all. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TransactedSessionTest {
    private static FulmarConnectionFactory factory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Connection connection;
    private Session session;
    private Session direct;
    private String name;
    private Queue queue;
    private Queue other;

    @BeforeAll
    static void open() {
        factory = new FulmarConnectionFactory("fulmar:embedded");
    }

    @AfterAll
    static void close() {
        factory.close();
    }

    @BeforeEach
    void connect(TestInfo test) throws JMSException {
        name = test.getTestMethod().orElseThrow().getName() + test.getDisplayName();
        connection = factory.createConnection();
        connection.setClientID(name);
        connection.start();
        session = connection.createSession(true, Session.AUTO_ACKNOWLEDGE);
        Connection another = factory.createConnection();
        open.add(another);
        another.start();
        direct = another.createSession();
        queue = direct.createQueue(name);
        other = direct.createQueue(name + ".other");
    }

    @AfterEach
    void disconnect() throws Exception {
        connection.close();
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private void send(Queue to, String... texts) throws JMSException {
        try (MessageProducer producer = direct.createProducer(to)) {
            for (String text : texts) {
                producer.send(direct.createTextMessage(text));
            }
        }
    }

    private void sendInTransaction(Queue to, String... texts) throws JMSException {
        try (MessageProducer producer = session.createProducer(to)) {
            for (String text : texts) {
                producer.send(session.createTextMessage(text));
            }
        }
    }

    /** What another connection finds, and takes. */
    private List<String> drained(Queue from) throws JMSException {
        List<String> there = new ArrayList<>();
        try (MessageConsumer consumer = direct.createConsumer(from)) {
            for (Message next = consumer.receiveNoWait(); next != null; next = consumer.receiveNoWait()) {
                there.add(Jms.seen(next));
            }
        }
        return there;
    }

    @Test
    void sessionsSayThatTheyAreTransacted() throws JMSException {
        assertThat(session.getTransacted()).isTrue();
        assertThat(session.getAcknowledgeMode()).isEqualTo(Session.SESSION_TRANSACTED);
        try (QueueConnection queues = factory.createQueueConnection();
                TopicConnection topics = factory.createTopicConnection();
                JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED);
                JMSContext second = context.createContext(JMSContext.SESSION_TRANSACTED)) {
            assertThat(queues.createQueueSession(true, 1).getTransacted()).isTrue();
            assertThat(topics.createTopicSession(true, 1).getTransacted()).isTrue();
            assertThat(topics.createSession(Session.SESSION_TRANSACTED).getTransacted())
                    .isTrue();
            assertThat(context.getTransacted()).isTrue();
            assertThat(second.getSessionMode()).isEqualTo(JMSContext.SESSION_TRANSACTED);
        }
        assertThat(direct.getTransacted()).isFalse();
    }

    @Test
    void whatIsSentIsSeenWhenItIsCommittedAndNotBefore() throws JMSException {
        sendInTransaction(queue, "a", "b");
        sendInTransaction(other, "x");
        assertThat(drained(queue)).isEmpty();
        session.commit();
        assertThat(drained(queue)).containsExactly("a", "b");
        assertThat(drained(other)).containsExactly("x");
    }

    @Test
    void whatIsSentAndRolledBackIsNeverSeen() throws JMSException {
        sendInTransaction(queue, "a", "b");
        session.rollback();
        sendInTransaction(queue, "c");
        session.commit();
        assertThat(drained(queue)).containsExactly("c");
    }

    @Test
    void whatIsReceivedAndCommittedIsGone() throws JMSException {
        send(queue, "a", "b");
        send(other, "x");
        MessageConsumer one = session.createConsumer(queue);
        MessageConsumer two = session.createConsumer(other);
        assertThat(Jms.receive(one, 2)).containsExactly("a", "b");
        assertThat(Jms.receive(two, 1)).containsExactly("x");
        session.commit();
        session.rollback();
        session.close();
        assertThat(drained(queue)).isEmpty();
        assertThat(drained(other)).isEmpty();
    }

    @Test
    void whatIsReceivedAndRolledBackComesAgainInOrderBeforeNewerOnes() throws JMSException {
        send(queue, "a", "b", "c", "d");
        send(other, "x", "y");
        MessageConsumer one = session.createConsumer(queue);
        MessageConsumer two = session.createConsumer(other);
        assertThat(Jms.receive(one, 2)).containsExactly("a", "b");
        assertThat(Jms.receive(two, 1)).containsExactly("x");
        session.rollback();
        assertThat(Jms.receive(one, 4)).containsExactly("a*2", "b*2", "c", "d");
        assertThat(Jms.receive(two, 2)).containsExactly("x*2", "y");
        session.rollback();
        assertThat(Jms.receive(one, 4)).containsExactly("a*3", "b*3", "c*2", "d*2");
        session.commit();
        session.rollback();
        assertThat(Jms.receive(two, 2)).containsExactly("x*3", "y*2");
        session.commit();
    }

    @Test
    void sendsAndReceivesAreOne() throws JMSException {
        send(queue, "in");
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = 1; i <= 3; i++) {
            Message in = consumer.receive(Jms.WAIT);
            sendInTransaction(other, "out" + i);
            assertThat(in.getIntProperty("JMSXDeliveryCount")).isEqualTo(i);
            if (i < 3) {
                session.rollback();
            }
        }
        session.commit();
        assertThat(drained(other)).containsExactly("out3");
        session.close();
        assertThat(drained(queue)).isEmpty();
    }

    @Test
    void closingRollsBack() throws JMSException {
        send(queue, "a");
        MessageConsumer consumer = session.createConsumer(queue);
        Jms.receive(consumer, 1);
        sendInTransaction(other, "x");
        session.close();
        assertThat(drained(queue)).containsExactly("a*2");
        assertThat(drained(other)).isEmpty();
        send(queue, "b");
        session = connection.createSession(Session.SESSION_TRANSACTED);
        Jms.receive(session.createConsumer(queue), 1);
        sendInTransaction(other, "x");
        connection.close();
        assertThat(drained(queue)).containsExactly("b*2");
        assertThat(drained(other)).isEmpty();
    }

    @Test
    void whatClosedConsumersHaveReceivedStaysInTheTransaction() throws JMSException {
        send(queue, "a", "b", "c");
        for (boolean commit : new boolean[] {false, true}) {
            MessageConsumer consumer = session.createConsumer(queue);
            assertThat(Jms.receive(consumer, 2)).isEqualTo(commit ? List.of("a*2", "b*2") : List.of("a", "b"));
            consumer.close();
            if (commit) {
                session.commit();
            } else {
                session.rollback();
            }
        }
        session.close();
        assertThat(drained(queue)).containsExactly("c");
    }

    @Test
    void rollbacksCountAsRedeliveries() throws JMSException {
        send(queue, "poison");
        MessageConsumer consumer = session.createConsumer(queue);
        List<String> seen = new ArrayList<>();
        for (Message next = consumer.receive(Jms.WAIT); next != null; next = consumer.receiveNoWait()) {
            seen.add(Jms.seen(next));
            session.rollback();
        }
        assertThat(seen).hasSize(11).startsWith("poison", "poison*2").endsWith("poison*11");
        try (MessageConsumer dead = direct.createConsumer(direct.createQueue("%DLQ%" + name))) {
            assertThat(Jms.receive(dead, 1)).containsExactly("poison");
            assertThat(dead.receiveNoWait()).isNull();
        }
    }

    @Test
    void aMessageMayBeChangedWhenItWasSent() throws JMSException {
        MessageProducer producer = session.createProducer(queue);
        TextMessage message = session.createTextMessage();
        List<String> ids = new ArrayList<>();
        for (String text : List.of("a", "b", "c")) {
            message.setText(text);
            producer.send(message);
            ids.add(message.getJMSMessageID());
        }
        message.setText("changed");
        session.commit();
        assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.startsWith("ID:"));
        assertThat(drained(queue)).containsExactly("a", "b", "c");
    }

    @Test
    void modesDelaysAndPrioritiesHoldInTransactions() throws JMSException {
        MessageProducer producer = session.createProducer(queue);
        producer.send(session.createTextMessage("low"), DeliveryMode.NON_PERSISTENT, 1, 0);
        producer.send(session.createTextMessage("high"), DeliveryMode.PERSISTENT, 9, 0);
        producer.send(session.createTextMessage("expired"), DeliveryMode.PERSISTENT, 9, 1);
        producer.setDeliveryDelay(3000);
        long sent = System.currentTimeMillis();
        Message late = session.createTextMessage("late");
        producer.send(late);
        Jms.eventually("a while has passed", () -> System.currentTimeMillis() > sent + 1500);
        session.commit();
        assertThat(drained(queue)).containsExactly("high", "low");
        try (MessageConsumer consumer = direct.createConsumer(queue)) {
            Message received = consumer.receive(Jms.WAIT);
            long after = System.currentTimeMillis() - sent;
            assertThat(Jms.text(received)).isEqualTo("late");
            assertThat(after).as("counted from the send").isBetween(3000L, 4490L);
            assertThat(received.getJMSDeliveryTime()).isEqualTo(late.getJMSDeliveryTime());
        }
    }

    @Test
    void subscribersGetWhatIsCommittedAndDurableOnesWhatIsRolledBackAgain() throws JMSException {
        Topic topic = session.createTopic(name + ".topic");
        MessageConsumer durable = session.createDurableConsumer(topic, "s");
        MessageConsumer plain = direct.createConsumer(topic);
        session.createProducer(topic).send(session.createTextMessage("a"));
        assertThat(plain.receiveNoWait()).isNull();
        session.commit();
        assertThat(Jms.receive(plain, 1)).containsExactly("a");
        assertThat(Jms.receive(durable, 1)).containsExactly("a");
        session.rollback();
        assertThat(Jms.receive(durable, 1)).containsExactly("a*2");
        session.commit();
        durable.close();
        session.unsubscribe("s");
    }

    @Test
    void temporaryDestinationsTakePart() throws JMSException {
        TemporaryQueue temporary = session.createTemporaryQueue();
        sendInTransaction(temporary, "a");
        MessageConsumer consumer = session.createConsumer(temporary);
        assertThat(consumer.receiveNoWait()).isNull();
        session.commit();
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        session.commit();
        consumer.close();
        sendInTransaction(temporary, "b");
        sendInTransaction(queue, "with it");
        temporary.delete();
        assertThatThrownBy(session::commit)
                .isInstanceOf(TransactionRolledBackException.class)
                .hasRootCauseInstanceOf(org.fulmar.jms.link.LinkException.class);
        session.commit();
        assertThat(drained(queue)).isEmpty();
    }

    @Test
    void listenersMayCommitAndRollBack() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        session.createConsumer(queue).setMessageListener(message -> {
            String text = Jms.seen(message);
            heard.add(text);
            try {
                if (text.endsWith("!") || text.startsWith("fail")) {
                    sendInTransaction(other, "never");
                    session.rollback();
                } else {
                    sendInTransaction(other, text);
                    session.commit();
                }
            } catch (JMSException e) {
                heard.add(e.toString());
            }
        });
        send(queue, "a", "b!", "c");
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS));
        }
        assertThat(all).containsExactly("a", "b!", "b!*2", "c");
        Jms.eventually("the last is committed", () -> browsed(other) == 3);
        assertThat(drained(other)).containsExactly("a", "b!*2", "c");
    }

    private int browsed(Queue of) throws JMSException {
        return java.util.Collections.list(direct.createBrowser(of).getEnumeration())
                .size();
    }

    @Test
    void listenerThatFailsLeavesTheTransactionToTheClient() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        session.createConsumer(queue).setMessageListener(message -> {
            heard.add(Jms.seen(message));
            if (Jms.text(message).equals("a")) {
                throw new RuntimeException("on purpose");
            }
            try {
                if (Jms.seen(message).equals("b")) {
                    session.rollback();
                } else {
                    session.commit();
                }
            } catch (JMSException e) {
                heard.add(e.toString());
            }
        });
        send(queue, "a", "b");
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS));
        }
        assertThat(all).containsExactly("a", "b", "a*2", "b*2");
        session.close();
        assertThat(drained(queue)).isEmpty();
    }

    @Test
    void contextsAreTransactedToo() {
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED);
                JMSContext reader = context.createContext(JMSContext.AUTO_ACKNOWLEDGE)) {
            context.createProducer().send(queue, "a").send(queue, "b");
            JMSConsumer consumer = reader.createConsumer(queue);
            assertThat(consumer.receiveNoWait()).isNull();
            context.commit();
            assertThat(Jms.receive(consumer, 2)).containsExactly("a", "b");
            consumer.close();
            context.createProducer().send(queue, "c");
            context.commit();
            JMSConsumer own = context.createConsumer(queue);
            assertThat(own.receiveBody(String.class, Jms.WAIT)).isEqualTo("c");
            context.rollback();
            assertThatThrownBy(() -> own.receiveBody(Integer.class, Jms.WAIT))
                    .isInstanceOf(MessageFormatRuntimeException.class);
            assertThat(own.receiveBodyNoWait(String.class))
                    .as("what can't be read counts as received")
                    .isNull();
            context.rollback();
            assertThat(own.receiveBody(String.class, Jms.WAIT)).isEqualTo("c");
            context.commit();
            assertThatThrownBy(context::recover).isInstanceOf(IllegalStateRuntimeException.class);
        }
    }

    @Test
    void recoverIsRefusedAndAcknowledgeDoesNothing() throws JMSException {
        send(queue, "a");
        Message received = session.createConsumer(queue).receive(Jms.WAIT);
        received.acknowledge();
        assertThatThrownBy(session::recover).isInstanceOf(IllegalStateException.class);
        session.close();
        assertThatThrownBy(session::commit).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(session::rollback).isInstanceOf(IllegalStateException.class);
        assertThat(drained(queue)).containsExactly("a*2");
    }

    @Test
    void commitWaitsForCompletionListenersWhichMustNotCallIt() throws Exception {
        MessageProducer producer = session.createProducer(queue);
        CountDownLatch release = new CountDownLatch(1);
        List<String> told = new ArrayList<>();
        CompletionListener listener = new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                Jms.pass(release);
                for (Background.Work work : List.<Background.Work>of(session::commit, session::rollback)) {
                    try {
                        work.run();
                        told.add("done");
                    } catch (Exception e) {
                        told.add(e.getClass().getSimpleName());
                    }
                }
            }

            @Override
            public void onException(Message message, Exception e) {
                told.add(e.toString());
            }
        };
        producer.send(session.createTextMessage("a"), listener);
        Background<Void> commit = Background.run(session::commit).awaitBlocked();
        assertThat(commit.isDone()).isFalse();
        assertThat(drained(queue)).isEmpty();
        release.countDown();
        commit.result();
        assertThat(told).containsExactly("IllegalStateException", "IllegalStateException");
        assertThat(drained(queue)).containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"transactionBuffer=0", "transactionBuffer=300", "prefetch=0", "prefetch=1"})
    void whateverTheBuffersHold(String option) throws Exception {
        try (FulmarConnectionFactory small = new FulmarConnectionFactory("fulmar:embedded?" + option);
                Connection own = small.createConnection()) {
            own.start();
            Session transacted = own.createSession(Session.SESSION_TRANSACTED);
            Session reading = own.createSession();
            MessageConsumer reader = reading.createConsumer(reading.createQueue("small"));
            MessageProducer producer = transacted.createProducer(transacted.createQueue("small"));
            List<String> expected = new ArrayList<>();
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 30; i++) {
                    producer.send(transacted.createTextMessage("m" + round + "-" + i));
                    if (round % 2 == 1) {
                        expected.add("m" + round + "-" + i);
                    }
                }
                if (round % 2 == 0) {
                    transacted.rollback();
                } else {
                    transacted.commit();
                }
            }
            assertThat(Jms.receive(reader, expected.size())).isEqualTo(expected);
            assertThat(reader.receiveNoWait()).isNull();
            reader.close();
            expected.forEach(text -> {
                try {
                    producer.send(transacted.createTextMessage(text));
                } catch (JMSException e) {
                    throw new AssertionError(e);
                }
            });
            transacted.commit();
            MessageConsumer consumer = transacted.createConsumer(transacted.createQueue("small"));
            assertThat(Jms.receive(consumer, 60)).isEqualTo(expected);
            transacted.rollback();
            assertThat(Jms.receive(consumer, 60))
                    .isEqualTo(expected.stream().map(text -> text + "*2").toList());
            transacted.commit();
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void receivedMessagesThatWereShippedComeAgainInOrder() throws Exception {
        try (FulmarConnectionFactory small = new FulmarConnectionFactory("fulmar:embedded?transactionBuffer=0");
                Connection own = small.createConnection()) {
            own.start();
            Session transacted = own.createSession(Session.SESSION_TRANSACTED);
            Queue in = transacted.createQueue("in");
            MessageProducer out = transacted.createProducer(transacted.createQueue("out"));
            MessageProducer producer = own.createSession().createProducer(in);
            for (int i = 0; i < 10; i++) {
                producer.send(transacted.createTextMessage("m" + i));
            }
            MessageConsumer consumer = transacted.createConsumer(in);
            for (int i = 1; i <= 3; i++) {
                String suffix = i == 1 ? "" : "*" + i;
                for (int m = 0; m < 8; m++) {
                    assertThat(Jms.receive(consumer, 1)).containsExactly("m" + m + suffix);
                    out.send(transacted.createTextMessage("o" + m));
                }
                if (i < 3) {
                    transacted.rollback();
                }
            }
            transacted.commit();
            transacted.rollback();
            assertThat(Jms.receive(consumer, 2)).containsExactly("m8", "m9");
            transacted.close();
            Session reading = own.createSession();
            assertThat(Jms.receive(reading.createConsumer(reading.createQueue("out")), 8))
                    .containsExactly("o0", "o1", "o2", "o3", "o4", "o5", "o6", "o7");
        }
    }

    @Test
    void transactionOfAHundredThousandMessagesTakesBoundedMemory() throws Exception {
        int count = 100_000;
        MessageProducer producer = session.createProducer(queue);
        byte[] padding = new byte[100];
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < count; i++) {
            jakarta.jms.BytesMessage message = session.createBytesMessage();
            message.writeInt(i);
            message.writeBytes(padding);
            producer.send(message);
            most.accumulateAndGet(kept(), Math::max);
        }
        assertThat(most.get()).isLessThanOrEqualTo(1000);
        assertThat(browsed(queue)).isZero();
        session.commit();
        Session reading = connection.createSession(Session.SESSION_TRANSACTED);
        MessageConsumer consumer = reading.createConsumer(queue);
        for (int i = 0; i < count; i++) {
            jakarta.jms.BytesMessage next = (jakarta.jms.BytesMessage) consumer.receive(Jms.WAIT);
            assertThat(next).as("message %d", i).isNotNull();
            if (next.readInt() != i) {
                throw new AssertionError("not in order at " + i);
            }
        }
        reading.commit();
        assertThat(consumer.receiveNoWait()).isNull();
    }

    /** Messages that the session keeps. */
    private int kept() {
        return ((FulmarSession) session).transactions().current().kept();
    }

    @Test
    void manyConsumersAndProducersInOneTransaction() throws JMSException {
        List<MessageConsumer> consumers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Queue each = session.createQueue(name + i);
            sendInTransaction(each, "a" + i, "b" + i);
            consumers.add(session.createConsumer(each));
        }
        session.commit();
        for (String count : List.of("", "*2")) {
            for (int i = 0; i < 20; i++) {
                assertThat(Jms.receive(consumers.get(i), 2)).containsExactly("a" + i + count, "b" + i + count);
            }
            if (count.isEmpty()) {
                session.rollback();
            }
        }
        session.commit();
        for (MessageConsumer consumer : consumers) {
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void missingDestinationsAreRefusedAtOnceAndHarmNothing() throws JMSException {
        MessageProducer producer = session.createProducer(null);
        sendInTransaction(queue, "a");
        assertThatThrownBy(() -> producer.send((Queue) null, session.createMessage()))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> producer.send(session.createQueue("unpaired \uD800"), session.createMessage()))
                .isInstanceOf(InvalidDestinationException.class);
        session.commit();
        assertThat(drained(queue)).containsExactly("a");
    }
}
