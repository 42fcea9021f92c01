package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.MessageListener;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jms.connection.CachingConnectionFactory;
import org.springframework.jms.connection.JmsTransactionManager;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.listener.DefaultMessageListenerContainer;
import org.springframework.transaction.support.TransactionTemplate;

/** Spring's local JMS transactions: containers, templates and the transaction manager. */
class SpringTransactionsTest extends InteropTest {
    private final List<DefaultMessageListenerContainer> containers = new ArrayList<>();

    @AfterEach
    void stopContainers() {
        containers.forEach(DefaultMessageListenerContainer::shutdown);
    }

    private void listen(MessageListener listener) {
        DefaultMessageListenerContainer container = new DefaultMessageListenerContainer();
        containers.add(container);
        container.setReceiveTimeout(100);
        container.setConnectionFactory(factory());
        container.setSessionTransacted(true);
        container.setDestinationName(name);
        container.setMessageListener(listener);
        container.setErrorHandler(failure -> {});
        container.afterPropertiesSet();
        container.start();
    }

    @Test
    void messageOfAFailedListenerComesAgainAndWhatItSentDoesNot() throws Exception {
        CachingConnectionFactory cached = new CachingConnectionFactory(factory());
        try {
            DefaultMessageListenerContainer container = new DefaultMessageListenerContainer();
            containers.add(container);
            JmsTemplate template = new JmsTemplate(cached);
            template.setSessionTransacted(true);
            container.setReceiveTimeout(100);
            container.setConnectionFactory(cached);
            container.setTransactionManager(new JmsTransactionManager(cached));
            container.setSessionTransacted(true);
            container.setDestinationName(name);
            container.setErrorHandler(failure -> {});
            container.setMessageListener((MessageListener) message -> {
                String text = seen(message);
                template.convertAndSend(name + "/out", text);
                seen.add(text);
                if (!text.contains("*")) {
                    throw new IllegalStateException("a listener that fails the first time");
                }
            });
            container.afterPropertiesSet();
            container.start();
            send(name, List.of("m"));
            assertThat(nextSeen(2)).containsExactly("m", "m*2");
            assertThat(take(name + "/out", 1)).containsExactly("m*2");
            assertEmpty(name + "/out");
        } finally {
            containers.forEach(DefaultMessageListenerContainer::shutdown);
            cached.destroy();
        }
    }

    @Test
    void transactedContainerRedeliversUntilTheListenerSucceeds() throws Exception {
        listen(message -> {
            String text = seen(message);
            seen.add(text);
            if (!text.endsWith("*3")) {
                throw new IllegalStateException("a listener that fails twice");
            }
        });
        send(name, List.of("m"));
        assertThat(nextSeen(3)).containsExactly("m", "m*2", "m*3");
        containers.forEach(DefaultMessageListenerContainer::shutdown);
        assertEmpty(name);
    }

    @Test
    void transactionTemplateCommitsAllSendsOrNone() {
        CachingConnectionFactory cached = new CachingConnectionFactory(factory());
        try {
            JmsTemplate template = new JmsTemplate(cached);
            TransactionTemplate transactions = new TransactionTemplate(new JmsTransactionManager(cached));
            assertThatThrownBy(() -> transactions.executeWithoutResult(status -> {
                        template.convertAndSend(name, "gone");
                        throw new IllegalStateException("rolls back");
                    }))
                    .isInstanceOf(IllegalStateException.class);
            transactions.executeWithoutResult(status -> {
                template.convertAndSend(name, "a");
                template.convertAndSend(name + "/other", "b");
            });
            assertThat(take(name, 1)).containsExactly("a");
            assertThat(take(name + "/other", 1)).containsExactly("b");
            assertEmpty(name);
        } finally {
            cached.destroy();
        }
    }
}
