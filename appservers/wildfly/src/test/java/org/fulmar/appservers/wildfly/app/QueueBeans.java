package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.resource.AdministeredObjectDefinition;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.ejb3.annotation.ResourceAdapter;

/** On queues, configured in all the ways that there are. */
@AdministeredObjectDefinition(
        name = "java:global/test/looked-up",
        className = "org.fulmar.ra.destination.ManagedQueue",
        interfaceName = "jakarta.jms.Queue",
        resourceAdapter = "fulmar",
        properties = "physicalName=found")
public final class QueueBeans {
    private static final CyclicBarrier FOUR = new CyclicBarrier(4);

    private QueueBeans() {}

    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "mixed"),
                @ActivationConfigProperty(propertyName = "messageSelector", propertyValue = "color = 'red' AND size > 2")
            })
    @ResourceAdapter("fulmar.rar")
    public static class Selecting implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("selecting", message, null);
        }
    }

    /** Has neither a type nor a name of its destination, nor the address of a broker: it is told where to look. */
    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationLookup", propertyValue = "java:global/test/looked-up"),
                @ActivationConfigProperty(
                        propertyName = "connectionFactoryLookup",
                        propertyValue = "java:/fulmar/QueueConnectionFactory")
            })
    public static class LookingUp implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("looking-up", message, null);
        }
    }

    /** Each waits until four are at work: with fewer sessions none would ever go on. */
    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "many"),
                @ActivationConfigProperty(propertyName = "maxSessions", propertyValue = "4"),
                @ActivationConfigProperty(propertyName = "prefetch", propertyValue = "1")
            })
    public static class Parallel implements MessageListener {
        @Override
        public void onMessage(Message message) {
            try {
                FOUR.await(20, TimeUnit.SECONDS);
                Tasks.onMessage("parallel", message, null);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                Journal.add("parallel alone");
                throw new IllegalStateException(e);
            }
        }
    }

    @MessageDriven(
            activationConfig = {
                @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
                @ActivationConfigProperty(propertyName = "destination", propertyValue = "single"),
                @ActivationConfigProperty(propertyName = "maxSessions", propertyValue = "1")
            })
    public static class Single implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("single", message, null);
        }
    }

    /** Its configuration is in the descriptor, all of it. */
    public static class Described implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("described", message, null);
        }
    }

    /** The descriptor says where the broker is, and who asks there. */
    public static class Authenticated implements MessageListener {
        @Override
        public void onMessage(Message message) {
            Tasks.onMessage("authenticated", message, null);
        }
    }
}
