package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.Connection;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.protocol.jms.Acknowledge;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is kept of messages that were handed out: their places, as ranges. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HeldMessagesTest {
    @Test
    void neighboursAreOneRangeHoweverConsumersTakeTurns() throws Exception {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar:embedded");
                Connection connection = factory.createConnection()) {
            connection.start();
            Session session = connection.createSession(Session.SESSION_TRANSACTED);
            Session plain = connection.createSession();
            List<MessageConsumer> consumers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Queue queue = session.createQueue("q" + i);
                consumers.add(session.createConsumer(queue));
                MessageProducer producer = plain.createProducer(queue);
                for (int m = 0; m < 100; m++) {
                    producer.send(plain.createTextMessage("m" + m));
                }
            }
            for (int m = 0; m < 100; m++) {
                for (MessageConsumer consumer : consumers) {
                    Message message = consumer.receive(Jms.WAIT);
                    assertThat(Jms.text(message)).isEqualTo("m" + m);
                }
            }
            FulmarSession ours = (FulmarSession) session;
            Transaction transaction = ours.transactions().current();
            Attached at = ours.connection().attached();
            assertThat(transaction.received(at, ours))
                    .hasSize(3)
                    .extracting(Acknowledge.Range::offset, Acknowledge.Range::count)
                    .containsOnly(org.assertj.core.groups.Tuple.tuple(0L, 100));
            session.commit();
        }
    }
}
