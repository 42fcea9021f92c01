package org.fulmar.broker.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.antlr.v4.runtime.Token;

/** An expression while its selector is compiled; {@code kind} is BOOLEAN exactly if the operand is a {@link Condition}. */
record Term(Kind kind, Operand operand, Token start) {
    static Term of(Condition condition, Token start) {
        return new Term(Kind.BOOLEAN, condition, start);
    }

    /**
     * The conditions that parts of the tree come to, joined; a single part is left as it is.
     *
     * @param condition what a term comes to where a condition must stand
     * @param join at least two of them
     */
    static <C> Term joined(
            List<C> parts,
            Function<C, Term> compile,
            Function<Term, Condition> condition,
            Function<List<Condition>, Condition> join) {
        Term first = compile.apply(parts.get(0));
        if (parts.size() == 1) {
            return first;
        }
        List<Condition> conditions = new ArrayList<>(parts.size());
        conditions.add(condition.apply(first));
        for (C part : parts.subList(1, parts.size())) {
            conditions.add(condition.apply(compile.apply(part)));
        }
        return of(join.apply(conditions), first.start);
    }

    /**
     * The term as a condition, if it can be one.
     *
     * @param flag makes one of a property that stands alone
     */
    Condition condition(Function<Operand, Condition> flag) {
        if (operand instanceof Condition condition) {
            return condition;
        }
        if (kind != Kind.ANY) {
            throw Syntax.error(start, "expected a condition, but found " + kind.description);
        }
        return flag.apply(operand);
    }

    /** What the operator, which expects numbers, gets of the term. */
    Operand number(Token operator) {
        if (!kind.canBe(Kind.NUMBER)) {
            throw Syntax.error(start, Syntax.quote(operator) + " expects numbers, but this is " + kind.description);
        }
        return operand;
    }
}
