package org.fulmar.broker.filter;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.fulmar.broker.filter.grammar.SqlParser;

/**
 * From the parse tree of a SQL92 filter to conditions and operands; refuses what can't go together whatever the message.
 * One per filter; only parentheses make it go deeper.
 */
final class SqlCompiler {
    record Result(Condition condition, Identifiers identifiers, Set<Integer> tagHashes) {}

    private final Identifiers.Collector identifiers = new Identifiers.Collector();

    private SqlCompiler() {}

    static Result compile(String text) {
        SqlCompiler compiler = new SqlCompiler();
        Condition condition =
                condition(compiler.expression(SqlSyntax.parse(text).expression()));
        int tags = compiler.identifiers.slot("TAGS");
        return new Result(condition, compiler.identifiers.done(), SqlTags.demanded(condition, tags));
    }

    private Term expression(SqlParser.ExpressionContext context) {
        return Term.joined(context.conjunction(), this::conjunction, SqlCompiler::condition, Folding::any);
    }

    private Term conjunction(SqlParser.ConjunctionContext context) {
        return Term.joined(context.negation(), this::negation, SqlCompiler::condition, Folding::all);
    }

    private Term negation(SqlParser.NegationContext context) {
        return negated(equality(context.equality()), context.NOT());
    }

    private Term operand(SqlParser.OperandContext context) {
        return negated(comparison(context.comparison()), context.NOT());
    }

    private Term negated(Term term, List<TerminalNode> nots) {
        if (nots.isEmpty()) {
            return term;
        }
        Condition condition = condition(term);
        Token start = nots.get(0).getSymbol();
        return Term.of(nots.size() % 2 == 0 ? condition : Folding.not(condition), start);
    }

    /** The term as a condition, if it can be one. */
    private static Condition condition(Term term) {
        return term.condition(SqlCondition.Flag::new);
    }

    private Term equality(SqlParser.EqualityContext context) {
        Term term = comparison(context.comparison());
        for (SqlParser.EquationContext equation : context.equation()) {
            Condition condition = equation instanceof SqlParser.EqualContext equal
                    ? equal(term, equal)
                    : new Condition.IsNull(term.operand(), ((SqlParser.IsNullContext) equation).not != null);
            term = Term.of(condition, term.start());
        }
        return term;
    }

    private Condition equal(Term left, SqlParser.EqualContext context) {
        Term right = operand(context.operand());
        for (Term side : List.of(left, right)) {
            if (side.operand() instanceof Condition.Known known && known.truth() == Truth.UNKNOWN) {
                throw Syntax.error(side.start(), "nothing is equal to NULL; write IS NULL or IS NOT NULL");
            }
        }
        boolean sound = left.kind() == Kind.NUMBER
                ? right.kind() != Kind.BOOLEAN
                : left.kind() != Kind.BOOLEAN || right.kind() != Kind.NUMBER;
        if (!sound) {
            throw Syntax.error(
                    context.relation, left.kind().description + " cannot be compared with " + right.kind().description);
        }
        Relation relation = context.relation.getType() == SqlParser.EQ ? Relation.EQ : Relation.NE;
        return new SqlCondition.Comparison(left.operand(), relation, right.operand());
    }

    private Term comparison(SqlParser.ComparisonContext context) {
        Term left = signed(context.signed());
        SqlParser.TestContext test = context.test();
        if (test == null) {
            return left;
        }
        if (test instanceof SqlParser.OrderedContext ordered) {
            Relation relation = switch (ordered.relation.getType()) {
                case SqlParser.LT -> Relation.LT;
                case SqlParser.LE -> Relation.LE;
                case SqlParser.GT -> Relation.GT;
                default -> Relation.GE;
            };
            Operand right = signed(ordered.signed()).number(ordered.relation);
            Condition condition = new SqlCondition.Comparison(left.number(ordered.relation), relation, right);
            return Term.of(condition, left.start());
        }
        return Term.of(ranged(left, (SqlParser.RangedContext) test), left.start());
    }

