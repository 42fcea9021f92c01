package org.fulmar.client;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Signs requests as RocketMQ's access control wants it: HMAC-SHA1 over all fields, by name, and the body. Thread-safe. */
final class Signing {
    private static final String ALGORITHM = "HmacSHA1";

    private final String accessKey;
    private final String securityToken;
    private final SecretKeySpec key;

    private Signing(String accessKey, String secretKey, String securityToken) {
        this.accessKey = accessKey;
        this.securityToken = securityToken;
        this.key = new SecretKeySpec(secretKey.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /** As configured, or null if no account is. */
    static @Nullable Signing of(ClientConfig config) {
        String accessKey = config.text(ClientConfig.ACCESS_KEY);
        return accessKey.isEmpty()
                ? null
                : new Signing(
                        accessKey, config.text(ClientConfig.SECRET_KEY), config.text(ClientConfig.SECURITY_TOKEN));
    }

    /** The fields with the account and the signature. */
    Map<String, String> sign(Map<String, String> fields, ByteBuf body) {
        Map<String, String> signed = new TreeMap<>(fields);
        signed.put("AccessKey", accessKey);
        if (!securityToken.isEmpty()) {
            signed.put("SecurityToken", securityToken);
        }
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            signed.values().forEach(value -> mac.update(value.getBytes(StandardCharsets.UTF_8)));
            if (body.isReadable()) {
                mac.update(body.nioBuffer());
            }
            signed.put("Signature", Base64.getEncoder().encodeToString(mac.doFinal()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM has no " + ALGORITHM, e);
        }
        return signed;
    }
}
