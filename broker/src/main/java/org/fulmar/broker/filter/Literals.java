package org.fulmar.broker.filter;

import org.antlr.v4.runtime.Token;
import org.fulmar.broker.filter.grammar.SelectorLexer;

/** The values of literals: Java's, and long where Java would ask for an L. Stateless. */
final class Literals {
    private Literals() {}

    /** The characters between the quotes. */
    static String string(Token token) {
        String text = token.getText();
        return text.substring(1, text.length() - 1).replace("''", "'");
    }

    /**
     * An Integer, Long, Float or Double.
     *
     * @param negative whether a minus stands before it: then the result is negative, and so can be the least long
     */
    static Number number(Token token, boolean negative) {
        try {
            if (token.getType() == SelectorLexer.EXACT) {
                return exact(token.getText().replace("_", ""), negative);
            }
            return approximate(token, token.getText().replace("_", ""), negative);
        } catch (NumberFormatException e) {
            throw Syntax.error(
                    token,
                    "expected a whole number as Java writes them that fits a long, but found " + Syntax.quote(token));
        }
    }

    private static Number exact(String text, boolean negative) {
        boolean isLong = text.endsWith("L") || text.endsWith("l");
        String digits = isLong ? text.substring(0, text.length() - 1) : text;
        int radix = radix(digits);
        if (radix == 10) {
            long value = Long.parseLong(negative ? "-" + digits : digits);
            return isLong || (int) value != value ? (Number) value : (Number) (int) value;
        }
        // As in Java, these are bit patterns: 0xFFFFFFFF is -1, and with an L it is not.
        long bits = Long.parseUnsignedLong(digits.substring(radix == 8 ? 1 : 2), radix);
        if (isLong || bits >>> Integer.SIZE != 0) {
            return negative ? -bits : bits;
        }
        return negative ? -(int) bits : (int) bits;
    }

    private static int radix(String digits) {
        if (digits.length() == 1 || digits.charAt(0) != '0') {
            return 10;
        }
        return switch (digits.charAt(1)) {
            case 'x', 'X' -> 16;
            case 'b', 'B' -> 2;
            default -> 8;
        };
    }

    private static Number approximate(Token token, String text, boolean negative) {
        boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
        char last = text.charAt(text.length() - 1);
        boolean isFloat = last == 'f' || last == 'F';
        double value = isFloat ? Float.parseFloat(text) : Double.parseDouble(text);
        if (Double.isInfinite(value) || (value == 0 && isMoreThanZero(text, hexadecimal))) {
            throw Syntax.error(
                    token,
                    "expected an approximate number that fits a " + (isFloat ? "float" : "double") + ", but found "
                            + Syntax.quote(token));
        }
        double signed = negative ? -value : value;
        return isFloat ? (Number) (float) signed : (Number) signed;
    }

    private static boolean isMoreThanZero(String text, boolean hexadecimal) {
        for (int i = hexadecimal ? 2 : 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == (hexadecimal ? 'p' : 'e') || c == (hexadecimal ? 'P' : 'E')) {
                return false;
            }
            if (c != '0' && c != '.' && Character.digit(c, hexadecimal ? 16 : 10) >= 0) {
                return true;
            }
        }
        return false;
    }
}
