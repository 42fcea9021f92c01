package org.fulmar.appservers.others.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.inject.Inject;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** Sends through a context that is injected, of the server's default connection factory. */
@MessageDriven(
        name = "DefaultBean",
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "default")
        })
public class DefaultBean implements MessageListener {
    @Inject
    private JMSContext context;

    @Override
    public void onMessage(Message message) {
        Greeter.answer(message, context);
    }
}
