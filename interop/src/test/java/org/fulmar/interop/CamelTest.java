package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ConsumerTemplate;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.jms.JmsComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.BrowsableEndpoint;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.messaginghub.pooled.jms.JmsPoolConnectionFactory;

/** Camel's JMS component: routes, requests and replies, in sessions that are not transacted. */
class CamelTest extends InteropTest {
    private DefaultCamelContext camel;
    private JmsComponent jms;
    private @Nullable FulmarConnectionFactory unbuffered;

    @BeforeEach
    void prepareCamel() {
        camel = new DefaultCamelContext();
        camel.getShutdownStrategy().setTimeout(10);
        jms = JmsComponent.jmsComponentAutoAcknowledge(factory());
        jms.getConfiguration().setReceiveTimeout(100);
        jms.getConfiguration().setRequestTimeout(WAIT);
        camel.addComponent("jms", jms);
    }

    @AfterEach
    void stopCamel() throws IOException {
        camel.close();
        if (unbuffered != null) {
            unbuffered.close();
        }
    }

    /** What a route does with a text, and where the result goes, if anywhere. */
    private interface Step {
        String of(String text) throws Exception;
    }

    private void route(String from, Step step, String... to) throws Exception {
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                var route = from(from)
                        .process(exchange -> exchange.getMessage()
                                .setBody(step.of(exchange.getMessage().getBody(String.class))));
                for (String each : to) {
                    route.to(each);
                }
            }
        });
    }

    private String queue(String suffix) {
        return "jms:queue:" + name + suffix;
    }

    private String note(String text) {
        see(text);
        return text;
    }

    @Test
    void routeTakesMessagesFromQueueToQueueWithTheirHeaders() throws Exception {
        route(queue(".in"), text -> text + " routed", queue(".out"));
        camel.start();
        ProducerTemplate template = camel.createProducerTemplate();
        template.sendBodyAndHeaders(
                queue(".in"),
                "m",
                Map.of("number", 7, "with-hyphen.dot", "x", "JMSCorrelationID", "c", "JMSType", "t"));
        try (JMSContext context = factory().createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(name + ".out"))) {
            Message message = consumer.receive(WAIT);
            assertThat(message).isNotNull();
            assertThat(text(message)).isEqualTo("m routed");
            assertThat(message.getIntProperty("number")).isEqualTo(7);
            assertThat(message.getStringProperty("with_HYPHEN_hyphen_DOT_dot")).isEqualTo("x");
            assertThat(message.getJMSCorrelationID()).isEqualTo("c");
            assertThat(message.getJMSType()).isEqualTo("t");
        }
        assertEmpty(name + ".in");
    }

    @Test
    void bodiesOfAllTypesPassARoute() throws Exception {
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(queue(".in")).to(queue(".out"));
            }
        });
        camel.start();
        ProducerTemplate template = camel.createProducerTemplate();
        ConsumerTemplate consumer = camel.createConsumerTemplate();
        byte[] bytes = {1, 2, 3};
        for (Object body : List.of("text", bytes, Map.of("a", 1), new ArrayList<>(List.of("serialised")))) {
            template.sendBody(queue(".in"), body);
            assertThat(consumer.receiveBody(queue(".out"), WAIT)).isEqualTo(body);
        }
        consumer.stop();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?replyTo=%s.reply&replyToType=Shared", "?replyTo=%s.reply&replyToType=Exclusive"})
    void requestsGetTheirOwnReplies(String options) throws Exception {
        name += "/" + options.length();
        route(queue("") + "?concurrentConsumers=3", text -> text + " answered");
        camel.start();
        ProducerTemplate template = camel.createProducerTemplate();
        String endpoint = queue("") + options.formatted(name);
        List<CompletableFuture<Object>> replies = texts(30).stream()
                .map(text -> template.asyncRequestBody(endpoint, text))
                .toList();
        for (int i = 0; i < 30; i++) {
            assertThat(replies.get(i).get(WAIT, TimeUnit.MILLISECONDS)).isEqualTo("m" + i + " answered");
        }
    }

    @Test
    void twoRequestersShareAReplyQueueThroughSelectors() throws Exception {
        route(queue(""), text -> text + " answered");
        camel.start();
        try (DefaultCamelContext other = new DefaultCamelContext()) {
            JmsComponent component = JmsComponent.jmsComponentAutoAcknowledge(factory());
            component.getConfiguration().setReceiveTimeout(100);
            component.getConfiguration().setRequestTimeout(WAIT);
            other.addComponent("jms", component);
            other.start();
            String endpoint = queue("") + "?replyTo=" + name + ".reply";
            ProducerTemplate one = camel.createProducerTemplate();
            ProducerTemplate two = other.createProducerTemplate();
            for (int i = 0; i < 5; i++) {
                assertThat(one.requestBody(endpoint, "one " + i)).isEqualTo("one " + i + " answered");
                assertThat(two.requestBody(endpoint, "two " + i)).isEqualTo("two " + i + " answered");
            }
        }
    }

    @Test
    void requestThatNobodyAnswersTimesOut() {
        camel.start();
        ProducerTemplate template = camel.createProducerTemplate();
        assertThatThrownBy(() -> template.requestBody(queue("?requestTimeout=100"), "anybody"))
                .isInstanceOf(CamelExecutionException.class)
                .hasMessageContaining("Exchange");
    }

    @Test
    void plainJmsRequesterGetsTheReplyOfARoute() throws Exception {
        route(queue(""), text -> text + " answered");
        camel.start();
        try (JMSContext context = factory().createContext()) {
            var replies = context.createTemporaryQueue();
            context.createProducer()
                    .setJMSReplyTo(replies)
                    .setJMSCorrelationID("c")
                    .send(context.createQueue(name), "question");
            Message reply = context.createConsumer(replies).receive(WAIT);
            assertThat(reply).isNotNull();
            assertThat(text(reply)).isEqualTo("question answered");
            assertThat(reply.getJMSCorrelationID()).isEqualTo("c");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"?concurrentConsumers=4", "?consumerType=Simple&concurrentConsumers=4", "?asyncConsumer=true"})
    void concurrentConsumersShareAQueueWithoutLossOrRepeat(String options) throws Exception {
        name += "/" + options.length();
        route(queue("") + options, this::note);
        camel.start();
        send(name, texts(200));
        assertThat(nextSeen(200)).containsExactlyInAnyOrderElementsOf(texts(200));
    }

    @Test
    void concurrentConsumersWithoutPrefetchWorkAtTheSameTime() throws Exception {
        // With a prefetch the consumer that is there first may hold all three.
        unbuffered = factory("prefetch=0");
        jms.setConnectionFactory(unbuffered);
        CountDownLatch together = new CountDownLatch(3);
        route(queue("?concurrentConsumers=3"), text -> {
            together.countDown();
            assertThat(together.await(WAIT, TimeUnit.MILLISECONDS)).isTrue();
            return note(text);
        });
        camel.start();
        send(name, texts(3));
        assertThat(nextSeen(3)).containsExactlyInAnyOrderElementsOf(texts(3));
    }

    @Test
    void selectorOfARouteLeavesOtherMessagesInTheQueue() throws Exception {
        route(queue("?selector=number > 2 AND kind LIKE 'a%25'"), this::note);
        camel.start();
        ProducerTemplate template = camel.createProducerTemplate();
        for (int i = 0; i < 5; i++) {
            template.sendBodyAndHeaders(queue(""), "m" + i, Map.of("number", i, "kind", i == 3 ? "b" : "abc"));
        }
        assertThat(nextSeen(1)).containsExactly("m4");
        assertThat(take(name, 4)).containsExactly("m0", "m1", "m2", "m3");
    }

    @Test
    void failingRouteGetsTheMessageTenTimesAgainAndThenItIsADeadLetter() throws Exception {
        route(queue("?acknowledgementModeName=CLIENT_ACKNOWLEDGE"), text -> {
            note(text);
            throw new IllegalStateException("a route that always fails");
        });
        camel.start();
        send(name, List.of("m"));
        assertThat(nextSeen(11)).containsOnly("m");
        assertThat(take("%DLQ%" + name, 1)).containsExactly("m");
        assertEmpty(name);
    }

    @Test
    void sharedDurableSubscriptionKeepsWhatIsSentWhileItsRouteIsStopped() throws Exception {
        String options = "?subscriptionShared=true&subscriptionDurable=true&subscriptionName=" + name;
        route("jms:topic:" + name + options + "&concurrentConsumers=3", this::note);
        camel.start();
        awaitSubscription(name);
        String id = camel.getRoutes().get(0).getRouteId();
        camel.getRouteController().stopRoute(id);
        publish(name, texts(20));
        camel.getRouteController().startRoute(id);
        assertThat(nextSeen(20)).containsExactlyInAnyOrderElementsOf(texts(20));
    }

    @Test
    void prioritiesDelaysAndBrowsingGoThroughTheEndpoint() throws Exception {
        camel.start();
        ProducerTemplate template = camel.createProducerTemplate();
        template.sendBody(queue("?deliveryDelay=600000"), "much later");
        template.sendBody(queue("?priority=2&explicitQosEnabled=true"), "low");
        template.sendBody(queue("?priority=8&explicitQosEnabled=true"), "high");
        BrowsableEndpoint browsable = camel.getEndpoint(queue(""), BrowsableEndpoint.class);
        assertThat(browsable.getExchanges())
                .extracting(exchange -> exchange.getMessage().getBody(String.class))
                .containsExactlyInAnyOrder("low", "high");
        assertThat(take(name, 2)).containsExactly("high", "low");
        assertEmpty(name);
        template.sendBody(queue(".late?deliveryDelay=200"), "delayed");
        try (JMSContext context = factory().createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(name + ".late"))) {
            Message delayed = consumer.receive(WAIT);
            assertThat(delayed).isNotNull();
            assertThat(text(delayed)).isEqualTo("delayed");
            assertThat(delayed.getJMSDeliveryTime() - delayed.getJMSTimestamp()).isEqualTo(200);
        }
    }

    @Test
    void routesWorkOverPooledConnections() throws Exception {
        JmsPoolConnectionFactory pool = new JmsPoolConnectionFactory();
        pool.setConnectionFactory(factory());
        pool.start();
        jms.getConfiguration().setConnectionFactory(pool);
        route(queue(".in?concurrentConsumers=3"), text -> text, queue(".out"));
        route(queue(".ask"), text -> text + " answered");
        camel.start();
        send(name + ".in", texts(50));
        assertThat(take(name + ".out", 50)).containsExactlyInAnyOrderElementsOf(texts(50));
        ProducerTemplate template = camel.createProducerTemplate();
        assertThat(template.requestBody(queue(".ask"), "m")).isEqualTo("m answered");
        camel.stop();
        pool.stop();
    }
}