    private Condition ranged(Term left, SqlParser.RangedContext context) {
        boolean negated = context.not != null;
        SqlParser.RangeContext range = context.range();
        if (range instanceof SqlParser.BetweenContext between) {
            return between(left, between, negated);
        }
        if (!(left.operand() instanceof Operand.Identifier identifier)) {
            throw Syntax.error(
                    left.start(),
                    "expected a property before " + Syntax.quote(range.getStart()) + ", but found "
                            + left.kind().description);
        }
        if (range instanceof SqlParser.InContext in) {
            Set<String> strings = new HashSet<>();
            in.STRING().forEach(string -> strings.add(Literals.string(string.getSymbol())));
            return new Condition.In(identifier, strings, negated);
        }
        if (range instanceof SqlParser.LikeContext like) {
            return new Condition.Like(identifier, SelectorCompiler.pattern(like.pattern, like.escape), negated);
        }
        SqlParser.SearchContext search = (SqlParser.SearchContext) range;
        String text = Literals.string(search.STRING().getSymbol());
        LikePattern pattern = text.isEmpty()
                ? null
                : LikePattern.ofText(
                        text,
                        search.place.getType() != SqlParser.STARTSWITH,
                        search.place.getType() != SqlParser.ENDSWITH);
        return new SqlCondition.Search(identifier, pattern, negated);
    }

    private Condition between(Term left, SqlParser.BetweenContext context, boolean negated) {
        Token operator = context.getStart();
        Operand operand = left.number(operator);
        Operand low = signed(context.signed(0)).number(operator);
        Operand high = signed(context.signed(1)).number(operator);
        if (!negated
                && low instanceof Operand.Constant first
                && high instanceof Operand.Constant last
                && first.value() instanceof Number a
                && last.value() instanceof Number b
                && Numbers.compare(Relation.GT, a, b)) {
            throw Syntax.error(operator, "nothing is between " + a + " and " + b + ": the first must not be more");
        }
        List<Condition> both = List.of(
                new SqlCondition.Comparison(operand, negated ? Relation.LT : Relation.GE, low),
                new SqlCondition.Comparison(operand, negated ? Relation.GT : Relation.LE, high));
        return negated ? Folding.any(both) : Folding.all(both);
    }

    private Term signed(SqlParser.SignedContext context) {
        List<Token> signs = context.signs;
        if (signs.isEmpty()) {
            return primary(context.primary());
        }
        long minuses =
                signs.stream().filter(sign -> sign.getType() == SqlParser.MINUS).count();
        boolean negative = minuses % 2 == 1;
        if (context.primary() instanceof SqlParser.LiteralContext literal && isNumber(literal.literal)) {
            // the sign belongs to it, or the least long could not be written
            return new Term(Kind.NUMBER, new Operand.Constant(number(literal.literal, negative)), context.getStart());
        }
        Operand operand = primary(context.primary()).number(signs.get(signs.size() - 1));
        return new Term(
                Kind.NUMBER,
                negative
                        ? new SqlCondition.Negated(operand)
                        : new SqlCondition.Negated(new SqlCondition.Negated(operand)),
                context.getStart());
    }

    private static boolean isNumber(Token token) {
        return token.getType() == SqlParser.EXACT || token.getType() == SqlParser.APPROXIMATE;
    }

    private static Number number(Token token, boolean negative) {
        String text = token.getText();
        try {
            if (token.getType() == SqlParser.EXACT) {
                String digits = text.endsWith("L") || text.endsWith("l") ? text.substring(0, text.length() - 1) : text;
                return Long.valueOf(negative ? "-" + digits : digits);
            }
        } catch (NumberFormatException e) {
            throw Syntax.error(token, "expected a whole number that fits a long, but found " + Syntax.quote(token));
        }
        double value = Double.parseDouble(text);
        if (Double.isInfinite(value)) {
            throw Syntax.error(token, "expected a number that fits a double, but found " + Syntax.quote(token));
        }
        return negative ? -value : value;
    }

    private Term primary(SqlParser.PrimaryContext context) {
        Token start = context.getStart();
        if (context instanceof SqlParser.NestedContext nested) {
            return expression(nested.expression());
        }
        if (context instanceof SqlParser.IdentifierContext) {
            return new Term(Kind.ANY, new Operand.Identifier(identifiers.slot(start.getText())), start);
        }
        return switch (start.getType()) {
            case SqlParser.TRUE -> Term.of(new Condition.Known(Truth.TRUE), start);
            case SqlParser.FALSE -> Term.of(new Condition.Known(Truth.FALSE), start);
            case SqlParser.NULL -> Term.of(new Condition.Known(Truth.UNKNOWN), start);
            case SqlParser.STRING -> new Term(Kind.STRING, new Operand.Constant(Literals.string(start)), start);
            default -> new Term(Kind.NUMBER, new Operand.Constant(number(start, false)), start);
        };
    }
}
