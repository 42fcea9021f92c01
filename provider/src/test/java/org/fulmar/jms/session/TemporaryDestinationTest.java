package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.Destination;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Temporary queues and topics: made by a connection, used by it, gone with it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TemporaryDestinationTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private Connection connection;
    private Session session;
    private Connection stranger;
    private Session strange;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession();
        stranger = BROKER.connect();
        strange = stranger.createSession();
    }

    @Test
    void requestsAreAnsweredToTheTemporaryQueueThatTheyName() throws JMSException {
        Queue requests = session.createQueue("requests");
        MessageConsumer server = strange.createConsumer(requests);
        MessageProducer answers = strange.createProducer(null);
        TemporaryQueue replies = session.createTemporaryQueue();
        MessageConsumer client = session.createConsumer(replies);
        MessageProducer asking = session.createProducer(requests);
        for (int i = 0; i < 20; i++) {
            Message request = session.createTextMessage("request " + i);
            request.setJMSReplyTo(replies);
            asking.send(request);

            Message asked = server.receive(Jms.WAIT);
            assertThat(asked.getJMSReplyTo()).isEqualTo(replies).isInstanceOf(TemporaryQueue.class);
            Message answer = strange.createTextMessage("answer to " + Jms.text(asked));
            answer.setJMSCorrelationID(asked.getJMSMessageID());
            answers.send(asked.getJMSReplyTo(), answer);

            Message reply = client.receive(Jms.WAIT);
            assertThat(Jms.text(reply)).isEqualTo("answer to request " + i);
            assertThat(reply.getJMSCorrelationID()).isEqualTo(request.getJMSMessageID());
            assertThat(reply.getJMSDestination()).isEqualTo(replies);
        }
    }

    @Test
    void everyTemporaryDestinationIsAnotherOne() throws JMSException {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            names.add(session.createTemporaryQueue().getQueueName());
            names.add(session.createTemporaryTopic().getTopicName());
            names.add(strange.createTemporaryQueue().getQueueName());
        }
        assertThat(names).hasSize(30);
    }

    @Test
    void temporaryTopicReachesEverySubscriberOfItsConnection() throws JMSException {
        TemporaryTopic topic = session.createTemporaryTopic();
        MessageConsumer one = session.createConsumer(topic);
        MessageConsumer two = connection.createSession().createConsumer(topic);
        strange.createProducer(topic).send(strange.createTextMessage("news"));
        assertThat(Jms.receive(one, 1)).containsExactly("news");
        assertThat(Jms.receive(two, 1)).containsExactly("news");
    }

    @Test
    void temporaryQueueKeepsPrioritiesAndRedelivers() throws JMSException {
        Session careful = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        TemporaryQueue queue = careful.createTemporaryQueue();
        MessageProducer producer = strange.createProducer(queue);
        for (int priority = 0; priority <= 9; priority++) {
            producer.setPriority(priority);
            producer.send(strange.createTextMessage("p" + priority));
        }
        MessageConsumer consumer = careful.createConsumer(queue);
        assertThat(Jms.receive(consumer, 2)).containsExactly("p9", "p8");
        careful.recover();
        assertThat(Jms.receive(consumer, 10))
                .containsExactly("p9*2", "p8*2", "p7", "p6", "p5", "p4", "p3", "p2", "p1", "p0");
    }

    @Test
    void onlyItsOwnConnectionConsumes() throws JMSException {
        TemporaryQueue queue = session.createTemporaryQueue();
        TemporaryTopic topic = session.createTemporaryTopic();
        assertThatThrownBy(() -> strange.createConsumer(queue))
                .isInstanceOf(InvalidDestinationException.class)
                .hasMessageContaining("only the connection that made");
        assertThatThrownBy(() -> strange.createConsumer(topic)).isInstanceOf(InvalidDestinationException.class);
        assertThat(connection.createSession().createConsumer(queue))
                .as("of another session")
                .isNotNull();
    }

    @Test
    void anotherConnectionCanNotPassItOffAsALastingQueue() throws JMSException {
        TemporaryQueue queue = session.createTemporaryQueue();
        session.createProducer(queue).send(session.createTextMessage("private"));
        Queue disguised = strange.createQueue(queue.getQueueName());
        assertThatThrownBy(() -> strange.createConsumer(disguised)).isInstanceOf(InvalidDestinationException.class);
        assertThat(Jms.receive(session.createConsumer(queue), 1)).containsExactly("private");
    }

    @Test
    void deletingIsRefusedWhileItHasAConsumer() throws JMSException {
        TemporaryQueue queue = session.createTemporaryQueue();
        TemporaryTopic topic = session.createTemporaryTopic();
        MessageConsumer onQueue = session.createConsumer(queue);
        MessageConsumer onTopic = connection.createSession().createConsumer(topic);
        assertThatThrownBy(queue::delete).isInstanceOf(JMSException.class).hasMessageContaining("consumers");
        assertThatThrownBy(topic::delete).isInstanceOf(JMSException.class).hasMessageContaining("consumers");
        strange.createProducer(queue).send(strange.createTextMessage("still there"));
        assertThat(Jms.receive(onQueue, 1)).containsExactly("still there");
        onQueue.close();
        onTopic.close();
        queue.delete();
        topic.delete();
    }

    @Test
    void deletedDestinationTakesNoMoreMessagesAndConsumers() throws JMSException {
        TemporaryQueue queue = session.createTemporaryQueue();
        MessageProducer own = session.createProducer(queue);
        MessageProducer foreign = strange.createProducer(queue);
        foreign.send(strange.createTextMessage("never read"));
        queue.delete();
        assertIsGone(queue, own, foreign);
    }

    private void assertIsGone(Destination destination, MessageProducer own, MessageProducer foreign) {
        assertThatThrownBy(() -> own.send(session.createMessage())).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> foreign.send(strange.createMessage()))
                .isInstanceOf(InvalidDestinationException.class)
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> strange.createProducer(null).send(destination, strange.createMessage()))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createConsumer(destination)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createProducer(destination)).isInstanceOf(InvalidDestinationException.class);
    }

    @Test
    void deletingTwiceIsRefused() throws JMSException {
        TemporaryTopic topic = session.createTemporaryTopic();
        topic.delete();
        assertThatThrownBy(topic::delete).isInstanceOf(JMSException.class);
    }

    @Test
    void copyThatCameInAMessageCanNotDelete() throws JMSException {
        TemporaryQueue queue = session.createTemporaryQueue();
        Queue carrier = session.createQueue("copies");
        Message message = session.createMessage();
        message.setJMSReplyTo(queue);
        session.createProducer(carrier).send(message);
        Message received = strange.createConsumer(carrier).receive(Jms.WAIT);
        TemporaryQueue copy = (TemporaryQueue) received.getJMSReplyTo();
        assertThatThrownBy(copy::delete).isInstanceOf(JMSException.class);
        strange.createProducer(copy).send(strange.createTextMessage("still there"));
        assertThat(Jms.receive(session.createConsumer(queue), 1)).containsExactly("still there");
    }

    @Test
    void temporaryDestinationGoesWithItsConnection() throws JMSException {
        TemporaryQueue queue = session.createTemporaryQueue();
        TemporaryTopic topic = session.createTemporaryTopic();
        session.createConsumer(queue);
        MessageProducer toQueue = strange.createProducer(queue);
        MessageProducer toTopic = strange.createProducer(topic);
        toQueue.send(strange.createMessage());
        toTopic.send(strange.createMessage());
        connection.close();
        assertThatThrownBy(() -> toQueue.send(strange.createMessage()))
                .isInstanceOf(InvalidDestinationException.class)
                .hasMessageContaining("does not exist");
        assertThatThrownBy(() -> toTopic.send(strange.createMessage())).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(queue::delete).isInstanceOf(jakarta.jms.IllegalStateException.class);
    }

    @Test
    void temporaryDestinationOutlivesTheSessionThatMadeIt() throws JMSException {
        TemporaryQueue queue = session.createTemporaryQueue();
        session.close();
        strange.createProducer(queue).send(strange.createTextMessage("a"));
        assertThat(Jms.receive(connection.createSession().createConsumer(queue), 1))
                .containsExactly("a");
        Session another = connection.createSession();
        assertThatThrownBy(() -> another.createDurableConsumer(another.createTemporaryTopic(), "s"))
                .isInstanceOf(JMSException.class);
    }

    @Test
    void contextTellsOfADeletedDestinationWithoutAForcedCatch() throws JMSException {
        try (JMSContext context = BROKER.factory().createContext()) {
            TemporaryQueue queue = context.createTemporaryQueue();
            context.createProducer().send(queue, "a");
            assertThat(context.createConsumer(queue).receiveBody(String.class, Jms.WAIT))
                    .isEqualTo("a");
            TemporaryQueue foreign = session.createTemporaryQueue();
            assertThatThrownBy(() -> context.createConsumer(foreign))
                    .isInstanceOf(InvalidDestinationRuntimeException.class);
            foreign.delete();
            assertThatThrownBy(() -> context.createProducer().send(foreign, "b"))
                    .isInstanceOf(InvalidDestinationRuntimeException.class);
        }
    }
}
