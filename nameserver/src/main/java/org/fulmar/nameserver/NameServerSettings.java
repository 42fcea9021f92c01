package org.fulmar.nameserver;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.transport.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The name server's options as administrators see them, and the one that they may change while it runs:
 * {@code orderMessageEnable}. A change lasts until the name server ends. Any thread may call it.
 */
final class NameServerSettings {
    private static final Logger LOG = LoggerFactory.getLogger(NameServerSettings.class);
    private static final int MAX_BODY = 64 << 10;

    private final NameServerConfig config;
    private volatile boolean orderMessageEnable;

    NameServerSettings(NameServerConfig config) {
        this.config = config;
        this.orderMessageEnable = config.orderMessageEnable();
    }

    /** Whether routes tell a topic's entry in the order configuration. */
    boolean orderMessageEnable() {
        return orderMessageEnable;
    }

    /** GET_NAMESRV_CONFIG. */
    void show(Request request) {
        Map<String, String> values = new TreeMap<>(config.values());
        values.put(NameServerOption.ORDER_MESSAGE_ENABLE.key(), Boolean.toString(orderMessageEnable));
        StringBuilder text = new StringBuilder();
        values.forEach((key, value) ->
                text.append(key).append('=').append(escaped(value)).append('\n'));
        request.answer(
                ResponseCode.SUCCESS,
                null,
                Map.of(),
                Unpooled.wrappedBuffer(text.toString().getBytes(StandardCharsets.US_ASCII)));
    }

    /** As a properties file has it. */
    private static String escaped(String value) {
        StringBuilder out = new StringBuilder();
        for (char c : value.toCharArray()) {
            if (c == '\\') {
                out.append("\\\\");
            } else if (c < ' ' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** UPDATE_NAMESRV_CONFIG: all of it or nothing. */
    void update(Request request) {
        Properties wanted = new Properties();
        try {
            if (request.body().readableBytes() > MAX_BODY) {
                throw new IllegalArgumentException("more than " + MAX_BODY + " bytes");
            }
            wanted.load(new StringReader(request.body().toString(StandardCharsets.UTF_8)));
        } catch (IOException | IllegalArgumentException e) {
            request.answer(ResponseCode.INVALID_PARAMETER, "the settings are no lines of key=value: " + e.getMessage());
            return;
        }
        String changeable = NameServerOption.ORDER_MESSAGE_ENABLE.key();
        for (String key : wanted.stringPropertyNames()) {
            if (!key.equals(changeable)) {
                request.answer(
                        ResponseCode.NO_PERMISSION,
                        "option " + key + " does not change while the name server runs; the one that does is "
                                + changeable);
                return;
            }
        }
        String value = wanted.getProperty(changeable);
        if (value != null) {
            try {
                orderMessageEnable = NameServerOption.ORDER_MESSAGE_ENABLE.bool(value.strip());
            } catch (ConfigurationException e) {
                request.answer(ResponseCode.INVALID_PARAMETER, e.getMessage());
                return;
            }
            LOG.info("{} is set to {} by {}", changeable, orderMessageEnable, request.connection());
        }
        request.answer(ResponseCode.SUCCESS, Map.of());
    }
}
