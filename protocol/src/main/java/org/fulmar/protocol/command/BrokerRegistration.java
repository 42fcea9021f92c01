package org.fulmar.protocol.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.message.RecordDraft;

/**
 * REGISTER_BROKER (103): a broker tells a name server its address and its topics.
 *
 * @param brokerId 0 for a master
 * @param heartbeatTimeoutMillis how long the registration lives without another one, in milliseconds; 0 = the server's default
 * @param topics all topics, or exactly one that was just made
 */
public record BrokerRegistration(
        String clusterName,
        String brokerName,
        String brokerAddr,
        long brokerId,
        String haServerAddr,
        long heartbeatTimeoutMillis,
        DataVersion dataVersion,
        List<TopicConfig> topics) {
    /** Most topics of one broker. */
    public static final int MAX_TOPICS = 200_000;

    public Frame toFrame() {
        ObjectNode body = JsonBody.object();
        body.putArray("filterServerList");
        ObjectNode wrapper = body.putObject("topicConfigSerializeWrapper");
        wrapper.set("dataVersion", dataVersion.toJson());
        wrapper.set("mappingDataVersion", new DataVersion(0, dataVersion.timestamp(), 0).toJson());
        ObjectNode table = wrapper.putObject("topicConfigTable");
        topics.forEach(topic -> table.set(topic.name(), topic.toJson()));
        wrapper.putObject("topicQueueMappingDetailMap");
        wrapper.putObject("topicQueueMappingInfoMap");
        byte[] bytes = JsonBody.bytes(body);
        Map<String, String> fields = identity(clusterName, brokerName, brokerAddr, brokerId)
                .put("haServerAddr", haServerAddr)
                .put("compressed", false)
                .put("heartbeatTimeoutMillis", heartbeatTimeoutMillis)
                .put("bodyCrc32", RecordDraft.crc(bytes))
                .map();
        return Frame.request(
                RequestCode.REGISTER_BROKER,
                fields,
                io.netty.buffer.Unpooled.wrappedBuffer(bytes),
                HeaderEncoding.JSON);
    }

    private static Fields identity(String clusterName, String brokerName, String brokerAddr, long brokerId) {
        return Fields.write()
                .put("clusterName", clusterName)
                .put("brokerName", brokerName)
                .put("brokerAddr", brokerAddr)
                .put("brokerId", brokerId);
    }

    /** UNREGISTER_BROKER (104) for the same broker. */
    public Frame toUnregistration() {
        return Frame.request(
                RequestCode.UNREGISTER_BROKER,
                identity(clusterName, brokerName, brokerAddr, brokerId).map(),
                io.netty.buffer.Unpooled.EMPTY_BUFFER,
                HeaderEncoding.JSON);
    }

    /** Reads a request, with its body in Apache's plain or compressed form. */
    public static BrokerRegistration decode(Frame frame) {
        Fields in = Fields.of(frame);
        byte[] bytes = bodyBytes(frame.body());
        int crc = in.integer("bodyCrc32", 0);
        if (crc != 0 && crc != RecordDraft.crc(bytes)) {
            throw new FrameException("the body of the registration does not match its CRC");
        }
        DataVersion version = new DataVersion(0, 0, 0);
        List<TopicConfig> topics = new ArrayList<>();
        if (in.bool("compressed", false)) {
            CompressedTopicTable table = CompressedTopicTable.parse(bytes);
            version = table.version();
            topics.addAll(table.topics());
        } else if (bytes.length > 0) {
            JsonNode json = JsonBody.parseLarge(frame.body());
            JsonNode wrapper = frame.version() < 37 ? json : json.path("topicConfigSerializeWrapper");
            version = DataVersion.fromJson(wrapper.path("dataVersion"));
            for (JsonNode topic : wrapper.path("topicConfigTable")) {
                topics.add(TopicConfig.fromJson(topic));
            }
        }
        if (topics.size() > MAX_TOPICS) {
            throw new FrameException("more than " + MAX_TOPICS + " topics in one registration");
        }
        return new BrokerRegistration(
                in.text("clusterName"),
                in.text("brokerName"),
                in.text("brokerAddr"),
                in.number("brokerId"),
                in.text("haServerAddr", ""),
                in.number("heartbeatTimeoutMillis", 0),
                version,
                topics);
    }

    private static byte[] bodyBytes(ByteBuf body) {
        byte[] bytes = new byte[body.readableBytes()];
        body.getBytes(body.readerIndex(), bytes);
        return bytes;
    }
}
