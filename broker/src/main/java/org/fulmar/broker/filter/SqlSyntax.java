package org.fulmar.broker.filter;

import java.util.List;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;
import org.fulmar.broker.filter.grammar.SqlLexer;
import org.fulmar.broker.filter.grammar.SqlParser;

/** From the text of a SQL92 filter to its parse tree, or to the first mistake and what was expected there. Stateless. */
final class SqlSyntax {
    private static final Syntax SYNTAX = new Syntax(
            "filter",
            SqlLexer.VOCABULARY,
            SqlLexer.IDENTIFIER,
            SqlLexer.STRING,
            SqlLexer.OPEN,
            SqlLexer.CLOSE,
            SqlLexer.UNCLOSED,
            SqlLexer.UNEXPECTED,
            SqlLexer.EQ);

    private SqlSyntax() {}

    static SqlParser.FilterContext parse(String text) {
        Syntax.checkSurrogates(text);
        SqlLexer lexer = new SqlLexer(CharStreams.fromString(text));
        SqlParser parser = new SqlParser(SYNTAX.tokens(lexer));
        return Syntax.strict(parser, SqlSyntax::describe).filter();
    }

    private static String describe(IntervalSet expected, Token found) {
        return Syntax.either(
                expected.contains(SqlLexer.IDENTIFIER)
                        ? List.of("a property", "a literal", "\"(\"")
                        : expected.toList().stream().map(SYNTAX::name).toList());
    }
}
