package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.transport.ConnectionLimits;
import org.fulmar.protocol.transport.RemotingClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages of a broken producer that no client can read: they are told, and the others go through. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class UnreadableMessageTest {
    /** Says that a JMS client sent it, at priority 4, but not what kind of message it is. */
    private static final int FLAG = 0x4A << 24 | 4;

    @TempDir
    static Path directory;

    private static RealBroker broker;

    private final BlockingQueue<JMSException> problems = new LinkedBlockingQueue<>();
    private FulmarConnectionFactory factory;
    private Connection connection;
    private Session session;
    private Queue queue;
    private MessageProducer producer;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        broker = RealBroker.start(directory);
    }

    @AfterAll
    static void stop() throws IOException, InterruptedException {
        broker.close();
    }

    @BeforeEach
    void connect(TestInfo test) throws JMSException {
        factory = new FulmarConnectionFactory(broker.url() + "?prefetch=2");
        connection = factory.createConnection();
        connection.setExceptionListener(problems::add);
        connection.start();
        session = connection.createSession();
        queue = session.createQueue(test.getTestMethod().orElseThrow().getName());
        producer = session.createProducer(queue);
    }

    @AfterEach
    void disconnect() throws JMSException {
        connection.close();
        factory.close();
    }

    private void sendUnreadable(int count) throws Exception {
        try (RemotingClient client = new RemotingClient("broken", 1, FrameLimits.DEFAULT, ConnectionLimits.CLIENT)) {
            var raw = client.connect(
                    new InetSocketAddress("127.0.0.1", broker.port()),
                    (int) Jms.WAIT,
                    request -> request.answer(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, "none are taken here"));
            ByteBuf hello = Unpooled.buffer();
            new Hello(JmsCode.VERSION, JmsCode.VERSION, "broken", null, "", null, null).encode(hello);
            call(raw, JmsCode.HELLO, hello);
            ByteBuf open = Unpooled.buffer();
            new OpenDestination(DestinationKind.QUEUE, queue.getQueueName()).encode(open);
            call(raw, JmsCode.OPEN_DESTINATION, open);
            for (int i = 0; i < count; i++) {
                ByteBuf send = Unpooled.buffer();
                SendOperation.encode(send, SendOperation.Envelope.to(0), FLAG, 0, 1, new byte[0], new byte[] {1});
                call(raw, JmsCode.SEND, send);
            }
        }
    }

    private static void call(org.fulmar.protocol.transport.Connection raw, int code, ByteBuf body) throws Exception {
        Frame answer = raw.request(Frame.request(code, body), Jms.WAIT).get(2 * Jms.WAIT, TimeUnit.MILLISECONDS);
        assertThat(answer.code()).isEqualTo(ResponseCode.SUCCESS);
        answer.release();
    }

    @Test
    void listenersGoOnAndTheExceptionListenerIsTold() throws Exception {
        producer.send(session.createTextMessage("a"));
        sendUnreadable(5);
        producer.send(session.createTextMessage("b"));
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        Session listening = connection.createSession();
        listening.createConsumer(queue).setMessageListener(message -> received.add(Jms.seen(message)));
        assertThat(received.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo("a");
        assertThat(received.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo("b");
        for (int i = 0; i < 5; i++) {
            assertThat(problems.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isNotNull();
        }
    }

    @Test
    void receiveThrowsForEachAndThenGoesOn() throws Exception {
        producer.send(session.createTextMessage("a"));
        sendUnreadable(5);
        producer.send(session.createTextMessage("b"));
        MessageConsumer consumer = session.createConsumer(queue);
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> consumer.receive(Jms.WAIT)).isInstanceOf(JMSException.class);
        }
        assertThat(Jms.receive(consumer, 1)).containsExactly("b");
        assertThat(problems).as("what a call has thrown is not told twice").isEmpty();
    }
}
