package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Each waits until four are at work: with fewer sessions none would ever go on. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "many"),
            @ActivationConfigProperty(propertyName = "maxSessions", propertyValue = "4"),
            @ActivationConfigProperty(propertyName = "prefetch", propertyValue = "1")
        })
public class ParallelBean implements MessageListener {
    private static final CyclicBarrier FOUR = new CyclicBarrier(4);

    @Override
    public void onMessage(Message message) {
        try {
            FOUR.await(60, TimeUnit.SECONDS);
            Tasks.onMessage("parallel", message, null);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            Journal.add("parallel alone");
            throw new IllegalStateException(e);
        }
    }
}
