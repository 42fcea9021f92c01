package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.BytesMessage;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jms.InvalidSelectorException;
import org.springframework.jms.connection.CachingConnectionFactory;
import org.springframework.jms.connection.SingleConnectionFactory;
import org.springframework.jms.core.JmsMessagingTemplate;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.support.JmsHeaders;
import org.springframework.messaging.support.MessageBuilder;

/** Spring's JmsTemplate, over the provider's own factory and over Spring's caching one. */
class JmsTemplateTest extends InteropTest {
    private final List<CachingConnectionFactory> caches = new ArrayList<>();

    private CachingConnectionFactory caching() {
        CachingConnectionFactory cache = new CachingConnectionFactory(factory());
        caches.add(cache);
        return cache;
    }

    @AfterEach
    void closeCaches() {
        caches.forEach(SingleConnectionFactory::destroy);
    }

    private static JmsTemplate template(ConnectionFactory connections) {
        JmsTemplate template = new JmsTemplate(connections);
        template.setReceiveTimeout(WAIT);
        return template;
    }

    @Test
    void convertedObjectsComeBackAsTheyWereSent() {
        JmsTemplate template = template(factory());
        Map<String, Object> map = Map.of("a", 1, "b", "two");
        byte[] bytes = {1, 2, 3};
        for (Object sent : List.of("text", map, bytes, List.of("serialised", 2))) {
            template.convertAndSend(name, sent);
            assertThat(template.receiveAndConvert(name)).isEqualTo(sent);
        }
    }

    @Test
    void createdMessageIsReceivedWithItsPropertiesAndAcknowledged() throws JMSException {
        JmsTemplate template = template(factory());
        template.send(name, session -> {
            BytesMessage message = session.createBytesMessage();
            message.writeUTF("body");
            message.setJMSCorrelationID("c");
            message.setStringProperty("kind", "x");
            return message;
        });
        BytesMessage message = (BytesMessage) template.receive(name);
        assertThat(message.readUTF()).isEqualTo("body");
        assertThat(message.getJMSCorrelationID()).isEqualTo("c");
        assertThat(message.getStringProperty("kind")).isEqualTo("x");
        assertEmpty(name);
    }

    @Test
    void receiveSelectedTakesTheMatchingMessageAndLeavesTheOthers() {
        JmsTemplate template = template(factory());
        for (int i = 0; i < 4; i++) {
            int number = i;
            template.convertAndSend(name, "m" + i, message -> {
                message.setIntProperty("number", number);
                return message;
            });
        }
        assertThat(template.receiveSelectedAndConvert(name, "number = 2")).isEqualTo("m2");
        assertThat(take(name, 3)).containsExactly("m0", "m1", "m3");
    }

    @Test
    void badSelectorIsSpringsInvalidSelectorException() {
        assertThatThrownBy(() -> template(factory()).receiveSelected(name, "number ="))
                .isInstanceOf(InvalidSelectorException.class);
    }

    @Test
    void receiveFromAnEmptyQueueReturnsNullWhenItsTimeIsUp() {
        JmsTemplate template = template(factory());
        template.setReceiveTimeout(20);
        assertThat(template.receive(name)).isNull();
        template.setReceiveTimeout(JmsTemplate.RECEIVE_TIMEOUT_NO_WAIT);
        assertThat(template.receive(name)).isNull();
        send(name, List.of("there"));
        assertThat(template.receiveAndConvert(name)).as("without waiting").isEqualTo("there");
    }

    @Test
    void browseSeesMessagesInOrderAndTakesNone() {
        send(name, texts(5));
        JmsTemplate template = template(factory());
        List<String> browsed = template.browse(name, (session, browser) -> bodies(browser.getEnumeration()));
        assertThat(browsed).isEqualTo(texts(5));
        List<String> urgent = template.browseSelected(
                name, "JMSPriority > 4", (session, browser) -> bodies(browser.getEnumeration()));
        assertThat(urgent).isEmpty();
        assertThat(take(name, 5)).isEqualTo(texts(5));
    }

    private static List<String> bodies(java.util.Enumeration<?> messages) {
        return Collections.list(messages).stream()
                .map(each -> text((Message) each))
                .toList();
    }

