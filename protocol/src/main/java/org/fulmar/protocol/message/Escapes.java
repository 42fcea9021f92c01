package org.fulmar.protocol.message;

/**
 * The escaped form of strings in the property block, where U+0001 and U+0002 are separators and unpaired surrogates
 * can't be encoded: {@code \1}, {@code \2}, {@code \0}, {@code \\} and {@code \}{@code uXXXX}. Stateless.
 */
public final class Escapes {

    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private Escapes() {}

    /** Whether a string can't stand in the property block as it is. */
    public static boolean needed(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c <= '\u0002') {
                return true;
            }
            if (Character.isSurrogate(c)) {
                if (isUnpaired(text, i)) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    /** Whether the surrogate at an index is not the first of a pair. */
    public static boolean isUnpaired(String text, int index) {
        return !(Character.isHighSurrogate(text.charAt(index))
                && index + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(index + 1)));
    }

    public static String escape(String text) {
        if (text.indexOf('\\') < 0 && !needed(text)) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                out.append("\\\\");
            } else if (c <= '\u0002') {
                out.append('\\').append((char) ('0' + c));
            } else if (!Character.isSurrogate(c)) {
                out.append(c);
            } else if (isUnpaired(text, i)) {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.append(HEX[(c >>> shift) & 0xF]);
                }
            } else {
                out.append(c).append(text.charAt(++i));
            }
        }
        return out.toString();
    }

    public static String unescape(String text) throws MalformedPropertyException {
        int first = text.indexOf('\\');
        if (first < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length()).append(text, 0, first);
        for (int i = first; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char code = ++i < text.length() ? text.charAt(i) : '?';
            if (code == '\\') {
                out.append('\\');
            } else if (code >= '0' && code <= '2') {
                out.append((char) (code - '0'));
            } else if (code == 'u' && i + 4 < text.length()) {
                out.append(codeUnit(text, i + 1));
                i += 4;
            } else {
                throw new MalformedPropertyException("bad escape in a property");
            }
        }
        return out.toString();
    }

    private static char codeUnit(String text, int start) throws MalformedPropertyException {
        int value = 0;
        for (int i = start; i < start + 4; i++) {
            value = value << 4 | hexDigit(text.charAt(i));
        }
        return (char) value;
    }

    public static String toHex(byte[] bytes) {
        StringBuilder out = new StringBuilder(bytes.length * 2);
        for (byte b : bytes) {
            out.append(HEX[(b >>> 4) & 0xF]).append(HEX[b & 0xF]);
        }
        return out.toString();
    }

    /** Reads from {@code start} to the end. */
    public static byte[] fromHex(String text, int start) throws MalformedPropertyException {
        int digits = text.length() - start;
        if ((digits & 1) != 0) {
            throw new MalformedPropertyException("odd number of hexadecimal digits");
        }
        byte[] bytes = new byte[digits / 2];
        for (int i = 0; i < bytes.length; i++) {
            int at = start + 2 * i;
            bytes[i] = (byte) (hexDigit(text.charAt(at)) << 4 | hexDigit(text.charAt(at + 1)));
        }
        return bytes;
    }

    private static int hexDigit(char c) throws MalformedPropertyException {
        int digit = c < 0x80 ? Character.digit(c, 16) : -1;
        if (digit < 0) {
            throw new MalformedPropertyException("bad hexadecimal digit");
        }
        return digit;
    }
}
