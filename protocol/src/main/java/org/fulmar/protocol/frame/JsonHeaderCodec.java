package org.fulmar.protocol.frame;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.ByteBufOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** RocketMQ's JSON header, written as standard JSON and read in its older dialects too. Stateless. */
final class JsonHeaderCodec {
    private static final List<String> LANGUAGES = List.of(
            "JAVA", "CPP", "DOTNET", "PYTHON", "DELPHI", "ERLANG", "RUBY", "OTHER", "HTTP", "GO", "PHP", "OMS", "RUST",
            "NODE_JS");
    private static final int OTHER = 7;

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(8)
                    .maxStringLength(1 << 20)
                    .maxNameLength(1 << 12)
                    .build())
            .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
            .build()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES);

    private JsonHeaderCodec() {}

    static Frame decode(ByteBuf header, ByteBuf body, FrameLimits limits) {
        Draft draft = new Draft();
        try (InputStream in = new ByteBufInputStream(header);
                JsonParser parser = JSON.createParser(in)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new FrameException("the JSON header is no object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                draft.read(name, parser, limits);
            }
        } catch (IOException e) {
            throw new FrameException("the JSON header is malformed: " + e.getMessage(), e);
        }
        return new Frame(
                draft.code,
                draft.language,
                draft.version,
                draft.opaque,
                draft.flag,
                draft.remark,
                draft.fields,
                body,
                HeaderEncoding.JSON);
    }

    private static final class Draft {
        int code;
        int language = OTHER;
        int version;
        int opaque;
        int flag;

        @Nullable String remark;

        Map<String, String> fields = Map.of();

        void read(String name, JsonParser parser, FrameLimits limits) throws IOException {
            switch (name) {
                case "code" -> code = parser.getIntValue();
                case "version" -> version = parser.getIntValue();
                case "opaque" -> opaque = parser.getIntValue();
                case "flag" -> flag = parser.getIntValue();
                case "remark" -> remark = text(parser);
                case "language" -> language = language(parser);
                case "extFields" -> fields = readFields(parser, limits);
                default -> parser.skipChildren();
            }
        }

        /** A value as text; null, with all that is in it passed over, if it is an object or a list. */
        private static @Nullable String text(JsonParser parser) throws IOException {
            if (parser.currentToken().isScalarValue()) {
                return parser.getValueAsString();
            }
            parser.skipChildren();
            return null;
        }

        private static int language(JsonParser parser) throws IOException {
            int index = LANGUAGES.indexOf(String.valueOf(text(parser)));
            return index < 0 ? OTHER : index;
        }

        private static Map<String, String> readFields(JsonParser parser, FrameLimits limits) throws IOException {
            Map<String, String> fields = new HashMap<>();
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                parser.skipChildren();
                return fields;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
                    fields.put(name, whole(parser.getText()));
                } else {
                    parser.skipChildren();
                }
                if (fields.size() > limits.maxFields()) {
                    throw new FrameException("more than " + limits.maxFields() + " extension fields");
                }
            }
            return fields;
        }
    }

    /**
     * The text with a question mark for each half of a character. JSON can escape one, but no UTF-8 can hold it: as a
     * name in a file of ours it could not be read again.
     */
    private static String whole(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            }
        }
        return text;
    }

    static void encode(Frame frame, ByteBuf out) {
        try (OutputStream stream = new ByteBufOutputStream(out);
                JsonGenerator json = JSON.createGenerator(stream)) {
            json.writeStartObject();
            json.writeNumberField("code", frame.code());
            if (!frame.fields().isEmpty()) {
                json.writeObjectFieldStart("extFields");
                for (Map.Entry<String, String> field : frame.fields().entrySet()) {
                    json.writeStringField(field.getKey(), field.getValue());
                }
                json.writeEndObject();
            }
            json.writeNumberField("flag", frame.flag());
            int language = frame.language();
            json.writeStringField("language", LANGUAGES.get(language < LANGUAGES.size() ? language : OTHER));
            json.writeNumberField("opaque", frame.opaque());
            if (frame.remark() != null) {
                json.writeStringField("remark", frame.remark());
            }
            json.writeStringField("serializeTypeCurrentRPC", "JSON");
            json.writeNumberField("version", frame.version());
            json.writeEndObject();
        } catch (IOException e) {
            throw new FrameException("the header can't be written: " + e.getMessage(), e);
        }
    }
}
