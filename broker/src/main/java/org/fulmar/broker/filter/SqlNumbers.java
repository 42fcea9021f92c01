package org.fulmar.broker.filter;

import org.jspecify.annotations.Nullable;

/** Strings as the numbers that they say. Stateless. */
final class SqlNumbers {
    private SqlNumbers() {}

    /**
     * A number as it is, and that of a string: digits with a sign, a point and an exponent, all but the digits optional.
     * A Long where it is a whole number that fits one, otherwise a Double; null if it is none.
     */
    static @Nullable Number of(Object value, Evaluation evaluation) {
        if (value instanceof Number number) {
            return number;
        }
        if (!(value instanceof String text)) {
            return null;
        }
        evaluation.look(text.length());
        int digits = text.isEmpty() || "+-".indexOf(text.charAt(0)) < 0 ? 0 : 1;
        int end = skipDigits(text, digits);
        if (end == text.length() && end > digits && end - digits <= 19) {
            try {
                return Long.valueOf(text);
            } catch (NumberFormatException e) {
                return Double.valueOf(text);
            }
        }
        return isApproximate(text, digits, end) ? Double.valueOf(text) : null;
    }

    /** Java takes more than these: infinities, hexadecimal digits, a D at the end. */
    private static boolean isApproximate(String text, int start, int integerEnd) {
        int at = integerEnd;
        int count = integerEnd - start;
        if (at < text.length() && text.charAt(at) == '.') {
            int end = skipDigits(text, at + 1);
            count += end - at - 1;
            at = end;
        }
        if (count == 0) {
            return false;
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            int exponent = at + 1;
            if (exponent < text.length() && "+-".indexOf(text.charAt(exponent)) >= 0) {
                exponent++;
            }
            at = skipDigits(text, exponent);
            if (at == exponent) {
                return false;
            }
        }
        return at == text.length();
    }

    private static int skipDigits(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at;
    }
}
