package org.fulmar.appservers.wildfly.app;

import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.EJBException;
import jakarta.ejb.MessageDriven;
import jakarta.jms.BytesMessage;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/** Writes down all that there is in a message. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "types"),
            @ActivationConfigProperty(propertyName = "maxSessions", propertyValue = "1")
        })
public class TypeBean implements MessageListener {
    @Override
    public void onMessage(Message message) {
        try {
            Journal.add("body " + body(message));
            Journal.add("headers " + message.getJMSCorrelationID() + " " + message.getJMSType() + " "
                    + message.getJMSPriority() + " " + message.getJMSDeliveryMode() + " "
                    + name(message.getJMSDestination()) + " " + name(message.getJMSReplyTo()) + " "
                    + message.getJMSMessageID() + " " + message.getJMSTimestamp() + " "
                    + (message.getJMSExpiration() > message.getJMSTimestamp()) + " " + message.getJMSRedelivered());
            TreeMap<String, Object> properties = new TreeMap<>();
            for (Object name : Collections.list(message.getPropertyNames())) {
                Object value = message.getObjectProperty((String) name);
                properties.put((String) name, value + ":" + value.getClass().getSimpleName());
            }
            Journal.add("properties " + properties);
            // what a listener has received is read only
            try {
                message.setIntProperty("more", 1);
                Journal.add("writable");
            } catch (JMSException e) {
                Journal.add("read-only " + e.getClass().getSimpleName());
            }
        } catch (JMSException e) {
            throw new EJBException(e);
        }
    }

    private static String name(Destination destination) throws JMSException {
        return ((Queue) destination).getQueueName();
    }

    private static String body(Message message) throws JMSException {
        if (message instanceof TextMessage text) {
            return "text " + text.getText();
        }
        if (message instanceof MapMessage map) {
            return "map " + map.getInt("int") + " " + map.getString("string") + " " + map.getBytes("bytes").length;
        }
        if (message instanceof StreamMessage stream) {
            return "stream " + stream.readLong() + " " + stream.readString() + " " + stream.readDouble();
        }
        if (message instanceof ObjectMessage object) {
            return "object " + ((List<?>) object.getObject());
        }
        if (message instanceof BytesMessage bytes) {
            return "bytes " + bytes.getBodyLength() + " " + bytes.readUTF();
        }
        return "plain";
    }
}
