package org.fulmar.broker.filter;

import org.antlr.v4.runtime.Token;

/** An expression while its selector is compiled; {@code kind} is BOOLEAN exactly if the operand is a {@link Condition}. */
record Term(Kind kind, Operand operand, Token start) {
    static Term of(Condition condition, Token start) {
        return new Term(Kind.BOOLEAN, condition, start);
    }
}
