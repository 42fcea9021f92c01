package org.fulmar.broker.filter;

import org.jspecify.annotations.Nullable;

/** The comparison operators, by the rules of section 3.8.1.1. */
enum Relation {
    EQ,
    NE,
    LT,
    LE,
    GT,
    GE;

    /** Whether only numbers can be compared with it. */
    boolean orders() {
        return this != EQ && this != NE;
    }

    /** Unknown if one of the values is null; false, whatever the operator, if they are of unlike types. */
    Truth test(@Nullable Object left, @Nullable Object right) {
        if (left == null || right == null) {
            return Truth.UNKNOWN;
        }
        if (left instanceof Number a && right instanceof Number b) {
            return Truth.of(Numbers.compare(this, a, b));
        }
        if (orders() || left.getClass() != right.getClass()) {
            return Truth.FALSE;
        }
        return Truth.of(left.equals(right) == (this == EQ));
    }

    boolean holds(int order) {
        return switch (this) {
            case EQ -> order == 0;
            case NE -> order != 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            case GT -> order > 0;
            case GE -> order >= 0;
        };
    }

    /** As Java's operators, also with NaN and with zeros of two signs. */
    boolean holds(double a, double b) {
        return switch (this) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
        };
    }
}
