package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.JMSException;
import jakarta.jms.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jms.connection.CachingConnectionFactory;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/** A Spring container and template while their broker is stopped and started again. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class BrokerRestartTest {
    /** With reconnect the provider makes the connection again; without it Spring does, after a call has failed. */
    @ParameterizedTest
    @ValueSource(strings = {"reconnect=true", "reconnect=false"})
    void containerAndTemplateWorkOnAfterARestart(String option, @TempDir Path directory) throws Exception {
        try (TestBroker broker = TestBroker.start(TestBroker.Place.PORT, directory);
                FulmarConnectionFactory factory = broker.factory(option)) {
            CachingConnectionFactory cache = new CachingConnectionFactory(factory);
            JmsTemplate template = new JmsTemplate(cache);
            Set<String> seen = ConcurrentHashMap.newKeySet();
            DefaultMessageListenerContainer container = container(factory, seen);
            try {
                template.convertAndSend("q", "before");
                awaitSeen(seen, "before");
                broker.restart();
                String first = "after";
                await("a send succeeds")
                        .atMost(Duration.ofSeconds(60))
                        .ignoreExceptionsInstanceOf(org.springframework.jms.JmsException.class)
                        .until(() -> {
                            template.convertAndSend("q", first);
                            return true;
                        });
                awaitSeen(seen, first);
                template.convertAndSend("q", "later");
                awaitSeen(seen, "later");
                assertThat(container.isRunning()).isTrue();
            } finally {
                container.shutdown();
                cache.destroy();
            }
        }
    }

    private static DefaultMessageListenerContainer container(FulmarConnectionFactory factory, Set<String> seen) {
        DefaultMessageListenerContainer container = new DefaultMessageListenerContainer();
        container.setConnectionFactory(factory);
        container.setDestinationName("q");
        container.setSessionAcknowledgeMode(Session.CLIENT_ACKNOWLEDGE);
        container.setConcurrentConsumers(2);
        container.setReceiveTimeout(100);
        container.setRecoveryInterval(100);
        container.setMessageListener((jakarta.jms.MessageListener) message -> {
            try {
                seen.add(message.getBody(String.class));
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
        });
        container.afterPropertiesSet();
        container.start();
        return container;
    }

    private static void awaitSeen(Set<String> seen, String text) {
        await(text).atMost(Duration.ofSeconds(60)).until(() -> seen.contains(text));
    }
}
