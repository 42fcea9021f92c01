package org.fulmar.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which queues a route has to send to, and which to consume. */
@Timeout(20)
class TopicRouteTest {
    private static TopicRoute route(String order, String brokerB) {
        String json = "{\"orderTopicConf\":\"" + order + "\",\"brokerDatas\":["
                + "{\"brokerName\":\"a\",\"cluster\":\"C\",\"brokerAddrs\":{\"0\":\"127.0.0.1:1\"}},"
                + "{\"brokerName\":\"b\",\"cluster\":\"C\",\"brokerAddrs\":{" + brokerB + "}}],"
                + "\"queueDatas\":[{\"brokerName\":\"a\",\"perm\":6,\"readQueueNums\":4,\"writeQueueNums\":3},"
                + "{\"brokerName\":\"b\",\"perm\":6,\"readQueueNums\":2,\"writeQueueNums\":2}]}";
        return TopicRoute.parse("T", Unpooled.wrappedBuffer(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void configuredOrderLimitsWhereIsSentToAndNotWhatIsConsumed() {
        TopicRoute route = route("a:2;b:1", "\"0\":\"127.0.0.1:2\"");
        assertThat(route.writeQueues())
                .containsExactly(
                        new MessageQueue("T", "a", 0), new MessageQueue("T", "a", 1), new MessageQueue("T", "b", 0));
        // what was sent before there was such a configuration is to be consumed too
        assertThat(route.readQueues()).hasSize(6);
    }

    @Test
    void brokerWithoutMasterIsConsumedAndNotSentTo() {
        TopicRoute route = route("", "\"1\":\"127.0.0.1:2\"");
        assertThat(route.writeQueues()).hasSize(3);
        assertThat(route.readQueues()).hasSize(6);
    }
}
