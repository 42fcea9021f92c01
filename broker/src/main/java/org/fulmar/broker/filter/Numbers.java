package org.fulmar.broker.filter;

import org.jspecify.annotations.Nullable;

/**
 * Arithmetic and comparison with Java's binary numeric promotion, as section 3.8.1.1 asks: in double if there is one,
 * else in float, else in long, else in int; whole numbers wrap around as in Java. What is no number, and a division by
 * zero, gives null. Stateless.
 */
final class Numbers {
    private Numbers() {}

    static @Nullable Object compute(Arithmetic operator, @Nullable Object left, @Nullable Object right) {
        if (!(left instanceof Number a) || !(right instanceof Number b)) {
            return null;
        }
        if (operator == Arithmetic.DIVIDE && b.doubleValue() == 0) {
            return null;
        }
        if (a instanceof Double || b instanceof Double) {
            return compute(operator, a.doubleValue(), b.doubleValue());
        }
        if (a instanceof Float || b instanceof Float) {
            return compute(operator, a.floatValue(), b.floatValue());
        }
        if (a instanceof Long || b instanceof Long) {
            return compute(operator, a.longValue(), b.longValue());
        }
        return compute(operator, a.intValue(), b.intValue());
    }

    private static Object compute(Arithmetic operator, double a, double b) {
        return switch (operator) {
            case PLUS -> a + b;
            case MINUS -> a - b;
            case TIMES -> a * b;
            case DIVIDE -> a / b;
        };
    }

    private static Object compute(Arithmetic operator, float a, float b) {
        return switch (operator) {
            case PLUS -> a + b;
            case MINUS -> a - b;
            case TIMES -> a * b;
            case DIVIDE -> a / b;
        };
    }

    private static Object compute(Arithmetic operator, long a, long b) {
        return switch (operator) {
            case PLUS -> a + b;
            case MINUS -> a - b;
            case TIMES -> a * b;
            case DIVIDE -> a / b;
        };
    }

    private static Object compute(Arithmetic operator, int a, int b) {
        return switch (operator) {
            case PLUS -> a + b;
            case MINUS -> a - b;
            case TIMES -> a * b;
            case DIVIDE -> a / b;
        };
    }

    static @Nullable Object negate(@Nullable Object value) {
        if (value instanceof Integer i) {
            return -i;
        }
        if (value instanceof Long l) {
            return -l;
        }
        if (value instanceof Float f) {
            return -f;
        }
        return value instanceof Double d ? (Object) (-d) : null;
    }

    static @Nullable Object promote(@Nullable Object value) {
        return value instanceof Number ? value : null;
    }

    static boolean compare(Relation relation, Number a, Number b) {
        if (a instanceof Double || b instanceof Double) {
            return relation.holds(a.doubleValue(), b.doubleValue());
        }
        if (a instanceof Float || b instanceof Float) {
            return relation.holds(a.floatValue(), b.floatValue());
        }
        return relation.holds(Long.compare(a.longValue(), b.longValue()));
    }
}
