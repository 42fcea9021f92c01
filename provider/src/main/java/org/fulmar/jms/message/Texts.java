package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.fulmar.protocol.message.Escapes;

/**
 * Strings to bytes and back without loss. Java strings may hold unpaired surrogates, which UTF-8 can't carry and the
 * JDK silently replaces; those go as UTF-16BE. Stateless.
 */
final class Texts {

    private Texts() {}

    static boolean hasUnpairedSurrogate(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (Escapes.isUnpaired(text, i)) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    static byte[] utf16(String text) {
        byte[] bytes = new byte[Math.multiplyExact(text.length(), 2)];
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes[2 * i] = (byte) (c >>> 8);
            bytes[2 * i + 1] = (byte) c;
        }
        return bytes;
    }

    static String fromUtf16(ByteSlice bytes) throws JMSException {
        if ((bytes.length() & 1) != 0) {
            throw Failures.corrupt("UTF-16 text of " + bytes.length() + " bytes");
        }
        char[] chars = new char[bytes.length() / 2];
        for (int i = 0; i < chars.length; i++) {
            chars[i] = (char) bytes.shortAt(2 * i);
        }
        return new String(chars);
    }

    static boolean isUtf8(ByteSlice bytes) {
        try {
            fromUtf8(bytes);
            return true;
        } catch (JMSException e) {
            return false;
        }
    }

    /** Refuses malformed UTF-8, which the JDK would replace without a word. */
    static String fromUtf8(ByteSlice bytes) throws JMSException {
        String text = new String(bytes.array(), bytes.offset(), bytes.length(), StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') >= 0) {
            // Rare: either a genuine U+FFFD or a replaced malformation; only the strict decoder can tell.
            try {
                StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes.array(), bytes.offset(), bytes.length()));
            } catch (CharacterCodingException e) {
                throw Failures.corrupt("text is not UTF-8", e);
            }
        }
        return text;
    }
}
