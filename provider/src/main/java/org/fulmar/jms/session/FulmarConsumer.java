package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.Queue;
import jakarta.jms.QueueReceiver;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Deliver;
import org.jspecify.annotations.Nullable;

/**
 * A consumer (JMS 3.1, section 8): a buffer of what the broker has sent ahead, and the ways to take from it.
 *
 * <p>The buffer and its counters are guarded by the session's lock. The event loop fills it; the application's thread,
 * or the session's for a listener, takes from it. What the application has seen and what not is told to the broker
 * when the consumer is closed, so that nothing unseen counts as delivered.
 */
class FulmarConsumer implements TopicSubscriber, QueueReceiver, ReadingConsumer {
    private final FulmarSession session;
    private final int id;
    private final FulmarDestination destination;
    private final CreateConsumer.Kind kind;
    private final @Nullable String subscription;
    private final @Nullable String selector;
    private final boolean noLocal;
    private final int prefetch;
    private final Deque<Delivery> buffer = new ArrayDeque<>();
    private @Nullable MessageListener listener;
    private long arrived;
    private long handedOut;
    private int epoch;
    private int unreplenished;
    private volatile boolean closed;
    /** Whether what was loaded may not come back any more. */
    private boolean ending;
    /** The link that it was made over. */
    private volatile int generation;
    /** Whether one message was asked for that has not come. */
    private boolean wanting;
    /** The link that one was asked for over. */
    private int askedOver;
    /** Whether it was made at the broker, and is to be made again with the next link. */
    private volatile boolean established;

    FulmarConsumer(
            FulmarSession session,
            int id,
            FulmarDestination destination,
            CreateConsumer.Kind kind,
            @Nullable String subscription,
            @Nullable String selector,
            boolean noLocal) {
        this.kind = kind;
        this.subscription = subscription;
        this.session = session;
        this.id = id;
        this.destination = destination;
        this.selector = selector;
        this.noLocal = noLocal;
        this.prefetch = session.prefetch();
    }

    int id() {
        return id;
    }

    FulmarSession session() {
        return session;
    }

    FulmarDestination destination() {
        return destination;
    }

    int generation() {
        return generation;
    }

    boolean isEstablished() {
        return established;
    }

    void established() {
        established = true;
    }

    /** Begins anew over another link: how it is made there. What came over the one before is forgotten. */
    CreateConsumer attach(int newGeneration, int handle) {
        session.lock();
        try {
            generation = newGeneration;
            // who has asked for one has not got it, if it was not taken before its link was lost
            wanting |= !buffer.isEmpty();
            buffer.clear();
            arrived = 0;
            handedOut = 0;
            epoch = 0;
            unreplenished = 0;
            return new CreateConsumer(
                    id, session.id(), handle, kind, subscription, selector, noLocal, List.of(), prefetch);
        } finally {
            session.unlock();
        }
    }

    /** On the event loop: messages have come. */
    void arrived(Deliver deliver, int ofGeneration) {
        session.lock();
        try {
            if (ofGeneration != generation) {
                return;
            }
            for (Deliver.Message message : deliver.messages()) {
                arrived++;
                if (!closed && deliver.epoch() == epoch) {
                    wanting = false;
                    buffer.add(new Delivery(
                            this,
                            generation,
                            arrived,
                            message.queueId(),
                            message.queueOffset(),
                            message.deliveryCount(),
                            message.record()));
                }
            }
            session.wake();
        } finally {
            session.unlock();
        }
    }

    /** With the lock held: the next message, which counts as handed out; null if there is none. */
    @Nullable Delivery poll() {
        Delivery next = buffer.poll();
        if (next != null) {
            handedOut = next.number();
        }
        return next;
    }

    /** For a connection consumer: takes up to so many, which do not count as handed out before they are {@link #seen}. */
    List<Delivery> load(int most) {
        session.lock();
        try {
            List<Delivery> loaded = new ArrayList<>();
            while (loaded.size() < most && !buffer.isEmpty()) {
                loaded.add(buffer.remove());
            }
            return loaded;
        } finally {
            session.unlock();
        }
    }

    /**
     * These were loaded and have not been seen: they are there again, in their order. Those that come too late for that,
     * and that the caller is to give back to the broker.
     */
    List<Delivery> unload(List<Delivery> loaded) {
        session.lock();
        try {
            if (ending || closed) {
                return loaded.stream().filter(this::isPassed).toList();
            }
            for (int i = loaded.size() - 1; i >= 0; i--) {
                if (loaded.get(i).generation() == generation) {
                    buffer.addFirst(loaded.get(i));
                }
            }
            session.wake();
            return List.of();
        } finally {
            session.unlock();
        }
    }

    /**
     * For a connection consumer that ends, when all that was loaded is seen or taken away: those that are back and stand
     * before others that were seen. From now on none comes back by {@link #unload}.
     */
    List<Delivery> withdrawPassed() {
        session.lock();
        try {
            ending = true;
            List<Delivery> passed = buffer.stream().filter(this::isPassed).toList();
            buffer.removeIf(this::isPassed);
            return passed;
        } finally {
            session.unlock();
        }
    }

