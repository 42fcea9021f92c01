package org.fulmar.appservers.wildfly.app;

import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** Its configuration is in the descriptor, all of it. */
public class DescribedBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("described", message, null);
    }
}
