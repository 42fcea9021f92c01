package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageFormatRuntimeException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.Session;
import jakarta.jms.TopicConnectionFactory;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.ra.destination.ManagedQueue;
import org.junit.jupiter.api.Test;

/** What applications do with the handles that is the same inside of a server as outside. */
class ReceivingTest extends OutboundTest {
    @Test
    void nothingIsReceivedBeforeTheConnectionIsStarted() throws Exception {
        send(queue, "m");
        try (Connection connection = connections().createConnection()) {
            Session session = connection.createSession();
            MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
            assertThat(consumer.receiveNoWait()).isNull();
            assertThat(consumer.receive(20)).isNull();
            CompletableFuture<Message> waiting = receive(consumer);
            connection.start();
            assertThat(waiting.get(WAIT, TimeUnit.MILLISECONDS).getBody(String.class))
                    .isEqualTo("m");
        }
    }

    private static CompletableFuture<Message> receive(MessageConsumer consumer) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return consumer.receive();
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void closingEndsAReceiveThatWaits() throws Exception {
        for (boolean started : new boolean[] {false, true}) {
            Connection connection = connections().createConnection();
            if (started) {
                connection.start();
            }
            Session session = connection.createSession();
            MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
            CompletableFuture<Message> waiting = receive(consumer);
            connection.close();
            assertThat(waiting.handle((message, failure) -> message).get(WAIT, TimeUnit.MILLISECONDS))
                    .isNull();
        }
    }

