package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shared and shared durable consumers (JMS 3.1, sections 8.3.2 and 8.3.4), and noLocal (8.3.1 and 8.3.3). */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SharedConsumerTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private Connection connection;
    private Connection other;
    private Session session;
    private Session elsewhere;
    private Topic topic;
    private MessageProducer producer;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect();
        session = connection.createSession();
        other = BROKER.connect();
        elsewhere = other.createSession();
        topic = session.createTopic("shared." + BROKER.name());
        producer = session.createProducer(topic);
    }

    private void publish(String... texts) throws JMSException {
        for (String text : texts) {
            Message message = session.createTextMessage(text);
            message.setStringProperty("text", text);
            producer.send(message);
        }
    }

    private MessageConsumer shared(Session on, boolean durable, String selector) throws JMSException {
        return durable
                ? on.createSharedDurableConsumer(topic, "s", selector)
                : on.createSharedConsumer(topic, "s", selector);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void consumersOfOneSubscriptionShareItsMessages(boolean durable) throws JMSException {
        MessageConsumer one = shared(session, durable, null);
        MessageConsumer two = shared(elsewhere, durable, null);
        MessageConsumer apart = elsewhere.createConsumer(topic);
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            sent.add("m" + i);
        }
        publish(sent.toArray(String[]::new));
        List<String> received = Jms.drain(one);
        received.addAll(Jms.drain(two));
        assertThat(received).containsExactlyInAnyOrderElementsOf(sent);
        assertThat(Jms.receive(apart, 600)).isEqualTo(sent);
        one.close();
        two.close();
        if (durable) {
            session.unsubscribe("s");
        }
    }

    @Test
    void sharedSubscriptionEndsWithItsLastConsumerAndADurableOneDoesNot() throws JMSException {
        MessageConsumer plain = session.createSharedConsumer(topic, "s");
        MessageConsumer durable = session.createSharedDurableConsumer(topic, "s");
        MessageConsumer second = elsewhere.createSharedConsumer(topic, "s");
        plain.close();
        publish("a");
        assertThat(Jms.receive(second, 1)).containsExactly("a");
        assertThat(Jms.receive(durable, 1))
                .as("another subscription of the same name")
                .containsExactly("a");
        second.close();
        durable.close();
        publish("b");
        try (MessageConsumer again = session.createSharedConsumer(topic, "s");
                MessageConsumer still = elsewhere.createSharedDurableConsumer(topic, "s")) {
            publish("c");
            assertThat(Jms.receive(again, 1)).containsExactly("c");
            assertThat(Jms.receive(still, 2)).containsExactly("b", "c");
        }
        elsewhere.unsubscribe("s");
        assertThatThrownBy(() -> session.unsubscribe("s")).isInstanceOf(InvalidDestinationException.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void selectorOrTopicOfASubscriptionInUseCanNotBeChanged(boolean durable) throws JMSException {
        MessageConsumer consumer = shared(session, durable, "text = 'a'");
        assertThatThrownBy(() -> shared(elsewhere, durable, null)).isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> shared(elsewhere, durable, "text = 'b'")).isInstanceOf(JMSException.class);
        Topic another = session.createTopic(topic.getTopicName() + ".another");
        assertThatThrownBy(() -> {
                    if (durable) {
                        elsewhere.createSharedDurableConsumer(another, "s", "text = 'a'");
                    } else {
                        elsewhere.createSharedConsumer(another, "s", "text = 'a'");
                    }
                })
                .isInstanceOf(JMSException.class);
        publish("a", "b");
        assertThat(Jms.drain(consumer)).containsExactly("a");
        consumer.close();
        try (MessageConsumer changed = shared(elsewhere, durable, null)) {
            publish("c");
            assertThat(Jms.drain(changed)).as("begins afresh").containsExactly("c");
        }
        if (durable) {
            session.unsubscribe("s");
        }
    }

    @Test
    void sharedAndUnsharedDurableSubscriptionsExcludeEachOther() throws JMSException {
        try (Connection client = BROKER.connect("excluding")) {
            Session own = client.createSession();
            own.createDurableConsumer(topic, "d").close();
            assertThatThrownBy(() -> own.createSharedDurableConsumer(topic, "d"))
                    .isInstanceOf(JMSException.class);
            own.createSharedDurableConsumer(topic, "s").close();
            assertThatThrownBy(() -> own.createDurableConsumer(topic, "s")).isInstanceOf(JMSException.class);
            MessageConsumer nobodys = session.createSharedDurableConsumer(topic, "d");
            assertThatThrownBy(() -> session.unsubscribe("d"))
                    .as("one without a client id is another one, and in use")
                    .isInstanceOf(JMSException.class);
            nobodys.close();
            session.unsubscribe("d");
            own.unsubscribe("d");
            own.unsubscribe("s");
        }
    }

    @Test
    void clientIdIsPartOfTheSubscriptionsName() throws JMSException {
        try (Connection client = BROKER.connect("apart")) {
            MessageConsumer mine = client.createSession().createSharedConsumer(topic, "s");
            MessageConsumer nobodys = session.createSharedConsumer(topic, "s");
            publish("a");
            assertThat(Jms.receive(mine, 1)).containsExactly("a");
            assertThat(Jms.receive(nobodys, 1)).containsExactly("a");
        }
    }

    @Test
    void messagesOfAConsumerThatGoesAreForTheOthers() throws JMSException {
        Session acknowledging = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer one = acknowledging.createSharedConsumer(topic, "s");
        publish("a", "b");
        assertThat(Jms.receive(one, 1)).containsExactly("a");
        try (MessageConsumer two = elsewhere.createSharedConsumer(topic, "s")) {
            acknowledging.close();
            assertThat(Jms.receive(two, 2)).containsExactly("a*2", "b");
        }
    }

    @Test
    void temporaryTopicIsSharedByItsOwnConnectionAndNeverDurably() throws JMSException {
        Topic temporary = session.createTemporaryTopic();
        try (MessageConsumer one = session.createSharedConsumer(temporary, "s");
                MessageConsumer two = session.createSharedConsumer(temporary, "s")) {
            session.createProducer(temporary).send(session.createTextMessage("a"));
            List<String> received = Jms.drain(one);
            received.addAll(Jms.drain(two));
            assertThat(received).containsExactly("a");
        }
        assertThatThrownBy(() -> elsewhere.createSharedConsumer(temporary, "s"))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createSharedDurableConsumer(temporary, "s"))
                .isInstanceOf(InvalidDestinationException.class);
    }

    @Test
    void topicsAndNamesAreChecked() {
        assertThatThrownBy(() -> session.createSharedConsumer(null, "s"))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createSharedDurableConsumer(null, "s"))
                .isInstanceOf(InvalidDestinationException.class);
        for (String name : new String[] {null, "", "\uD800"}) {
            assertThatThrownBy(() -> session.createSharedConsumer(topic, name)).isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> session.createSharedDurableConsumer(topic, name))
                    .isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> session.unsubscribe(name)).isInstanceOf(InvalidDestinationException.class);
        }
        try (JMSContext context = BROKER.factory().createContext()) {
            assertThatThrownBy(() -> context.createSharedConsumer(null, "s"))
                    .isInstanceOf(InvalidDestinationRuntimeException.class);
            assertThatThrownBy(() -> context.createSharedDurableConsumer(topic, null))
                    .isInstanceOf(JMSRuntimeException.class);
            assertThatThrownBy(() -> context.unsubscribe("never made"))
                    .isInstanceOf(InvalidDestinationRuntimeException.class);
        }
    }

    @Test
    void contextsShareSubscriptionsToo() throws JMSException {
        try (JMSContext context = BROKER.factory().createContext()) {
            JMSConsumer plain = context.createSharedConsumer(topic, "s", "text <> 'b'");
            JMSConsumer durable = context.createSharedDurableConsumer(topic, "s");
            publish("a", "b");
            assertThat(plain.receiveBody(String.class, Jms.WAIT)).isEqualTo("a");
            assertThat(plain.receiveNoWait()).isNull();
            assertThat(Jms.receive(durable, 2)).containsExactly("a", "b");
            durable.close();
            context.unsubscribe("s");
        }
    }

    @Test
    void noLocalHidesWhatItsOwnConnectionPublishes() throws JMSException {
        try (MessageConsumer deaf = session.createConsumer(topic, null, true);
                MessageConsumer hears = session.createConsumer(topic, null, false)) {
            publish("own");
            elsewhere.createProducer(topic).send(elsewhere.createTextMessage("other's"));
            assertThat(Jms.receive(deaf, 1)).containsExactly("other's");
            assertThat(Jms.receive(hears, 2)).containsExactly("own", "other's");
            assertThat(deaf.receiveNoWait()).isNull();
        }
    }

    @Test
    void noLocalDurableSubscriptionHidesWhatItsClientPublishesOnAnyConnection() throws JMSException {
        try (Connection client = BROKER.connect("local")) {
            Session own = client.createSession();
            own.createDurableConsumer(topic, "s", null, true).close();
            own.createProducer(topic).send(own.createTextMessage("own"));
            publish("other's");
        }
        try (Connection again = BROKER.connect("local")) {
            Session own = again.createSession();
            own.createProducer(topic).send(own.createTextMessage("own, again"));
            try (MessageConsumer consumer = own.createDurableConsumer(topic, "s", null, true)) {
                assertThat(Jms.receive(consumer, 1)).containsExactly("other's");
                assertThat(consumer.receiveNoWait()).isNull();
            }
            try (MessageConsumer changed = own.createDurableConsumer(topic, "s", null, false)) {
                own.createProducer(topic).send(own.createTextMessage("heard"));
                assertThat(Jms.receive(changed, 1)).as("another subscription").containsExactly("heard");
            }
            own.unsubscribe("s");
        }
    }
}
