package org.fulmar.broker.consume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.store.FactSink;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.frame.FrameException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class ConsumerGroupsTest {
    private final List<ByteBuffer> facts = new ArrayList<>();
    private final FactSink sink = body -> {
        ByteBuf out = Unpooled.buffer();
        body.write(out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        facts.add(ByteBuffer.wrap(bytes));
    };
    private final ConsumerGroups groups = new ConsumerGroups(2, 100_000);

    private static GroupConfig parsed(String json) {
        return GroupConfig.fromJson(JsonBody.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void groupKeepsAllThatRocketMqSaysOfIt() {
        String json = "{\"attributes\":{\"a\":\"b\"},\"brokerId\":1,\"consumeBroadcastEnable\":false,"
                + "\"consumeEnable\":false,\"consumeFromMinEnable\":false,\"consumeMessageOrderly\":true,"
                + "\"consumeTimeoutMinute\":3,\"groupName\":\"g\","
                + "\"groupRetryPolicy\":{\"type\":\"EXPONENTIAL\",\"exponentialRetryPolicy\":{\"initial\":5}},"
                + "\"groupSysFlag\":4,\"notifyConsumerIdsChangedEnable\":false,\"retryMaxTimes\":5,"
                + "\"retryQueueNums\":6,\"subscriptionDataSet\":[{\"topic\":\"t\"}],"
                + "\"whichBrokerWhenConsumeSlowly\":7}";
        assertThat(new String(JsonBody.bytes(parsed(json).toJson()), StandardCharsets.UTF_8))
                .isEqualTo(json);
    }

    @Test
    void whatIsNotSaidHasRocketMqsDefaults() {
        GroupConfig group = GroupConfig.usual("g");
        assertThat(group.consumeEnable()).isTrue();
        assertThat(group.consumeBroadcastEnable()).isTrue();
        assertThat(group.notifyMembers()).isTrue();
        assertThat(group.retryQueueNums()).isEqualTo(1);
        assertThat(group.retryMaxTimes()).isEqualTo(16);
        assertThat(group.toJson().path("groupRetryPolicy").path("type").asText())
                .isEqualTo("CUSTOMIZED");
    }

    @Test
    void replayOfTheFactsBuildsTheSameTable() {
        groups.put(GroupConfig.usual("a"), 1, sink);
        groups.put(parsed("{\"groupName\":\"b\",\"retryMaxTimes\":3}"), 2, sink);
        groups.put(parsed("{\"groupName\":\"b\",\"retryMaxTimes\":4}"), 3, sink);
        groups.delete("a", 4, sink);
        groups.delete("never there", 5, sink);
        assertThat(facts).hasSize(4);
        ConsumerGroups other = new ConsumerGroups(2, 100_000);
        assertThat(other.restore(null)).isZero();
        facts.forEach(other::apply);
        assertThat(other.toJson()).isEqualTo(groups.toJson());
        assertThat(other.get("a")).isNull();
        assertThat(other.all()).extracting(GroupConfig::retryMaxTimes).containsExactly(4);
    }

    @Test
    void savedTableIsRestoredWithItsPlaceInTheLog() {
        groups.put(parsed("{\"groupName\":\"b\",\"attributes\":{\"x\":\"y\"}}"), 2, sink);
        byte[] saved = groups.capture(99).get();
        ConsumerGroups other = new ConsumerGroups(2, 100_000);
        assertThat(other.restore(saved)).isEqualTo(99);
        assertThat(other.toJson()).isEqualTo(groups.toJson());
        assertThat(other.all().iterator().next().attributes()).isEqualTo(Map.of("x", "y"));
    }

    @Test
    void tableAndConfigurationsAreBounded() {
        groups.put(GroupConfig.usual("a"), 1, sink);
        assertThat(groups.hasRoom(GroupConfig.usual("b"))).isTrue();
        groups.put(GroupConfig.usual("b"), 1, sink);
        assertThat(groups.hasRoom(GroupConfig.usual("c"))).isFalse();
        assertThat(groups.hasRoom(GroupConfig.usual("b"))).isTrue();
        GroupConfig large = GroupConfig.usual("c").withAttributes(Map.of("k", "v".repeat(GroupConfig.MAX_CHARACTERS)));
        assertThatThrownBy(() -> groups.put(large, 1, sink)).isInstanceOf(FrameException.class);
        assertThat(groups.get("c")).isNull();
        assertThatThrownBy(() -> parsed("{\"groupName\":\"b\",\"retryQueueNums\":1025}"))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("1024");
    }

    private static GroupConfig withAttributes(String name, int count) {
        Map<String, String> attributes = new HashMap<>();
        for (int i = 0; i < count; i++) {
            attributes.put("k" + i, "v");
        }
        return GroupConfig.usual(name).withAttributes(attributes);
    }

    @Test
    void memoryOfOneConfigurationAndOfAllTogetherIsBounded() {
        assertThatThrownBy(() -> groups.put(withAttributes("a", 1000), 1, sink))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("1000 attributes");
        groups.put(withAttributes("a", 400), 1, sink);
        assertThat(groups.hasRoom(withAttributes("b", 400))).isFalse();
        assertThat(groups.hasRoom(withAttributes("b", 100))).isTrue();
        assertThat(groups.hasRoom(withAttributes("a", 401))).isTrue();
        groups.put(withAttributes("a", 100), 1, sink);
        assertThat(groups.hasRoom(withAttributes("b", 400))).isTrue();
        groups.put(withAttributes("b", 400), 1, sink);
        groups.delete("b", 1, sink);
        assertThat(groups.hasRoom(withAttributes("c", 400))).isTrue();
    }
}
