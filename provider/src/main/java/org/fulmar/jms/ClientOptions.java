package org.fulmar.jms;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.fulmar.jms.message.DeserializationPolicy;
import org.fulmar.jms.message.Reading;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.OptionSpec;
import org.fulmar.protocol.config.Options;
import org.jspecify.annotations.Nullable;

/**
 * The options of a connection URL. Immutable.
 *
 * @param prefetch messages sent ahead to a consumer; 0 sends one when it is asked for
 * @param connectTimeoutMillis how long a connection attempt may take
 * @param requestTimeoutMillis how long an operation waits for the broker's answer
 * @param appId what sent messages get as JMSXAppID
 * @param populateUserId whether the broker is asked to set the JMSXUserID of sent messages
 * @param reconnect whether a lost connection is made again
 * @param reconnectDelayMillis pause after the first failed attempt
 * @param reconnectMaxDelayMillis longest pause between attempts
 * @param reconnectTimeoutMillis how long is tried; 0 for ever
 * @param transactionBuffer bytes of messages that a transaction keeps before it ships them to the broker; 0 ships each
 * @param broker the broker to use, where name servers know several
 * @param reading how the bodies of received messages are read
 */
public record ClientOptions(
        int prefetch,
        int connectTimeoutMillis,
        int requestTimeoutMillis,
        boolean reconnect,
        int reconnectDelayMillis,
        int reconnectMaxDelayMillis,
        int reconnectTimeoutMillis,
        int transactionBuffer,
        @Nullable String clientId,
        @Nullable String user,
        @Nullable String password,
        @Nullable String broker,
        @Nullable String appId,
        boolean populateUserId,
        Reading reading) {
    private static final OptionSpec PREFETCH = OptionSpec.number(
            "prefetch",
            "messages",
            256,
            0,
            100_000,
            "messages sent ahead to a consumer; 0 = one, when it is asked for");
    private static final OptionSpec CONNECT_TIMEOUT =
            OptionSpec.number("connectTimeout", "ms", 5000, 1, 600_000, "how long a connection attempt may take");
    private static final OptionSpec REQUEST_TIMEOUT = OptionSpec.number(
            "requestTimeout", "ms", 30_000, 1, 3_600_000, "how long an operation waits for the broker's answer");
    private static final OptionSpec RECONNECT =
            OptionSpec.bool("reconnect", true, "whether a lost connection is made again, with all that was open on it");
    private static final OptionSpec RECONNECT_DELAY = OptionSpec.number(
            "reconnectDelay",
            "ms",
            50,
            1,
            600_000,
            "pause after the first failed attempt to reconnect; doubles with each, less a random part");
    private static final OptionSpec RECONNECT_MAX_DELAY = OptionSpec.number(
            "reconnectMaxDelay", "ms", 1000, 1, 600_000, "longest pause between attempts to reconnect");
    private static final OptionSpec RECONNECT_TIMEOUT = OptionSpec.number(
            "reconnectTimeout",
            "ms",
            0,
            0,
            Integer.MAX_VALUE,
            "how long is tried to reconnect before the connection is given up; 0 = for ever");
    private static final OptionSpec TRANSACTION_BUFFER = OptionSpec.number(
            "transactionBuffer",
            "bytes",
            256 * 1024,
            0,
            4 << 20,
            "messages that a transaction keeps before it ships them to the broker; 0 = each is shipped at once");
    private static final OptionSpec CLIENT_ID =
            OptionSpec.text("clientId", "name", "", "the JMS client identifier; empty = none");
    private static final OptionSpec USER = OptionSpec.text("user", "name", "", "the user, if none is given in code");
    private static final OptionSpec PASSWORD = OptionSpec.text("password", "text", "", "the user's password");
    private static final OptionSpec BROKER =
            OptionSpec.text("broker", "name", "", "the broker to use, where the name servers know several");
    private static final OptionSpec APP_ID =
            OptionSpec.text("appId", "name", "", "the JMSXAppID that sent messages get; empty = none");
    private static final OptionSpec POPULATE_USER_ID = OptionSpec.bool(
            "populateUserId", false, "whether the broker is asked to name the user in the JMSXUserID of sent messages");
    private static final OptionSpec ALLOW_LIST = OptionSpec.text(
            "deserializationAllowList",
            "names",
            "",
            "classes that ObjectMessage may hold besides JDK values: names or patterns as com.acme.*, with commas");

    private static final OptionSpec NATIVE_BODY = OptionSpec.text(
            "nativeBody",
            "bytes or text",
            "bytes",
            "what a message of a native RocketMQ producer is: a BytesMessage, or a TextMessage if its body is UTF-8");

    /** All of them. */
    public static final List<OptionSpec> ALL = List.of(
            PREFETCH,
            CONNECT_TIMEOUT,
            REQUEST_TIMEOUT,
            RECONNECT,
            RECONNECT_DELAY,
            RECONNECT_MAX_DELAY,
            RECONNECT_TIMEOUT,
            TRANSACTION_BUFFER,
            CLIENT_ID,
            USER,
            PASSWORD,
            BROKER,
            APP_ID,
            POPULATE_USER_ID,
            ALLOW_LIST,
            NATIVE_BODY);

    /**
     * @throws org.fulmar.protocol.config.ConfigurationException if a key is unknown or a value is not allowed
     */
    static ClientOptions of(Map<String, String> given) {
        Options options = Options.of(ALL, given);
        String allowed = options.text(ALLOW_LIST);
        String nativeBody = options.text(NATIVE_BODY);
        if (!nativeBody.equals("bytes") && !nativeBody.equals("text")) {
            throw new ConfigurationException("nativeBody is bytes or text, not " + nativeBody);
        }
        DeserializationPolicy objects = allowed.isEmpty()
                ? DeserializationPolicy.jdkValuesOnly()
                : DeserializationPolicy.allowing(
                        Arrays.stream(allowed.split(",")).map(String::strip).toList());
        return new ClientOptions(
                options.integer(PREFETCH),
                options.integer(CONNECT_TIMEOUT),
                options.integer(REQUEST_TIMEOUT),
                options.bool(RECONNECT),
                options.integer(RECONNECT_DELAY),
                options.integer(RECONNECT_MAX_DELAY),
                options.integer(RECONNECT_TIMEOUT),
                options.integer(TRANSACTION_BUFFER),
                orNull(options.text(CLIENT_ID)),
                orNull(options.text(USER)),
                orNull(options.text(PASSWORD)),
                orNull(options.text(BROKER)),
                orNull(options.text(APP_ID)),
                options.bool(POPULATE_USER_ID),
                new Reading(objects, nativeBody.equals("text")));
    }

    /** What an ObjectMessage may hold. */
    public DeserializationPolicy deserialization() {
        return reading.objects();
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "ClientOptions[prefetch=" + prefetch + ", clientId=" + clientId + ", user=" + user + "]";
    }
}
