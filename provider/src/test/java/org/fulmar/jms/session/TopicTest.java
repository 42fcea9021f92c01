package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Topics and their subscriptions, non-durable and durable, in an embedded broker. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TopicTest {
    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private String name;
    private Connection publishing;
    private Session publisher;
    private Topic topic;
    private MessageProducer producer;

    @BeforeEach
    void prepare() throws JMSException {
        name = BROKER.name();
        publishing = BROKER.stopped();
        publisher = publishing.createSession();
        topic = publisher.createTopic(name);
        producer = publisher.createProducer(topic);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
    }

    private void publish(String... texts) throws JMSException {
        for (String text : texts) {
            producer.send(publisher.createTextMessage(text));
        }
    }

    /** Persistent, so that it is at the broker when this returns, and all that was sent before it. */
    private void publishSurely(String... texts) throws JMSException {
        for (String text : texts) {
            producer.send(publisher.createTextMessage(text), DeliveryMode.PERSISTENT, 4, 0);
        }
    }

    /** A started connection of a client of this test. */
    private Connection client(String id) throws JMSException {
        return BROKER.connect(name + "/" + id);
    }

    @Test
    void nonDurableSubscriberGetsOnlyWhatIsSentAfterItCame() throws JMSException {
        try (Connection connection = BROKER.connect()) {
            producer.send(publisher.createTextMessage("before, urgent"), DeliveryMode.PERSISTENT, 9, 0);
            publishSurely("before");
            MessageConsumer consumer = connection.createSession().createConsumer(topic);
            assertThat(consumer.receiveNoWait()).isNull();
            publish("after");
            assertThat(Jms.receive(consumer, 1)).containsExactly("after");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void everySubscriberGetsEveryMessageInOrder() throws JMSException {
        try (Connection one = BROKER.connect();
                Connection two = BROKER.connect()) {
            Session shared = one.createSession();
            MessageConsumer[] consumers = {
                shared.createConsumer(topic),
                shared.createConsumer(topic),
                one.createSession().createConsumer(topic),
                two.createSession(Session.DUPS_OK_ACKNOWLEDGE).createConsumer(topic)
            };
            for (int i = 0; i < 200; i++) {
                publish("m" + i);
            }
            for (MessageConsumer consumer : consumers) {
                for (int i = 0; i < 200; i++) {
                    assertThat(Jms.receive(consumer, 1)).containsExactly("m" + i);
                }
                assertThat(consumer.receiveNoWait()).isNull();
            }
        }
    }

    @Test
    void firstMessageOfAPriorityReachesThoseWhoSubscribedBefore() throws JMSException {
        try (Connection connection = BROKER.connect();
                Connection lasting = client("c")) {
            MessageConsumer consumer = connection.createSession().createConsumer(topic);
            MessageConsumer durable = lasting.createSession().createDurableConsumer(topic, "s");
            for (int priority = 0; priority <= 9; priority++) {
                producer.send(publisher.createTextMessage("p" + priority), DeliveryMode.NON_PERSISTENT, priority, 0);
            }
            assertThat(Jms.receive(consumer, 10))
                    .contains("p0", "p3", "p4", "p9")
                    .doesNotHaveDuplicates();
            assertThat(Jms.receive(durable, 10))
                    .contains("p0", "p3", "p4", "p9")
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void nonDurableSubscriptionEndsWithItsConsumer() throws JMSException {
        try (Connection connection = BROKER.connect()) {
            Session session = connection.createSession();
            MessageConsumer first = session.createConsumer(topic);
            publishSurely("seen");
            assertThat(Jms.receive(first, 1)).containsExactly("seen");
            first.close();
            publishSurely("missed");
            MessageConsumer second = session.createConsumer(topic);
            publishSurely("seen again");
            assertThat(Jms.receive(second, 1)).containsExactly("seen again");
        }
    }

    @Test
    void stoppedConnectionGetsWhatWasSentMeanwhileWhenItIsStarted() throws JMSException {
        try (Connection connection = BROKER.factory().createConnection()) {
            MessageConsumer consumer = connection.createSession().createConsumer(topic);
            publishSurely("a", "b");
            assertThat(consumer.receive(50)).isNull();
            assertThat(consumer.receiveNoWait()).isNull();
            connection.start();
            assertThat(Jms.receive(consumer, 2)).containsExactly("a", "b");
            connection.stop();
            publishSurely("c");
            assertThat(consumer.receive(50)).isNull();
            connection.start();
            assertThat(Jms.receive(consumer, 1)).containsExactly("c");
        }
    }

    @Test
    void recoverRepeatsToOneSubscriberAndNotToAnother() throws JMSException {
        try (Connection connection = BROKER.connect()) {
            Session careful = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            MessageConsumer repeated = careful.createConsumer(topic);
            MessageConsumer other = connection.createSession().createConsumer(topic);
            publishSurely("a", "b", "c");
            assertThat(Jms.receive(repeated, 2)).containsExactly("a", "b");
            assertThat(Jms.receive(other, 1)).containsExactly("a");
            careful.recover();
            assertThat(Jms.receive(repeated, 3)).containsExactly("a*2", "b*2", "c");
            assertThat(Jms.receive(other, 2)).containsExactly("b", "c");
        }
    }

    @Test
    void durableSubscriptionKeepsWhatIsSentWhileItsClientIsAway() throws JMSException {
        publishSurely("before");
        try (Connection connection = client("c")) {
            MessageConsumer consumer = connection.createSession().createDurableConsumer(topic, "s");
            publishSurely("first");
            assertThat(Jms.receive(consumer, 1)).containsExactly("first");
        }
        publish("away, not persistent");
        publishSurely("away");
        try (Connection connection = client("c")) {
            MessageConsumer consumer = connection.createSession().createDurableSubscriber(topic, "s");
            assertThat(Jms.receive(consumer, 2)).containsExactly("away, not persistent", "away");
            assertThat(consumer.receiveNoWait()).as("what was acknowledged").isNull();
        }
    }

    @Test
    void unacknowledgedMessagesOfADurableSubscriptionComeAgainFlagged() throws JMSException {
        try (Connection connection = client("c")) {
            Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            MessageConsumer consumer = session.createDurableConsumer(topic, "s");
            publishSurely("a", "b", "c", "d");
            assertThat(Jms.text(consumer.receive(Jms.WAIT))).isEqualTo("a");
            consumer.receive(Jms.WAIT).acknowledge();
            assertThat(Jms.receive(consumer, 1)).containsExactly("c");
        }
        try (Connection connection = client("c")) {
            MessageConsumer consumer = connection.createSession().createDurableConsumer(topic, "s");
            assertThat(Jms.receive(consumer, 2)).containsExactly("c*2", "d");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void durableSubscriptionServesHigherPrioritiesFirstAndNoExpiredMessages() throws JMSException {
        try (Connection connection = client("c")) {
            connection.createSession().createDurableConsumer(topic, "s").close();
            producer.send(publisher.createTextMessage("short"), DeliveryMode.PERSISTENT, 9, 1);
            long sent = System.currentTimeMillis();
            producer.send(publisher.createTextMessage("low"), DeliveryMode.PERSISTENT, 1, 0);
            producer.send(publisher.createTextMessage("high"), DeliveryMode.PERSISTENT, 8, 60_000);
            Jms.eventually("the short-lived message has expired", () -> System.currentTimeMillis() > sent + 20);
            MessageConsumer consumer = connection.createSession().createDurableConsumer(topic, "s");
            assertThat(Jms.receive(consumer, 2)).containsExactly("high", "low");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void durableSubscriptionInUseIsRefusedToOthers() throws JMSException {
        try (Connection connection = client("c")) {
            Session session = connection.createSession();
            MessageConsumer consumer = session.createDurableConsumer(topic, "s");
            Session other = connection.createSession();
            assertThatThrownBy(() -> other.createDurableConsumer(topic, "s"))
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("active consumer");
            assertThatThrownBy(() -> other.createDurableSubscriber(publisher.createTopic(name + "2"), "s"))
                    .as("on another topic")
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("active consumer");
            publishSurely("a");
            assertThat(Jms.receive(consumer, 1))
                    .as("the refused ones do no harm")
                    .containsExactly("a");
            consumer.close();
            publishSurely("b");
            assertThat(Jms.receive(other.createDurableConsumer(topic, "s"), 1)).containsExactly("b");
        }
    }

    @Test
    void sameNameOfAnotherClientIsAnotherSubscription() throws JMSException {
        try (Connection one = client("one");
                Connection two = client("two")) {
            MessageConsumer first = one.createSession().createDurableConsumer(topic, "s");
            publishSurely("a");
            MessageConsumer second = two.createSession().createDurableConsumer(topic, "s");
            publishSurely("b");
            assertThat(Jms.receive(first, 2)).containsExactly("a", "b");
            assertThat(Jms.receive(second, 1)).containsExactly("b");
            assertThat(second.receiveNoWait()).isNull();
        }
    }

    @Test
    void clientAndSubscriptionNamesAreNotMixedUp() throws JMSException {
        try (Connection one = BROKER.factory().createConnection();
                Connection two = BROKER.factory().createConnection()) {
            one.setClientID(name + "@x");
            two.setClientID(name);
            one.start();
            two.start();
            MessageConsumer first = one.createSession().createDurableConsumer(topic, "y");
            MessageConsumer second = two.createSession().createDurableConsumer(topic, "x@y");
            publishSurely("a");
            assertThat(Jms.receive(first, 1)).containsExactly("a");
            assertThat(Jms.receive(second, 1)).containsExactly("a");
        }
    }

    @Test
    void sameNameOnAnotherTopicReplacesTheSubscription() throws JMSException {
        Topic other = publisher.createTopic(name + ".other");
        try (Connection connection = client("c")) {
            Session session = connection.createSession();
            session.createDurableConsumer(topic, "s").close();
            publishSurely("old");
            MessageConsumer consumer = session.createDurableConsumer(other, "s");
            publishSurely("old again");
            publisher.createProducer(other).send(publisher.createTextMessage("new"));
            assertThat(Jms.receive(consumer, 1)).containsExactly("new");
            assertThat(consumer.receiveNoWait()).isNull();
            consumer.close();
            MessageConsumer back = session.createDurableConsumer(topic, "s");
            assertThat(back.receiveNoWait()).as("the old subscription is gone").isNull();
            publishSurely("fresh");
            assertThat(Jms.receive(back, 1)).containsExactly("fresh");
        }
    }

    @Test
    void unsubscribedNameBeginsAfresh() throws JMSException {
        try (Connection connection = client("c")) {
            Session session = connection.createSession();
            session.createDurableConsumer(topic, "s").close();
            publishSurely("lost");
            session.unsubscribe("s");
            MessageConsumer consumer = session.createDurableConsumer(topic, "s");
            publishSurely("new");
            assertThat(Jms.receive(consumer, 1)).containsExactly("new");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void unsubscribingIsRefusedWhileInUseAndForUnknownNames() throws JMSException {
        try (Connection connection = client("c")) {
            Session session = connection.createSession();
            MessageConsumer consumer = session.createDurableConsumer(topic, "s");
            assertThatThrownBy(() -> session.unsubscribe("s"))
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("active consumer");
            publishSurely("still there");
            assertThat(Jms.receive(consumer, 1)).containsExactly("still there");
            consumer.close();
            session.unsubscribe("s");
            assertThatThrownBy(() -> session.unsubscribe("s")).isInstanceOf(InvalidDestinationException.class);
            assertThatThrownBy(() -> session.unsubscribe("never made"))
                    .isInstanceOf(InvalidDestinationException.class)
                    .hasMessageContaining("never made");
        }
    }

    @Test
    void durableSubscriptionNeedsAClientIdANameAndALastingTopic() throws JMSException {
        try (Connection nobody = BROKER.connect();
                Connection connection = client("c")) {
            Session anonymous = nobody.createSession();
            assertThatThrownBy(() -> anonymous.createDurableConsumer(topic, "s"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("client id");
            assertThatThrownBy(() -> anonymous.unsubscribe("s")).isInstanceOf(InvalidDestinationException.class);
            Session session = connection.createSession();
            assertThatThrownBy(() -> session.createDurableConsumer(topic, "")).isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> session.createDurableConsumer(topic, null)).isInstanceOf(JMSException.class);
            assertThatThrownBy(() -> session.createDurableConsumer(null, "s"))
                    .isInstanceOf(InvalidDestinationException.class);
            Topic temporary = session.createTemporaryTopic();
            assertThatThrownBy(() -> session.createDurableConsumer(temporary, "s"))
                    .isInstanceOf(InvalidDestinationException.class);
        }
    }

    @Test
    void durableSubscriptionsAndTheirMessagesSurviveARestart(@TempDir Path directory) throws JMSException {
        String url = "fulmar:embedded?dir=" + directory + "&clientId=c&mappedFileSizeCommitLog=33554432";
        try (FulmarConnectionFactory before = new FulmarConnectionFactory(url);
                Connection connection = before.createConnection()) {
            connection.start();
            Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
            MessageConsumer consumer = session.createDurableConsumer(topic, "s");
            session.createDurableConsumer(topic, "unsubscribed").close();
            MessageProducer sender = session.createProducer(topic);
            for (String text : new String[] {"a", "b", "c"}) {
                sender.send(session.createTextMessage(text));
            }
            consumer.receive(Jms.WAIT).acknowledge();
            assertThat(Jms.receive(consumer, 1)).containsExactly("b");
            session.unsubscribe("unsubscribed");
        }
        try (FulmarConnectionFactory after = new FulmarConnectionFactory(url);
                Connection connection = after.createConnection()) {
            connection.start();
            Session session = connection.createSession();
            session.createProducer(topic).send(session.createTextMessage("d"));
            MessageConsumer consumer = session.createDurableConsumer(topic, "s");
            assertThat(Jms.receive(consumer, 3)).containsExactly("b*2", "c", "d");
            assertThat(consumer.receiveNoWait()).isNull();
            assertThatThrownBy(() -> session.unsubscribe("unsubscribed"))
                    .isInstanceOf(InvalidDestinationException.class);
        }
    }
}
