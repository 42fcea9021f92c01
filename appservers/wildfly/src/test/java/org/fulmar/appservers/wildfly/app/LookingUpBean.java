package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.resource.AdministeredObjectDefinition;

/** Has neither a type nor a name of its destination, nor the address of a broker: it is told where to look. */
@AdministeredObjectDefinition(
        name = "java:global/test/looked-up",
        className = "org.fulmar.ra.destination.ManagedQueue",
        interfaceName = "jakarta.jms.Queue",
        resourceAdapter = "fulmar",
        properties = "physicalName=found")
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationLookup", propertyValue = "java:global/test/looked-up"),
            @ActivationConfigProperty(
                    propertyName = "connectionFactoryLookup",
                    propertyValue = "java:/fulmar/QueueConnectionFactory")
        })
public class LookingUpBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("looking-up", message, null);
    }
}
