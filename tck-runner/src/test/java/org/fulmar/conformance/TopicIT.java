package org.fulmar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.Topic;
import org.junit.jupiter.api.Test;

/** Topics, by the simplified interface. */
class TopicIT {
    @Test
    void subscriberGetsWhatIsPublished() throws Exception {
        try (JMSContext context = Kit.factory().createContext()) {
            JMSConsumer consumer = context.createConsumer(Kit.topic());
            context.createProducer().send(Kit.topic(), "news");
            assertThat(consumer.receiveBody(String.class, Kit.timeout())).isEqualTo("news");
        }
    }

    @Test
    void durableFactoryHasItsClientId() throws Exception {
        try (JMSContext context = Kit.durableFactory().createContext()) {
            assertThat(context.getClientID()).isEqualTo("cts");
        }
    }

    @Test
    void durableSubscriptionOutlivesItsConnection() throws Exception {
        Topic topic = Kit.topic();
        try (JMSContext first = Kit.durableFactory().createContext()) {
            first.createDurableConsumer(topic, "kept").close();
        }
        try (JMSContext second = Kit.durableFactory().createContext()) {
            second.createProducer().send(topic, "meanwhile");
            JMSConsumer consumer = second.createDurableConsumer(topic, "kept");
            assertThat(consumer.receiveBody(String.class, Kit.timeout())).isEqualTo("meanwhile");
            consumer.close();
            second.unsubscribe("kept");
        }
    }
}
