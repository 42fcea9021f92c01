package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import org.jboss.ejb3.annotation.ResourceAdapter;

/** On a queue, for some of its messages only; names its adapter, as applications do on servers with several. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "mixed"),
            @ActivationConfigProperty(propertyName = "messageSelector", propertyValue = "color = 'red' AND size > 2")
        })
@ResourceAdapter("fulmar.rar")
public class SelectingBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("selecting", message, null);
    }
}
