package org.fulmar.broker.security;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.fulmar.protocol.config.ConfigurationException;

/**
 * A salted password hash (PBKDF2 with HMAC-SHA-256) in the form {@code pbkdf2-sha256$iterations$salt$hash}.
 *
 * <p>Immutable. Checking takes tens of milliseconds on purpose: not for the core or an event loop.
 */
public final class PasswordHash {
    private static final String SCHEME = "pbkdf2-sha256";
    private static final int ITERATIONS = 120_000;
    private static final int MAX_ITERATIONS = 10_000_000;
    private static final int BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final int iterations;
    private final byte[] salt;
    private final byte[] hash;

    private PasswordHash(int iterations, byte[] salt, byte[] hash) {
        this.iterations = iterations;
        this.salt = salt;
        this.hash = hash;
    }

    public static PasswordHash of(String password) {
        byte[] salt = new byte[16];
        RANDOM.nextBytes(salt);
        return new PasswordHash(ITERATIONS, salt, derive(password, salt, ITERATIONS));
    }

    /**
     * @throws ConfigurationException if the text is no such hash
     */
    public static PasswordHash parse(String text) {
        String[] parts = text.split("\\$", -1);
        try {
            if (parts.length == 4 && parts[0].equals(SCHEME)) {
                int iterations = Integer.parseInt(parts[1]);
                byte[] salt = Base64.getDecoder().decode(parts[2]);
                byte[] hash = Base64.getDecoder().decode(parts[3]);
                if (iterations >= 1000 && iterations <= MAX_ITERATIONS && salt.length >= 8 && hash.length == BYTES) {
                    return new PasswordHash(iterations, salt, hash);
                }
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("a malformed password hash", e);
        }
        throw new ConfigurationException("a password hash must be " + SCHEME + "$iterations$salt$hash");
    }

    public boolean matches(String password) {
        return MessageDigest.isEqual(hash, derive(password, salt, iterations));
    }

    private static byte[] derive(String password, byte[] salt, int iterations) {
        try {
            PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, BYTES * 8);
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no PBKDF2 with HMAC-SHA-256", e);
        }
    }

    /** The form that a users file holds. */
    public String text() {
        Base64.Encoder base64 = Base64.getEncoder();
        return SCHEME + "$" + iterations + "$" + base64.encodeToString(salt) + "$" + base64.encodeToString(hash);
    }

    /** Without the hash, which is nobody's business in a log. */
    @Override
    public String toString() {
        return SCHEME;
    }
}
