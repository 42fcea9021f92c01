package org.fulmar.broker.filter;

import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;
import org.fulmar.broker.filter.grammar.SelectorLexer;
import org.fulmar.broker.filter.grammar.SelectorParser;

/** From a selector's text to its parse tree, or to the first mistake and what was expected there. Stateless. */
final class SelectorSyntax {
    private static final Syntax SYNTAX = new Syntax(
            "selector",
            SelectorLexer.VOCABULARY,
            SelectorLexer.IDENTIFIER,
            SelectorLexer.STRING,
            SelectorLexer.OPEN,
            SelectorLexer.CLOSE,
            SelectorLexer.UNCLOSED,
            SelectorLexer.UNEXPECTED,
            SelectorLexer.EQ);

    private SelectorSyntax() {}

    static SelectorParser.SelectorContext parse(String text) {
        Syntax.checkSurrogates(text);
        SelectorLexer lexer = new SelectorLexer(CharStreams.fromString(text));
        SelectorParser parser = new SelectorParser(SYNTAX.tokens(lexer));
        return Syntax.strict(parser, SelectorSyntax::describe).selector();
    }

    private static String describe(IntervalSet expected, Token found) {
        List<String> parts = new ArrayList<>();
        boolean operand = expected.contains(SelectorLexer.IDENTIFIER);
        if (operand) {
            parts.add("an identifier");
            parts.add("a literal");
            parts.add("\"(\"");
        }
        boolean complete =
                expected.size() == 1 && (expected.contains(Token.EOF) || expected.contains(SelectorLexer.CLOSE));
        if (complete) {
            parts.add(isOperator(found) ? "AND" : "an operator");
            if (isOperator(found)) {
                parts.add("OR");
            }
        }
        for (int type : expected.toList()) {
            if (!operand || type == SelectorLexer.NOT) {
                parts.add(SYNTAX.name(type));
            }
        }
        return Syntax.either(parts);
    }

    private static boolean isOperator(Token token) {
        return token.getType() >= SelectorLexer.EQ && token.getType() <= SelectorLexer.DIVIDE;
    }
}
