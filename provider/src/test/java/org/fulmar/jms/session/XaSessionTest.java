package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.Destination;
import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.QueueSession;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import jakarta.jms.TransactionInProgressException;
import jakarta.jms.TransactionInProgressRuntimeException;
import jakarta.jms.XAConnection;
import jakarta.jms.XAConnectionFactory;
import jakarta.jms.XAJMSContext;
import jakarta.jms.XAQueueConnection;
import jakarta.jms.XAQueueSession;
import jakarta.jms.XASession;
import jakarta.jms.XATopicConnection;
import jakarta.jms.XATopicSession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** XA sessions (JMS 3.1, section 11.3): what they do within branches and outside, and what becomes of it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class XaSessionTest {
    /** How a branch ends. */
    enum End {
        ONE_PHASE,
        TWO_PHASES,
        ROLLBACK,
        ROLLBACK_OF_PREPARED;

        boolean isCommit() {
            return this == ONE_PHASE || this == TWO_PHASES;
        }

        void of(XAResource resource, Xid xid) throws XAException {
            if (this == TWO_PHASES || this == ROLLBACK_OF_PREPARED) {
                assertThat(resource.prepare(xid)).isEqualTo(XAResource.XA_OK);
            }
            if (isCommit()) {
                resource.commit(xid, this == ONE_PHASE);
            } else {
                resource.rollback(xid);
            }
        }
    }

    @RegisterExtension
    static final EmbeddedBroker BROKER = new EmbeddedBroker("maxRedeliveries=-1");

    private XAConnection connection;
    private XASession session;
    private XAResource resource;
    private Connection another;
    private Session direct;
    private Queue in;
    private Queue out;

    @BeforeEach
    void connect() throws JMSException {
        connection = BROKER.connectXa();
        session = connection.createXASession();
        resource = session.getXAResource();
        another = BROKER.connect();
        direct = another.createSession();
        String name = BROKER.name();
        in = direct.createQueue(name + ".in");
        out = direct.createQueue(name + ".out");
    }

    private void send(String... texts) throws JMSException {
        Jms.send(direct, in, texts);
    }

    private List<String> drained(Queue queue) throws JMSException {
        return Jms.drained(direct, queue);
    }

    private static Xid start(XAResource resource) throws XAException {
        Xid xid = TestXid.next();
        resource.start(xid, XAResource.TMNOFLAGS);
        return xid;
    }

    @Test
    void sessionsAcknowledgeAutomaticallyOutsideOfBranches() throws Exception {
        assertThat(session.getTransacted()).isTrue();
        assertThat(session.getAcknowledgeMode()).isEqualTo(Session.SESSION_TRANSACTED);
        assertThatThrownBy(session::commit).isInstanceOf(TransactionInProgressException.class);
        assertThatThrownBy(session::rollback).isInstanceOf(TransactionInProgressException.class);
        assertThatThrownBy(session.getSession()::commit).isInstanceOf(TransactionInProgressException.class);
        assertThatThrownBy(session::recover).isInstanceOf(IllegalStateException.class);
        Jms.send(session, out, "a");
        assertThat(drained(out)).containsExactly("a");
        send("b", "c");
        MessageConsumer consumer = session.createConsumer(in);
        Message message = consumer.receive(Jms.WAIT);
        assertThat(Jms.text(message)).isEqualTo("b");
        message.acknowledge();
        Xid xid = start(resource);
        assertThat(Jms.receive(consumer, 1)).containsExactly("c");
        resource.end(xid, XAResource.TMSUCCESS);
        resource.rollback(xid);
        assertThat(Jms.receive(consumer, 1)).containsExactly("c*2");
        session.close();
        assertThat(drained(in)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void workOfABranchIsDoneWhenItIsCommittedAndElseNot(End end) throws Exception {
        send("a", "b", "c");
        MessageConsumer consumer = session.createConsumer(in);
        Xid xid = start(resource);
        assertThat(Jms.receive(consumer, 2)).containsExactly("a", "b");
        Jms.send(session, out, "x", "y");
        resource.end(xid, XAResource.TMSUCCESS);
        assertThat(drained(out)).isEmpty();
        end.of(resource, xid);
        assertThat(drained(out)).isEqualTo(end.isCommit() ? List.of("x", "y") : List.of());
        if (end == End.ROLLBACK) {
            assertThat(Jms.receive(consumer, 3)).containsExactly("a*2", "b*2", "c");
        } else if (end == End.ROLLBACK_OF_PREPARED) {
            assertThat(Jms.receive(consumer, 3)).containsExactlyInAnyOrder("a*2", "b*2", "c");
        } else {
            assertThat(Jms.receive(consumer, 1)).containsExactly("c");
        }
        assertThat(consumer.receiveNoWait()).isNull();
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void sessionsThatAreClosedBeforeTheEndLoseNoWork(End end) throws Exception {
        for (boolean endedBefore : new boolean[] {true, false}) {
            XASession own = connection.createXASession();
            XAResource its = own.getXAResource();
            send("a", "b", "c");
            MessageConsumer consumer = own.createConsumer(in);
            Xid xid = start(its);
            assertThat(Jms.receive(consumer, 2)).containsExactly("a", "b");
            Jms.send(own, out, "x");
            if (endedBefore) {
                its.end(xid, XAResource.TMSUCCESS);
            }
            own.close();
            assertThat(drained(in)).as("the others are free").containsExactly("c");
            if (!endedBefore) {
                its.end(xid, XAResource.TMSUCCESS);
            }
            end.of(its, xid);
            assertThat(drained(in)).isEqualTo(end.isCommit() ? List.of() : List.of("a*2", "b*2"));
            assertThat(drained(out)).isEqualTo(end.isCommit() ? List.of("x") : List.of());
        }
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void sessionsOfOneConnectionWorkInOneBranch(End end) throws Exception {
        send("a", "b");
        XASession second = connection.createXASession();
        XAResource its = second.getXAResource();
        assertThat(resource.isSameRM(its)).isTrue();
        Xid xid = start(resource);
        its.start(xid, XAResource.TMJOIN);
        MessageConsumer one = session.createConsumer(in);
        assertThat(Jms.receive(one, 1)).containsExactly("a");
        one.close();
        MessageConsumer two = second.createConsumer(in);
        assertThat(Jms.receive(two, 1)).containsExactly("b");
        Jms.send(session, out, "x");
        Jms.send(second, out, "y");
        Jms.send(session, out, "z");
        resource.end(xid, XAResource.TMSUCCESS);
        its.end(xid, XAResource.TMSUCCESS);
        two.close();
        end.of(its, xid);
        assertThat(drained(in)).isEqualTo(end.isCommit() ? List.of() : List.of("a*2", "b*2"));
        assertThat(drained(out)).isEqualTo(end.isCommit() ? List.of("x", "y", "z") : List.of());
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void interleavedBranchesAreKeptApart(End end) throws Exception {
        for (String options : List.of("", "?transactionBuffer=0")) {
            try (FulmarConnectionFactory own = new FulmarConnectionFactory("fulmar:embedded" + options);
                    XAConnection mine = own.createXAConnection()) {
                mine.start();
                XASession working = mine.createXASession();
                XAResource its = working.getXAResource();
                Session plain = mine.createSession(false, Session.AUTO_ACKNOWLEDGE);
                Jms.send(plain, in, "a1", "b1", "auto", "a2", "b2");
                MessageConsumer consumer = working.createConsumer(in);
                Xid a = start(its);
                assertThat(Jms.receive(consumer, 1)).containsExactly("a1");
                Jms.send(working, out, "out a1");
                its.end(a, XAResource.TMSUSPEND);
                Xid b = start(its);
                assertThat(Jms.receive(consumer, 1)).containsExactly("b1");
                Jms.send(working, out, "out b1");
                its.end(b, XAResource.TMSUSPEND);
                assertThat(Jms.receive(consumer, 1)).containsExactly("auto");
                Jms.send(working, out, "out auto");
                its.start(a, XAResource.TMRESUME);
                assertThat(Jms.receive(consumer, 1)).containsExactly("a2");
                Jms.send(working, out, "out a2");
                its.end(a, XAResource.TMSUCCESS);
                its.start(b, XAResource.TMRESUME);
                assertThat(Jms.receive(consumer, 1)).containsExactly("b2");
                Jms.send(working, out, "out b2");
                end.of(its, a);
                its.end(b, XAResource.TMSUCCESS);
                its.commit(b, true);
                List<String> left = new ArrayList<>();
                for (Message next = consumer.receiveNoWait(); next != null; next = consumer.receiveNoWait()) {
                    left.add(Jms.seen(next));
                }
                assertThat(left).isEqualTo(end.isCommit() ? List.of() : List.of("a1*2", "a2*2"));
                consumer.close();
                List<String> sent = new ArrayList<>(end.isCommit() ? List.of("out a1", "out a2") : List.of());
                sent.addAll(List.of("out auto", "out b1", "out b2"));
                MessageConsumer reader = plain.createConsumer(out);
                assertThat(Jms.receive(reader, sent.size())).containsExactlyInAnyOrderElementsOf(sent);
                assertThat(reader.receiveNoWait()).isNull();
            }
        }
    }

    @Test
    void closingTheConnectionRollsBackWhatIsNotPrepared() throws Exception {
        send("a", "b", "c");
        MessageConsumer consumer = session.createConsumer(in);
        Xid prepared = start(resource);
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
        Jms.send(session, out, "x");
        resource.end(prepared, XAResource.TMSUCCESS);
        resource.prepare(prepared);
        Xid open = start(resource);
        assertThat(Jms.receive(consumer, 1)).containsExactly("b");
        Jms.send(session, out, "never");
        resource.end(open, XAResource.TMSUCCESS);
        connection.close();
        assertThat(drained(in)).containsExactly("b*2", "c");
        try (XAConnection other = BROKER.factory().createXAConnection()) {
            other.createXASession().getXAResource().commit(prepared, false);
        }
        assertThat(drained(in)).isEmpty();
        assertThat(drained(out)).containsExactly("x");
    }

    @Test
    void branchThatCannotBeCommittedIsRolledBackAndLeavesOthersAlone() throws Exception {
        send("a1", "b1");
        MessageConsumer consumer = session.createConsumer(in);
        TemporaryQueue temporary = session.createTemporaryQueue();
        Xid a = start(resource);
        assertThat(Jms.receive(consumer, 1)).containsExactly("a1");
        Jms.send(session, temporary, "never");
        resource.end(a, XAResource.TMSUCCESS);
        Xid b = start(resource);
        assertThat(Jms.receive(consumer, 1)).containsExactly("b1");
        Jms.send(session, out, "x");
        temporary.delete();
        assertThatThrownBy(() -> resource.commit(a, true))
                .isInstanceOfSatisfying(
                        XAException.class,
                        e -> assertThat(XaResourceTest.code(e.errorCode)).isEqualTo("XA_RBOTHER"));
        assertThat(Jms.receive(consumer, 1)).containsExactly("a1*2");
        resource.end(b, XAResource.TMSUCCESS);
        resource.commit(b, true);
        session.close();
        assertThat(drained(in)).isEmpty();
        assertThat(drained(out)).containsExactly("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"queue", "temporary queue", "topic", "shared topic"})
    void rolledBackBranchesCountAsRedeliveries(String from) throws Exception {
        Topic topic = direct.createTopic(BROKER.name() + ".topic");
        Destination destination = switch (from) {
            case "queue" -> in;
            case "temporary queue" -> session.createTemporaryQueue();
            default -> topic;
        };
        MessageConsumer consumer = from.equals("shared topic")
                ? session.createSharedConsumer(topic, "shared")
                : session.createConsumer(destination);
        Jms.send(direct, destination, "poison");
        for (int i = 1; i <= 4; i++) {
            Xid xid = start(resource);
            assertThat(Jms.receive(consumer, 1)).containsExactly(i == 1 ? "poison" : "poison*" + i);
            resource.end(xid, i % 2 == 0 ? XAResource.TMSUCCESS : XAResource.TMFAIL);
            (i % 2 == 0 ? End.ROLLBACK_OF_PREPARED : End.ROLLBACK).of(resource, xid);
        }
    }

    @Test
    void aReceiveThatWaitsWhileItsBranchEndsLosesNoMessage() throws Exception {
        MessageConsumer consumer = session.createConsumer(in);
        Xid xid = start(resource);
        Jms.send(session, out, "x");
        Background<Message> receive =
                Background.start(() -> consumer.receive(Jms.WAIT)).awaitBlocked();
        resource.end(xid, XAResource.TMFAIL);
        resource.rollback(xid);
        send("a");
        assertThatThrownBy(receive::result).isInstanceOf(IllegalStateException.class);
        assertThat(Jms.receive(consumer, 1)).containsExactly("a");
    }

    @Test
    void listenersReceiveInTheBranchOfTheirSession() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        session.createConsumer(in).setMessageListener(message -> {
            heard.add(Jms.seen(message));
            if (Jms.text(message).equals("b")) {
                throw new RuntimeException("on purpose");
            }
        });
        Xid xid = start(resource);
        send("a", "b", "c");
        for (String text : List.of("a", "b", "c")) {
            assertThat(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo(text);
        }
        connection.stop();
        resource.end(xid, XAResource.TMSUCCESS);
        resource.rollback(xid);
        Xid second = start(resource);
        connection.start();
        for (String text : List.of("a*2", "b*2", "c*2")) {
            assertThat(heard.poll(Jms.WAIT, TimeUnit.MILLISECONDS)).isEqualTo(text);
        }
        connection.stop();
        resource.end(second, XAResource.TMSUCCESS);
        resource.commit(second, true);
        session.close();
        assertThat(drained(in)).isEmpty();
    }

    @Test
    void contextsWorkInBranches() throws Exception {
        try (XAJMSContext context = BROKER.factory().createXAContext()) {
            assertThat(context.getTransacted()).isTrue();
            assertThat(context.getSessionMode()).isEqualTo(XAJMSContext.SESSION_TRANSACTED);
            assertThatThrownBy(context::commit).isInstanceOf(TransactionInProgressRuntimeException.class);
            assertThatThrownBy(context::rollback).isInstanceOf(TransactionInProgressRuntimeException.class);
            send("a");
            XAResource its = context.getXAResource();
            JMSConsumer consumer = context.getContext().createConsumer(in);
            Xid xid = start(its);
            assertThat(Jms.receive(consumer, 1)).containsExactly("a");
            context.createProducer().send(out, "x");
            its.end(xid, XAResource.TMSUCCESS);
            End.TWO_PHASES.of(its, xid);
        }
        assertThat(drained(in)).isEmpty();
        assertThat(drained(out)).containsExactly("x");
    }

    @Test
    void sessionsOfTheDomainsWorkInBranches() throws Exception {
        assertThat(BROKER.factory()).isInstanceOf(XAConnectionFactory.class);
        send("a");
        try (XAQueueConnection queues = BROKER.factory().createXAQueueConnection();
                XATopicConnection topics = BROKER.factory().createXATopicConnection()) {
            queues.start();
            topics.start();
            XAQueueSession ofQueues = queues.createXAQueueSession();
            QueueSession plain = ofQueues.getQueueSession();
            Xid xid = start(ofQueues.getXAResource());
            assertThat(Jms.receive(plain.createReceiver(in), 1)).containsExactly("a");
            ofQueues.getXAResource().end(xid, XAResource.TMSUCCESS);
            End.TWO_PHASES.of(ofQueues.getXAResource(), xid);
            assertThatThrownBy(() -> ofQueues.createTopic("t")).isInstanceOf(IllegalStateException.class);
            assertThat(queues.createQueueSession(false, 1).getTransacted()).isFalse();
            assertThat(queues.createXASession().getTransacted()).isTrue();

            XATopicSession ofTopics = topics.createXATopicSession();
            Topic topic = ofTopics.createTopic(in.getQueueName() + ".topic");
            TopicSubscriber subscriber = topics.createTopicSession(false, 1).createSubscriber(topic);
            Xid second = start(ofTopics.getXAResource());
            ofTopics.getTopicSession().createPublisher(topic).publish(ofTopics.createTextMessage("t"));
            ofTopics.getXAResource().end(second, XAResource.TMSUCCESS);
            assertThat(subscriber.receiveNoWait()).isNull();
            ofTopics.getXAResource().commit(second, true);
            assertThat(Jms.receive(subscriber, 1)).containsExactly("t");
            assertThat(topics.createXASession().getSession().getTransacted()).isTrue();
        }
        assertThat(drained(in)).isEmpty();
    }
}
