package org.fulmar.client.producer;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.fulmar.client.ClientException;

/** RocketMQ's handles of delayed messages: version, topic, broker, time and message id, in Base64. Stateless. */
final class RecallHandle {
    private static final int MAX_LENGTH = 4096;

    private RecallHandle() {}

    static String broker(String handle) throws ClientException {
        try {
            if (handle.length() <= MAX_LENGTH) {
                String text = new String(Base64.getUrlDecoder().decode(handle), StandardCharsets.UTF_8);
                String[] parts = text.split(" ");
                if (parts.length >= 5 && parts[0].equals("v1")) {
                    return parts[2];
                }
            }
        } catch (IllegalArgumentException e) {
            throw illegal(e);
        }
        throw illegal(null);
    }

    private static ClientException illegal(@org.jspecify.annotations.Nullable Throwable cause) {
        return new ClientException(ClientException.Kind.ILLEGAL_USE, "this is no handle of a delayed message", cause);
    }
}
