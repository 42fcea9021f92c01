package org.fulmar.appservers.wildfly.app;

import jakarta.jms.Message;
import jakarta.jms.MessageListener;

/** Its descriptor says where the broker is, and who asks there. */
public class AuthenticatedBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("authenticated", message, null);
    }
}
