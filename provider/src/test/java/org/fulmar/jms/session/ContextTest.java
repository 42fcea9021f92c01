package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.DeliveryMode;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidClientIDRuntimeException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatRuntimeException;
import jakarta.jms.MessageNotWriteableRuntimeException;
import jakarta.jms.Queue;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The simplified API: contexts, their producers and consumers, and unchecked exceptions. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ContextTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private JMSContext context;
    private Queue queue;

    @BeforeEach
    void create() {
        context = BROKER.factory().createContext();
        queue = context.createQueue(BROKER.name());
    }

    @AfterEach
    void closeContext() {
        context.close();
    }

    private static String thrown(Runnable call) {
        try {
            call.run();
            return "nothing thrown";
        } catch (RuntimeException e) {
            return e.getClass().getSimpleName();
        }
    }

    @Test
    void clientIdCanBeSetOnAFreshContextAndNotLater() {
        try (JMSContext fresh = BROKER.factory().createContext();
                JMSContext used = BROKER.factory().createContext();
                JMSContext other = BROKER.factory().createContext()) {
            fresh.setClientID("context");
            assertThat(fresh.getClientID()).isEqualTo("context");
            assertThatThrownBy(() -> fresh.setClientID("again")).isInstanceOf(IllegalStateRuntimeException.class);
            Topic topic = fresh.createTopic("of the context");
            assertThat(fresh.createDurableConsumer(topic, "s").receiveNoWait()).isNull();
            used.createConsumer(queue);
            assertThatThrownBy(() -> used.setClientID("late")).isInstanceOf(IllegalStateRuntimeException.class);
            assertThatThrownBy(() -> other.setClientID("context")).isInstanceOf(InvalidClientIDRuntimeException.class);
        }
    }

    @Test
    void firstConsumerStartsTheConnection() {
        assertThat(context.getAutoStart()).isTrue();
        context.createProducer().send(queue, "a");
        assertThat(context.createConsumer(queue).receiveBody(String.class, Jms.WAIT))
                .isEqualTo("a");
    }

    @Test
    void withoutAutoStartNothingComesUntilStart() {
        context.setAutoStart(false);
        assertThat(context.getAutoStart()).isFalse();
        JMSConsumer consumer = context.createConsumer(queue);
        context.createProducer().send(queue, "a");
        assertThat(consumer.receive(50)).isNull();
        context.start();
        assertThat(consumer.receiveBody(String.class, Jms.WAIT)).isEqualTo("a");
        context.stop();
        context.createProducer().send(queue, "b");
        assertThat(consumer.receiveNoWait()).isNull();
        context.start();
        assertThat(consumer.receiveBody(String.class, Jms.WAIT)).isEqualTo("b");
    }

    @Test
    void sharedConnectionIsClosedWithTheLastContext() {
        try (FulmarConnectionFactory named = new FulmarConnectionFactory("fulmar:embedded?clientId=shared")) {
            JMSContext first = named.createContext();
            JMSContext second = first.createContext(JMSContext.CLIENT_ACKNOWLEDGE);
            assertThat(second.getClientID()).isEqualTo("shared");
            first.close();
            first.close();
            Queue there = second.createQueue("there");
            second.createProducer().send(there, "a");
            assertThat(Jms.receive(second.createConsumer(there), 1)).containsExactly("a");
            assertThatThrownBy(named::createContext)
                    .as("the connection is still there")
                    .isInstanceOf(InvalidClientIDRuntimeException.class);
            second.close();
            try (JMSContext third = named.createContext()) {
                assertThat(third.getClientID()).isEqualTo("shared");
            }
        }
    }

    @Test
    void closedContextRefusesEverythingThoughItsConnectionLives() {
        JMSContext closing = context.createContext(JMSContext.AUTO_ACKNOWLEDGE);
        JMSProducer producer = closing.createProducer();
        JMSConsumer consumer = closing.createConsumer(queue);
        closing.close();
        Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
        calls.put("createContext", () -> closing.createContext(JMSContext.AUTO_ACKNOWLEDGE));
        calls.put("createProducer", closing::createProducer);
        calls.put("createConsumer", () -> closing.createConsumer(queue));
        calls.put("createTextMessage", closing::createTextMessage);
        calls.put("createQueue", () -> closing.createQueue("q"));
        calls.put("createTemporaryQueue", closing::createTemporaryQueue);
        calls.put("start", closing::start);
        calls.put("stop", closing::stop);
        calls.put("getClientID", closing::getClientID);
        calls.put("getMetaData", closing::getMetaData);
        calls.put("setExceptionListener", () -> closing.setExceptionListener(null));
        calls.put("getSessionMode", closing::getSessionMode);
        calls.put("acknowledge", closing::acknowledge);
        calls.put("recover", closing::recover);
        calls.put("send", () -> producer.send(queue, "a"));
        calls.put("receive", consumer::receive);
        calls.put("receiveBody", () -> consumer.receiveBodyNoWait(String.class));
        calls.forEach(
                (what, call) -> assertThatThrownBy(call).as(what).isInstanceOf(IllegalStateRuntimeException.class));
        context.createProducer().send(queue, "b");
        assertThat(Jms.receive(context.createConsumer(queue), 1)).containsExactly("b");
    }

    @Test
    void mistakesAreToldWithUncheckedExceptions() throws JMSException {
        JMSProducer producer = context.createProducer();
        assertThat(thrown(() -> producer.send(null, "a"))).isEqualTo("InvalidDestinationRuntimeException");
        assertThat(thrown(() -> producer.send(queue, (Message) null))).isEqualTo("MessageFormatRuntimeException");
        assertThat(thrown(() -> producer.setPriority(10))).isEqualTo("JMSRuntimeException");
        assertThat(thrown(() -> producer.setDeliveryMode(3))).isEqualTo("JMSRuntimeException");
        assertThat(thrown(() -> producer.setProperty("p", new Object()))).isEqualTo("MessageFormatRuntimeException");
        assertThat(thrown(() -> producer.setProperty("", 1))).isEqualTo("IllegalArgumentException");
        assertThat(thrown(() -> producer.send(queue, Map.of("a", new Object()))))
                .isEqualTo("MessageFormatRuntimeException");
        assertThat(thrown(() -> context.createQueue(""))).isEqualTo("InvalidDestinationRuntimeException");
        assertThat(thrown(() -> context.createConsumer(null))).isEqualTo("InvalidDestinationRuntimeException");
        assertThat(thrown(context::commit)).isEqualTo("IllegalStateRuntimeException");
        assertThat(thrown(context::rollback)).isEqualTo("IllegalStateRuntimeException");
        assertThat(thrown(() -> BROKER.factory().createContext(77))).isEqualTo("JMSRuntimeException");
        assertThat(thrown(() -> context.createContext(-1))).isEqualTo("JMSRuntimeException");
        producer.send(queue, "a");
        Message received = context.createConsumer(queue).receive(Jms.WAIT);
        assertThatThrownBy(() -> context.createProducer().setProperty("p", 1).send(queue, received))
                .isInstanceOf(MessageNotWriteableRuntimeException.class);
        context.createProducer().send(queue, received);
    }

    @Test
    void refusedModeLeavesNoConnectionBehind() {
        try (FulmarConnectionFactory named = new FulmarConnectionFactory("fulmar:embedded?clientId=refused")) {
            assertThatThrownBy(() -> named.createContext(99)).isInstanceOf(JMSRuntimeException.class);
            try (JMSContext good = named.createContext()) {
                assertThat(good.getClientID()).isEqualTo("refused");
            }
        }
    }

    @Test
    void producerPutsItsHeadersAndPropertiesOnEachMessage() throws JMSException {
        byte[] correlation = {0, (byte) 0xFF, (byte) 0xFE, 65};
        Queue replies = context.createQueue("replies");
        JMSProducer producer = context.createProducer()
                .setProperty("own", "producer's")
                .setProperty("nothing", (Object) null)
                .setProperty("flag", true)
                .setJMSType("type")
                .setJMSReplyTo(replies)
                .setJMSCorrelationIDAsBytes(correlation)
                .setPriority(7)
                .setTimeToLive(60_000)
                .setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        TextMessage message = context.createTextMessage("a");
        message.setStringProperty("own", "message's");
        message.setStringProperty("kept", "k");
        message.setJMSType("replaced");
        producer.send(queue, message).send(queue, "b");
        JMSConsumer consumer = context.createConsumer(queue);
        for (String text : List.of("a", "b")) {
            Message received = consumer.receive(Jms.WAIT);
            assertThat(Jms.text(received)).isEqualTo(text);
            assertThat(received.getStringProperty("own")).isEqualTo("producer's");
            assertThat(received.getStringProperty("kept")).isEqualTo(text.equals("a") ? "k" : null);
            assertThat(received.propertyExists("nothing")).isTrue();
            assertThat(received.getBooleanProperty("flag")).isTrue();
            assertThat(received.getJMSType()).isEqualTo("type");
            assertThat(received.getJMSReplyTo()).isEqualTo(replies);
            assertThat(received.getJMSCorrelationIDAsBytes()).isEqualTo(correlation);
            assertThat(received.getJMSPriority()).isEqualTo(7);
            assertThat(received.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
            assertThat(received.getJMSExpiration()).isEqualTo(received.getJMSTimestamp() + 60_000);
        }
        assertThat(producer.getPropertyNames()).containsExactlyInAnyOrder("own", "nothing", "flag");
        producer.clearProperties().setJMSCorrelationID("text").send(queue, "c");
        Message plain = consumer.receive(Jms.WAIT);
        assertThat(plain.propertyExists("own")).isFalse();
        assertThat(plain.getJMSCorrelationID()).isEqualTo("text");
    }

    @Test
    void bodiesAreSentAndReceivedWithoutMessages() {
        byte[] bytes = {1, 2, 3};
        Map<String, Object> map = Map.of("n", 1, "t", "text");
        ArrayList<String> object = new ArrayList<>(List.of("x", "y"));
        JMSProducer producer = context.createProducer();
        producer.send(queue, "text").send(queue, bytes).send(queue, map).send(queue, object);
        JMSConsumer consumer = context.createConsumer(queue);
        assertThat(consumer.receiveBody(String.class, Jms.WAIT)).isEqualTo("text");
        assertThat(consumer.receiveBody(byte[].class)).isEqualTo(bytes);
        assertThat(consumer.receiveBody(Map.class, Jms.WAIT)).isEqualTo(map);
        assertThat(consumer.receiveBodyNoWait(ArrayList.class)).isEqualTo(object);
        assertThat(consumer.receiveBodyNoWait(String.class)).isNull();
        assertThat(consumer.receiveBody(String.class, 20)).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {JMSContext.AUTO_ACKNOWLEDGE, JMSContext.DUPS_OK_ACKNOWLEDGE})
    void bodyThatIsAskedForAsTheWrongTypeIsNotLost(int mode) {
        try (JMSContext receiving = BROKER.factory().createContext(mode)) {
            JMSConsumer consumer = receiving.createConsumer(queue);
            context.createProducer().send(queue, "a").send(queue, "b");
            assertThatThrownBy(() -> consumer.receiveBody(Integer.class, Jms.WAIT))
                    .isInstanceOf(MessageFormatRuntimeException.class);
            assertThatThrownBy(() -> consumer.receiveBodyNoWait(Map.class))
                    .isInstanceOf(MessageFormatRuntimeException.class);
            assertThat(Jms.receive(consumer, 2)).as("not counted as deliveries").containsExactly("a", "b");
            context.createProducer().send(queue, context.createMessage());
            assertThatThrownBy(() -> consumer.receiveBody(Object.class))
                    .as("no body at all")
                    .isInstanceOf(MessageFormatRuntimeException.class);
            assertThat(consumer.receive(Jms.WAIT)).isNotNull();
            context.createProducer().send(queue, "c");
            assertThatThrownBy(() -> consumer.receiveBody(Integer.class, Jms.WAIT))
                    .isInstanceOf(MessageFormatRuntimeException.class);
        }
        assertThat(Jms.receive(context.createConsumer(queue), 1)).containsExactly("c");
    }

    @Test
    void bodyOfTheWrongTypeCountsAsReceivedInClientAcknowledge() {
        try (JMSContext receiving = BROKER.factory().createContext(JMSContext.CLIENT_ACKNOWLEDGE)) {
            JMSConsumer consumer = receiving.createConsumer(queue);
            context.createProducer().send(queue, "a").send(queue, "b");
            assertThatThrownBy(() -> consumer.receiveBody(Integer.class, Jms.WAIT))
                    .isInstanceOf(MessageFormatRuntimeException.class);
            assertThat(Jms.receive(consumer, 1)).containsExactly("b");
            receiving.recover();
            assertThat(Jms.receive(consumer, 2)).containsExactly("a*2", "b*2");
            receiving.acknowledge();
        }
        assertThat(context.createConsumer(queue).receiveNoWait()).isNull();
    }

    @Test
    void contextAcknowledgesAllThatItsSessionHasReceived() {
        try (JMSContext client = BROKER.factory().createContext(JMSContext.CLIENT_ACKNOWLEDGE)) {
            context.createProducer().send(queue, "a").send(queue, "b").send(queue, "c");
            JMSConsumer consumer = client.createConsumer(queue);
            assertThat(Jms.receive(consumer, 2)).containsExactly("a", "b");
            client.acknowledge();
            assertThat(Jms.receive(consumer, 1)).containsExactly("c");
            assertThat(client.getSessionMode()).isEqualTo(JMSContext.CLIENT_ACKNOWLEDGE);
            assertThat(client.getTransacted()).isFalse();
        }
        context.acknowledge();
        assertThat(Jms.receive(context.createConsumer(queue), 1)).containsExactly("c*2");
    }

    @Test
    void listenerOfAContextMustNotCloseIt() throws InterruptedException {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (JMSContext listening = BROKER.factory().createContext()) {
            context.createProducer().send(queue, "a").send(queue, "b");
            listening.createConsumer(queue).setMessageListener(message -> told.add(thrown(listening::close)));
            for (int i = 0; i < 2; i++) {
                assertThat(told.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo("IllegalStateRuntimeException");
            }
        }
        assertThat(context.createConsumer(queue).receiveNoWait())
                .as("the refusals do no harm")
                .isNull();
    }

    @Test
    void destinationOfTheWrongKindIsToldUnchecked() {
        context.createProducer().send(queue, "a");
        Topic sameName = context.createTopic(BROKER.name());
        assertThatThrownBy(() -> context.createConsumer(sameName))
                .isInstanceOf(InvalidDestinationRuntimeException.class)
                .hasCauseInstanceOf(JMSException.class);
    }
}
