package org.fulmar.broker.filter;

import org.jspecify.annotations.Nullable;

/** The conditions of SQL92 filters that message selectors don't have, since to these every property is a string. */
interface SqlCondition extends Condition {
    /**
     * A comparison. A string is a number to a number, a truth to a truth, and both sides of an order are numbers; unknown
     * if one of them is not there or can't be that.
     */
    record Comparison(Operand left, Relation relation, Operand right) implements SqlCondition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            Object a = left.value(evaluation);
            Object b = right.value(evaluation);
            if (a == null || b == null) {
                return Truth.UNKNOWN;
            }
            if (relation.orders() || a instanceof Number || b instanceof Number) {
                Number x = SqlNumbers.of(a, evaluation);
                Number y = SqlNumbers.of(b, evaluation);
                return x == null || y == null ? Truth.UNKNOWN : Truth.of(Numbers.compare(relation, x, y));
            }
            if (a instanceof String text && b instanceof String other) {
                return Truth.of(text.equals(other) == (relation == Relation.EQ));
            }
            return Truth.of((truth(a) == truth(b)) == (relation == Relation.EQ));
        }
    }

    /** A property that stands where a condition must. */
    record Flag(Operand operand) implements SqlCondition {
        @Override
        public Truth test(Evaluation evaluation) {
            Object value = operand.value(evaluation);
            return value == null ? Truth.UNKNOWN : Truth.of(truth(value));
        }
    }

    /** As Java's and RocketMQ's parsers have it: every string but "true" is false. */
    private static boolean truth(Object value) {
        return value instanceof Boolean flag ? flag : value instanceof String text && Boolean.parseBoolean(text);
    }

    /**
     * CONTAINS and its kin. As with RocketMQ it is false, negated or not, of a property that is not there.
     *
     * @param pattern null if the text is empty, which no property is said to contain, nor not to
     */
    record Search(Operand operand, @Nullable LikePattern pattern, boolean negated) implements SqlCondition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            return Truth.of(pattern != null
                    && operand.value(evaluation) instanceof String text
                    && pattern.matches(text, evaluation) != negated);
        }
    }

    /** Unary minus. */
    record Negated(Operand operand) implements Operand {
        @Override
        public @Nullable Object value(Evaluation evaluation) {
            evaluation.step();
            Object value = operand.value(evaluation);
            return value == null ? null : Numbers.negate(SqlNumbers.of(value, evaluation));
        }
    }
}
