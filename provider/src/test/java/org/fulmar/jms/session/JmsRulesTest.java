package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tables of calls that the specification and the API's Javadoc forbid or allow, and what each throws. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class JmsRulesTest {
    private static final AtomicInteger CLIENTS = new AtomicInteger();

    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker();

    private final Table table = new Table();
    private Connection connection;
    private Session session;
    private JMSContext context;
    private Queue queue;
    private Topic topic;

    /** Calls with the simple name of what they must throw, or {@code nothing}. */
    private static final class Table {
        private final Map<String, String> expected = new LinkedHashMap<>();
        private final Map<String, String> seen = new LinkedHashMap<>();

        void row(String what, String exception, Background.Work call) {
            expected.put(what, exception);
            seen.put(what, outcome(call));
        }

        void check() {
            assertThat(seen).isEqualTo(expected);
        }
    }

    private static String outcome(Background.Work call) {
        try {
            call.run();
            return "nothing";
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connect("rules-" + CLIENTS.incrementAndGet());
        session = connection.createSession();
        context = BROKER.factory().createContext();
        queue = session.createQueue("rules." + BROKER.name());
        topic = session.createTopic(queue.getQueueName() + ".topic");
    }

    @AfterEach
    void closeContext() {
        context.close();
    }

    @Test
    void connectionsAndContexts() throws JMSException {
        table.row("createSession(-1)", "JMSException", () -> connection.createSession(-1));
        table.row("createSession(4)", "JMSException", () -> connection.createSession(4));
        table.row("createSession(false, 0)", "JMSException", () -> connection.createSession(false, 0));
        table.row("createSession(false, 99)", "JMSException", () -> connection.createSession(false, 99));
        for (int mode = 0; mode <= 3; mode++) {
            int good = mode;
            table.row(
                    "createSession(" + mode + ")",
                    "nothing",
                    () -> connection.createSession(good).close());
            table.row(
                    "createContext(" + mode + ")",
                    "nothing",
                    () -> context.createContext(good).close());
        }
        table.row(
                "factory.createContext(4)",
                "JMSRuntimeException",
                () -> BROKER.factory().createContext(4));
        table.row(
                "factory.createContext(-1)",
                "JMSRuntimeException",
                () -> BROKER.factory().createContext("u", "p", -1));
        table.row("createContext(4)", "JMSRuntimeException", () -> context.createContext(4));
        table.row("commit", "IllegalStateException", session::commit);
        table.row("rollback", "IllegalStateException", session::rollback);
        table.row("context.commit", "IllegalStateRuntimeException", context::commit);
        table.row("context.rollback", "IllegalStateRuntimeException", context::rollback);
        Session transacted = connection.createSession(true, -1);
        table.row("commit nothing", "nothing", transacted::commit);
        table.row("roll nothing back", "nothing", transacted::rollback);
        table.row("recover transacted", "IllegalStateException", transacted::recover);
        table.row("start twice", "nothing", () -> {
            connection.start();
            connection.start();
        });
        table.row("stop twice", "nothing", () -> {
            connection.stop();
            connection.stop();
        });
        table.row("setExceptionListener(null)", "nothing", () -> connection.setExceptionListener(null));
        table.check();
    }

    @Test
    void clientIds() throws JMSException {
        String mine = connection.getClientID();
        table.row("again", "IllegalStateException", () -> connection.setClientID("another"));
        try (Connection fresh = BROKER.factory().createConnection();
                Connection used = BROKER.factory().createConnection();
                JMSContext freshContext = BROKER.factory().createContext();
                JMSContext usedContext = BROKER.factory().createContext();
                FulmarConnectionFactory one = new FulmarConnectionFactory("fulmar:embedded?clientId=of-the-url");
                FulmarConnectionFactory two = new FulmarConnectionFactory("fulmar:embedded?clientId=of-the-url");
                Connection given = one.createConnection();
                JMSContext givenContext = two.createContext("u", "p")) {
            table.row("null", "InvalidClientIDException", () -> fresh.setClientID(null));
            table.row("empty", "InvalidClientIDException", () -> fresh.setClientID(""));
            table.row("in use", "InvalidClientIDException", () -> fresh.setClientID(mine));
            table.row("after what was refused", "nothing", () -> fresh.setClientID(mine + "x"));
            used.createSession();
            table.row("after createSession", "IllegalStateException", () -> used.setClientID("late"));
            table.row("of the URL", "IllegalStateException", () -> given.setClientID("mine"));
            table.row("context, null", "InvalidClientIDRuntimeException", () -> freshContext.setClientID(null));
            table.row("context, in use", "InvalidClientIDRuntimeException", () -> freshContext.setClientID(mine));
            table.row("context", "nothing", () -> freshContext.setClientID(mine + "y"));
            usedContext.createContext(JMSContext.AUTO_ACKNOWLEDGE).close();
            table.row("context, used", "IllegalStateRuntimeException", () -> usedContext.setClientID("late"));
            table.row("context, of the URL", "IllegalStateRuntimeException", () -> givenContext.setClientID("mine"));
            table.row("of the URL, in use", "InvalidClientIDRuntimeException", two::createContext);
        }
        table.check();
    }

    @Test
    void destinations() throws JMSException {
        table.row("createQueue(null)", "InvalidDestinationException", () -> session.createQueue(null));
        table.row("createTopic(\"\")", "InvalidDestinationException", () -> session.createTopic(""));
        table.row("createProducer(null)", "nothing", () -> session.createProducer(null));
        table.row("createConsumer(null)", "InvalidDestinationException", () -> session.createConsumer(null));
        table.row("a destination of no kind", "InvalidDestinationException", () -> {
            session.createConsumer(new Destination() {});
        });
        table.row("context.createConsumer(null)", "InvalidDestinationRuntimeException", () -> {
            context.createConsumer(null, "a = 1");
        });
        table.row("context.createQueue(null)", "InvalidDestinationRuntimeException", () -> context.createQueue(null));
        Queue temporary = session.createTemporaryQueue();
        table.row("another's temporary queue", "InvalidDestinationRuntimeException", () -> {
            context.createConsumer(temporary);
        });
        table.row("a queue as a topic", "InvalidDestinationException", () -> {
            session.createConsumer(session.createTopic(((Queue) made(queue)).getQueueName()));
        });
        table.check();
    }

    private Destination made(Queue name) throws JMSException {
        session.createConsumer(name).close();
        return name;
    }

    @Test
    void subscriptions() throws JMSException {
        Topic temporary = session.createTemporaryTopic();
        String name = "s";
        table.row("durable, no topic", "InvalidDestinationException", () -> session.createDurableConsumer(null, name));
        table.row("durable, temporary", "InvalidDestinationException", () -> {
            session.createDurableConsumer(temporary, name);
        });
        table.row("durable, no name", "JMSException", () -> session.createDurableConsumer(topic, null));
        table.row("durable, empty name", "JMSException", () -> session.createDurableSubscriber(topic, ""));
        table.row("durable, bad selector", "InvalidSelectorException", () -> {
            session.createDurableConsumer(topic, name, "= 1", false);
        });
        table.row("durable, no client id", "IllegalStateRuntimeException", () -> {
            context.createDurableConsumer(topic, name);
        });
        table.row("durable, no topic, no client id", "InvalidDestinationRuntimeException", () -> {
            context.createDurableConsumer(null, name);
        });
        table.row("shared durable, temporary", "InvalidDestinationException", () -> {
            session.createSharedDurableConsumer(temporary, name);
        });
        table.row("shared durable, no client id", "nothing", () -> {
            context.createSharedDurableConsumer(topic, "nobody's").close();
        });
        table.row(
                "shared, no client id",
                "nothing",
                () -> context.createSharedConsumer(topic, name).close());
        table.row("shared, no name", "JMSRuntimeException", () -> context.createSharedConsumer(topic, null));
        table.row("shared, bad selector", "InvalidSelectorRuntimeException", () -> {
            context.createSharedConsumer(topic, name, "= 1");
        });
        table.row("bad selector", "InvalidSelectorException", () -> session.createConsumer(queue, "a ="));
        table.row("unsubscribe(null)", "InvalidDestinationException", () -> session.unsubscribe(null));
        table.row("unsubscribe(unknown)", "InvalidDestinationException", () -> session.unsubscribe("never made"));
        table.row("context.unsubscribe(unknown)", "InvalidDestinationRuntimeException", () -> {
            context.unsubscribe("never made");
        });
        MessageConsumer active = session.createDurableConsumer(topic, name);
        table.row("second consumer", "IllegalStateException", () -> session.createDurableConsumer(topic, name));
        table.row("unsubscribe an active one", "IllegalStateException", () -> session.unsubscribe(name));
        active.close();
        table.row("unsubscribe", "nothing", () -> session.unsubscribe(name));
        context.unsubscribe("nobody's");
        table.check();
    }

    @Test
    void producers() throws JMSException {
        MessageProducer producer = session.createProducer(queue);
        MessageProducer free = session.createProducer(null);
        Message message = session.createMessage();
        table.row("setPriority(10)", "JMSException", () -> producer.setPriority(10));
        table.row("setPriority(-1)", "JMSException", () -> producer.setPriority(-1));
        table.row("setDeliveryMode(7)", "JMSException", () -> producer.setDeliveryMode(7));
        table.row("setTimeToLive(-1)", "JMSException", () -> producer.setTimeToLive(-1));
        table.row("setDeliveryDelay(-1)", "JMSException", () -> producer.setDeliveryDelay(-1));
        table.row("send(null)", "MessageFormatException", () -> producer.send(null));
        table.row("send, priority 10", "JMSException", () -> producer.send(message, 2, 10, 0));
        table.row("send, mode 3", "JMSException", () -> producer.send(message, 3, 4, 0));
        table.row("send, time to live -1", "JMSException", () -> producer.send(message, 2, 4, -1));
        table.row("send, elsewhere", "UnsupportedOperationException", () -> producer.send(queue, message));
        table.row("send, elsewhere, full", "UnsupportedOperationException", () -> {
            producer.send(queue, message, 2, 4, 0);
        });
        table.row("free, no destination", "UnsupportedOperationException", () -> free.send(message));
        table.row("free, null", "InvalidDestinationException", () -> free.send((Destination) null, message));
        table.row("async, no listener", "IllegalArgumentException", () -> {
            producer.send(message, (CompletionListener) null);
        });
        table.row(
                "getDestination",
                "nothing",
                () -> assertThat(free.getDestination()).isNull());
        table.check();
        assertThat(producer.getPriority()).isEqualTo(4);
        assertThat(producer.getDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
        assertThat(producer.getTimeToLive()).isZero();
        assertThat(producer.getDeliveryDelay()).isZero();
        assertThat(message.getJMSMessageID())
                .as("what is refused is not touched")
                .isNull();
    }

    @Test
    void simplifiedProducers() throws JMSException {
        JMSProducer producer = context.createProducer();
        table.row("setPriority(10)", "JMSRuntimeException", () -> producer.setPriority(10));
        table.row("setDeliveryMode(0)", "JMSRuntimeException", () -> producer.setDeliveryMode(0));
        table.row("setTimeToLive(-1)", "JMSRuntimeException", () -> producer.setTimeToLive(-1));
        table.row("setDeliveryDelay(-1)", "JMSRuntimeException", () -> producer.setDeliveryDelay(-1));
        table.row("no destination", "InvalidDestinationRuntimeException", () -> producer.send(null, "a"));
        table.row("no message", "MessageFormatRuntimeException", () -> producer.send(queue, (Message) null));
        table.row("bad map", "MessageFormatRuntimeException", () -> producer.send(queue, Map.of("a", new Object())));
        table.row("bad object", "MessageFormatRuntimeException", () -> {
            producer.send(queue, new ArrayList<>(List.of(new Object())));
        });
        table.row("property without a name", "IllegalArgumentException", () -> producer.setProperty(null, 1));
        table.row("property with an empty name", "IllegalArgumentException", () -> producer.setProperty("", "a"));
        table.row("property of no type", "MessageFormatRuntimeException", () -> {
            producer.setProperty("p", new Object());
        });
        table.row("JMSXUserID", "JMSRuntimeException", () -> producer.setProperty("JMSXUserID", "me"));
        table.row("JMSXAppID", "JMSRuntimeException", () -> producer.setProperty("JMSXAppID", "mine"));
        table.row("property as another type", "MessageFormatRuntimeException", () -> {
            producer.setProperty("d", 1.5).getBooleanProperty("d");
        });
        table.check();
    }

    @Test
    void consumers() throws JMSException {
        MessageConsumer ofQueue = session.createConsumer(queue);
        ofQueue.setMessageListener(message -> {});
        table.row("receive beside a listener", "IllegalStateException", ofQueue::receiveNoWait);
        ofQueue.setMessageListener(null);
        table.row("receive without one", "nothing", ofQueue::receiveNoWait);
        table.row("close twice", "nothing", () -> {
            ofQueue.close();
            ofQueue.close();
        });
        table.check();
    }

    @Test
    void acknowledging() throws JMSException {
        for (int mode = Session.SESSION_TRANSACTED; mode <= Session.DUPS_OK_ACKNOWLEDGE; mode++) {
            session.createProducer(queue).send(session.createMessage());
            try (Session own = connection.createSession(mode)) {
                Message message = own.createConsumer(queue).receive(Jms.WAIT);
                table.row("acknowledge, mode " + mode, "nothing", message::acknowledge);
                own.close();
                table.row("closed, mode " + mode, "IllegalStateException", message::acknowledge);
            }
            context.createProducer().send(queue, context.createMessage());
            try (JMSContext own = BROKER.factory().createContext(mode)) {
                Message message = own.createConsumer(queue).receive(Jms.WAIT);
                table.row("context, mode " + mode, "nothing", own::acknowledge);
                own.close();
                table.row("closed context, mode " + mode, "IllegalStateRuntimeException", own::acknowledge);
                table.row("its message, mode " + mode, "IllegalStateException", message::acknowledge);
            }
        }
        table.check();
    }

    @Test
    void bodies() throws Exception {
        StreamMessage stream = context.createStreamMessage();
        stream.writeInt(1);
        context.createProducer()
                .send(queue, stream)
                .send(queue, context.createMessage())
                .send(queue, context.createTextMessage())
                .send(queue, "text");
        JMSConsumer consumer = context.createConsumer(queue);
        String refused = "MessageFormatRuntimeException";
        table.row("a stream", refused, () -> consumer.receiveBody(Object.class, Jms.WAIT));
        table.row("a stream, no wait", refused, () -> consumer.receiveBodyNoWait(StreamMessage.class));
        assertThat(consumer.receive(Jms.WAIT)).as("it is kept").isInstanceOf(StreamMessage.class);
        table.row("no body", refused, () -> consumer.receiveBody(Object.class, Jms.WAIT));
        assertThat(consumer.receive(Jms.WAIT).getJMSRedelivered()).isFalse();
        table.row("a null text", refused, () -> consumer.receiveBody(String.class, Jms.WAIT));
        assertThat(consumer.receive(Jms.WAIT)).isNotNull();
        table.row("a text as bytes", refused, () -> consumer.receiveBody(byte[].class, Jms.WAIT));
        table.row("a text as a map", refused, () -> consumer.receiveBody(Map.class));
        table.row("a text as characters", "nothing", () -> {
            assertThat(consumer.receiveBody(CharSequence.class)).isEqualTo("text");
        });
        table.check();
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @Test
    void insideAMessageListener() throws Exception {
        Session own = connection.createSession();
        MessageConsumer consumer = own.createConsumer(queue);
        BlockingQueue<Table> done = new LinkedBlockingQueue<>();
        JMSContext listening = BROKER.factory().createContext();
        JMSContext beside = listening.createContext(JMSContext.AUTO_ACKNOWLEDGE);
        consumer.setMessageListener(message -> {
            table.row("connection.close", "IllegalStateException", connection::close);
            table.row("connection.stop", "IllegalStateException", connection::stop);
            table.row("connection.start", "nothing", connection::start);
            table.row("another connection's stop", "nothing", context::stop);
            table.row("recover", "nothing", () -> {
                if (!message.getJMSRedelivered()) {
                    own.recover();
                }
            });
            table.row("consumer.close", "nothing", consumer::close);
            table.row("session.close", "IllegalStateException", own::close);
            done.add(table);
        });
        session.createProducer(queue).send(session.createMessage());
        assertThat(done.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isNotNull();
        table.check();
        Queue simplified = context.createQueue(queue.getQueueName() + ".context");
        listening.createConsumer(simplified).setMessageListener(message -> {
            table.row("context.stop", "IllegalStateRuntimeException", listening::stop);
            table.row("stop beside", "IllegalStateRuntimeException", beside::stop);
            table.row("context.close", "IllegalStateRuntimeException", listening::close);
            done.add(table);
        });
        context.createProducer().send(simplified, "a");
        assertThat(done.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isNotNull();
        table.check();
        beside.close();
        listening.close();
    }

    @Test
    void lastContextWhoseListenerTriesToCloseItStaysAsItIs() throws Exception {
        BlockingQueue<String> done = new LinkedBlockingQueue<>();
        try (FulmarConnectionFactory named = new FulmarConnectionFactory("fulmar:embedded?clientId=last")) {
            JMSContext last = named.createContext();
            Queue there = last.createQueue("there");
            last.createConsumer(there).setMessageListener(message -> done.add(outcome(last::close)));
            last.createProducer().send(there, "a");
            assertThat(done.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo("IllegalStateRuntimeException");
            assertThat(last.getClientID()).isEqualTo("last");
            last.close();
            try (JMSContext next = named.createContext()) {
                assertThat(next.getClientID()).isEqualTo("last");
                assertThat(next.createConsumer(there).receiveNoWait()).isNull();
            }
        }
    }

    @Test
    void insideACompletionListener() throws Exception {
        BlockingQueue<Table> done = new LinkedBlockingQueue<>();
        Session own = connection.createSession();
        MessageProducer producer = own.createProducer(queue);
        producer.send(own.createMessage(), new CompletionListener() {
            @Override
            public void onCompletion(Message message) {
                table.row("producer.close", "IllegalStateException", producer::close);
                table.row("session.close", "IllegalStateException", own::close);
                table.row("connection.close", "IllegalStateException", connection::close);
                table.row("commit", "IllegalStateException", own::commit);
                table.row("rollback", "IllegalStateException", own::rollback);
                table.row("connection.stop", "nothing", connection::stop);
                done.add(table);
            }

            @Override
            public void onException(Message message, Exception exception) {
                table.row("sent", "nothing", () -> {
                    throw exception;
                });
                done.add(table);
            }
        });
        assertThat(done.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isNotNull();
        table.check();
        context.createProducer()
                .setAsync(new CompletionListener() {
                    @Override
                    public void onCompletion(Message message) {
                        table.row("context.close", "IllegalStateRuntimeException", context::close);
                        done.add(table);
                    }

                    @Override
                    public void onException(Message message, Exception exception) {
                        done.add(table);
                    }
                })
                .send(queue, "a");
        assertThat(done.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isNotNull();
        table.check();
        producer.close();
        own.close();
    }
}
