package org.fulmar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnectionFactory;
import java.util.List;
import javax.naming.InitialContext;
import org.junit.jupiter.api.Test;

/** The names and the properties that a kit's tests are given. */
class NamesIT {
    @Test
    void everyFactoryIsOfBothDomains() throws Exception {
        for (String name : List.of(
                "MyConnectionFactory",
                "MyQueueConnectionFactory",
                "MyTopicConnectionFactory",
                "DURABLE_SUB_CONNECTION_FACTORY")) {
            Object factory = InitialContext.doLookup(name);
            assertThat(factory)
                    .isInstanceOf(ConnectionFactory.class)
                    .isInstanceOf(QueueConnectionFactory.class)
                    .isInstanceOf(TopicConnectionFactory.class);
        }
    }

    @Test
    void destinationsHaveTheirNames() throws Exception {
        for (String name : List.of("MY_QUEUE", "MY_QUEUE2", "testQ0", "testQ1", "testQ2", "testQueue2", "Q2")) {
            assertThat(InitialContext.<Queue>doLookup(name).getQueueName()).isEqualTo(name);
        }
        for (String name : List.of("MY_TOPIC", "MY_TOPIC2", "testT0", "testT1", "testT2")) {
            assertThat(InitialContext.<Topic>doLookup(name).getTopicName()).isEqualTo(name);
        }
    }

    @Test
    void propertiesAreThere() {
        assertThat(Kit.property("user")).isEqualTo("j2ee");
        assertThat(Kit.property("password")).isEqualTo("j2ee");
        assertThat(Kit.property("platform.mode")).isEqualTo("standalone");
        assertThat(Kit.property("vehicle")).isEqualTo("standalone");
        assertThat(Kit.timeout()).isPositive();
    }
}
