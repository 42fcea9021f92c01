package org.fulmar.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import jakarta.jms.BytesMessage;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import jakarta.jms.TextMessage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.fulmar.client.TestCluster;
import org.fulmar.client.consumer.PullConsumer;
import org.fulmar.client.producer.Producer;
import org.fulmar.client.producer.ProducerConfig;
import org.fulmar.jms.message.DeserializationPolicy;
import org.fulmar.jms.message.NativeMessages;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** JMS clients and native ones on the same topics of one broker. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class NativeConversionTest {
    private static final long WAIT = Patience.MILLIS;
    private static final DeserializationPolicy POLICY = DeserializationPolicy.jdkValuesOnly();

    private static TestCluster cluster;
    private static ClientInstance client;
    private static Producer producer;
    private static FulmarConnectionFactory factory;

    private String name;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        cluster = TestCluster.start(directory, "broker-a");
        client = cluster.client();
        producer =
                Producer.start(client, ProducerConfig.of("natives").with(ProducerConfig.SEND_TIMEOUT, Patience.MILLIS));
        factory = new FulmarConnectionFactory("fulmar://" + cluster.brokerAddress("broker-a"));
    }

    @AfterAll
    static void stop() throws Exception {
        factory.close();
        producer.close();
        client.close();
        cluster.close();
    }

    @BeforeEach
    void takeName(TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName();
    }

    private static org.fulmar.client.Message.Builder message(String topic, String body) {
        return org.fulmar.client.Message.builder(topic).body(body);
    }

    /** What a native consumer finds in the queues of a topic. */
    private List<ReceivedMessage> pulled(int count) throws Exception {
        try (PullConsumer consumer = PullConsumer.builder(client, "g" + name).start()) {
            List<MessageQueue> queues = consumer.queuesOf(name);
            consumer.assign(java.util.Set.copyOf(queues));
            for (MessageQueue queue : queues) {
                consumer.seekToBegin(queue);
            }
            List<ReceivedMessage> all = new ArrayList<>();
            await().until(() -> {
                all.addAll(consumer.poll(Duration.ofMillis(100)));
                return all.size() >= count;
            });
            return all;
        }
    }

    @Test
    void nativeMessageIsSeenByJmsWithItsTagKeysAndProperties() throws Exception {
        producer.send(message(name, "h\u00E4")
                .tags("tag")
                .keys("k1", "k2")
                .property("number", "7")
                .build());
        try (JMSContext context = factory.createContext()) {
            Queue queue = context.createQueue(name);
            try (JMSConsumer consumer =
                    context.createConsumer(queue, "JMSType = 'tag' AND JMS_FULMAR_Keys LIKE '%k2' AND number = '7'")) {
                BytesMessage received = (BytesMessage) consumer.receive(WAIT);
                assertThat(new String(received.getBody(byte[].class), StandardCharsets.UTF_8))
                        .isEqualTo("h\u00E4");
                assertThat(received.getJMSType()).isEqualTo("tag");
                assertThat(received.getStringProperty("JMS_FULMAR_Keys")).isEqualTo("k1 k2");
                assertThat(received.getIntProperty("number")).isEqualTo(7);
                assertThat(received.getJMSMessageID()).startsWith("ID:");
            }
        }
    }

    @Test
    void nativeTextIsATextMessageIfTheUrlSaysSo() throws Exception {
        String body = "a text ".repeat(2000);
        producer.send(message(name, body).build());
        try (FulmarConnectionFactory texts = new FulmarConnectionFactory(
                        "fulmar://" + cluster.brokerAddress("broker-a") + "?nativeBody=text");
                JMSContext context = texts.createContext()) {
            Message received = context.createConsumer(context.createQueue(name)).receive(WAIT);
            assertThat(received).isInstanceOf(TextMessage.class);
            assertThat(received.getBody(String.class)).isEqualTo(body);
        }
    }

    @Test
    void delayedNativeMessageReachesJmsAtItsTime() throws Exception {
        long sent = System.nanoTime();
        producer.send(message(name, "later").delayMillis(700).build());
        producer.send(message(name, "level").delayLevel(1).build());
        Map<String, Long> after = new HashMap<>();
        try (JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(name))) {
            for (int i = 0; i < 2; i++) {
                Message received = consumer.receive(WAIT);
                after.put(
                        new String(received.getBody(byte[].class), StandardCharsets.UTF_8),
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sent));
            }
        }
        // the broker counts from when it began to look at what came, and its clock is not the one that is read here
        assertThat(after).containsOnlyKeys("later", "level");
        assertThat(after.get("later")).isGreaterThanOrEqualTo(600);
        assertThat(after.get("level")).isGreaterThanOrEqualTo(900);
    }

    @Test
    void jmsTextIsSeenByNativesAsItsTextWithTypeKeysAndProperties() throws Exception {
        try (JMSContext context = factory.createContext()) {
            TextMessage message = context.createTextMessage("h\u00E4");
            message.setJMSType("tag");
            message.setStringProperty("JMS_FULMAR_Keys", "key");
            message.setIntProperty("number", 7);
            message.setStringProperty("city", "B\u00E4le");
            context.createProducer().send(context.createQueue(name), message);
            ReceivedMessage seen = pulled(1).get(0);
            assertThat(new String(seen.body(), StandardCharsets.UTF_8)).isEqualTo("h\u00E4");
            assertThat(seen.tags()).isEqualTo("tag");
            assertThat(seen.keys()).containsExactly("key");
            assertThat(seen.property("number")).isEqualTo("7");
            assertThat(seen.property("city")).isEqualTo("B\u00E4le");
            assertThat("ID:" + seen.messageId()).isEqualTo(message.getJMSMessageID());
            assertThat(seen.bornTimestamp()).isEqualTo(message.getJMSTimestamp());
        }
    }

    @Test
    void nativeConsumerReadsAMapMessageAndItsTypedPropertiesWithTheConversion() throws Exception {
        try (JMSContext context = factory.createContext()) {
            MapMessage message = context.createMapMessage();
            message.setDouble("price", 1.5);
            message.setString("name", "x");
            message.setLongProperty("n", 9);
            message.setJMSCorrelationID("c");
            context.createProducer().send(context.createQueue(name), message);
            Message seen = NativeMessages.toJms(pulled(1).get(0), POLICY);
            assertThat(((MapMessage) seen).getDouble("price")).isEqualTo(1.5);
            assertThat(((MapMessage) seen).getString("name")).isEqualTo("x");
            assertThat(seen.getObjectProperty("n")).isEqualTo(9L);
            assertThat(seen.getJMSCorrelationID()).isEqualTo("c");
            assertThat(seen.getJMSMessageID()).isEqualTo(message.getJMSMessageID());
        }
    }

    @Test
    void nativeProducerSendsAMapMessageWithTheConversion() throws Exception {
        try (JMSContext context = factory.createContext()) {
            MapMessage message = context.createMapMessage();
            message.setInt("count", 3);
            message.setBooleanProperty("flag", true);
            producer.send(NativeMessages.toNative(name, message, POLICY));
            Message received = context.createConsumer(context.createQueue(name)).receive(WAIT);
            assertThat(((MapMessage) received).getInt("count")).isEqualTo(3);
            assertThat(received.getObjectProperty("flag")).isEqualTo(true);
            assertThat(received.getJMSTimestamp()).isPositive();
        }
    }

    @Test
    void jmsConsumerRepliesToANativeRequest() throws Exception {
        // so that both know the same topic
        producer.send(message(name, "first").build());
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            JMSConsumer consumer = context.createConsumer(context.createQueue(name));
            assertThat(consumer.receive(WAIT)).isNotNull();
            CompletableFuture<ReceivedMessage> reply =
                    producer.requestAsync(message(name, "question").build(), WAIT);
            Message request = consumer.receive(WAIT);
            assertThat(request).as("a request, of which became %s", reply).isNotNull();
            TextMessage answer = context.createTextMessage("answer");
            answer.setJMSCorrelationID(request.getJMSCorrelationID());
            answer.setIntProperty("n", 1);
            context.createProducer().send(request.getJMSReplyTo(), answer);
            assertThat(reply).as("before the commit").isNotDone();
            context.commit();
            ReceivedMessage heard = reply.get(WAIT, TimeUnit.MILLISECONDS);
            assertThat(new String(heard.body(), StandardCharsets.UTF_8)).isEqualTo("answer");
            assertThat(heard.property("n")).isEqualTo("1");
        }
    }

    @Test
    void nothingIsReceivedFromWhereNativeRequestsAreRepliedTo() {
        try (JMSContext context = factory.createContext()) {
            Queue replies = context.createQueue("DefaultCluster_REPLY_TOPIC/somebody");
            assertThatThrownBy(() -> context.createConsumer(replies))
                    .isInstanceOf(InvalidDestinationRuntimeException.class)
                    .hasMessageContaining("somebody");
            context.createProducer().send(replies, "to nobody");
        }
    }
}
