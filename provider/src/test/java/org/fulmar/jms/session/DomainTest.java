package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueReceiver;
import jakarta.jms.QueueRequestor;
import jakarta.jms.QueueSender;
import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicPublisher;
import jakarta.jms.TopicRequestor;
import jakarta.jms.TopicSession;
import jakarta.jms.TopicSubscriber;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTopic;
import org.fulmar.jms.message.FulmarTextMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The interfaces of the two domains: they carry messages, and refuse what is of the other domain (table 9-1). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DomainTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private final Queue queue = new FulmarQueue("domain.queue");
    private final Topic topic = new FulmarTopic("domain.topic");
    private QueueConnection queues;
    private TopicConnection topics;
    private QueueSession queueSession;
    private TopicSession topicSession;

    @BeforeEach
    void connect() throws JMSException {
        queues = BROKER.factory().createQueueConnection();
        topics = BROKER.factory().createTopicConnection();
        topics.setClientID("domain");
        queueSession = queues.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
        topicSession = topics.createTopicSession(false, Session.AUTO_ACKNOWLEDGE);
        queues.start();
        topics.start();
    }

    @AfterEach
    void disconnect() throws JMSException {
        queues.close();
        topics.close();
    }

    private static void assertWrongDomain(Map<String, ThrowingCallable> calls, String domain) {
        calls.forEach((what, call) -> assertThatThrownBy(call)
                .as(what)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(domain));
    }

    @Test
    void queueSenderSendsToQueueReceiver() throws JMSException {
        QueueSender sender = queueSession.createSender(queue);
        QueueReceiver receiver = queueSession.createReceiver(queue);
        sender.send(queueSession.createTextMessage("a"));
        sender.send(queueSession.createTextMessage("b"), DeliveryMode.NON_PERSISTENT, 4, 0);
        assertThat(Jms.receive(receiver, 2)).containsExactlyInAnyOrder("a", "b");
        assertThat(sender.getQueue()).isEqualTo(queue);
        assertThat(receiver.getQueue()).isEqualTo(queue);
        receiver.close();
        sender.close();
        assertThatThrownBy(receiver::getQueue).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(sender::getQueue).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void unidentifiedSenderTakesAQueueWithEachSend() throws JMSException {
        QueueSender sender = queueSession.createSender(null);
        sender.send(queue, queueSession.createTextMessage("a"));
        sender.send(queue, queueSession.createTextMessage("b"), DeliveryMode.PERSISTENT, 4, 0);
        assertThat(sender.getQueue()).isNull();
        try (QueueReceiver receiver = queueSession.createReceiver(queue, "")) {
            assertThat(Jms.receive(receiver, 2)).containsExactly("a", "b");
        }
        Message message = queueSession.createMessage();
        assertThatThrownBy(() -> sender.send(message)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> sender.send((Queue) null, message)).isInstanceOf(InvalidDestinationException.class);
        QueueSender bound = queueSession.createSender(queue);
        assertThatThrownBy(() -> bound.send(queue, message)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void topicPublisherPublishesToTopicSubscribers() throws JMSException {
        TopicSubscriber subscriber = topicSession.createSubscriber(topic);
        TopicSubscriber selected = topicSession.createSubscriber(topic, "", false);
        TopicSubscriber durable = topicSession.createDurableSubscriber(topic, "d");
        TopicPublisher publisher = topicSession.createPublisher(topic);
        publisher.publish(topicSession.createTextMessage("a"));
        publisher.publish(topicSession.createTextMessage("b"), DeliveryMode.PERSISTENT, 4, 0);
        publisher.send(topicSession.createTextMessage("c"));
        for (TopicSubscriber each : new TopicSubscriber[] {subscriber, selected, durable}) {
            assertThat(Jms.receive(each, 3)).containsExactly("a", "b", "c");
            assertThat(each.getTopic()).isEqualTo(topic);
            assertThat(each.getNoLocal()).isFalse();
        }
        assertThat(publisher.getTopic()).isEqualTo(topic);
        durable.close();
        publisher.publish(topicSession.createTextMessage("d"));
        try (TopicSubscriber again = topicSession.createDurableSubscriber(topic, "d", null, false)) {
            assertThat(Jms.receive(again, 1)).containsExactly("d");
        }
        topicSession.unsubscribe("d");
    }

    @Test
    void unidentifiedPublisherTakesATopicWithEachPublish() throws JMSException {
        TopicPublisher publisher = topicSession.createPublisher(null);
        TopicSubscriber subscriber = topicSession.createSubscriber(topic);
        publisher.publish(topic, topicSession.createTextMessage("a"));
        publisher.publish(topic, topicSession.createTextMessage("b"), DeliveryMode.PERSISTENT, 4, 0);
        assertThat(publisher.getTopic()).isNull();
        assertThat(Jms.receive(subscriber, 2)).containsExactly("a", "b");
        Message message = topicSession.createMessage();
        assertThatThrownBy(() -> publisher.publish(message)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> publisher.publish((Topic) null, message))
                .isInstanceOf(InvalidDestinationException.class);
        TopicPublisher bound = topicSession.createPublisher(topic);
        assertThatThrownBy(() -> bound.publish(topic, message)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void requestorsGetAnswers() throws Exception {
        QueueSession answering = queues.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
        QueueSender answers = answering.createSender(null);
        answering.createReceiver(queue).setMessageListener(request -> answer(answers, request));
        QueueRequestor asker = new QueueRequestor(queueSession, queue);
        assertThat(Jms.text(asker.request(queueSession.createTextMessage("1")))).isEqualTo("answer to 1");
        answering.close();

        TopicSession answeringTopics = topics.createTopicSession(false, Session.AUTO_ACKNOWLEDGE);
        TopicPublisher topicAnswers = answeringTopics.createPublisher(null);
        answeringTopics.createSubscriber(topic).setMessageListener(request -> answer(topicAnswers, request));
        TopicRequestor topicAsker = new TopicRequestor(topicSession, topic);
        assertThat(Jms.text(topicAsker.request(topicSession.createTextMessage("2"))))
                .isEqualTo("answer to 2");
    }

    private static void answer(MessageProducer to, Message request) {
        try {
            TextMessage answer = new FulmarTextMessage("answer to " + Jms.text(request));
            to.send(request.getJMSReplyTo(), answer);
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void temporaryDestinationsAreOfTheDomain() throws JMSException {
        TemporaryQueue temporaryQueue = queueSession.createTemporaryQueue();
        QueueReceiver receiver = queueSession.createReceiver(temporaryQueue);
        queueSession.createSender(temporaryQueue).send(queueSession.createTextMessage("a"));
        assertThat(Jms.receive(receiver, 1)).containsExactly("a");
        receiver.close();
        temporaryQueue.delete();
        TemporaryTopic temporaryTopic = topicSession.createTemporaryTopic();
        TopicSubscriber subscriber = topicSession.createSubscriber(temporaryTopic);
        topicSession.createPublisher(temporaryTopic).publish(topicSession.createTextMessage("b"));
        assertThat(Jms.receive(subscriber, 1)).containsExactly("b");
        subscriber.close();
        temporaryTopic.delete();
    }

    @Test
    void queueSessionHasNothingOfTopics() throws JMSException {
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("createTopic", () -> queueSession.createTopic("t"));
        calls.put("createTemporaryTopic", () -> queueSession.createTemporaryTopic());
        calls.put("unsubscribe", () -> queueSession.unsubscribe("s"));
        calls.put("durable subscriber", () -> queueSession.createDurableSubscriber(topic, "s"));
        calls.put("durable subscriber, selected", () -> queueSession.createDurableSubscriber(topic, "s", null, false));
        calls.put("durable consumer", () -> queueSession.createDurableConsumer(topic, "s"));
        calls.put("durable consumer, selected", () -> queueSession.createDurableConsumer(topic, "s", null, false));
        calls.put("shared consumer", () -> queueSession.createSharedConsumer(topic, "s"));
        calls.put("shared consumer, selected", () -> queueSession.createSharedConsumer(topic, "s", null));
        calls.put("shared durable consumer", () -> queueSession.createSharedDurableConsumer(topic, "s"));
        calls.put("shared durable, selected", () -> queueSession.createSharedDurableConsumer(topic, "s", null));
        calls.put("consumer", () -> queueSession.createConsumer(topic));
        calls.put("consumer, selected", () -> queueSession.createConsumer(topic, null));
        calls.put("consumer, noLocal", () -> queueSession.createConsumer(topic, null, false));
        calls.put("producer", () -> queueSession.createProducer(topic));
        assertWrongDomain(calls, "QueueSession");
        queueSession.createProducer(queue).send(queueSession.createTextMessage("works on"));
        try (var consumer = queueSession.createConsumer(queue, null, false)) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("works on");
        }
    }

    @Test
    void topicSessionHasNothingOfQueues() throws JMSException {
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("createQueue", () -> topicSession.createQueue("q"));
        calls.put("createTemporaryQueue", () -> topicSession.createTemporaryQueue());
        calls.put("createBrowser", () -> topicSession.createBrowser(queue));
        calls.put("createBrowser, selected", () -> topicSession.createBrowser(queue, null));
        calls.put("consumer", () -> topicSession.createConsumer(queue));
        calls.put("consumer, selected", () -> topicSession.createConsumer(queue, null));
        calls.put("consumer, noLocal", () -> topicSession.createConsumer(queue, null, false));
        calls.put("producer", () -> topicSession.createProducer(queue));
        assertWrongDomain(calls, "TopicSession");
        var consumer = topicSession.createConsumer(topic);
        topicSession.createProducer(topic).send(topicSession.createTextMessage("works on"));
        assertThat(Jms.receive(consumer, 1)).containsExactly("works on");
    }

    @Test
    void queueConnectionHasNoConsumersOfTopics() {
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("durable", () -> queues.createDurableConnectionConsumer(topic, "s", null, null, 1));
        calls.put("shared", () -> queues.createSharedConnectionConsumer(topic, "s", null, null, 1));
        calls.put("shared durable", () -> queues.createSharedDurableConnectionConsumer(topic, "s", null, null, 1));
        assertWrongDomain(calls, "QueueConnection");
        assertThatThrownBy(() -> queues.createConnectionConsumer(queue, null, null, 1))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> topics.createConnectionConsumer(topic, null, null, 1))
                .isInstanceOf(JMSException.class);
    }

    @Test
    void domainObjectsOfTheOtherDomainAreRefusedByWhatServesBoth() throws JMSException {
        try (Connection both = BROKER.factory().createConnection();
                Session session = both.createSession()) {
            QueueSender toTopic = (QueueSender) session.createProducer(topic);
            TopicPublisher toQueue = (TopicPublisher) session.createProducer(queue);
            QueueReceiver ofTopic = (QueueReceiver) session.createConsumer(topic);
            assertThatThrownBy(toTopic::getQueue).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(toQueue::getTopic).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(ofTopic::getQueue).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void sessionOfADomainIsASessionInEverythingElse() throws JMSException {
        QueueSession session = queues.createQueueSession(false, Session.CLIENT_ACKNOWLEDGE);
        assertThat(session.getAcknowledgeMode()).isEqualTo(Session.CLIENT_ACKNOWLEDGE);
        assertThat(session.getTransacted()).isFalse();
        assertThatThrownBy(session::commit).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(session::rollback).isInstanceOf(IllegalStateException.class);
        session.createSender(session.createQueue("again")).send(session.createTextMessage("a"));
        QueueReceiver receiver = session.createReceiver(session.createQueue("again"));
        assertThat(Jms.receive(receiver, 1)).containsExactly("a");
        session.recover();
        Message second = receiver.receive(Jms.WAIT);
        assertThat(Jms.seen(second)).isEqualTo("a*2");
        second.acknowledge();
        session.close();
        assertThatThrownBy(session::createTextMessage).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> session.createQueue("q")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void connectionOfADomainIsAConnectionInEverythingElse() throws Exception {
        assertThat(topics.getClientID()).isEqualTo("domain");
        assertThat(topics.getMetaData().getJMSVersion()).isEqualTo("3.1");
        BlockingQueue<JMSException> told = new LinkedBlockingQueue<>();
        queues.setExceptionListener(told::add);
        assertThat(queues.getExceptionListener()).isNotNull();
        queues.stop();
        QueueReceiver receiver = queueSession.createReceiver(queue);
        queueSession.createSender(queue).send(queueSession.createTextMessage("held"));
        assertThat(receiver.receiveNoWait()).isNull();
        queues.start();
        assertThat(Jms.receive(receiver, 1)).containsExactly("held");
        try (Session both = queues.createSession()) {
            assertThat(both.createTopic("t")).isEqualTo(new FulmarTopic("t"));
        }
        queues.close();
        assertThatThrownBy(() -> queues.createQueueSession(false, Session.AUTO_ACKNOWLEDGE))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> queueSession.createSender(queue)).isInstanceOf(IllegalStateException.class);
        assertThat(told).isEmpty();
    }
}
