package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSContext;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.resource.spi.ManagedConnection;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.container.Container;
import org.fulmar.ra.container.Relay;
import org.junit.jupiter.api.Test;

/** Managed connections from hand to hand: reuse, loss, dissociation, recovery, and what they cost. */
class PoolTest extends OutboundTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @Test
    void nothingOfTheFirstUserIsLeftForTheSecond() throws Exception {
        send(queue, "a", "b", "c");
        Connection forgotten = connections().createConnection();
        forgotten.start();
        Session first = forgotten.createSession();
        MessageConsumer consumer = first.createConsumer(first.createQueue(queue));
        assertThat(consumer.receive(WAIT).getBody(String.class)).isEqualTo("a");
        TemporaryQueue temporary = first.createTemporaryQueue();
        first.createProducer(temporary).send(first.createTextMessage("reply"));
        container.reclaim();
        assertThat(container.idle()).hasSize(1);
        assertThat(drain(queue)).as("what was sent ahead is given back").containsExactly("b", "c");
        assertThatThrownBy(first::createMessage).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(consumer::receiveNoWait).isInstanceOf(IllegalStateException.class);
        try (JMSContext second = connections().createContext()) {
            assertThatThrownBy(() -> second.createProducer().send(temporary, "late"))
                    .hasCauseInstanceOf(InvalidDestinationException.class);
            assertThat(second.createConsumer(second.createQueue(queue)).receiveNoWait())
                    .isNull();
        }
        assertThat(container.made()).isEqualTo(1);
        assertThat(forgotten.createSession())
                .as("the connection itself is nobody's but its owner's")
                .isNotNull();
        forgotten.close();
        assertThat(container.inUse()).isZero();
    }

    @Test
    void whatAnApplicationHadIsNotKept() throws Exception {
        List<WeakReference<Object>> kept = new ArrayList<>();
        for (boolean transacted : new boolean[] {false, true}) {
            if (transacted) {
                container.begin();
            }
            try (Connection connection = connections().createConnection()) {
                Session session = connection.createSession();
                Object producer = session.createProducer(session.createQueue(queue));
                Object consumer = session.createConsumer(session.createQueue(queue));
                Object message = session.createObjectMessage(new int[] {1});
                kept.addAll(List.of(
                        new WeakReference<>(connection),
                        new WeakReference<>(session),
                        new WeakReference<>(producer),
                        new WeakReference<>(consumer),
                        new WeakReference<>(message)));
                session.createProducer(session.createQueue(queue)).send(session.createTextMessage("m"));
            }
            if (transacted) {
                container.commit();
            }
        }
        assertThat(container.idle()).hasSize(1);
        await().atMost(PATIENCE).until(() -> {
            System.gc();
            return kept.stream().allMatch(each -> each.get() == null);
        });
        assertThat(drain(queue)).hasSize(2);
    }

    @Test
    void aPoolOfSeveralHasOneClientIdentifier() throws Exception {
        factory.setClientId("shop");
        try (Connection one = connections().createConnection();
                Connection two = connections().createConnection();
                Connection three = connections().createConnection()) {
            assertThat(two.getClientID()).isEqualTo("shop");
            one.start();
            Session subscriber = one.createSession();
            MessageConsumer consumer =
                    subscriber.createDurableConsumer(subscriber.createTopic(queue + "/t"), "subscription");
            for (Session each : List.of(two.createSession(), three.createSession())) {
                each.createProducer(each.createTopic(queue + "/t")).send(each.createTextMessage("m"));
            }
            assertThat(consumer.receive(WAIT)).isNotNull();
            assertThat(consumer.receive(WAIT)).isNotNull();
            consumer.close();
            subscriber.unsubscribe("subscription");
            assertThat(container.made()).isEqualTo(3);
        }
        assertThat(container.idle()).hasSize(3);
    }

    @Test
    void withAConnectionOfItsOwnTheSecondIsRefusedTheClientIdentifier() throws Exception {
        factory.setClientId("shop");
        factory.setShareConnection(false);
        try (JMSContext one = connections().createContext()) {
            assertThat(one.getClientID()).isEqualTo("shop");
            assertThatThrownBy(() -> connections().createContext())
                    .isInstanceOf(jakarta.jms.InvalidClientIDRuntimeException.class);
        }
    }

    @Test
    void aConnectionThatIsLostIsToldAndNotUsedAgain() throws Exception {
        try (Relay relay = new Relay(broker.port())) {
            factory.setUrl(relay.url() + "&reconnect=false");
            ConnectionFactory connections = connections();
            try (JMSContext one = connections.createContext()) {
                connections.createContext().close();
                assertThat(container.idle()).hasSize(1);
                relay.cut();
                List<String> told = new ArrayList<>();
                await().atMost(PATIENCE).until(() -> {
                    told.addAll(container.events());
                    return told.contains("error");
                });
                assertThatThrownBy(() -> one.createProducer().send(one.createQueue(queue), "m"))
                        .isInstanceOf(jakarta.jms.JMSRuntimeException.class);
            }
            assertThat(factory.matchManagedConnections(container.idle(), null, null))
                    .isNull();
            assertThat(factory.getInvalidConnections(container.idle())).hasSize(1);
            container.validate(factory);
            assertThat(container.idle()).isEmpty();
            assertThat(container.inUse()).isZero();
            assertThatThrownBy(() -> connections.createContext()).isInstanceOf(jakarta.jms.JMSRuntimeException.class);
            relay.mend();
            try (JMSContext two = connections.createContext()) {
                two.createProducer().send(two.createQueue(queue), "m");
            }
        }
        assertThat(drain(queue)).containsExactly("m");
    }

    @Test
    void aConnectionThatComesBackIsUsedOn() throws Exception {
        try (Relay relay = new Relay(broker.port())) {
            factory.setUrl(relay.url());
            try (JMSContext one = connections().createContext()) {
                relay.cut();
                relay.mend();
                one.createProducer().send(one.createQueue(queue), "m");
            }
            assertThat(factory.getInvalidConnections(container.idle())).isEmpty();
            assertThat(container.events()).containsExactly("closed");
        }
        assertThat(drain(queue)).containsExactly("m");
    }

    /** What the adapter's stop has closed must not be lent again. */
    @Test
    void afterTheAdaptersStopNothingPooledIsValid() throws Exception {
        connections().createContext().close();
        adapter.stop();
        assertThat(factory.getInvalidConnections(container.idle())).hasSize(1);
        container.validate(factory);
        try (JMSContext again = connections().createContext()) {
            again.createProducer().send(again.createQueue(queue), "m");
        }
        assertThat(drain(queue)).containsExactly("m");
        assertThat(container.made()).isEqualTo(2);
    }

    @Test
    void aDissociatedHandleGetsAnotherManagedConnectionWhenItIsUsed() throws Exception {
        container.dissociating();
        try (Connection connection = connections().createConnection()) {
            connection.start();
            container.begin();
            Session session = connection.createSession();
            var producer = session.createProducer(session.createQueue(queue));
            producer.setPriority(2);
            producer.setTimeToLive(100_000);
            MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
            producer.send(session.createTextMessage("a"));
            container.commit();
            assertThat(container.idle()).hasSize(1);
            Connection inBetween = connections().createConnection();
            inBetween.createSession();
            transactions.begin();
            producer.send(session.createTextMessage("b"));
            assertThat(producer.getPriority()).isEqualTo(2);
            assertThat(consumer.receive(WAIT).getJMSPriority()).isEqualTo(2);
            container.commit();
            assertThat(container.events()).containsExactly("associated");
            assertThat(container.made()).as("the first was another's meanwhile").isEqualTo(2);
            session.close();
            assertThat(container.events()).containsExactly("closed inactive");
            assertThat(connection.createSession()).isNotNull();
            inBetween.close();
        }
        assertThat(drain(queue)).containsExactly("b");
    }

    @Test
    void aServersObjectMayStandBeforeEachHandle() throws Exception {
        container.wrapping();
        container.begin();
        try (JMSContext context = connections().createContext()) {
            context.createProducer().send(context.createQueue(queue), "m");
            assertThatThrownBy(context::commit).isInstanceOf(jakarta.jms.TransactionInProgressRuntimeException.class);
        }
        container.commit();
        FulmarManagedConnectionFactory queues = new FulmarManagedQueueConnectionFactory();
        queues.setResourceAdapter(adapter);
        var lookedUp = (jakarta.jms.QueueConnectionFactory) queues.createConnectionFactory(container);
        try (var connection = lookedUp.createQueueConnection()) {
            connection.start();
            var session = connection.createQueueSession(false, Session.AUTO_ACKNOWLEDGE);
            assertThat(session.createReceiver(session.createQueue(queue))
                            .receive(WAIT)
                            .getBody(String.class))
                    .isEqualTo("m");
            assertThatThrownBy(connection::createSession).isInstanceOf(IllegalStateException.class);
        }
        assertThat(container.events()).containsExactly("closed", "closed");
        assertThat(container.inUse()).isZero();
    }

    /** Servers recover before they start the adapter, with a managed connection that they make for it. */
    @Test
    void aBranchInDoubtIsListedAndCommittedBeforeTheAdapterIsStarted() throws Exception {
        Xid branch = new ManagedConnectionTest.Branch((byte) 77);
        try (FulmarConnectionFactory outside = new FulmarConnectionFactory(broker.url());
                var context = outside.createXAContext()) {
            XAResource resource = context.getXAResource();
            resource.start(branch, XAResource.TMNOFLAGS);
            context.createProducer().send(context.createQueue(queue), "m");
            resource.end(branch, XAResource.TMSUCCESS);
            assertThat(resource.prepare(branch)).isEqualTo(XAResource.XA_OK);
        }
        ManagedConnection made = factory.createManagedConnection(new javax.security.auth.Subject(), null);
        XAResource resource = made.getXAResource();
        Xid[] listed = resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN);
        assertThat(listed).hasSize(1);
        assertThat(resource.recover(XAResource.TMSTARTRSCAN)).hasSize(1);
        assertThat(resource.recover(XAResource.TMENDRSCAN)).isEmpty();
        resource.commit(listed[0], false);
        made.destroy();
        assertThat(drain(queue)).containsExactly("m");
    }

    @Test
    void sendingInATransactionAsksTheBrokerForTheCommitAlone() throws Exception {
        try (Relay relay = new Relay(broker.port())) {
            factory.setUrl(relay.url());
            ConnectionFactory connections = connections();
            sendInTransaction(connections);
            int before = relay.frames();
            for (int i = 0; i < 10; i++) {
                sendInTransaction(connections);
            }
            assertThat(relay.frames() - before).as("for 10 transactions").isEqualTo(10);
            assertThat(container.made()).isEqualTo(1);
        }
        assertThat(drain(queue)).hasSize(11);
    }

    private void sendInTransaction(ConnectionFactory connections) throws Exception {
        container.begin();
        try (Connection connection = connections.createConnection()) {
            Session session = connection.createSession();
            session.createProducer(session.createQueue(queue)).send(session.createTextMessage("m"));
        }
        container.commit();
    }

    @Test
    void makingAManagedConnectionAsksTheBrokerNothingWhereOneIsThere() throws Exception {
        try (Relay relay = new Relay(broker.port())) {
            factory.setUrl(relay.url());
            ManagedConnection first = factory.createManagedConnection(null, null);
            int before = relay.frames();
            ManagedConnection second = factory.createManagedConnection(null, null);
            ((Session) second.getConnection(null, null)).close();
            second.cleanup();
            assertThat(relay.frames() - before).isZero();
            second.destroy();
            first.destroy();
        }
    }

    @Test
    void withoutAServerEachSessionHasAManagedConnectionUntilItIsClosed() throws Exception {
        FulmarManagedConnectionFactory alone = new FulmarManagedConnectionFactory();
        alone.setUrl(broker.url());
        ConnectionFactory connections = (ConnectionFactory) alone.createConnectionFactory();
        try (JMSContext one = connections.createContext();
                JMSContext two = connections.createContext()) {
            one.createProducer().send(one.createQueue(queue), "m");
            assertThat(two.createConsumer(two.createQueue(queue)).receiveBody(String.class, WAIT))
                    .isEqualTo("m");
            TemporaryQueue temporary = one.createTemporaryQueue();
            two.createProducer().send(temporary, "m");
            assertThat(one.createConsumer(temporary).receiveBody(String.class, WAIT))
                    .isEqualTo("m");
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("fulmar-ra")));
    }

    @Test
    void withoutTransactionsItIsAPoolAlone() throws Exception {
        container = new Container(transactions, Container.Support.NONE);
        container.begin();
        try (JMSContext context = connections().createContext()) {
            assertThat(context.getTransacted()).isFalse();
            context.createProducer().send(context.createQueue(queue), "m");
            assertThat(drain(queue)).containsExactly("m");
        }
        container.rollback();
        assertThat(container.idle()).hasSize(1);
    }
}
