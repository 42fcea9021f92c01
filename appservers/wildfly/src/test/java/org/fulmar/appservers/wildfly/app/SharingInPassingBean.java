package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** On a topic, by a shared subscription that ends with its last bean. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "news"),
            @ActivationConfigProperty(propertyName = "shareSubscriptions", propertyValue = "true"),
            @ActivationConfigProperty(propertyName = "subscriptionName", propertyValue = "corridor")
        })
public class SharingInPassingBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("sharing-in-passing", message, null);
    }
}
