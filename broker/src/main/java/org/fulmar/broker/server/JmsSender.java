package org.fulmar.broker.server;

import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.store.Appender;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.StoreException;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.transport.Request;

/** Sends of JMS producers. Decodes on the event loop, appends on the core. */
final class JmsSender {
    private final Core core;
    private final MessageIntake intake;
    private final MessageStore store;
    private final DelayedMessages delayed;
    private final ProducerTable producers;

    JmsSender(Core core, MessageIntake intake, MessageStore store, DelayedMessages delayed, ProducerTable producers) {
        this.core = core;
        this.intake = intake;
        this.store = store;
        this.delayed = delayed;
        this.producers = producers;
    }

    void handle(Request request) {
        JmsPeer peer = JmsConnections.peer(request);
        if (peer != null) {
            SendOperation send = SendOperation.decode(request.body());
            core.execute(() -> RequestRouter.run(r -> append(r, peer, send), request));
        }
    }

    private void append(Request request, JmsPeer peer, SendOperation send) {
        if (peer.lost()) {
            // its client has come back over another connection, and sends again what was not answered
            request.done();
            return;
        }
        try {
            MessageIntake.Taken message = intake.take(peer, send);
            if (send.producerId() != 0 && isRepeat(peer, send)) {
                store.appender().confirm(message.isPersistent(), new Answer(request));
                return;
            }
            if (message.waits()) {
                delayed.append(message, new Answer(request));
            } else {
                store.appender()
                        .append(
                                message.queue(),
                                message.draft(),
                                message.tagHash(),
                                message.isPersistent(),
                                new Answer(request));
            }
            if (send.producerId() != 0) {
                producers.stored(send.producerId(), send.sequence());
            }
        } catch (DeliveryException e) {
            request.answer(e.code(), e.getMessage());
        } catch (StoreException e) {
            request.answer(StoreErrors.jmsCode(e), e.getMessage());
        }
    }

    private boolean isRepeat(JmsPeer peer, SendOperation send) {
        peer.addProducer(send.producerId());
        return producers.isRepeat(send.producerId(), send.sequence());
    }

    /** Answers that something is stored. */
    record Answer(Request request) implements Appender.Listener {
        @Override
        public void stored(long physicalOffset, long queueOffset) {
            request.answer(ResponseCode.SUCCESS, (String) null);
        }

        @Override
        public void failed(StoreException cause) {
            request.answer(StoreErrors.jmsCode(cause), cause.getMessage());
        }
    }
}
