package org.fulmar.jms.kill;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.jms.kill.HistoryEvent.Kind;

/**
 * What one consumer of the storm was handed, and what of it was confirmed: for the history.
 *
 * <p>Safe for any thread. With AUTO the hand-over of the next message confirms the one before, if the broker was there
 * all the time between; an acknowledgement that was under way when it was killed may be taken or not, and nobody is
 * told. With CLIENT the return of {@code acknowledge()} confirms all that was handed over since the last.
 */
final class StormReceipts {
    private final StormWorker worker;
    private final StormTraffic traffic;
    private final Channel channel;
    private final String selector;
    private final boolean auto;
    private final Progress progress;
    private final StormLife life;
    private final List<MessageId> unconfirmed = new ArrayList<>();
    private int lookedAt;
    private int session;

    StormReceipts(
            StormWorker worker,
            StormTraffic traffic,
            Channel channel,
            String selector,
            boolean auto,
            Progress progress,
            StormLife life) {
        this.worker = worker;
        this.traffic = traffic;
        this.channel = channel;
        this.selector = selector;
        this.auto = auto;
        this.progress = progress;
        this.life = life;
        opened();
    }

    /** The consumer is there, for the first time or again; nothing of the one before will be confirmed. */
    synchronized void opened() {
        session++;
        unconfirmed.clear();
        worker.write(HistoryEvent.session(Kind.SESSION_OPENED, System.nanoTime(), session, channel));
    }

    synchronized void received(Message message, long called) throws JMSException {
        long now = System.nanoTime();
        String fault = traffic.faultOf(message, selector, System.currentTimeMillis());
        MessageId id = LoadMessage.id(message, channel);
        worker.write(new HistoryEvent(
                Kind.RECEIVED,
                now,
                session,
                channel,
                id.producer(),
                id.seq(),
                LoadMessage.checksum(message),
                message.getJMSRedelivered(),
                LoadMessage.deliveryCount(message),
                called));
        if (fault != null) {
            worker.failed(id + " " + fault);
        }
        if (auto) {
            if (life.isSince(lookedAt)) {
                confirmAll();
            }
            unconfirmed.clear();
            lookedAt = life.now();
        }
        unconfirmed.add(id);
        progress.received(id);
        worker.succeeded();
    }

    synchronized int unconfirmed() {
        return unconfirmed.size();
    }

    synchronized void confirmAll() {
        long now = System.nanoTime();
        unconfirmed.forEach(id -> worker.write(HistoryEvent.acknowledged(now, session, channel, id)));
        unconfirmed.clear();
    }

    /** What is not confirmed will not be. */
    synchronized void forget() {
        unconfirmed.clear();
    }
}
