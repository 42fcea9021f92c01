package org.fulmar.jms;

import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.fulmar.protocol.config.ConfigurationException;

/**
 * A connection URL, taken apart. Immutable.
 *
 * <ul>
 *   <li>{@code fulmar://host:port,host:port?options}: brokers, the first that answers is used
 *   <li>{@code fulmar+ns://host:port,host:port?options}: name servers, which tell where the broker is
 *   <li>{@code fulmar:embedded?dir=…&options}: a broker inside this process; options that are not the client's are the
 *       broker's
 * </ul>
 *
 * @param brokerOptions for an embedded broker
 */
public record ConnectionUrl(
        Kind kind, List<InetSocketAddress> addresses, ClientOptions options, Map<String, String> brokerOptions) {
    private static final String BROKERS = "fulmar://";
    private static final String NAME_SERVERS = "fulmar+ns://";
    private static final String EMBEDDED = "fulmar:embedded";
    private static final int BROKER_PORT = 10911;
    private static final int NAME_SERVER_PORT = 9876;

    /** What the URL leads to. */
    public enum Kind {
        BROKERS,
        NAME_SERVERS,
        EMBEDDED
    }

    /**
     * @throws ConfigurationException if it is malformed, or an option is unknown or bad
     */
    public static ConnectionUrl parse(String url) {
        int question = url.indexOf('?');
        String place = question < 0 ? url : url.substring(0, question);
        Map<String, String> given = question < 0 ? Map.of() : query(url.substring(question + 1));
        if (place.equals(EMBEDDED)) {
            Map<String, String> client = new TreeMap<>();
            Map<String, String> broker = new TreeMap<>();
            given.forEach((key, value) -> (isClients(key) ? client : broker).put(key, value));
            return new ConnectionUrl(Kind.EMBEDDED, List.of(), ClientOptions.of(client), broker);
        }
        if (place.startsWith(BROKERS)) {
            return new ConnectionUrl(
                    Kind.BROKERS,
                    addresses(place.substring(BROKERS.length()), BROKER_PORT),
                    ClientOptions.of(given),
                    Map.of());
        }
        if (place.startsWith(NAME_SERVERS)) {
            return new ConnectionUrl(
                    Kind.NAME_SERVERS,
                    addresses(place.substring(NAME_SERVERS.length()), NAME_SERVER_PORT),
                    ClientOptions.of(given),
                    Map.of());
        }
        throw new ConfigurationException("a URL begins with " + BROKERS + ", " + NAME_SERVERS + " or " + EMBEDDED
                + ", this one does not: " + place);
    }

    private static boolean isClients(String key) {
        return ClientOptions.ALL.stream().anyMatch(spec -> spec.key().equals(key));
    }

    private static Map<String, String> query(String text) {
        Map<String, String> given = new TreeMap<>();
        for (String part : text.split("&")) {
            if (part.isEmpty()) {
                continue;
            }
            int equals = part.indexOf('=');
            if (equals < 1) {
                // without the text, which may be the end of a password with an & in it
                throw new ConfigurationException("option " + (given.size() + 1)
                        + " of the URL is not written key=value; in a value, write & as %26");
            }
            String key = part.substring(0, equals);
            given.put(key, decoded(key, part.substring(equals + 1)));
        }
        return given;
    }

    private static String decoded(String key, String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // without the cause, which shows the value: it may be a password
            throw new ConfigurationException(key + " is not URL-encoded: write % as %25");
        }
    }

    private static List<InetSocketAddress> addresses(String text, int otherwise) {
        List<InetSocketAddress> found = new ArrayList<>();
        for (String part : text.split(",")) {
            int colon = part.endsWith("]") ? -1 : part.lastIndexOf(':');
            String host = colon < 0 ? part : part.substring(0, colon);
            try {
                int port = colon < 0 ? otherwise : Integer.parseInt(part.substring(colon + 1));
                if (host.isBlank()) {
                    throw new ConfigurationException("no host in \"" + text + "\"");
                }
                found.add(
                        InetSocketAddress.createUnresolved(host.replace("[", "").replace("]", ""), port));
            } catch (NumberFormatException e) {
                throw new ConfigurationException("no port number in " + part, e);
            }
        }
        return List.copyOf(found);
    }
}
