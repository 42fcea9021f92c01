package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What selectors and noLocal do, or do not do, when a consumer is made. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConsumerOptionsTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private Connection connection;
    private Session session;
    private Queue queue;
    private Topic topic;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect("c");
        session = connection.createSession();
        queue = session.createQueue("options.queue");
        topic = session.createTopic("options.topic");
    }

    @Test
    void emptySelectorIsNone() throws JMSException {
        session.createProducer(queue).send(session.createTextMessage("a"));
        MessageConsumer consumer = session.createConsumer(queue, "");
        assertThat(consumer.getMessageSelector()).isNull();
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
        try (MessageConsumer without = session.createConsumer(queue, null)) {
            assertThat(without.getMessageSelector()).isNull();
        }
    }

    @Test
    void refusedSelectorDoesNotTouchADurableSubscription() throws JMSException {
        session.createDurableConsumer(topic, "kept").close();
        session.createProducer(topic).send(session.createTextMessage("a"));
        assertThatThrownBy(() -> session.createDurableConsumer(topic, "kept", "b =", false))
                .isInstanceOf(InvalidSelectorException.class);
        MessageConsumer consumer = session.createDurableConsumer(topic, "kept");
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
        session.unsubscribe("kept");
    }

    @Test
    void noLocalHasNoMeaningOnQueues() throws JMSException {
        MessageConsumer consumer = session.createConsumer(queue, null, true);
        session.createProducer(queue).send(session.createTextMessage("a"));
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        consumer.close();
    }
}
