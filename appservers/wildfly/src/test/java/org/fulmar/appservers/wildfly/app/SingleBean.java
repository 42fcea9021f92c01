package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** On a queue, one message after the other. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "single"),
            @ActivationConfigProperty(propertyName = "maxSessions", propertyValue = "1")
        })
public class SingleBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("single", message, null);
    }
}
