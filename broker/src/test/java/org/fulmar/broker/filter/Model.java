package org.fulmar.broker.filter;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Section 3.8.1 written down once more, plainly: expressions as trees that say their text and their value. */
final class Model {
    private Model() {}

    /** A node: how tightly it binds, its text, and its value, where null is unknown. */
    interface Node {
        int level();

        String text();

        @Nullable Object value(Map<String, Object> properties);

        /** The text as an operand of something that binds at a level. */
        default String under(int level) {
            return level() < level ? "(" + text() + ")" : text();
        }
    }

    static final int OR = 1;
    static final int AND = 2;
    static final int NOT = 3;
    static final int COMPARE = 4;
    static final int ADD = 5;
    static final int MULTIPLY = 6;
    static final int SIGN = 7;
    static final int ATOM = 8;

    record Atom(String text, @Nullable Object constant, boolean isName) implements Node {
        @Override
        public int level() {
            return ATOM;
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            Object value = isName ? properties.get(text) : constant;
            return value instanceof Byte || value instanceof Short ? (Object) ((Number) value).intValue() : value;
        }
    }

    record Logic(boolean and, Node left, Node right) implements Node {
        @Override
        public int level() {
            return and ? AND : OR;
        }

        @Override
        public String text() {
            return left.under(level()) + (and ? " AND " : " OR ") + right.under(level() + 1);
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            Boolean a = truth(left.value(properties));
            Boolean b = truth(right.value(properties));
            return and ? Model.and(a, b) : not(Model.and(not(a), not(b)));
        }
    }

    record Not(Node operand) implements Node {
        @Override
        public int level() {
            return NOT;
        }

        @Override
        public String text() {
            return "NOT " + operand.under(NOT);
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            return not(truth(operand.value(properties)));
        }
    }

    record Compare(String operator, Node left, Node right) implements Node {
        @Override
        public int level() {
            return COMPARE;
        }

        @Override
        public String text() {
            return left.under(ADD) + " " + operator + " " + right.under(ADD);
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            return compare(operator, left.value(properties), right.value(properties));
        }
    }

    record Between(Node operand, boolean negated, Node low, Node high) implements Node {
        @Override
        public int level() {
            return COMPARE;
        }

        @Override
        public String text() {
            return operand.under(ADD) + (negated ? " NOT" : "") + " BETWEEN " + low.under(ADD) + " AND "
                    + high.under(ADD);
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            Node same = negated
                    ? new Logic(false, new Compare("<", operand, low), new Compare(">", operand, high))
                    : new Logic(true, new Compare(">=", operand, low), new Compare("<=", operand, high));
            return same.value(properties);
        }
    }

    record In(Atom name, boolean negated, List<String> strings) implements Node {
        @Override
        public int level() {
            return COMPARE;
        }

        @Override
        public String text() {
            return name.text() + (negated ? " NOT" : "") + " IN ("
                    + String.join(", ", strings.stream().map(Model::literal).toList()) + ")";
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            if (name.value(properties) instanceof Number || name.value(properties) instanceof Boolean) {
                return false;
            }
            Boolean any = Boolean.FALSE;
            for (String string : strings) {
                any = not(and(not(any), not(compare("=", name.value(properties), string))));
            }
            return negated ? not(any) : any;
        }
    }

    record Like(
            Atom name,
            boolean negated,
            String pattern,
            @Nullable Character escape) implements Node {
        @Override
        public int level() {
            return COMPARE;
        }

        @Override
        public String text() {
            return name.text() + (negated ? " NOT" : "") + " LIKE " + literal(pattern)
                    + (escape == null ? "" : " ESCAPE " + literal(escape.toString()));
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            Object value = name.value(properties);
            if (value == null) {
                return null;
            }
            if (!(value instanceof String text)) {
                return false;
            }
            boolean like = like(
                    text.codePoints().toArray(), 0, pattern.codePoints().toArray(), 0, escape == null ? -1 : escape);
            return like != negated;
        }
    }

    record IsNull(Atom name, boolean negated) implements Node {
        @Override
        public int level() {
            return COMPARE;
        }

        @Override
        public String text() {
            return name.text() + " IS " + (negated ? "NOT " : "") + "NULL";
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            return (name.value(properties) == null) != negated;
        }
    }

    record Sign(boolean minus, Node operand) implements Node {
        @Override
        public int level() {
            return SIGN;
        }

