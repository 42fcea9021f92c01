package org.fulmar.jms.session;

import jakarta.jms.IllegalStateException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Enumeration;
import java.util.List;
import java.util.NoSuchElementException;
import org.fulmar.jms.destination.FulmarDestination;
import org.fulmar.jms.message.ReceiptInfo;
import org.fulmar.protocol.jms.Browse;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.QueuePosition;
import org.jspecify.annotations.Nullable;

/**
 * A browser (JMS 3.1, section 4.1.6): shows what a queue's consumers could get, in their order, and takes nothing.
 *
 * <p>Used by the thread that uses its session. Holds nothing at the broker and one page of messages per enumeration
 * here. An enumeration is no snapshot: it shows what is there when its next page is fetched. It looks whether the
 * connection is started or not, since nothing is delivered; it ends, with an exception, when browser or session is
 * closed.
 */
final class FulmarBrowser implements QueueBrowser {
    private static final int PAGE = 100;

    private final FulmarSession session;
    private final FulmarDestination queue;
    private final @Nullable String selector;
    private volatile boolean closed;

    FulmarBrowser(FulmarSession session, FulmarDestination queue, @Nullable String selector) {
        this.session = session;
        this.queue = queue;
        this.selector = selector;
    }

    /** Asks the broker whether it can be browsed so. */
    void check() throws JMSException {
        browse(List.of(), 0);
    }

    private Browse.Reply browse(List<QueuePosition> from, int max) throws JMSException {
        FulmarConnection connection = session.connection();
        connection.check(queue);
        return connection.call(at -> at.link().browse(new Browse(at.handle(queue), selector, from, max)));
    }

    private void checkOpen() throws JMSException {
        if (closed) {
            throw new IllegalStateException("the browser is closed");
        }
        session.checkOpen();
    }

    @Override
    public Queue getQueue() throws JMSException {
        checkOpen();
        return (Queue) queue;
    }

    @Override
    public @Nullable String getMessageSelector() throws JMSException {
        checkOpen();
        return selector;
    }

    @Override
    public Enumeration<Message> getEnumeration() throws JMSException {
        checkOpen();
        return new Pages();
    }

    @Override
    public void close() {
        closed = true;
    }

    /** From the beginning of the queue, a page at a time; failures are unchecked, as the interface has no others. */
    private final class Pages implements Enumeration<Message> {
        private final Deque<Message> page = new ArrayDeque<>();
        private List<QueuePosition> next = List.of();
        private boolean last;

        @Override
        public boolean hasMoreElements() {
            Unchecked.run(() -> {
                checkOpen();
                while (page.isEmpty() && !last) {
                    fetch();
                }
            });
            return !page.isEmpty();
        }

        private void fetch() throws JMSException {
            Browse.Reply reply = browse(next, PAGE);
            next = reply.positions();
            last = reply.last();
            FulmarConnection connection = session.connection();
            for (Deliver.Message message : reply.messages()) {
                try {
                    if (!Delivery.expired(message.record(), connection.now())) {
                        page.add(shown(message));
                    }
                } catch (JMSException e) {
                    // one that nobody can read hides no others
                    connection.report(e);
                }
            }
        }

        private Message shown(Deliver.Message message) throws JMSException {
            // one that nobody has got yet is shown as its first consumer will see it
            ReceiptInfo receipt = new ReceiptInfo(queue, Math.max(1, message.deliveryCount()), null);
            return Delivery.toMessage(
                    message.record(), receipt, session.connection().options().reading());
        }

        @Override
        public Message nextElement() {
            if (!hasMoreElements()) {
                throw new NoSuchElementException("the enumeration of " + queue + " is at its end");
            }
            return page.remove();
        }
    }
}
