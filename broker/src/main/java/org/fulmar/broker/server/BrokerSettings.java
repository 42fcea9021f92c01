package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.config.BrokerOptions;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.View;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.OptionSpec;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The options that administrators have changed while the broker ran: a view of the log, owned by the core.
 *
 * <p>A change lasts over restarts until the option's value in the broker's own configuration changes: whoever spoke last
 * is heard. Only the options of {@link BrokerOptions#CHANGEABLE} can be changed.
 */
final class BrokerSettings implements View {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerSettings.class);
    private static final int MAX_BODY = 64 << 10;
    private static final byte SET = 115;
    private static final byte DROPPED = 116;

    /** What an option was set to, and what the configuration said of it then. */
    private record Setting(String value, String configured) {}

    private final BrokerConfig config;
    private final LongSupplier clock;
    private final Map<String, Setting> settings = new TreeMap<>();
    private DataVersion version = new DataVersion(0, 0, 0);
    private Runnable onChange = () -> {};

    BrokerSettings(BrokerConfig config, LongSupplier clock) {
        this.config = config;
        this.clock = clock;
    }

    /** The listener runs on the core after each change. */
    void onChange(Runnable listener) {
        this.onChange = listener;
    }

    /** The log is recovered: what was set before counts again, but for what the configuration says anew. */
    void begin(FactSink facts) {
        for (OptionSpec spec : BrokerOptions.CHANGEABLE) {
            Setting setting = settings.get(spec.key());
            if (setting == null) {
                continue;
            }
            if (setting.configured.equals(config.startedWith(spec)) && isAllowed(spec, setting)) {
                LOG.info("{} is {}, as it was set while the broker ran before", spec.key(), setting.value);
            } else {
                LOG.info("{} is what the configuration says now, not what was set before", spec.key());
                settings.remove(spec.key());
                log(facts, DROPPED, JsonBody.object().put("key", spec.key()));
            }
        }
        settings.keySet().removeIf(key -> find(key) == null);
        config.change(values());
    }

    /** An earlier release may have allowed what this one does not. */
    private boolean isAllowed(OptionSpec spec, Setting setting) {
        try {
            config.change(Map.of(spec.key(), setting.value));
            return true;
        } catch (ConfigurationException e) {
            LOG.warn("what {} was set to is not allowed any more", spec.key(), e);
            return false;
        }
    }

    private Map<String, String> values() {
        Map<String, String> values = new TreeMap<>();
        settings.forEach((key, setting) -> values.put(key, setting.value));
        return values;
    }

    private static @Nullable OptionSpec find(String key) {
        return BrokerOptions.CHANGEABLE.stream()
                .filter(spec -> spec.key().equals(key))
                .findFirst()
                .orElse(null);
    }

    /** UPDATE_BROKER_CONFIG: all of it or nothing. */
    void update(Request request, FactSink facts, TurnEnd turn) {
        Map<String, String> wanted = new TreeMap<>();
        try {
            Properties properties = parse(request);
            for (String key : properties.stringPropertyNames()) {
                wanted.put(key, properties.getProperty(key, "").strip());
            }
        } catch (IOException | IllegalArgumentException e) {
            request.answer(ResponseCode.INVALID_PARAMETER, "the settings are no lines of key=value: " + e.getMessage());
            return;
        }
        for (String key : wanted.keySet()) {
            if (find(key) == null) {
                request.answer(ResponseCode.NO_PERMISSION, refusal(key));
                return;
            }
        }
        Map<String, String> values = values();
        values.putAll(wanted);
        try {
            config.change(values);
        } catch (ConfigurationException e) {
            request.answer(ResponseCode.INVALID_PARAMETER, e.getMessage());
            return;
        }
        for (OptionSpec spec : BrokerOptions.CHANGEABLE) {
            String value = wanted.get(spec.key());
            if (value != null) {
                Setting setting = new Setting(value, config.startedWith(spec));
                settings.put(spec.key(), setting);
                log(facts, SET, json(spec.key(), setting));
                LOG.info("{} is set to {} by {}", spec.key(), value, request.connection());
            }
        }
        version = version.next(clock.getAsLong());
        onChange.run();
        turn.successAfterLog(request);
    }

    private static Properties parse(Request request) throws IOException {
        int length = request.body().readableBytes();
        if (length > MAX_BODY) {
            throw new IllegalArgumentException(length + " bytes are more than " + MAX_BODY);
        }
        Properties properties = new Properties();
        properties.load(new StringReader(request.body().toString(StandardCharsets.UTF_8)));
        return properties;
    }

    private static String refusal(String key) {
        boolean known = BrokerOptions.ALL.stream().anyMatch(spec -> spec.key().equals(key));
        String changeable =
                BrokerOptions.CHANGEABLE.stream().map(OptionSpec::key).collect(Collectors.joining(", "));
        return (known ? "option " + key + " does not change while the broker runs" : "there is no option " + key)
                + "; those that do are " + changeable;
    }

    /** GET_BROKER_CONFIG: all options as they are now. */
    void show(Request request) {
        StringBuilder text = new StringBuilder();
        config.values()
                .forEach((key, value) ->
                        text.append(key).append('=').append(escaped(value)).append('\n'));
        Map<String, String> fields = Fields.write()
                .put("version", new String(JsonBody.bytes(version.toJson()), StandardCharsets.US_ASCII))
                .map();
        byte[] body = text.toString().getBytes(StandardCharsets.US_ASCII);
        request.answer(ResponseCode.SUCCESS, null, fields, Unpooled.wrappedBuffer(body));
    }

    /** As a properties file has it. */
    private static String escaped(String value) {
        StringBuilder out = new StringBuilder();
        for (char c : value.toCharArray()) {
            if (c == '\\') {
                out.append("\\\\");
            } else if (c < ' ' || c > '~') {
                out.append("\\u").append(String.format("%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static ObjectNode json(String key, Setting setting) {
        return JsonBody.object().put("key", key).put("value", setting.value).put("configured", setting.configured);
    }

    private static void log(FactSink facts, byte type, ObjectNode json) {
        byte[] bytes = JsonBody.bytes(json);
        facts.fact(out -> out.writeByte(type).writeBytes(bytes));
    }

    @Override
    public void apply(ByteBuffer fact) {
        byte type = fact.get();
        if (type != SET && type != DROPPED) {
            return;
        }
        byte[] rest = new byte[fact.remaining()];
        fact.get(rest);
        JsonNode json = JsonBody.parse(rest);
        if (type == SET) {
            put(json);
        } else {
            settings.remove(json.path("key").asText());
        }
    }

    private void put(JsonNode json) {
        settings.put(
                json.path("key").asText(),
                new Setting(json.path("value").asText(), json.path("configured").asText()));
    }

    @Override
    public String fileName() {
        return "brokerSettings.json";
    }

    @Override
    public Supplier<byte[]> capture(long logPosition) {
        Map<String, Setting> copy = new TreeMap<>(settings);
        DataVersion at = version;
        return () -> {
            ObjectNode json = JsonBody.object().put("logPosition", logPosition);
            json.set("dataVersion", at.toJson());
            var list = json.putArray("settings");
            copy.forEach((key, setting) -> list.add(json(key, setting)));
            return JsonBody.prettyBytes(json);
        };
    }

    @Override
    public long restore(byte @Nullable [] content) {
        settings.clear();
        if (content == null) {
            return 0;
        }
        JsonNode json = JsonBody.parse(content);
        version = DataVersion.fromJson(json.path("dataVersion"));
        json.path("settings").forEach(this::put);
        return json.path("logPosition").asLong();
    }
}