    @Test
    void sendAndReceiveGetsTheReplyThroughATemporaryQueue() throws Exception {
        for (ConnectionFactory connections : List.of(factory(), caching())) {
            JmsTemplate template = template(connections);
            CompletableFuture<Void> server = CompletableFuture.runAsync(() -> {
                Message request = template(factory()).receive(name);
                try {
                    template(factory()).convertAndSend(request.getJMSReplyTo(), text(request) + " answered");
                } catch (JMSException e) {
                    throw new AssertionError(e);
                }
            });
            Message reply = template.sendAndReceive(name, session -> session.createTextMessage("question"));
            assertThat(reply).isNotNull();
            assertThat(text(reply)).isEqualTo("question answered");
            server.get(WAIT, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void qualityOfServiceReachesTheMessage() throws JMSException {
        JmsTemplate template = template(factory());
        template.setExplicitQosEnabled(true);
        template.setDeliveryPersistent(false);
        template.setPriority(8);
        template.setTimeToLive(600_000);
        template.convertAndSend(name, "m");
        Message message = template.receive(name);
        assertThat(message.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
        assertThat(message.getJMSPriority()).isEqualTo(8);
        assertThat(message.getJMSExpiration() - message.getJMSTimestamp()).isEqualTo(600_000);
    }

    @Test
    void deliveryDelayHoldsTheMessageBack() throws JMSException {
        JmsTemplate template = template(factory());
        template.setDeliveryDelay(600_000);
        template.convertAndSend(name, "much later");
        template.setDeliveryDelay(-1);
        template.convertAndSend(name, "early");
        assertThat(template.receiveAndConvert(name)).isEqualTo("early");
        assertEmpty(name);
        template.setDeliveryDelay(300);
        template.convertAndSend(name + "/late", "late");
        Message late = template.receive(name + "/late");
        assertThat(text(late)).isEqualTo("late");
        assertThat(late.getJMSDeliveryTime() - late.getJMSTimestamp()).isEqualTo(300);
        assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(late.getJMSDeliveryTime());
    }

    @Test
    void clientAcknowledgedReceiveLeavesNothingBehind() {
        JmsTemplate template = template(factory());
        template.setSessionAcknowledgeMode(Session.CLIENT_ACKNOWLEDGE);
        send(name, texts(3));
        for (String text : texts(3)) {
            assertThat(template.receiveAndConvert(name)).isEqualTo(text);
        }
        assertEmpty(name);
    }

    /** With prefetch, a cached consumer that nobody uses would keep messages from the others. */
    @Test
    void cachedConsumersWithoutPrefetchServeManyThreads() throws Exception {
        try (FulmarConnectionFactory unbuffered = factory("prefetch=0")) {
            CachingConnectionFactory cache = new CachingConnectionFactory(unbuffered);
            cache.setSessionCacheSize(4);
            assertThat(sentAndReceivedByFourThreads(template(cache)))
                    .hasSize(200)
                    .doesNotContainNull()
                    .doesNotHaveDuplicates();
            cache.destroy();
        }
        assertEmpty(name);
    }

    @Test
    void uncachedConsumersServeManyThreads() throws Exception {
        CachingConnectionFactory cache = caching();
        cache.setSessionCacheSize(4);
        cache.setCacheConsumers(false);
        assertThat(sentAndReceivedByFourThreads(template(cache)))
                .hasSize(200)
                .doesNotContainNull()
                .doesNotHaveDuplicates();
        assertEmpty(name);
    }

    private List<Object> sentAndReceivedByFourThreads(JmsTemplate template) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<List<Object>>> parts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int thread = i;
                parts.add(threads.submit(() -> {
                    List<Object> received = new ArrayList<>();
                    for (int j = 0; j < 50; j++) {
                        template.convertAndSend(name, thread + "/" + j);
                        received.add(template.receiveAndConvert(name));
                    }
                    return received;
                }));
            }
            List<Object> all = new ArrayList<>();
            for (Future<List<Object>> part : parts) {
                all.addAll(part.get(WAIT, TimeUnit.MILLISECONDS));
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void resetCacheWorksOnWithANewConnection() {
        CachingConnectionFactory cache = caching();
        JmsTemplate template = template(cache);
        template.convertAndSend(name, "before");
        cache.resetConnection();
        template.convertAndSend(name, "after");
        assertThat(template.receiveAndConvert(name)).isEqualTo("before");
        assertThat(template.receiveAndConvert(name)).isEqualTo("after");
    }

    @Test
    void topicTemplatePublishesToSubscribers() {
        JmsTemplate template = template(caching());
        template.setPubSubDomain(true);
        try (var context = factory().createContext();
                var subscriber = context.createConsumer(context.createTopic(name))) {
            template.convertAndSend(name, "news");
            assertThat(subscriber.receiveBody(String.class, WAIT)).isEqualTo("news");
        }
    }

    @Test
    void messagingTemplateMapsHeadersBothWays() {
        JmsMessagingTemplate template = new JmsMessagingTemplate(template(caching()));
        template.send(
                name,
                MessageBuilder.withPayload("payload")
                        .setHeader(JmsHeaders.CORRELATION_ID, "c")
                        .setHeader(JmsHeaders.TYPE, "t")
                        .setHeader("number", 7)
                        .build());
        org.springframework.messaging.Message<?> received = template.receive(name);
        assertThat(received).isNotNull();
        assertThat(received.getPayload()).isEqualTo("payload");
        assertThat(received.getHeaders())
                .containsEntry(JmsHeaders.CORRELATION_ID, "c")
                .containsEntry(JmsHeaders.TYPE, "t")
                .containsEntry("number", 7)
                .containsKeys(JmsHeaders.MESSAGE_ID, JmsHeaders.DESTINATION);
    }
}
