package org.fulmar.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.fulmar.broker.server.NativePeer.popped;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fulmar.broker.server.NativePeer.Answer;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whether a group pulls or pops, and which queues its members are assigned then; in both encodings of headers. */
@Timeout(180)
class PopAssignmentTest extends PopWire {
    @ParameterizedTest
    @EnumSource(HeaderEncoding.class)
    void modeIsKeptAndDecidesTheAssignment(HeaderEncoding encoding) throws Exception {
        connect(encoding);
        peer.heartbeat("client-1", "", GROUP);
        assertThat(assignments("client-1", "AVG"))
                .extracting(each -> each.path("mode").asText())
                .containsOnly("PULL");
        assertThat(assignments("client-1", "AVG")).hasSize(4);
        try (NativePeer other = new NativePeer(broker.address(), encoding)) {
            other.heartbeat("client-2", "", GROUP);
            assertThat(queueIds("client-1", "AVG")).containsExactly(0, 1);
            assertThat(queueIds("client-2", "AVG")).containsExactly(2, 3);
            assertThat(queueIds("client-1", "AVG_BY_CIRCLE")).containsExactly(0, 2);
            assertThat(queueIds("nobody", "AVG")).isEmpty();
            assertThat(ask("client-1", "HASH").has("messageQueueAssignments")).isFalse();
        }
        String mode = "{\"topic\":\"%s\",\"consumerGroup\":\"%s\",\"mode\":\"POP\",\"popShareQueueNum\":0}";
        Answer set = peer.ask(RequestCode.SET_MESSAGE_REQUEST_MODE, mode.formatted(TOPIC, GROUP));
        assertThat(set.code()).as(set.remark()).isZero();
        Answer retry = peer.ask(RequestCode.SET_MESSAGE_REQUEST_MODE, mode.formatted("%RETRY%" + GROUP, GROUP));
        assertThat(retry.code()).isEqualTo(ResponseCode.NO_PERMISSION);
        Answer unknown = peer.ask(RequestCode.SET_MESSAGE_REQUEST_MODE, mode.formatted("unknown", GROUP));
        assertThat(unknown.code()).isEqualTo(ResponseCode.TOPIC_NOT_EXIST);
        restart(encoding);
        peer.heartbeat("client-1", "", GROUP);
        List<JsonNode> popped = assignments("client-1", "AVG");
        assertThat(popped).hasSize(1);
        assertThat(popped.get(0).path("mode").asText()).isEqualTo("POP");
        assertThat(popped.get(0).path("messageQueue").path("queueId").asInt()).isEqualTo(-1);
        assertThat(popped.get(0).path("messageQueue").path("brokerName").asText())
                .isEqualTo("broker-a");
        JsonNode all =
                peer.ask(RequestCode.GET_ALL_MESSAGE_REQUEST_MODE, Map.of()).json();
        assertThat(all.path("messageRequestModeMap")
                        .path(TOPIC)
                        .path(GROUP)
                        .path("mode")
                        .asText())
                .isEqualTo("POP");
    }

    private JsonNode ask(String clientId, String strategy) throws Exception {
        String body = ("{\"topic\":\"%s\",\"consumerGroup\":\"%s\",\"clientId\":\"%s\",\"strategyName\":\"%s\","
                        + "\"messageModel\":\"CLUSTERING\"}")
                .formatted(TOPIC, GROUP, clientId, strategy);
        return peer.ask(RequestCode.QUERY_ASSIGNMENT, body).json();
    }

    private List<JsonNode> assignments(String clientId, String strategy) throws Exception {
        List<JsonNode> all = new ArrayList<>();
        ask(clientId, strategy).path("messageQueueAssignments").forEach(all::add);
        return all;
    }

    private List<Integer> queueIds(String clientId, String strategy) throws Exception {
        return assignments(clientId, strategy).stream()
                .map(each -> each.path("messageQueue").path("queueId").asInt())
                .toList();
    }
}
