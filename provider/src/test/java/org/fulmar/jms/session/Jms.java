package org.fulmar.jms.session;

import static org.awaitility.Awaitility.await;

import jakarta.jms.Destination;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** What the tests of this package share. Stateless. */
final class Jms {
    /** How long a message that must come may take, in milliseconds. */
    static final long WAIT = 30_000;

    private Jms() {}

    static String text(Message message) {
        try {
            return message.getBody(String.class);
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    /** The text and how often it was delivered: {@code a*2} for one that comes for the second time, flagged. */
    static String seen(Message message) {
        try {
            int count = message.getIntProperty("JMSXDeliveryCount");
            if (message.getJMSRedelivered() != count > 1) {
                throw new AssertionError("JMSRedelivered is " + message.getJMSRedelivered() + " at delivery " + count);
            }
            return text(message) + (count > 1 ? "*" + count : "");
        } catch (JMSException e) {
            throw new AssertionError(e);
        }
    }

    /** The next messages, and what {@link #seen} says of them. */
    static List<String> receive(MessageConsumer consumer, int count) throws JMSException {
        List<String> received = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Message message = consumer.receive(WAIT);
            if (message == null) {
                throw new AssertionError("only " + received + " of " + count + " messages came");
            }
            received.add(seen(message));
        }
        return received;
    }

    static List<String> receive(JMSConsumer consumer, int count) {
        List<String> received = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Message message = consumer.receive(WAIT);
            if (message == null) {
                throw new AssertionError("only " + received + " of " + count + " messages came");
            }
            received.add(seen(message));
        }
        return received;
    }

    /** Sends texts with a producer of its own. */
    static void send(Session by, Destination to, String... texts) throws JMSException {
        try (MessageProducer producer = by.createProducer(to)) {
            for (String text : texts) {
                producer.send(by.createTextMessage(text));
            }
        }
    }

    /** What there is for a consumer now, and what {@link #seen} says of it. */
    static List<String> drain(MessageConsumer consumer) throws JMSException {
        return drain(consumer, Jms::seen);
    }

    /** What there is for a consumer now, with that said of each message. */
    static List<String> drain(MessageConsumer consumer, Function<Message, String> said) throws JMSException {
        List<String> there = new ArrayList<>();
        for (Message next = consumer.receiveNoWait(); next != null; next = consumer.receiveNoWait()) {
            there.add(said.apply(next));
        }
        return there;
    }

    /** Takes all that is in a queue now, and what {@link #seen} says of it. */
    static List<String> drained(Session by, Queue from) throws JMSException {
        try (MessageConsumer consumer = by.createConsumer(from)) {
            return drain(consumer);
        }
    }

    /** How many messages a browser shows. */
    static int browsed(Session by, Queue queue) throws JMSException {
        return Collections.list(by.createBrowser(queue).getEnumeration()).size();
    }

    /** Waits for a latch; for listeners, which can't throw. */
    static void pass(CountDownLatch latch) {
        try {
            if (!latch.await(WAIT, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("nobody opened the latch");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static void eventually(String what, Callable<Boolean> condition) {
        await(what)
                .atMost(Duration.ofMillis(WAIT))
                .pollInterval(Duration.ofMillis(2))
                .until(condition);
    }
}
