package org.fulmar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Queues, by the simplified interface. */
class QueueIT {
    private JMSContext context;
    private Queue queue;

    @BeforeEach
    void open() throws Exception {
        context = Kit.factory().createContext(Kit.property("user"), Kit.property("password"));
        queue = context.createTemporaryQueue();
    }

    @AfterEach
    void close() {
        context.close();
    }

    @Test
    void textIsReceivedAsItWasSent() {
        context.createProducer().send(queue, "text");
        assertThat(context.createConsumer(queue).receiveBody(String.class, Kit.timeout()))
                .isEqualTo("text");
    }

    @Test
    void stringBufferIsAllowedInAnObjectMessage() throws Exception {
        context.createProducer().send(queue, new StringBuffer("buffered"));
        ObjectMessage message = (ObjectMessage) context.createConsumer(queue).receive(Kit.timeout());
        assertThat(message.getObject()).hasToString("buffered");
    }

    @Test
    void selectorPassesOverWhatDoesNotMatch() {
        context.createProducer().setProperty("size", 1).send(queue, "small");
        context.createProducer().setProperty("size", 3).send(queue, "large");
        JMSConsumer large = context.createConsumer(queue, "size > 2");
        assertThat(large.receiveBody(String.class, Kit.timeout())).isEqualTo("large");
        assertThat(large.receiveNoWait()).isNull();
    }

    @Test
    void consumersTakeEachMessageOnce() {
        context.createProducer().send(queue, "one");
        assertThat(context.createConsumer(queue).receiveBody(String.class, Kit.timeout()))
                .isEqualTo("one");
        assertThat(context.createConsumer(queue).receiveNoWait()).isNull();
    }

    @Test
    void storeIsNewAtTheBeginning() throws Exception {
        assertThat(context.createConsumer(Kit.queue()).receiveNoWait()).isNull();
    }
}
