package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.InvalidSelectorRuntimeException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Queue browsers (JMS 3.1, section 4.1.6). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BrowserTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private Connection connection;
    private Session session;
    private Queue queue;
    private MessageProducer producer;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.stopped();
        session = connection.createSession();
        queue = session.createQueue("browsed." + BROKER.name());
        producer = session.createProducer(queue);
    }

    private void send(String... texts) throws JMSException {
        for (String text : texts) {
            TextMessage message = session.createTextMessage(text);
            message.setStringProperty("text", text);
            producer.send(message);
        }
    }

    private static List<String> browse(QueueBrowser browser) throws JMSException {
        List<String> texts = new ArrayList<>();
        Enumeration<?> messages = browser.getEnumeration();
        while (messages.hasMoreElements()) {
            texts.add(Jms.text((Message) messages.nextElement()));
        }
        assertThatThrownBy(messages::nextElement).isInstanceOf(NoSuchElementException.class);
        return texts;
    }

    @Test
    void browserShowsEverythingInOrderAndTakesNothing() throws JMSException {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 350; i++) {
            texts.add("m" + i);
        }
        send(texts.toArray(String[]::new));
        try (QueueBrowser browser = session.createBrowser(queue)) {
            assertThat(browser.getQueue()).isEqualTo(queue);
            assertThat(browser.getMessageSelector()).isNull();
            assertThat(browse(browser)).isEqualTo(texts);
            assertThat(browse(browser)).as("the second enumeration").isEqualTo(texts);
        }
        connection.start();
        try (MessageConsumer consumer = session.createConsumer(queue)) {
            assertThat(Jms.receive(consumer, 350)).as("not one is redelivered").isEqualTo(texts);
        }
    }

    @Test
    void emptyQueueHasNothingToShow() throws JMSException {
        try (QueueBrowser browser = session.createBrowser(queue)) {
            assertThat(browse(browser)).isEmpty();
        }
    }

    @Test
    void browserWorksWhetherTheConnectionIsStartedOrNot() throws JMSException {
        send("a", "b");
        try (QueueBrowser browser = session.createBrowser(queue)) {
            assertThat(browse(browser)).as("never started").containsExactly("a", "b");
            connection.start();
            assertThat(browse(browser)).as("started").containsExactly("a", "b");
            connection.stop();
            assertThat(browse(browser)).as("stopped").containsExactly("a", "b");
        }
    }

    @Test
    void selectorChoosesWhatIsShown() throws JMSException {
        send("a", "b", "c");
        try (QueueBrowser browser = session.createBrowser(queue, "text IN ('a', 'c')")) {
            assertThat(browser.getMessageSelector()).isEqualTo("text IN ('a', 'c')");
            assertThat(browse(browser)).containsExactly("a", "c");
        }
        try (QueueBrowser browser = session.createBrowser(queue, "")) {
            assertThat(browser.getMessageSelector()).isNull();
            assertThat(browse(browser)).containsExactly("a", "b", "c");
        }
    }

    @Test
    void selectorThatPassesOverThousandsFindsTheLast() throws JMSException {
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < 5000; i++) {
            send("m" + i);
        }
        try (QueueBrowser browser = session.createBrowser(queue, "text = 'm4999'")) {
            assertThat(browse(browser)).containsExactly("m4999");
        }
    }

    @Test
    void highPrioritiesAreShownFirst() throws JMSException {
        producer.setPriority(1);
        send("low");
        producer.setPriority(9);
        send("high");
        try (QueueBrowser browser = session.createBrowser(queue)) {
            assertThat(browse(browser)).containsExactly("high", "low");
        }
    }

    @Test
    void shownMessagesHaveAllHeadersAndCanNotBeChanged() throws JMSException {
        TextMessage sent = session.createTextMessage("a");
        sent.setJMSType("type");
        sent.setJMSCorrelationID("correlation");
        sent.setJMSReplyTo(queue);
        sent.setIntProperty("n", 5);
        producer.send(sent, DeliveryMode.NON_PERSISTENT, 7, 60_000);
        try (QueueBrowser browser = session.createBrowser(queue)) {
            TextMessage shown = (TextMessage) browser.getEnumeration().nextElement();
            assertThat(shown.getText()).isEqualTo("a");
            assertThat(shown.getJMSMessageID()).isEqualTo(sent.getJMSMessageID());
            assertThat(shown.getJMSDestination()).isEqualTo(queue);
            assertThat(shown.getJMSTimestamp()).isEqualTo(sent.getJMSTimestamp());
            assertThat(shown.getJMSExpiration()).isEqualTo(sent.getJMSExpiration());
            assertThat(shown.getJMSDeliveryTime()).isEqualTo(sent.getJMSDeliveryTime());
            assertThat(shown.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
            assertThat(shown.getJMSPriority()).isEqualTo(7);
            assertThat(shown.getJMSType()).isEqualTo("type");
            assertThat(shown.getJMSCorrelationID()).isEqualTo("correlation");
            assertThat(shown.getJMSReplyTo()).isEqualTo(queue);
            assertThat(shown.getIntProperty("n")).isEqualTo(5);
            assertThat(shown.getJMSRedelivered()).isFalse();
            assertThat(shown.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
            assertThatThrownBy(() -> shown.setText("b")).isInstanceOf(MessageNotWriteableException.class);
            assertThatThrownBy(() -> shown.setIntProperty("n", 6)).isInstanceOf(MessageNotWriteableException.class);
            shown.acknowledge();
            assertThat(browse(browser)).as("it can't be acknowledged").containsExactly("a");
        }
    }

    @Test
    void expiredMessagesAreNotShown() throws JMSException {
        producer.setTimeToLive(1);
        send("gone");
        producer.setTimeToLive(0);
        send("stays");
        try (QueueBrowser browser = session.createBrowser(queue)) {
            Jms.eventually("it has expired", () -> browse(browser).equals(List.of("stays")));
        }
    }

    @Test
    void messagesThatAnotherHasAcknowledgedAreNotShown() throws JMSException {
        send("a", "b");
        connection.start();
        try (MessageConsumer consumer = session.createConsumer(queue)) {
            assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        }
        try (QueueBrowser browser = session.createBrowser(queue)) {
            assertThat(browse(browser)).containsExactly("b");
        }
    }

    @Test
    void ownTemporaryQueueCanBeBrowsedAndNotAnothers() throws JMSException {
        Queue temporary = session.createTemporaryQueue();
        session.createProducer(temporary).send(session.createTextMessage("a"));
        try (QueueBrowser browser = session.createBrowser(temporary)) {
            assertThat(browse(browser)).containsExactly("a");
        }
        try (Connection other = BROKER.factory().createConnection()) {
            Session foreign = other.createSession();
            assertThatThrownBy(() -> foreign.createBrowser(temporary)).isInstanceOf(InvalidDestinationException.class);
        }
    }

    @Test
    void mistakesAreToldWhenTheBrowserIsMade() {
        assertThatThrownBy(() -> session.createBrowser(null)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createBrowser(queue, "a =")).isInstanceOf(InvalidSelectorException.class);
        try (JMSContext context = BROKER.factory().createContext()) {
            assertThatThrownBy(() -> context.createBrowser(null))
                    .isInstanceOf(InvalidDestinationRuntimeException.class);
            assertThatThrownBy(() -> context.createBrowser(queue, "a ="))
                    .isInstanceOf(InvalidSelectorRuntimeException.class);
        }
    }

    @Test
    void closedBrowserAndClosedSessionShowNothing() throws JMSException {
        send("a", "b");
        QueueBrowser browser = session.createBrowser(queue);
        Enumeration<?> begun = browser.getEnumeration();
        assertThat(begun.hasMoreElements()).isTrue();
        browser.close();
        browser.close();
        assertThatThrownBy(browser::getEnumeration).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(browser::getQueue).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(browser::getMessageSelector).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(begun::hasMoreElements).isInstanceOf(IllegalStateRuntimeException.class);
        assertThatThrownBy(begun::nextElement).isInstanceOf(IllegalStateRuntimeException.class);
        QueueBrowser of = session.createBrowser(queue);
        session.close();
        assertThatThrownBy(of::getEnumeration).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> session.createBrowser(queue)).isInstanceOf(IllegalStateException.class);
        of.close();
    }

    @Test
    void contextsBrowserStartsTheConnectionUnlessToldNotTo() throws JMSException {
        send("a");
        try (JMSContext context = BROKER.factory().createContext()) {
            context.setAutoStart(false);
            var consumer = context.createConsumer(queue);
            try (QueueBrowser browser = context.createBrowser(queue)) {
                assertThat(consumer.receiveNoWait()).isNull();
                assertThat(browse(browser)).containsExactly("a");
            }
            context.setAutoStart(true);
            context.createBrowser(queue).close();
            assertThat(consumer.receiveBody(String.class, Jms.WAIT)).isEqualTo("a");
        }
    }
}
