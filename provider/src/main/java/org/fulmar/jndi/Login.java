package org.fulmar.jndi;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.naming.ConfigurationException;
import org.fulmar.jms.ClientOptions;
import org.fulmar.jms.ConnectionUrl;
import org.jspecify.annotations.Nullable;

/**
 * The user and password of an environment, for connection URLs that have no user. Immutable.
 *
 * @param user null for none
 * @param password null for none
 */
record Login(@Nullable String user, @Nullable String password) {

    /**
     * @throws ConfigurationException if one of the two can't be an option of a URL, or there is a password without a user
     */
    static Login of(Map<?, ?> environment) throws ConfigurationException {
        String user = text(ContextKey.PRINCIPAL.key(), environment.get(ContextKey.PRINCIPAL.key()));
        String password = text(ContextKey.CREDENTIALS.key(), environment.get(ContextKey.CREDENTIALS.key()));
        if (user == null && password != null) {
            throw new ConfigurationException(
                    ContextKey.CREDENTIALS.key() + " is given without " + ContextKey.PRINCIPAL.key());
        }
        return new Login(user, password);
    }

    private static @Nullable String text(String key, @Nullable Object value) throws ConfigurationException {
        if (value == null) {
            return null;
        }
        if (!(value instanceof String) && !(value instanceof char[])) {
            throw new ConfigurationException(
                    key + " must be a String or char[], not " + value.getClass().getName());
        }
        String text = value instanceof char[] chars ? new String(chars) : (String) value;
        if (!text.equals(text.strip())) {
            throw new ConfigurationException(
                    key + " begins or ends with white space: give it to createConnection instead");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new ConfigurationException(key + " has an unpaired surrogate");
        }
        return text.isEmpty() ? null : text;
    }

    /** The URL with this user and password as its options, if it has no user. */
    String in(String url) {
        ClientOptions options = ConnectionUrl.parse(url).options();
        if (user == null || options.user() != null) {
            return url;
        }
        StringBuilder with = new StringBuilder(url).append(url.indexOf('?') < 0 ? '?' : '&');
        with.append("user=").append(URLEncoder.encode(user, StandardCharsets.UTF_8));
        if (password != null && options.password() == null) {
            with.append("&password=").append(URLEncoder.encode(password, StandardCharsets.UTF_8));
        }
        return with.toString();
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "Login[user=" + user + "]";
    }
}
