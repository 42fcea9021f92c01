package org.fulmar.jms.crash;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TransactionRolledBackException;
import jakarta.jms.XAConnection;
import jakarta.jms.XASession;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.fulmar.jms.crash.Work.Outcome;

/** Carries out one transaction in a session of its own. Used by one thread. */
final class Mover implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 40_000;

    private final Session session;
    private final XAResource resource;
    private final BranchId branch;
    private final String cell;
    private final Work work;
    private final Random bytes;

    private Mover(Session session, XAResource resource, String cell, Work work) {
        this.session = session;
        this.resource = resource;
        this.cell = cell;
        this.work = work;
        this.branch = new BranchId(cell, work.name());
        this.bytes = new Random(work.name().hashCode());
    }

    static Mover of(XAConnection connection, String cell, Work work) throws JMSException {
        if (work.kind().isBranch()) {
            XASession session = connection.createXASession();
            return new Mover(session, session.getXAResource(), cell, work);
        }
        return new Mover(connection.createSession(Session.SESSION_TRANSACTED), null, cell, work);
    }

    /** Returns what is known of it; nothing of it is open any more then, unless it is prepared. */
    Outcome move() {
        try {
            if (resource != null) {
                resource.start(branch, XAResource.TMNOFLAGS);
            }
            moveMessages();
            if (resource != null) {
                resource.end(branch, XAResource.TMSUCCESS);
            }
        } catch (JMSException | XAException e) {
            System.out.println(work.name() + " fails: " + e);
            return undone();
        }
        return resource == null ? endLocal() : endBranch();
    }

    private void moveMessages() throws JMSException {
        Deque<Message> got = new ArrayDeque<>();
        try (MessageConsumer queue = Places.FROM_QUEUE.consumer(session, cell);
                MessageConsumer events = Places.FROM_SUBSCRIPTION.consumer(session, cell);
                MessageProducer toQueue = session.createProducer(Places.TO_QUEUE.destination(session, cell));
                MessageProducer toEvents = session.createProducer(Places.TO_SUBSCRIPTION.destination(session, cell))) {
            for (int i = 0; i < work.messages(); i++) {
                got.add(receive(Places.FROM_QUEUE, queue));
                if (work.interleaved()) {
                    send(got.remove(), toQueue);
                }
            }
            Message event = receive(Places.FROM_SUBSCRIPTION, events);
            while (!got.isEmpty()) {
                send(got.remove(), toQueue);
            }
            send(event, toEvents);
        }
    }

    private Message receive(Places place, MessageConsumer consumer) throws JMSException {
        Message message = consumer.receive(PATIENCE_MILLIS);
        if (message == null) {
            throw new JMSException("there is nothing at " + place);
        }
        Told.say(Child.NEWS + Receipt.of(place, message, work.name()).text());
        return message;
    }

    private void send(Message received, MessageProducer to) throws JMSException {
        BytesMessage message = session.createBytesMessage();
        message.setStringProperty(Places.TOKEN, received.getStringProperty(Places.TOKEN));
        message.setStringProperty(Places.TRANSACTION, work.name());
        message.setIntProperty(Places.OF, work.moved());
        byte[] body = new byte[work.bytes()];
        bytes.nextBytes(body);
        message.writeBytes(body);
        to.send(message);
    }

    /** Its end was never asked for: it is certain that it is not committed. */
    private Outcome undone() {
        try {
            if (resource == null) {
                session.rollback();
            } else {
                rollBackBranch();
            }
            return Outcome.ROLLED_BACK;
        } catch (JMSException | XAException e) {
            System.out.println(work.name() + " is not rolled back: " + e);
            return Outcome.UNKNOWN;
        }
    }

    private void rollBackBranch() throws XAException {
        try {
            resource.end(branch, XAResource.TMFAIL);
        } catch (XAException e) {
            System.out.println(work.name() + " is not ended: " + e);
        }
        resource.rollback(branch);
    }

    private Outcome endLocal() {
        try {
            if (work.kind() == Work.Kind.LOCAL) {
                session.commit();
                return Outcome.COMMITTED;
            }
            session.rollback();
            return Outcome.ROLLED_BACK;
        } catch (TransactionRolledBackException e) {
            return Outcome.ROLLED_BACK;
        } catch (JMSException e) {
            System.out.println(work.name() + " has no outcome: " + e);
            return work.kind() == Work.Kind.LOCAL ? Outcome.UNKNOWN : Outcome.ROLLED_BACK;
        }
    }

    private Outcome endBranch() {
        try {
            switch (work.kind()) {
                case TWO_PHASE -> {
                    resource.prepare(branch);
                    return Outcome.PREPARED;
                }
                case ONE_PHASE -> {
                    resource.commit(branch, true);
                    return Outcome.COMMITTED;
                }
                default -> {
                    resource.rollback(branch);
                    return Outcome.ROLLED_BACK;
                }
            }
        } catch (XAException e) {
            System.out.println(work.name() + " ends with " + e.errorCode + ": " + e);
            boolean rolledBack = e.errorCode >= XAException.XA_RBBASE && e.errorCode <= XAException.XA_RBEND;
            return rolledBack ? Outcome.ROLLED_BACK : Outcome.UNKNOWN;
        }
    }

    @Override
    public void close() throws JMSException {
        session.close();
    }
}
