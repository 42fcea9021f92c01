package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** On a topic, by the durable subscription of a client, of texts only. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Topic"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "news"),
            @ActivationConfigProperty(propertyName = "subscriptionDurability", propertyValue = "Durable"),
            @ActivationConfigProperty(propertyName = "clientId", propertyValue = "reader"),
            @ActivationConfigProperty(propertyName = "subscriptionName", propertyValue = "daily"),
            @ActivationConfigProperty(propertyName = "messageSelector", propertyValue = "kind = 'text'")
        })
public class DurableBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("durable", message, null);
    }
}
