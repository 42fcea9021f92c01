package org.fulmar.ra.connection;

import org.jspecify.annotations.Nullable;

/**
 * Which broker a connection leads to, and as whom. Immutable; two that are equal may share a connection.
 *
 * @param url a connection URL, as docs/configuration.md has it
 * @param user null for the one of the URL, or none
 * @param clientId null for the one of the URL, or none
 */
public record BrokerTarget(
        String url,
        @Nullable String user,
        @Nullable String password,
        @Nullable String clientId) {

    /** Null for a text that is missing or blank, as servers give them. */
    public static @Nullable String given(@Nullable String text) {
        return text == null || text.isBlank() ? null : text.strip();
    }

    /** The URL without its options, among which there may be a password. */
    public String address() {
        int options = url.indexOf('?');
        return options < 0 ? url : url.substring(0, options);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return address() + (user == null ? "" : " as " + user) + (clientId == null ? "" : ", client id " + clientId);
    }
}
