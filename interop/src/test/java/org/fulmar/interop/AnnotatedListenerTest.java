package org.fulmar.interop;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.Message;
import jakarta.jms.Session;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jms.annotation.EnableJms;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.config.DefaultJmsListenerContainerFactory;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.SendTo;

/** Methods that Spring calls for messages, configured as an application configures them. */
class AnnotatedListenerTest extends InteropTest {
    @Configuration
    @EnableJms
    static class Application {
        private int attempts;

        @Bean
        DefaultJmsListenerContainerFactory jmsListenerContainerFactory() {
            DefaultJmsListenerContainerFactory containers = new DefaultJmsListenerContainerFactory();
            containers.setConnectionFactory(factory());
            containers.setSessionAcknowledgeMode(Session.CLIENT_ACKNOWLEDGE);
            containers.setConcurrency("2");
            containers.setReceiveTimeout(100L);
            containers.setErrorHandler(failure -> {});
            return containers;
        }

        @JmsListener(destination = "annotated.orders", selector = "total > 10")
        @SendTo("annotated.confirmations")
        String confirm(String order, @Header("total") int total) {
            return order + " costs " + total;
        }

        @JmsListener(destination = "annotated.questions")
        String answer(String question) {
            return question + " answered";
        }

        @JmsListener(destination = "annotated.hard", concurrency = "1")
        @SendTo("annotated.confirmations")
        String failTwice(Map<String, Object> body, @Header("JMSXDeliveryCount") int count) {
            if (++attempts < 3) {
                throw new IllegalStateException("too hard");
            }
            return body.get("what") + " at delivery " + count;
        }
    }

    private static JmsTemplate template() {
        ConnectionFactory connections = factory();
        JmsTemplate template = new JmsTemplate(connections);
        template.setReceiveTimeout(WAIT);
        return template;
    }

    @Test
    void annotatedMethodsReceiveReplyAndGetWhatTheyFailedWithAgain() throws Exception {
        try (AnnotationConfigApplicationContext spring = new AnnotationConfigApplicationContext(Application.class)) {
            assertThat(spring.isRunning()).isTrue();
            for (int total : new int[] {20, 5}) {
                template().convertAndSend("annotated.orders", "order", message -> {
                    message.setIntProperty("total", total);
                    return message;
                });
            }
            assertThat(take("annotated.confirmations", 1)).containsExactly("order costs 20");
            Message reply =
                    template().sendAndReceive("annotated.questions", session -> session.createTextMessage("question"));
            assertThat(reply).isNotNull();
            assertThat(text(reply)).isEqualTo("question answered");
            template().convertAndSend("annotated.hard", Map.of("what", "done"));
            assertThat(take("annotated.confirmations", 1)).containsExactly("done at delivery 3");
        }
        assertThat(take("annotated.orders", 1)).as("what the selector left").containsExactly("order");
    }
}
