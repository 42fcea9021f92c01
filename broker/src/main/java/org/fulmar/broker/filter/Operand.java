package org.fulmar.broker.filter;

import org.jspecify.annotations.Nullable;

/** A part of a selector that has a value: null, a String, a Boolean, Integer, Long, Float or Double. Immutable. */
interface Operand {
    @Nullable Object value(Evaluation evaluation);

    /** What the selector's text says, or what could be computed from that alone. */
    record Constant(@Nullable Object value) implements Operand {
        @Override
        public @Nullable Object value(Evaluation evaluation) {
            return value;
        }
    }

    /** A header or a property. */
    record Identifier(int slot) implements Operand {
        @Override
        public @Nullable Object value(Evaluation evaluation) {
            evaluation.step();
            return evaluation.value(slot);
        }
    }

    /** Unary minus. */
    record Negated(Operand operand) implements Operand {
        @Override
        public @Nullable Object value(Evaluation evaluation) {
            evaluation.step();
            return Numbers.negate(operand.value(evaluation));
        }
    }

    /** Unary plus: the number that the operand is. */
    record Signed(Operand operand) implements Operand {
        @Override
        public @Nullable Object value(Evaluation evaluation) {
            evaluation.step();
            return Numbers.promote(operand.value(evaluation));
        }
    }

    /** {@code first + second - third}, from left to right; one operator before each operand but the first. */
    record Chain(Operand first, Arithmetic[] operators, Operand[] others) implements Operand {
        @Override
        public @Nullable Object value(Evaluation evaluation) {
            Object value = first.value(evaluation);
            for (int i = 0; i < others.length && value != null; i++) {
                evaluation.step();
                value = Numbers.compute(operators[i], value, others[i].value(evaluation));
            }
            return value;
        }
    }
}
