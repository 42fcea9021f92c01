package org.fulmar.broker.security;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.fulmar.protocol.config.ConfigurationException;
import org.fulmar.protocol.config.Options;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect: a properties file of {@code user = hash} lines, read once at start. Immutable; {@link #admits} is
 * slow on purpose and runs on a business thread.
 */
public final class Users {
    private static final int MAX_PASSWORD = 1024;

    private final Map<String, PasswordHash> users;
    private final boolean anonymousAllowed;
    /** Checked for unknown users, so that they take as long as known ones; null if nobody's password is checked. */
    private final @Nullable PasswordHash nobody;

    private Users(Map<String, PasswordHash> users, boolean checked, boolean anonymousAllowed) {
        this.users = users;
        this.anonymousAllowed = anonymousAllowed;
        this.nobody = checked ? PasswordHash.of("") : null;
    }

    /**
     * @throws ConfigurationException if the file is malformed, or nobody at all could connect
     */
    public static Users load(@Nullable Path file, boolean anonymousAllowed) throws IOException {
        Map<String, PasswordHash> users = new HashMap<>();
        if (file != null) {
            Options.read(file).forEach((user, hash) -> {
                try {
                    users.put(user, PasswordHash.parse(hash.strip()));
                } catch (ConfigurationException e) {
                    throw new ConfigurationException(file + ", user " + user + ": " + e.getMessage(), e);
                }
            });
        }
        if (users.isEmpty() && !anonymousAllowed) {
            throw new ConfigurationException(
                    "nobody could connect: name users in usersFile or set anonymousAllowed to true");
        }
        return new Users(users, file != null, anonymousAllowed);
    }

    public boolean anonymousAllowed() {
        return anonymousAllowed;
    }

    /** Whether a connection with these credentials is allowed; without a user it is anonymous. */
    public boolean admits(@Nullable String user, @Nullable String password) {
        if (user == null) {
            return anonymousAllowed;
        }
        PasswordHash unknown = nobody;
        if (unknown == null) {
            // without a users file everybody is anonymous, by whatever name
            return anonymousAllowed;
        }
        if (password != null && password.length() > MAX_PASSWORD) {
            return false;
        }
        PasswordHash hash = users.get(user);
        boolean matches = (hash == null ? unknown : hash).matches(password == null ? "" : password);
        return hash != null && matches;
    }
}
