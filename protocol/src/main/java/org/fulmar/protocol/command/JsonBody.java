package org.fulmar.protocol.command;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import org.fulmar.protocol.frame.FrameException;

/**
 * JSON bodies as trees, never bound to classes. Reads the older dialects as well (unquoted names and integer keys) and
 * writes standard JSON with non-ASCII characters escaped. Stateless.
 */
public final class JsonBody {
    /** Most names, values and brackets of a body; as a tree, each takes up to 70 bytes. */
    private static final long MAX_TOKENS = 1 << 17;
    /** The same for a body that lists all that a broker has, some 20 for each topic. */
    private static final long MAX_TOKENS_OF_LARGE = 1 << 21;

    private static final ObjectMapper MAPPER = mapper(Long.MAX_VALUE);
    private static final ObjectMapper BODIES = mapper(MAX_TOKENS);
    private static final ObjectMapper LARGE_BODIES = mapper(MAX_TOKENS_OF_LARGE);

    private JsonBody() {}

    private static ObjectMapper mapper(long maxTokens) {
        return new ObjectMapper(new JsonFactoryBuilder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(32)
                        .maxStringLength(4 << 20)
                        .maxTokenCount(maxTokens)
                        .build())
                .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
                .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                .build());
    }

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Reads a body that a peer has sent. */
    public static JsonNode parse(ByteBuf body) {
        return parse(body, BODIES);
    }

    /** As {@link #parse(ByteBuf)}, for the few bodies that list all that a broker has. */
    public static JsonNode parseLarge(ByteBuf body) {
        return parse(body, LARGE_BODIES);
    }

    private static JsonNode parse(ByteBuf body, ObjectMapper mapper) {
        try (InputStream in = new ByteBufInputStream(body.duplicate())) {
            return checked(mapper.readTree(in));
        } catch (IOException e) {
            throw new FrameException("the JSON body is malformed: " + e.getMessage(), e);
        }
    }

    /** Reads what we have written ourselves, of any size. */
    public static JsonNode parse(byte[] body) {
        try {
            return checked(MAPPER.readTree(body));
        } catch (IOException e) {
            throw new FrameException("the JSON text is malformed: " + e.getMessage(), e);
        }
    }

    private static JsonNode checked(JsonNode node) {
        if (!node.isContainerNode()) {
            throw new FrameException("the JSON body is empty");
        }
        return node;
    }

    public static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new FrameException("the body can't be written as JSON", e);
        }
    }

    /** As {@link #bytes}, with line breaks, for files that people read. */
    public static byte[] prettyBytes(JsonNode node) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new FrameException("the content can't be written as JSON", e);
        }
    }

    public static ByteBuf buffer(JsonNode node) {
        return Unpooled.wrappedBuffer(bytes(node));
    }
}