    @Test
    void settingsOfAProducerCount() throws Exception {
        try (Connection connection = connections().createConnection()) {
            connection.start();
            Session session = connection.createSession();
            Queue to = session.createQueue(queue);
            MessageProducer producer = session.createProducer(to);
            producer.setPriority(3);
            producer.setTimeToLive(1_000_000);
            producer.setDeliveryMode(jakarta.jms.DeliveryMode.NON_PERSISTENT);
            producer.setDisableMessageTimestamp(true);
            producer.setDisableMessageID(true);
            producer.setDeliveryDelay(1);
            assertThatThrownBy(() -> producer.setPriority(10)).isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> producer.send(to, session.createMessage()))
                    .isInstanceOf(UnsupportedOperationException.class);
            producer.send(session.createTextMessage("m"));
            assertThat(producer.getPriority()).isEqualTo(3);
            assertThat(producer.getTimeToLive()).isEqualTo(1_000_000);
            assertThat(producer.getDeliveryDelay()).isEqualTo(1);
            assertThat(producer.getDisableMessageID()).isTrue();
            assertThat(producer.getDisableMessageTimestamp()).isTrue();
            assertThat(producer.getDestination()).isEqualTo(to);
            Message got = session.createConsumer(to).receive(WAIT);
            assertThat(got.getJMSPriority()).isEqualTo(3);
            assertThat(got.getJMSDeliveryMode()).isEqualTo(jakarta.jms.DeliveryMode.NON_PERSISTENT);
            assertThat(got.getJMSExpiration()).isPositive();
            assertThat(got.getJMSTimestamp()).isZero();
        }
    }

    @Test
    void whatCanNotBeUsedIsToldWhenItIsMade() throws Exception {
        try (Connection connection = connections().createConnection()) {
            Session session = connection.createSession();
            assertThatThrownBy(() -> session.createConsumer(null)).isInstanceOf(InvalidDestinationException.class);
            assertThatThrownBy(() -> session.createConsumer(session.createQueue(queue), "a ="))
                    .isInstanceOf(InvalidSelectorException.class);
            assertThatThrownBy(() -> session.createProducer(new ManagedQueue())).isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> session.createDurableConsumer(session.createTopic("t"), "s"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("client id");
        }
    }

    @Test
    void browsersShowAndTakeNothing() throws Exception {
        send(queue, "a", "b");
        try (JMSContext context = connections().createContext()) {
            var browser = context.createBrowser(context.createQueue(queue), "JMSPriority = 4");
            assertThat(Collections.list(browser.getEnumeration())).hasSize(2);
            assertThat(browser.getMessageSelector()).isEqualTo("JMSPriority = 4");
            assertThat(browser.getQueue().getQueueName()).isEqualTo(queue);
            browser.close();
            assertThatThrownBy(browser::getEnumeration).isInstanceOf(IllegalStateException.class);
        }
        assertThat(drain(queue)).containsExactly("a", "b");
    }

    @Test
    void contextsSendAndReceiveEveryKindOfBody() throws Exception {
        try (JMSContext context = connections().createContext()) {
            ManagedQueue to = new ManagedQueue();
            to.setPhysicalName(queue);
            context.createProducer()
                    .setProperty("colour", "red")
                    .setJMSType("text")
                    .send(to, "text")
                    .send(to, Map.of("key", (Object) 1))
                    .send(to, new byte[] {1, 2})
                    .send(to, (java.io.Serializable) Integer.valueOf(3));
            var consumer = context.createConsumer(to, "colour = 'red'");
            assertThat(consumer.getMessageSelector()).isEqualTo("colour = 'red'");
            assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("text");
            assertThat(consumer.receiveBody(Map.class, WAIT)).containsEntry("key", 1);
            assertThat(consumer.receiveBody(byte[].class, WAIT)).containsExactly(1, 2);
            assertThat(consumer.receiveBody(Integer.class, WAIT)).isEqualTo(3);
            context.createProducer().send(to, context.createMessage());
            assertThatThrownBy(() -> context.createConsumer(to).receiveBody(String.class, WAIT))
                    .isInstanceOf(MessageFormatRuntimeException.class);
            assertThat(context.getMetaData().getJMSVersion()).isEqualTo("3.1");
            assertThat(context.getClientID()).isNull();
            context.acknowledge();
            context.recover();
        }
    }

    @Test
    void aContextThatDoesNotStartByItselfIsStarted() throws Exception {
        send(queue, "m");
        try (JMSContext context = connections().createContext()) {
            context.setAutoStart(false);
            var consumer = context.createConsumer(context.createQueue(queue));
            assertThat(consumer.receiveNoWait()).isNull();
            context.start();
            assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("m");
            context.close();
            assertThatThrownBy(context::acknowledge).isInstanceOf(jakarta.jms.IllegalStateRuntimeException.class);
            assertThatThrownBy(context::createProducer).isInstanceOf(jakarta.jms.IllegalStateRuntimeException.class);
        }
    }

    @Test
    void theDomainOfQueuesKnowsNoTopics() throws Exception {
        FulmarManagedConnectionFactory queues = new FulmarManagedQueueConnectionFactory();
        queues.setResourceAdapter(adapter);
        QueueConnectionFactory lookedUp = (QueueConnectionFactory) queues.createConnectionFactory(container);
        try (var connection = lookedUp.createQueueConnection()) {
            connection.start();
            var session = connection.createQueueSession(true, Session.AUTO_ACKNOWLEDGE);
            assertThatThrownBy(() -> session.createTopic("t")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(session::createTemporaryTopic).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> connection.createConnectionConsumer((Queue) null, null, null, 1))
                    .isInstanceOf(IllegalStateException.class);
            Queue to = session.createQueue(queue);
            var sender = session.createSender(to);
            sender.send(session.createTextMessage("a"));
            assertThat(sender.getQueue()).isEqualTo(to);
            session.createSender(null).send(to, session.createTextMessage("b"));
            var receiver = session.createReceiver(to, null);
            assertThat(receiver.getQueue()).isEqualTo(to);
            assertThat(receiver.receive(WAIT).getBody(String.class)).isEqualTo("a");
            assertThat(receiver.receive(WAIT).getBody(String.class)).isEqualTo("b");
        }
    }

    @Test
    void theDomainOfTopicsKnowsNoQueues() throws Exception {
        FulmarManagedConnectionFactory topics = new FulmarManagedTopicConnectionFactory();
        topics.setResourceAdapter(adapter);
        TopicConnectionFactory lookedUp = (TopicConnectionFactory) topics.createConnectionFactory(container);
        try (var connection = lookedUp.createTopicConnection()) {
            connection.start();
            var session = connection.createTopicSession(false, Session.AUTO_ACKNOWLEDGE);
            assertThatThrownBy(() -> session.createQueue("q")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(session::createTemporaryQueue).isInstanceOf(IllegalStateException.class);
            var topic = session.createTopic(queue);
            var subscriber = session.createSubscriber(topic, "JMSPriority > 0", false);
            assertThat(subscriber.getTopic()).isEqualTo(topic);
            assertThat(subscriber.getNoLocal()).isFalse();
            var publisher = session.createPublisher(topic);
            publisher.publish(session.createTextMessage("a"));
            assertThat(publisher.getTopic()).isEqualTo(topic);
            session.createPublisher(null).publish(topic, session.createTextMessage("b"), 2, 5, 0);
            assertThat(subscriber.receive(WAIT).getBody(String.class)).isEqualTo("a");
            assertThat(subscriber.receive(WAIT).getBody(String.class)).isEqualTo("b");
        }
    }

    @Test
    void subscriptionsOfEveryKindReceive() throws Exception {
        factory.setClientId("reader");
        try (JMSContext context = connections().createContext()) {
            var topic = context.createTopic(queue);
            var consumers = java.util.List.of(
                    context.createConsumer(topic),
                    context.createDurableConsumer(topic, "durable"),
                    context.createSharedConsumer(topic, "shared"),
                    context.createSharedDurableConsumer(topic, "sharedDurable"));
            context.createProducer().send(topic, "m");
            for (var consumer : consumers) {
                assertThat(consumer.receiveBody(String.class, WAIT)).isEqualTo("m");
                consumer.close();
            }
            context.unsubscribe("durable");
            context.unsubscribe("sharedDurable");
        }
    }
}
