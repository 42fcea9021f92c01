package org.fulmar.appservers.others.app;

import jakarta.annotation.Resource;
import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConnectionFactoryDefinition;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSDestinationDefinition;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.Queue;

/**
 * As {@link DefinedBean}, for WildFly: with a URL, as it makes an adapter without configuration for each definition, and with
 * the class of the queue, which it doesn't find by the interface.
 */
@JMSConnectionFactoryDefinition(
        name = "java:app/jms/Defined",
        resourceAdapter = "fulmar",
        properties = "url=${fulmar.url}")
@JMSDestinationDefinition(
        name = "java:app/jms/DefinedQueue",
        interfaceName = "jakarta.jms.Queue",
        className = "org.fulmar.ra.destination.ManagedQueue",
        resourceAdapter = "fulmar",
        properties = "physicalName=defined-answers")
@MessageDriven(
        name = "DefinedBean",
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "defined")
        })
public class WildflyDefinedBean implements MessageListener {
    @Resource(lookup = "java:app/jms/Defined")
    private ConnectionFactory factory;

    @Resource(lookup = "java:app/jms/DefinedQueue")
    private Queue queue;

    @Override
    public void onMessage(Message message) {
        try (JMSContext context = factory.createContext()) {
            context.createProducer().send(queue, message.getBody(String.class));
            Tasks.stumble(message);
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }
}