        @Override
        public String text() {
            return (minus ? "-" : "+") + operand.under(SIGN);
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            Object value = operand.value(properties);
            if (!(value instanceof Number)) {
                return null;
            }
            if (minus && operand instanceof Atom literal && literal.text().equals("2147483648")) {
                // with the sign it is Java's least int
                return Integer.MIN_VALUE;
            }
            if (!minus) {
                return value;
            }
            // 0 - x would lose the sign of zero
            return value instanceof Float || value instanceof Double
                    ? arithmetic("*", value, -1)
                    : arithmetic("-", 0, value);
        }
    }

    record Compute(String operator, Node left, Node right) implements Node {
        @Override
        public int level() {
            return operator.equals("+") || operator.equals("-") ? ADD : MULTIPLY;
        }

        @Override
        public String text() {
            return left.under(level()) + " " + operator + " " + right.under(level() + 1);
        }

        @Override
        public @Nullable Object value(Map<String, Object> properties) {
            return arithmetic(operator, left.value(properties), right.value(properties));
        }
    }

    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** What a value is where a condition must stand. */
    static @Nullable Boolean truth(@Nullable Object value) {
        return value instanceof Boolean truth ? truth : null;
    }

    private static @Nullable Boolean not(@Nullable Boolean a) {
        return a == null ? null : Boolean.valueOf(!a);
    }

    private static @Nullable Boolean and(@Nullable Boolean a, @Nullable Boolean b) {
        if (Boolean.FALSE.equals(a) || Boolean.FALSE.equals(b)) {
            return false;
        }
        return a == null || b == null ? null : Boolean.TRUE;
    }

    /** 0 for int, 1 long, 2 float, 3 double. */
    private static int rank(Object number) {
        return List.of(Integer.class, Long.class, Float.class, Double.class).indexOf(number.getClass());
    }

    private static @Nullable Object arithmetic(String operator, @Nullable Object a, @Nullable Object b) {
        if (!(a instanceof Number x) || !(b instanceof Number y)) {
            return null;
        }
        if (operator.equals("/") && y.doubleValue() == 0) {
            return null;
        }
        int rank = Math.max(rank(a), rank(b));
        if (rank < 2) {
            BigDecimal left = new BigDecimal(x.longValue());
            BigDecimal right = new BigDecimal(y.longValue());
            BigDecimal exact = switch (operator) {
                case "+" -> left.add(right);
                case "-" -> left.subtract(right);
                case "*" -> left.multiply(right);
                default -> left.divideToIntegralValue(right);
            };
            return rank == 0 ? (Object) exact.intValue() : (Object) exact.longValue();
        }
        if (rank == 2) {
            float p = x.floatValue();
            float q = y.floatValue();
            return operator.equals("+") ? p + q : operator.equals("-") ? p - q : operator.equals("*") ? p * q : p / q;
        }
        double p = x.doubleValue();
        double q = y.doubleValue();
        return operator.equals("+") ? p + q : operator.equals("-") ? p - q : operator.equals("*") ? p * q : p / q;
    }

    private static @Nullable Boolean compare(String operator, @Nullable Object a, @Nullable Object b) {
        if (a == null || b == null) {
            return null;
        }
        boolean equality = operator.equals("=") || operator.equals("<>");
        if (!(a instanceof Number x) || !(b instanceof Number y)) {
            return equality && a.getClass() == b.getClass() && a.equals(b) == operator.equals("=");
        }
        int rank = Math.max(rank(a), rank(b));
        if (rank < 2) {
            int order = Long.compare(x.longValue(), y.longValue());
            return holds(operator, order < 0, order == 0, order > 0);
        }
        double p = rank == 2 ? x.floatValue() : x.doubleValue();
        double q = rank == 2 ? y.floatValue() : y.doubleValue();
        return holds(operator, p < q, p == q, p > q);
    }

    private static boolean holds(String operator, boolean less, boolean equal, boolean greater) {
        return switch (operator) {
            case "=" -> equal;
            case "<>" -> !equal;
            case "<" -> less;
            case "<=" -> less || equal;
            case ">" -> greater;
            default -> greater || equal;
        };
    }

    /** By trying everything; for short texts. */
    static boolean like(int[] text, int at, int[] pattern, int in, int escape) {
        if (in == pattern.length) {
            return at == text.length;
        }
        if (pattern[in] == escape) {
            return at < text.length && text[at] == pattern[in + 1] && like(text, at + 1, pattern, in + 2, escape);
        }
        if (pattern[in] == '%') {
            return like(text, at, pattern, in + 1, escape)
                    || (at < text.length && like(text, at + 1, pattern, in, escape));
        }
        return at < text.length
                && (pattern[in] == '_' || pattern[in] == text[at])
                && like(text, at + 1, pattern, in + 1, escape);
    }
}
