package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.BytesMessage;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import jakarta.jms.StreamMessage;
import java.util.ArrayList;
import java.util.List;
import org.fulmar.appservers.wildfly.app.TypeBean;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.Archive;
import org.junit.jupiter.api.Test;

/** What is in a message when a bean gets it. */
class MessageTest extends WildflyTest {
    @Deployment(name = "ra", order = 1, testable = false)
    static Archive<?> adapter() {
        return Wildfly.adapter();
    }

    @Deployment(name = "app", order = 2, testable = false)
    static Archive<?> application() {
        return Wildfly.application(TypeBean.class);
    }

    @Test
    void everyTypeOfMessageComesWithItsBodyHeadersAndProperties() throws JMSException {
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue("types");
            JMSProducer producer = context.createProducer()
                    .setJMSCorrelationID("correlation")
                    .setJMSType("type")
                    .setJMSReplyTo(context.createQueue("answers"))
                    .setPriority(7)
                    .setTimeToLive(600_000)
                    .setDeliveryMode(DeliveryMode.NON_PERSISTENT)
                    .setProperty("boolean", true)
                    .setProperty("byte", (byte) 1)
                    .setProperty("short", (short) 2)
                    .setProperty("int", 3)
                    .setProperty("long", 4L)
                    .setProperty("float", 5f)
                    .setProperty("double", 6d)
                    .setProperty("string", "seven");
            List<String> sent = new ArrayList<>();
            for (Message message : messages(context)) {
                producer.send(queue, message);
                sent.add(message.getJMSMessageID() + " " + message.getJMSTimestamp());
            }

            assertThat(app.await("body", 6))
                    .containsExactly(
                            "body text hello",
                            "body map 1 two 3",
                            "body stream 1 two 3.0",
                            "body object [a, b]",
                            "body bytes 7 hello",
                            "body plain");
            assertThat(app.await("headers", 6))
                    .containsExactlyElementsOf(sent.stream()
                            .map(ids -> "headers correlation type 7 1 types answers " + ids + " true false")
                            .toList());
            assertThat(app.await("properties", 6))
                    .allSatisfy(line -> assertThat(line)
                            .contains(
                                    "boolean=true:Boolean",
                                    "byte=1:Byte",
                                    "short=2:Short",
                                    "int=3:Integer",
                                    "long=4:Long",
                                    "float=5.0:Float",
                                    "double=6.0:Double",
                                    "string=seven:String",
                                    "JMSXDeliveryCount=1:Integer"));
            assertThat(app.await("read-only", 6)).containsOnly("read-only MessageNotWriteableException");
        }
    }

    private static List<Message> messages(JMSContext context) throws JMSException {
        MapMessage map = context.createMapMessage();
        map.setInt("int", 1);
        map.setString("string", "two");
        map.setBytes("bytes", new byte[3]);
        StreamMessage stream = context.createStreamMessage();
        stream.writeLong(1);
        stream.writeString("two");
        stream.writeDouble(3);
        BytesMessage bytes = context.createBytesMessage();
        bytes.writeUTF("hello");
        return List.of(
                context.createTextMessage("hello"),
                map,
                stream,
                context.createObjectMessage(new ArrayList<>(List.of("a", "b"))),
                bytes,
                context.createMessage());
    }
}
