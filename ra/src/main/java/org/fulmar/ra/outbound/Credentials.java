package org.fulmar.ra.outbound;

import jakarta.resource.spi.ConnectionRequestInfo;
import jakarta.resource.spi.ManagedConnectionFactory;
import jakarta.resource.spi.security.PasswordCredential;
import javax.security.auth.Subject;
import org.fulmar.ra.connection.BrokerTarget;
import org.jspecify.annotations.Nullable;

/**
 * As whom an application wants to be connected: all that tells its requests of one factory apart. Immutable.
 *
 * @param user null for the one of the configuration
 */
record Credentials(@Nullable String user, @Nullable String password) implements ConnectionRequestInfo {
    static final Credentials CONFIGURED = new Credentials(null, null);

    static Credentials of(@Nullable String user, @Nullable String password) {
        return BrokerTarget.given(user) == null ? CONFIGURED : new Credentials(user, password);
    }

    /**
     * What the server says, if it says anything; else what the application has said; else nothing. A subject may be empty;
     * of several credentials, the one for this factory counts, else any.
     */
    static Credentials of(
            ManagedConnectionFactory factory, @Nullable Subject subject, @Nullable ConnectionRequestInfo request) {
        PasswordCredential found = null;
        if (subject != null) {
            for (PasswordCredential each : subject.getPrivateCredentials(PasswordCredential.class)) {
                if (factory.equals(each.getManagedConnectionFactory())) {
                    found = each;
                    break;
                }
                found = each;
            }
        }
        if (found != null) {
            char[] password = found.getPassword();
            return of(found.getUserName(), password == null ? null : new String(password));
        }
        return request instanceof Credentials asked ? asked : CONFIGURED;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return user == null ? "as configured" : "as " + user;
    }
}
