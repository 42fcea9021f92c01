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

/** Sends by a connection factory to a queue that it defines itself. */
@JMSConnectionFactoryDefinition(name = "java:app/jms/Defined", resourceAdapter = "fulmar")
@JMSDestinationDefinition(
        name = "java:app/jms/DefinedQueue",
        interfaceName = "jakarta.jms.Queue",
        resourceAdapter = "fulmar",
        properties = "physicalName=defined-answers")
@MessageDriven(
        name = "DefinedBean",
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "defined")
        })
public class DefinedBean implements MessageListener {
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
