package org.fulmar.broker.filter;

import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;
import org.fulmar.broker.filter.grammar.SqlLexer;
import org.fulmar.broker.filter.grammar.SqlParser;
import org.jspecify.annotations.Nullable;

/** From the text of a SQL92 filter to its parse tree, or to the first mistake and what was expected there. Stateless. */
final class SqlSyntax {
    private SqlSyntax() {}

    static SqlParser.FilterContext parse(String text) {
        SelectorSyntax.checkSurrogates(text);
        SqlLexer lexer = new SqlLexer(CharStreams.fromString(text));
        lexer.removeErrorListeners();
        CommonTokenStream tokens = new CommonTokenStream(lexer);
        tokens.fill();
        int depth = 0;
        for (Token token : tokens.getTokens()) {
            check(token);
            if (token.getType() == SqlLexer.OPEN && ++depth > SelectorSyntax.MAX_NESTING) {
                throw SelectorSyntax.error(token, "parentheses nest deeper than " + SelectorSyntax.MAX_NESTING);
            }
            if (token.getType() == SqlLexer.CLOSE) {
                depth--;
            }
        }
        SqlParser parser = new SqlParser(tokens);
        parser.removeErrorListeners();
        parser.addErrorListener(new FirstMistake());
        return parser.filter();
    }

    /** What the lexer lets pass. */
    private static void check(Token token) {
        switch (token.getType()) {
            case SqlLexer.UNCLOSED ->
                throw SelectorSyntax.error(token, "expected a quote that ends the string literal, but found the end");
            case SqlLexer.UNEXPECTED ->
                throw SelectorSyntax.error(
                        token,
                        "expected an expression or an operator, but found the character "
                                + SelectorSyntax.quote(token));
            case SqlLexer.IDENTIFIER -> SelectorSyntax.checkIdentifier(token);
            default -> {
                // any other token is right as it is
            }
        }
    }

    /** Ends the parser's work at the first mistake. */
    private static final class FirstMistake extends BaseErrorListener {
        @Override
        public void syntaxError(
                Recognizer<?, ?> recognizer,
                @Nullable Object symbol,
                int line,
                int column,
                String message,
                @Nullable RecognitionException cause) {
            if (!(symbol instanceof Token found)) {
                throw new IllegalStateException("a mistake without a token: " + message, cause);
            }
            throw SelectorSyntax.error(
                    found,
                    "expected " + describe(((Parser) recognizer).getExpectedTokens()) + ", but found "
                            + SelectorSyntax.quote(found));
        }
    }

    private static String describe(IntervalSet expected) {
        List<String> parts = new ArrayList<>();
        boolean operand = expected.contains(SqlLexer.IDENTIFIER);
        if (operand) {
            parts.add("a property");
            parts.add("a literal");
            parts.add("\"(\"");
        }
        for (int type : expected.toList()) {
            if (!operand) {
                parts.add(name(type));
            }
        }
        String last = parts.remove(parts.size() - 1);
        return parts.isEmpty() ? last : String.join(", ", parts) + " or " + last;
    }

    private static String name(int type) {
        if (type == Token.EOF) {
            return "the end of the filter";
        }
        if (type == SqlLexer.STRING) {
            return "a string literal";
        }
        String literal = SqlLexer.VOCABULARY.getLiteralName(type);
        return literal != null && type >= SqlLexer.EQ
                ? literal.replace('\'', '"')
                : SqlLexer.VOCABULARY.getSymbolicName(type);
    }
}
