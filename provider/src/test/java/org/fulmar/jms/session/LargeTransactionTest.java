package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions of more messages, consumers or destinations than clients keep until the commit. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LargeTransactionTest extends TransactedSetUp {
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
    @Timeout(300)
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
        assertThat(Jms.browsed(direct, queue)).isZero();
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
}
