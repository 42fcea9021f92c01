package org.fulmar.appservers.others.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.inject.Inject;
import jakarta.jms.JMSConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** Sends through a context that is injected, of a connection factory that it names. */
@MessageDriven(
        name = "InjectedBean",
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "injected")
        })
public class InjectedBean implements MessageListener {
    @Inject
    @JMSConnectionFactory("jms/Shared")
    private JMSContext context;

    @Override
    public void onMessage(Message message) {
        Greeter.answer(message, context);
    }
}
