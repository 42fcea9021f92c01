package org.fulmar.bench;

import jakarta.jms.CompletionListener;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends with a JMS 2 CompletionListener, at most {@code --window} messages unconfirmed at any time.
 *
 * <p>{@link #send} is called by one thread; the completions come on the provider's threads. The first refused message
 * is thrown at the next send or flush.
 */
final class AsyncMessageSender extends MessageSender {

    private static final long PATIENCE_SECONDS = 30;

    private final int window;
    private final Semaphore free;
    private volatile @Nullable Exception refused;
    private boolean supported;

    AsyncMessageSender(Session session, BenchOptions options) throws JMSException {
        super(session, options);
        this.window = options.window;
        this.free = new Semaphore(window);
    }

    @Override
    void send(long stamp, LongConsumer confirmed) throws JMSException, InterruptedException {
        acquire(1);
        Completion completion = new Completion(stamp, confirmed);
        try {
            producer.send(message(stamp), completion);
            supported = true;
        } catch (JMSException | RuntimeException | LinkageError e) {
            if (supported) {
                throw e;
            }
            throw new AsyncUnsupportedException(e);
        }
    }

    @Override
    void flush() throws JMSException, InterruptedException {
        acquire(window);
        free.release(window);
    }

    private void acquire(int permits) throws JMSException, InterruptedException {
        boolean acquired = free.tryAcquire(permits, PATIENCE_SECONDS, TimeUnit.SECONDS);
        Exception cause = refused;
        if (cause != null) {
            throw (JMSException) new JMSException("an asynchronous send failed").initCause(cause);
        }
        if (!acquired) {
            throw new JMSException("no completion for " + PATIENCE_SECONDS + " s");
        }
    }

    /** Frees one place of the window when the provider has answered one message. */
    private final class Completion implements CompletionListener {

        private final long stamp;
        private final LongConsumer confirmed;

        Completion(long stamp, LongConsumer confirmed) {
            this.stamp = stamp;
            this.confirmed = confirmed;
        }

        @Override
        public void onCompletion(Message message) {
            confirmed.accept(stamp);
            free.release();
        }

        @Override
        public void onException(Message message, Exception exception) {
            refused = exception;
            free.release();
        }
    }
}