    /** A message that was loaded is shown to the application now. */
    void seen(Delivery delivery) {
        session.lock();
        try {
            if (delivery.generation() == generation) {
                handedOut = Math.max(handedOut, delivery.number());
            }
        } finally {
            session.unlock();
        }
    }

    /** Whether one that was loaded stands before others that were seen: the broker can't tell that it was not. */
    boolean isPassed(Delivery delivery) {
        session.lock();
        try {
            return delivery.generation() == generation && delivery.number() <= handedOut;
        } finally {
            session.unlock();
        }
    }

    /** The one taken last was not seen after all, and comes next. */
    void putBack(Delivery delivery) {
        session.lock();
        try {
            if (delivery.generation() != generation) {
                return;
            }
            handedOut = delivery.number() - 1;
            if (!closed) {
                buffer.addFirst(delivery);
            }
        } finally {
            session.unlock();
        }
    }

    boolean isBuffered() {
        return !buffer.isEmpty();
    }

    boolean isClosed() {
        return closed;
    }

    @Nullable MessageListener listener() {
        return listener;
    }

    /** With the lock held: begins a new epoch; what is buffered or under way goes back to the broker uncounted. */
    ConsumerPosition restart() {
        // who has asked for one has it no more; over this link, the broker knows that
        wanting |= !buffer.isEmpty();
        buffer.clear();
        epoch++;
        return position();
    }

    /** With the lock held: whether it is at the broker over this link. */
    boolean isOver(Attached at) {
        return generation == at.generation();
    }

    ConsumerPosition position() {
        return new ConsumerPosition(id, handedOut, epoch);
    }

    /** A message was handed out that its acknowledgement will not replenish: the broker may send another. */
    void replenish(Delivery delivery) {
        session.lock();
        try {
            if (delivery.generation() == generation) {
                unreplenished++;
                if (prefetch > 0 && unreplenished * 2 >= prefetch) {
                    session.connection().credit(this, unreplenished);
                    unreplenished = 0;
                }
            }
        } finally {
            session.unlock();
        }
    }

    /** Asks for one message where none is sent ahead; asked again over the next link, if it does not come before. */
    void askForOne() {
        if (prefetch == 0) {
            session.lock();
            try {
                wanting = true;
                ask();
            } finally {
                session.unlock();
            }
        }
    }

    /** With the lock held: over a new link. */
    void askAgain() {
        if (prefetch == 0 && wanting && !closed && askedOver != generation) {
            ask();
        }
    }

    private void ask() {
        if (session.connection().credit(this, 1)) {
            askedOver = generation;
        }
    }

    /** Nobody waits for the message that was asked for. */
    void noLongerWanting() {
        session.lock();
        try {
            wanting = false;
        } finally {
            session.unlock();
        }
    }

    /** One that was returned will bring no credit: the broker may send another. */
    void creditAnother(Delivery returned) {
        if (prefetch > 0 && returned.generation() == generation) {
            session.connection().credit(this, 1);
        }
    }

    @Override
    public @Nullable Message receive() throws JMSException {
        return receive(0);
    }

    @Override
    public @Nullable Message receive(long timeoutMillis) throws JMSException {
        return receive(timeoutMillis, message -> message);
    }

    @Override
    public @Nullable Message receiveNoWait() throws JMSException {
        return receiveNoWait(message -> message);
    }

    @Override
    public <T> @Nullable T receive(long timeoutMillis, Reading<T> reading) throws JMSException {
        long nanos = timeoutMillis <= 0 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        return session.receive(this, nanos, reading);
    }

    @Override
    public <T> @Nullable T receiveNoWait(Reading<T> reading) throws JMSException {
        return session.receive(this, 0, reading);
    }

    /** Whether messages are sent one by one, when asked for. */
    boolean isPull() {
        return prefetch == 0;
    }

    @Override
    public @Nullable String getMessageSelector() throws JMSException {
        checkOpen();
        return selector;
    }

    @Override
    public @Nullable MessageListener getMessageListener() throws JMSException {
        checkOpen();
        return listener;
    }

    @Override
    public void setMessageListener(@Nullable MessageListener newListener) throws JMSException {
        checkOpen();
        session.lock();
        try {
            listener = newListener;
        } finally {
            session.unlock();
        }
        if (newListener != null) {
            session.startListening(this);
        }
    }

    @Override
    public Topic getTopic() throws JMSException {
        checkOpen();
        if (destination instanceof Topic topic) {
            return topic;
        }
        throw new IllegalStateException(destination + " is no topic");
    }

    @Override
    public Queue getQueue() throws JMSException {
        checkOpen();
        if (destination instanceof Queue queue) {
            return queue;
        }
        throw new IllegalStateException(destination + " is no queue");
    }

    @Override
    public boolean getNoLocal() throws JMSException {
        checkOpen();
        return noLocal;
    }

    void checkOpen() throws JMSException {
        if (closed) {
            throw new IllegalStateException("the consumer is closed");
        }
        session.checkOpen();
    }

    /** With the lock held: takes nothing more and hands out nothing more. Whether it was open. */
    boolean markClosed() {
        boolean open = !closed;
        closed = true;
        buffer.clear();
        return open;
    }

    @Override
    public void close() throws JMSException {
        session.close(this);
    }
}
