package org.fulmar.protocol.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.InflaterInputStream;
import org.fulmar.protocol.frame.FrameException;

/** The deflated form of a registration's body, which Apache brokers may choose. */
record CompressedTopicTable(DataVersion version, List<TopicConfig> topics) {
    private static final int MAX_INFLATED_BYTES = 16 << 20;

    static CompressedTopicTable parse(byte[] body) {
        ByteBuffer in = ByteBuffer.wrap(inflate(body));
        DataVersion version = DataVersion.fromJson(JsonBody.parse(Unpooled.wrappedBuffer(block(in))));
        int count = in.remaining() < 4 ? -1 : in.getInt();
        if (count < 0 || count > BrokerRegistration.MAX_TOPICS) {
            throw new FrameException("a registration of " + count + " topics");
        }
        List<TopicConfig> topics = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            topics.add(topic(new String(block(in), StandardCharsets.UTF_8)));
        }
        return new CompressedTopicTable(version, topics);
    }

    private static byte[] inflate(byte[] body) {
        try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(body))) {
            byte[] content = in.readNBytes(MAX_INFLATED_BYTES);
            if (in.read() >= 0) {
                throw new FrameException("the registration inflates to more than " + MAX_INFLATED_BYTES + " bytes");
            }
            return content;
        } catch (IOException e) {
            throw new FrameException("the compressed registration is malformed", e);
        }
    }

    private static byte[] block(ByteBuffer in) {
        int length = in.remaining() < 4 ? -1 : in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new FrameException("a length of " + length + " exceeds the registration");
        }
        byte[] block = new byte[length];
        in.get(block);
        return block;
    }

    private static TopicConfig topic(String line) {
        String[] parts = line.split(" ", 6);
        if (parts.length < 5) {
            throw new FrameException("a topic line of " + parts.length + " parts");
        }
        Map<String, String> attributes = new HashMap<>();
        if (parts.length == 6 && parts[5].startsWith("{")) {
            JsonNode json = JsonBody.parse(Unpooled.copiedBuffer(parts[5], StandardCharsets.UTF_8));
            json.properties()
                    .forEach(e -> attributes.put(e.getKey(), e.getValue().asText()));
        }
        try {
            return new TopicConfig(
                    parts[0],
                    Integer.parseInt(parts[1]),
                    Integer.parseInt(parts[2]),
                    Integer.parseInt(parts[3]),
                    0,
                    false,
                    attributes);
        } catch (NumberFormatException e) {
            throw new FrameException("a malformed topic line: " + line, e);
        }
    }
}
