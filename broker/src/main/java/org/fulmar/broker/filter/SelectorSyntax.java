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
import org.fulmar.broker.filter.grammar.SelectorLexer;
import org.fulmar.broker.filter.grammar.SelectorParser;
import org.fulmar.protocol.message.Escapes;
import org.jspecify.annotations.Nullable;

/** From a selector's text to its parse tree, or to the first mistake and what was expected there. Stateless. */
final class SelectorSyntax {
    /** How deep parentheses may nest. */
    static final int MAX_NESTING = 200;

    private static final int LONGEST_QUOTE = 40;

    private SelectorSyntax() {}

    static SelectorParser.SelectorContext parse(String text) {
        checkSurrogates(text);
        SelectorLexer lexer = new SelectorLexer(CharStreams.fromString(text));
        lexer.removeErrorListeners();
        CommonTokenStream tokens = new CommonTokenStream(lexer);
        tokens.fill();
        int depth = 0;
        for (Token token : tokens.getTokens()) {
            check(token);
            if (token.getType() == SelectorLexer.OPEN && ++depth > MAX_NESTING) {
                throw error(token, "parentheses nest deeper than " + MAX_NESTING);
            }
            if (token.getType() == SelectorLexer.CLOSE) {
                depth--;
            }
        }
        SelectorParser parser = new SelectorParser(tokens);
        parser.removeErrorListeners();
        parser.addErrorListener(new FirstMistake());
        return parser.selector();
    }

    static SelectorError error(Token token, String message) {
        return new SelectorError(token.getStartIndex() + 1, message);
    }

    /** How a message names a piece of the selector. */
    static String quote(Token token) {
        return token.getType() == Token.EOF ? "the end" : quote(token.getText(), LONGEST_QUOTE);
    }

    /** A text in quotes, at most so many characters of it, without control characters. */
    static String quote(String text, int longest) {
        String shown = text.length() <= longest ? text : text.substring(0, longest) + "...";
        StringBuilder quoted = new StringBuilder(shown.length() + 2).append('"');
        shown.chars().forEach(c -> quoted.append(Character.isISOControl(c) ? ' ' : (char) c));
        return quoted.append('"').toString();
    }

    static void checkSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (Escapes.isUnpaired(text, i)) {
                    throw new SelectorError(text.codePointCount(0, i) + 1, "half of a surrogate pair");
                }
                i++;
            }
        }
    }

    /** What the lexer lets pass. */
    private static void check(Token token) {
        switch (token.getType()) {
            case SelectorLexer.UNCLOSED ->
                throw error(token, "expected a quote that ends the string literal, but found the end");
            case SelectorLexer.UNEXPECTED ->
                throw error(token, "expected an expression or an operator, but found the character " + quote(token));
            case SelectorLexer.IDENTIFIER -> checkIdentifier(token);
            default -> {
                // any other token is right as it is
            }
        }
    }

    /** Control characters, which Java ignores in identifiers, are refused: no property can have them in its name. */
    static void checkIdentifier(Token token) {
        String name = token.getText();
        int position = token.getStartIndex() + 1;
        for (int i = 0; i < name.length(); position++) {
            int c = name.codePointAt(i);
            boolean allowed = i == 0 ? Character.isJavaIdentifierStart(c) : Character.isJavaIdentifierPart(c);
            if (!allowed || Character.isISOControl(c)) {
                throw new SelectorError(
                        position,
                        String.format(
                                "the character U+%04X cannot %s an identifier", c, i == 0 ? "begin" : "stand in"));
            }
            i += Character.charCount(c);
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
            IntervalSet expected = ((Parser) recognizer).getExpectedTokens();
            throw error(found, "expected " + describe(expected, found) + ", but found " + quote(found));
        }
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
                parts.add(name(type));
            }
        }
        String last = parts.remove(parts.size() - 1);
        return parts.isEmpty() ? last : String.join(", ", parts) + " or " + last;
    }

    private static boolean isOperator(Token token) {
        return token.getType() >= SelectorLexer.EQ && token.getType() <= SelectorLexer.DIVIDE;
    }

    private static String name(int type) {
        if (type == Token.EOF) {
            return "the end of the selector";
        }
        if (type == SelectorLexer.STRING) {
            return "a string literal";
        }
        String literal = SelectorLexer.VOCABULARY.getLiteralName(type);
        return literal != null && type >= SelectorLexer.EQ
                ? literal.replace('\'', '"')
                : SelectorLexer.VOCABULARY.getSymbolicName(type);
    }
}
