package org.fulmar.broker.filter;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A part of a selector that is true, false or unknown. Immutable. */
interface Condition extends Operand {
    Truth test(Evaluation evaluation);

    /** What it is to {@code =} and {@code <>}: a Boolean, or null if it is unknown. */
    @Override
    default @Nullable Object value(Evaluation evaluation) {
        return switch (test(evaluation)) {
            case TRUE -> Boolean.TRUE;
            case FALSE -> Boolean.FALSE;
            case UNKNOWN -> null;
        };
    }

    record Known(Truth truth) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            return truth;
        }
    }

    /** A property that stands where a condition must; unknown unless it is a boolean. */
    record Flag(Operand operand) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            return operand.value(evaluation) instanceof Boolean flag ? Truth.of(flag) : Truth.UNKNOWN;
        }
    }

    record Not(Condition condition) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            return condition.test(evaluation).not();
        }
    }

    /** AND. */
    record All(Condition[] conditions) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            return search(conditions, Truth.FALSE, evaluation);
        }
    }

    /** OR. */
    record Any(Condition[] conditions) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            return search(conditions, Truth.TRUE, evaluation);
        }
    }

    /** The decisive truth if one condition has it, else unknown if one is, else the opposite. */
    private static Truth search(Condition[] conditions, Truth decisive, Evaluation evaluation) {
        Truth result = decisive.not();
        for (Condition condition : conditions) {
            evaluation.step();
            Truth truth = condition.test(evaluation);
            if (truth == decisive || evaluation.exhausted()) {
                return truth;
            }
            if (truth == Truth.UNKNOWN) {
                result = Truth.UNKNOWN;
            }
        }
        return result;
    }

    record Comparison(Operand left, Relation relation, Operand right) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            return relation.test(left.value(evaluation), right.value(evaluation));
        }
    }

    /** {@code operand >= low AND operand <= high}, or {@code operand < low OR operand > high}. */
    record Between(Operand operand, Operand low, Operand high, boolean negated) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            Object value = operand.value(evaluation);
            Truth decisive = Truth.of(negated);
            Truth first = (negated ? Relation.LT : Relation.GE).test(value, low.value(evaluation));
            if (first == decisive) {
                return first;
            }
            Truth second = (negated ? Relation.GT : Relation.LE).test(value, high.value(evaluation));
            return second == decisive || first != Truth.UNKNOWN ? second : first;
        }
    }

    /** False of what is no string, negated or not: it is compared with values of another type. */
    record In(Operand operand, Set<String> strings, boolean negated) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            Object value = operand.value(evaluation);
            return value == null
                    ? Truth.UNKNOWN
                    : Truth.of(value instanceof String text && (strings.contains(text) != negated));
        }
    }

    /** False of what is no string, negated or not. */
    record Like(Operand operand, LikePattern pattern, boolean negated) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            Object value = operand.value(evaluation);
            return value == null
                    ? Truth.UNKNOWN
                    : Truth.of(value instanceof String text && (pattern.matches(text, evaluation) != negated));
        }
    }

    record IsNull(Operand operand, boolean negated) implements Condition {
        @Override
        public Truth test(Evaluation evaluation) {
            evaluation.step();
            return Truth.of((operand.value(evaluation) == null) != negated);
        }
    }
}
