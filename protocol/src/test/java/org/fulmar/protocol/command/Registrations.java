package org.fulmar.protocol.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;

/** Registrations as an Apache broker writes them, for tests. Stateless. */
final class Registrations {
    static final Map<String, String> HEADER = Map.of(
            "brokerName", "broker-a",
            "brokerAddr", "127.0.0.1:10911",
            "clusterName", "DefaultCluster",
            "haServerAddr", "127.0.0.1:10912",
            "brokerId", "0",
            "heartbeatTimeoutMillis", "120000",
            "enableActingMaster", "false");

    static final DataVersion VERSION = new DataVersion(3, 1_700_000_000_000L, 17);

    static final List<TopicConfig> TOPICS = List.of(
            new TopicConfig("TBW102", 8, 7),
            new TopicConfig("%RETRY%group", 1, 6),
            new TopicConfig("orders", 4, 6, 6, 0, false, Map.of("message.type", "FIFO")));

    private Registrations() {}

    static BrokerRegistration of(List<TopicConfig> topics) {
        return new BrokerRegistration(
                "DefaultCluster", "broker-a", "127.0.0.1:10911", 0, "127.0.0.1:10912", 120_000, VERSION, topics);
    }

    /** A request with this body; the CRC is right unless {@code crc} says otherwise. */
    static Frame frame(boolean compressed, byte[] body, String crc) {
        Map<String, String> fields = new HashMap<>(HEADER);
        fields.put("compressed", Boolean.toString(compressed));
        if (crc != null) {
            fields.put("bodyCrc32", crc);
        }
        return Frame.request(RequestCode.REGISTER_BROKER, fields, Unpooled.wrappedBuffer(body), HeaderEncoding.JSON);
    }

    static BrokerRegistration decode(boolean compressed, byte[] body) {
        return BrokerRegistration.decode(frame(compressed, body, null));
    }

    /** The content of a compressed body, as the notes have it (4.1), without topicSysFlag and with a mapping section. */
    static byte[] table(DataVersion version, List<TopicConfig> topics) {
        ByteBuf out = Unpooled.buffer();
        block(out, new String(JsonBody.bytes(version.toJson()), StandardCharsets.UTF_8));
        out.writeInt(topics.size());
        for (TopicConfig topic : topics) {
            String attributes = new String(JsonBody.bytes(topic.toJson().path("attributes")), StandardCharsets.UTF_8);
            block(
                    out,
                    String.join(
                            " ",
                            topic.name(),
                            Integer.toString(topic.readQueueNums()),
                            Integer.toString(topic.writeQueueNums()),
                            Integer.toString(topic.perm()),
                            "SINGLE_TAG",
                            attributes));
        }
        block(out, "[]");
        out.writeInt(1);
        block(out, "{\"bname\":\"broker-a\"}");
        return Arrays.copyOf(out.array(), out.readableBytes());
    }

    private static void block(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length).writeBytes(bytes);
    }

    static byte[] deflate(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(out, new Deflater(Deflater.BEST_COMPRESSION))) {
            deflated.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
