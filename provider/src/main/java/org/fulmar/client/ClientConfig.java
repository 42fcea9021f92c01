package org.fulmar.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.OptionSpec;
import org.fulmar.protocol.config.Options;
import org.fulmar.protocol.frame.HeaderEncoding;

/** The options of a {@link ClientInstance}, each with name, unit, default and range in one place. Immutable. */
public final class ClientConfig {
    public static final OptionSpec NAME_SERVERS =
            OptionSpec.text("nameServers", "host:port", "", "the name servers, with semicolons or commas between");
    public static final OptionSpec CLIENT_ID = OptionSpec.text(
            "clientId", "name", "", "how brokers know this client; empty = address@instanceName, and unique");
    public static final OptionSpec INSTANCE_NAME = OptionSpec.text(
            "instanceName", "name", "", "the latter part of the client id; empty = the process and a random number");
    public static final OptionSpec REQUEST_TIMEOUT = OptionSpec.number(
            "requestTimeout",
            "ms",
            3000,
            1,
            3_600_000,
            "how long a request waits for its answer, unless told otherwise");
    public static final OptionSpec CONNECT_TIMEOUT =
            OptionSpec.number("connectTimeout", "ms", 3000, 1, 600_000, "how long a connection attempt may take");
    public static final OptionSpec HEARTBEAT_INTERVAL = OptionSpec.number(
            "heartbeatInterval", "ms", 30_000, 10, 100_000, "how often brokers are told of this client's groups");
    public static final OptionSpec ROUTE_POLL_INTERVAL = OptionSpec.number(
            "routePollInterval", "ms", 30_000, 10, 3_600_000, "how often the routes of topics in use are asked for");
    public static final OptionSpec OFFSET_PERSIST_INTERVAL = OptionSpec.number(
            "offsetPersistInterval", "ms", 5000, 10, 3_600_000, "how often consumers tell how far they are");
    public static final OptionSpec RECOVER_DELAY = OptionSpec.number(
            "recoverDelay",
            "ms",
            500,
            1,
            60_000,
            "how soon routes and brokers are looked for when a connection is lost");
    public static final OptionSpec IO_THREADS =
            OptionSpec.number("ioThreads", "threads", 1, 1, 64, "threads for the network");
    public static final OptionSpec CALLBACK_THREADS = OptionSpec.number(
            "callbackThreads", "threads", 2, 1, 256, "most threads on which callbacks of asynchronous calls run");
    public static final OptionSpec HEADER_ENCODING = OptionSpec.choice(
            "headerEncoding",
            "json",
            List.of("json", "binary"),
            "how headers of requests are written; codes that binary can't hold are always sent as JSON");
    public static final OptionSpec MAX_FRAME = OptionSpec.number(
            "maxFrameSize",
            "bytes",
            16 << 20,
            1 << 16,
            1 << 30,
            "largest answer that is taken in, as it is on the wire");
    public static final OptionSpec MAX_BODY = OptionSpec.number(
            "maxBodySize", "bytes", 64 << 20, 1 << 10, 1 << 30, "largest body of a received message, decompressed");
    public static final OptionSpec MAX_TOPICS =
            OptionSpec.number("maxTopics", "topics", 50_000, 1, 1_000_000, "most topics whose routes are kept");
    public static final OptionSpec ACCESS_KEY =
            OptionSpec.text("accessKey", "name", "", "the account that requests are signed for; empty = not signed");
    public static final OptionSpec SECRET_KEY = OptionSpec.text("secretKey", "text", "", "the key to sign with");
    public static final OptionSpec SECURITY_TOKEN =
            OptionSpec.text("securityToken", "text", "", "what is sent with the signature; empty = nothing");

    /** All of them. */
    public static final List<OptionSpec> ALL = List.of(
            NAME_SERVERS,
            CLIENT_ID,
            INSTANCE_NAME,
            REQUEST_TIMEOUT,
            CONNECT_TIMEOUT,
            HEARTBEAT_INTERVAL,
            ROUTE_POLL_INTERVAL,
            OFFSET_PERSIST_INTERVAL,
            RECOVER_DELAY,
            IO_THREADS,
            CALLBACK_THREADS,
            HEADER_ENCODING,
            MAX_FRAME,
            MAX_BODY,
            MAX_TOPICS,
            ACCESS_KEY,
            SECRET_KEY,
            SECURITY_TOKEN);

    private static final int MAX_NAME_SERVERS = 64;

    private final Map<String, String> given;
    private final Options options;
    private final List<String> nameServers;

    private ClientConfig(Map<String, String> given) {
        this.given = Map.copyOf(given);
        this.options = Options.of(ALL, given);
        this.nameServers = addresses(options.text(NAME_SERVERS));
        if (!options.text(ACCESS_KEY).isEmpty() && options.text(SECRET_KEY).isEmpty()) {
            throw new ConfigurationException("accessKey is given without secretKey");
        }
    }

    /**
     * @param nameServers as {@code host:port;host:port}
     * @throws ConfigurationException if it is no such list
     */
    public static ClientConfig of(String nameServers) {
        return of(Map.of(NAME_SERVERS.key(), nameServers));
    }

    /**
     * @throws ConfigurationException if a key is unknown, a value is not allowed, or there is no name server
     */
    public static ClientConfig of(Map<String, String> given) {
        return new ClientConfig(given);
    }

    /** This configuration with another value for one option. */
    public ClientConfig with(OptionSpec option, String value) {
        Map<String, String> changed = new HashMap<>(given);
        changed.put(option.key(), value);
        return new ClientConfig(changed);
    }

    public ClientConfig with(OptionSpec option, long value) {
        return with(option, Long.toString(value));
    }

    private static List<String> addresses(String text) {
        List<String> addresses = new ArrayList<>();
        for (String part : text.split("[;,]")) {
            String address = part.strip();
            if (!address.isEmpty()) {
                if (!Addresses.isValid(address)) {
                    throw new ConfigurationException("nameServers holds \"" + address + "\", which is no host:port");
                }
                addresses.add(address);
            }
        }
        if (addresses.isEmpty() || addresses.size() > MAX_NAME_SERVERS) {
            throw new ConfigurationException("nameServers must hold 1 to " + MAX_NAME_SERVERS + " of host:port");
        }
        return List.copyOf(addresses);
    }

    public List<String> nameServers() {
        return nameServers;
    }

    /** What was given for a text, or its default. */
    public String text(OptionSpec option) {
        return options.text(option);
    }

    public int number(OptionSpec option) {
        return options.integer(option);
    }

    public int requestTimeoutMillis() {
        return options.integer(REQUEST_TIMEOUT);
    }

    HeaderEncoding headerEncoding() {
        return options.text(HEADER_ENCODING).equals("json") ? HeaderEncoding.JSON : HeaderEncoding.ROCKETMQ;
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "ClientConfig[nameServers=" + nameServers + "]";
    }
}
