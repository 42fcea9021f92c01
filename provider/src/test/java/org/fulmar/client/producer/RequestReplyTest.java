package org.fulmar.client.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.fulmar.client.Patience.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.fulmar.client.ClientException;
import org.fulmar.client.ClientInstance;
import org.fulmar.client.Message;
import org.fulmar.client.MessageQueue;
import org.fulmar.client.Patience;
import org.fulmar.client.ReceivedMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests of applications, and replies of others to them. */
@Timeout(120)
class RequestReplyTest extends ProducerSetUp {
    @Test
    void requestGetsItsReplyWhateverBrokerItWentTo() throws Exception {
        try (ClientInstance answering = cluster.client();
                Producer replier = Producer.start(answering, patient("R"))) {
            for (String broker : List.of("a", "b")) {
                String topic = "ask-" + broker;
                MessageQueue queue = producer.queues("T").stream()
                        .filter(one -> one.brokerName().equals(broker))
                        .findFirst()
                        .orElseThrow();
                producer.send(Message.of(topic, new byte[1]), new MessageQueue(topic, broker, queue.queueId()));
                CompletableFuture<ReceivedMessage> reply = producer.requestAsync(
                        Message.builder(topic).body("question").build(), Patience.MILLIS);
                ReceivedMessage asked = await().ignoreExceptions()
                        .until(() -> lastOf(answering, topic), stored -> stored.property("CORRELATION_ID") != null);
                assertThat(asked.property("REPLY_TO_CLIENT")).isEqualTo(client.clientId());
                replier.reply(asked, "answer".getBytes(UTF_8));
                assertThat(new String(reply.get().body(), UTF_8)).isEqualTo("answer");
                await().until(() -> client.repliesAwaited() == 0);
            }
        }
    }

    private static ReceivedMessage lastOf(ClientInstance client, String topic) throws Exception {
        List<ReceivedMessage> all = Stored.of(client, topic);
        return all.stream()
                .filter(stored -> stored.property("CORRELATION_ID") != null)
                .findFirst()
                .orElse(all.get(0));
    }

    @Test
    void requestWithoutReplyTimesOutAndIsForgotten() throws Exception {
        assertThatThrownBy(() -> producer.request(message("nobody hears"), 200))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.TIMED_OUT));
        await().until(() -> client.repliesAwaited() == 0);
        producer.send(Message.of("plain", new byte[1]));
        ReceivedMessage plain = Stored.of(client, "plain").get(0);
        assertThatThrownBy(() -> producer.reply(plain, new byte[0]))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ClientException.Kind.ILLEGAL_MESSAGE));
    }
}
