package org.fulmar.ra.outbound;

import jakarta.jms.CompletionListener;
import jakarta.jms.JMSProducer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import org.fulmar.jms.session.FulmarJmsProducer;
import org.jspecify.annotations.Nullable;

/** A producer of the simplified API, inside of a server. Used by the thread that uses its context. */
final class ContextProducer extends FulmarJmsProducer {
    ContextProducer(Session session, MessageProducer producer) {
        super(session, producer);
    }

    @Override
    public JMSProducer setAsync(@Nullable CompletionListener listener) {
        throw Refusals.unchecked(Refusals.ofManaged("setAsync", "send in a transaction, which is as quick"));
    }
}
