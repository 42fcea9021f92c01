package org.fulmar.broker.filter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts conditions and operands together and computes at once what no message can change. Stateless. */
final class Folding {
    private Folding() {}

    static Condition all(List<Condition> conditions) {
        List<Condition> left = new ArrayList<>(conditions.size());
        for (Condition condition : conditions) {
            if (condition instanceof Condition.All all) {
                left.addAll(Arrays.asList(all.conditions()));
            } else {
                left.add(condition);
            }
        }
        Condition known = decide(left, Truth.FALSE);
        return known != null ? known : new Condition.All(left.toArray(Condition[]::new));
    }

    static Condition any(List<Condition> conditions) {
        List<Condition> left = new ArrayList<>(conditions);
        Condition known = decide(left, Truth.TRUE);
        return known != null ? known : new Condition.Any(left.toArray(Condition[]::new));
    }

    /** Drops what decides nothing; gives the condition that it comes down to, if that is one. */
    private static @Nullable Condition decide(List<Condition> conditions, Truth decisive) {
        Condition neutral = new Condition.Known(decisive.not());
        Condition deciding = new Condition.Known(decisive);
        conditions.removeIf(neutral::equals);
        if (conditions.contains(deciding)) {
            return deciding;
        }
        return switch (conditions.size()) {
            case 0 -> neutral;
            case 1 -> conditions.get(0);
            default -> null;
        };
    }

    static Condition not(Condition condition) {
        return condition instanceof Condition.Known known
                ? new Condition.Known(known.truth().not())
                : new Condition.Not(condition);
    }

    static Condition comparison(Operand left, Relation relation, Operand right) {
        Condition comparison = new Condition.Comparison(left, relation, right);
        return isKnown(left) && isKnown(right) ? known(comparison) : comparison;
    }

    static Condition between(Operand operand, Operand low, Operand high, boolean negated) {
        Condition between = new Condition.Between(operand, low, high, negated);
        return isKnown(operand) && isKnown(low) && isKnown(high) ? known(between) : between;
    }

    static Operand signed(Operand operand, boolean negative) {
        Operand signed = negative ? new Operand.Negated(operand) : new Operand.Signed(operand);
        return isKnown(operand) ? new Operand.Constant(signed.value(withoutMessage())) : signed;
    }

    /** Folds from the left as far as constants go: what comes later could make a difference by rounding. */
    static Operand chain(Operand first, Arithmetic[] operators, Operand[] others) {
        Operand start = first;
        int folded = 0;
        Evaluation evaluation = withoutMessage();
        while (folded < others.length && isKnown(start) && isKnown(others[folded])) {
            start = new Operand.Constant(
                    Numbers.compute(operators[folded], start.value(evaluation), others[folded].value(evaluation)));
            folded++;
        }
        return folded == others.length
                ? start
                : new Operand.Chain(
                        start,
                        Arrays.copyOfRange(operators, folded, operators.length),
                        Arrays.copyOfRange(others, folded, others.length));
    }

    private static boolean isKnown(Operand operand) {
        return operand instanceof Operand.Constant || operand instanceof Condition.Known;
    }

    private static Condition known(Condition condition) {
        return new Condition.Known(condition.test(withoutMessage()));
    }

    /** Constants ask for no values. */
    private static Evaluation withoutMessage() {
        return new Evaluation(new RecordValues(new Identifiers.Collector().done()));
    }
}
