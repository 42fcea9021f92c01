package org.fulmar.broker.filter;

import java.util.List;
import java.util.function.BiFunction;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Lexer;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.Vocabulary;
import org.antlr.v4.runtime.misc.IntervalSet;
import org.fulmar.protocol.message.Escapes;
import org.jspecify.annotations.Nullable;

/**
 * What message selectors and SQL92 filters have in common on their way to a parse tree: which texts and tokens are let
 * through, and how mistakes are told. Immutable.
 *
 * @param kind what a text of this grammar is called
 * @param names of its tokens
 * @param identifier and so on: types of tokens; those from {@code firstSign} on are called by what they look like
 */
record Syntax(
        String kind,
        Vocabulary names,
        int identifier,
        int string,
        int open,
        int close,
        int unclosed,
        int unexpected,
        int firstSign) {
    /** How deep parentheses may nest. */
    static final int MAX_NESTING = 200;

    private static final int LONGEST_QUOTE = 40;

    /** The tokens of a text that has passed {@link #checkSurrogates}. */
    CommonTokenStream tokens(Lexer lexer) {
        lexer.removeErrorListeners();
        CommonTokenStream tokens = new CommonTokenStream(lexer);
        tokens.fill();
        int depth = 0;
        for (Token token : tokens.getTokens()) {
            check(token);
            if (token.getType() == open && ++depth > MAX_NESTING) {
                throw error(token, "parentheses nest deeper than " + MAX_NESTING);
            }
            if (token.getType() == close) {
                depth--;
            }
        }
        return tokens;
    }

    /** What the lexer lets pass. */
    private void check(Token token) {
        int type = token.getType();
        if (type == unclosed) {
            throw error(token, "expected a quote that ends the string literal, but found the end");
        } else if (type == unexpected) {
            throw error(token, "expected an expression or an operator, but found the character " + quote(token));
        } else if (type == identifier) {
            checkIdentifier(token);
        }
    }

    /** Control characters, which Java ignores in identifiers, are refused: no property can have them in its name. */
    private static void checkIdentifier(Token token) {
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

    /** The parser, which ends its work at the first mistake. */
    static <P extends Parser> P strict(P parser, BiFunction<IntervalSet, Token, String> expectation) {
        parser.removeErrorListeners();
        parser.addErrorListener(new FirstMistake(expectation));
        return parser;
    }

    private static final class FirstMistake extends BaseErrorListener {
        /** Says what was expected where a token was found. */
        private final BiFunction<IntervalSet, Token, String> expectation;

        FirstMistake(BiFunction<IntervalSet, Token, String> expectation) {
            this.expectation = expectation;
        }

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
            throw error(found, "expected " + expectation.apply(expected, found) + ", but found " + quote(found));
        }
    }

    /** How a message names a type of token. */
    String name(int type) {
        if (type == Token.EOF) {
            return "the end of the " + kind;
        }
        if (type == string) {
            return "a string literal";
        }
        String literal = names.getLiteralName(type);
        return literal != null && type >= firstSign ? literal.replace('\'', '"') : names.getSymbolicName(type);
    }

    /** How a message lists what there is to choose from. */
    static String either(List<String> parts) {
        int last = parts.size() - 1;
        return last == 0 ? parts.get(0) : String.join(", ", parts.subList(0, last)) + " or " + parts.get(last);
    }

    /** Refuses a text that is not Unicode. */
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
}
