package org.fulmar.broker.filter;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.fulmar.broker.filter.grammar.SelectorParser;
import org.jspecify.annotations.Nullable;

/**
 * From the parse tree to conditions and operands: gives identifiers their slots, refuses what can't go together whatever
 * the message, and computes what needs no message. One per selector; only parentheses make it go deeper.
 */
final class SelectorCompiler {
    record Result(Condition condition, Identifiers identifiers, OptionalLong requiredTagHash) {}

    private static final List<String> SELECTABLE = Arrays.stream(Header.values())
            .map(header -> header.identifier)
            .filter(name -> !name.startsWith("JMSX"))
            .toList();

    private final Identifiers.Collector identifiers = new Identifiers.Collector();

    private SelectorCompiler() {}

    static Result compile(String text) {
        SelectorCompiler compiler = new SelectorCompiler();
        Condition condition = text.isBlank()
                ? new Condition.Known(Truth.TRUE)
                : condition(compiler.expression(SelectorSyntax.parse(text).expression()));
        return new Result(condition, compiler.identifiers.done(), RequiredTag.hash(condition));
    }

    private Term expression(SelectorParser.ExpressionContext context) {
        return Term.joined(context.conjunction(), this::conjunction, SelectorCompiler::condition, Folding::any);
    }

    private Term conjunction(SelectorParser.ConjunctionContext context) {
        return Term.joined(context.negation(), this::negation, SelectorCompiler::condition, Folding::all);
    }

    private Term negation(SelectorParser.NegationContext context) {
        Term term = comparison(context.comparison());
        int count = context.NOT().size();
        if (count == 0) {
            return term;
        }
        Condition condition = condition(term);
        return Term.of(count % 2 == 0 ? condition : Folding.not(condition), context.getStart());
    }

    /** The term as a condition, if it can be one. */
    private static Condition condition(Term term) {
        return term.condition(Condition.Flag::new);
    }

    private Term comparison(SelectorParser.ComparisonContext context) {
        Term left = sum(context.sum());
        SelectorParser.TestContext test = context.test();
        if (test == null) {
            return left;
        }
        Condition condition;
        if (test instanceof SelectorParser.RelationContext relation) {
            condition = relation(left, relation);
        } else if (test instanceof SelectorParser.RangedContext ranged) {
            condition = ranged(left, ranged);
        } else {
            Operand identifier = identifier(left, test.getStart(), Kind.ANY);
            condition = new Condition.IsNull(identifier, ((SelectorParser.IsNullContext) test).not != null);
        }
        return Term.of(condition, left.start());
    }

    private Condition relation(Term left, SelectorParser.RelationContext context) {
        Term right = sum(context.sum());
        Relation relation = switch (context.relation.getType()) {
            case SelectorParser.EQ -> Relation.EQ;
            case SelectorParser.NE -> Relation.NE;
            case SelectorParser.LT -> Relation.LT;
            case SelectorParser.LE -> Relation.LE;
            case SelectorParser.GT -> Relation.GT;
            default -> Relation.GE;
        };
        if (relation.orders()) {
            left.number(context.relation);
            right.number(context.relation);
        } else if (!left.kind().canBe(right.kind())) {
            throw Syntax.error(
                    context.relation, left.kind().description + " cannot be compared with " + right.kind().description);
        }
        return Folding.comparison(left.operand(), relation, right.operand());
    }

    private Condition ranged(Term left, SelectorParser.RangedContext context) {
        boolean negated = context.not != null;
        Token operator = context.range().getStart();
        if (context.range() instanceof SelectorParser.BetweenContext between) {
            Term low = sum(between.sum(0));
            Term high = sum(between.sum(1));
            return Folding.between(left.number(operator), low.number(operator), high.number(operator), negated);
        }
        Operand identifier = identifier(left, operator, Kind.STRING);
        if (context.range() instanceof SelectorParser.InContext in) {
            Set<String> strings = new HashSet<>();
            for (TerminalNode string : in.STRING()) {
                strings.add(Literals.string(string.getSymbol()));
            }
            return new Condition.In(identifier, strings, negated);
        }
        SelectorParser.LikeContext like = (SelectorParser.LikeContext) context.range();
        return new Condition.Like(identifier, pattern(like.pattern, like.escape), negated);
    }

    /** What follows LIKE, and ESCAPE if that is there. */
    static LikePattern pattern(Token pattern, @Nullable Token escapeToken) {
        int escape = LikePattern.NONE;
        if (escapeToken != null) {
            String text = Literals.string(escapeToken);
            if (text.codePointCount(0, text.length()) != 1) {
                throw Syntax.error(
                        escapeToken, "expected an escape of one character, but found " + Syntax.quote(escapeToken));
            }
            escape = text.codePointAt(0);
        }
        try {
            return LikePattern.of(Literals.string(pattern), escape);
        } catch (IllegalArgumentException e) {
            throw Syntax.error(pattern, "the pattern ends in its escape character");
        }
    }

    /** What IN, LIKE and IS have on their left: nothing but a name, of a string where they ask for one. */
    private static Operand identifier(Term term, Token operator, Kind kind) {
        if (!(term.operand() instanceof Operand.Identifier)) {
            throw Syntax.error(
                    term.start(),
                    "expected an identifier before " + Syntax.quote(operator) + ", but found "
                            + term.kind().description);
        }
        if (!term.kind().canBe(kind)) {
            throw Syntax.error(
                    term.start(),
                    "expected " + kind.description + " before " + Syntax.quote(operator) + ", but "
                            + Syntax.quote(term.start()) + " is " + term.kind().description);
        }
        return term.operand();
    }

    private Term sum(SelectorParser.SumContext context) {
        List<SelectorParser.ProductContext> parts = context.product();
        Term first = product(parts.get(0));
        return parts.size() == 1 ? first : chain(first, context.operators, parts);
    }

    private Term product(SelectorParser.ProductContext context) {
        List<SelectorParser.SignedContext> parts = context.signed();
        Term first = signed(parts.get(0));
        return parts.size() == 1 ? first : chain(first, context.operators, parts);
    }

    private Term chain(Term first, List<Token> operators, List<? extends ParserRuleContext> parts) {
        Operand start = first.number(operators.get(0));
        Arithmetic[] arithmetic = new Arithmetic[operators.size()];
        Operand[] others = new Operand[operators.size()];
        for (int i = 0; i < others.length; i++) {
            Token operator = operators.get(i);
            ParserRuleContext part = parts.get(i + 1);
            Term term = part instanceof SelectorParser.ProductContext product
                    ? product(product)
                    : signed((SelectorParser.SignedContext) part);
            others[i] = term.number(operator);
            arithmetic[i] = switch (operator.getType()) {
                case SelectorParser.PLUS -> Arithmetic.PLUS;
                case SelectorParser.MINUS -> Arithmetic.MINUS;
                case SelectorParser.TIMES -> Arithmetic.TIMES;
                default -> Arithmetic.DIVIDE;
            };
        }
        return new Term(Kind.NUMBER, Folding.chain(start, arithmetic, others), first.start());
    }

    private Term signed(SelectorParser.SignedContext context) {
        List<Token> signs = context.signs;
        if (signs.isEmpty()) {
            return primary(context.primary());
        }
        boolean negative = signs.stream()
                                .filter(sign -> sign.getType() == SelectorParser.MINUS)
                                .count()
                        % 2
                == 1;
        Token last = signs.get(signs.size() - 1);
        Operand operand;
        if (context.primary() instanceof SelectorParser.LiteralContext literal && isNumber(literal.literal)) {
            // The sign next to it belongs to it, or the least long could not be written.
            boolean minus = last.getType() == SelectorParser.MINUS;
            operand = new Operand.Constant(Literals.number(literal.literal, minus));
            negative ^= minus;
        } else {
            operand = primary(context.primary()).number(last);
        }
        return new Term(Kind.NUMBER, Folding.signed(operand, negative), context.getStart());
    }

    private static boolean isNumber(Token token) {
        return token.getType() == SelectorParser.EXACT || token.getType() == SelectorParser.APPROXIMATE;
    }

    private Term primary(SelectorParser.PrimaryContext context) {
        Token start = context.getStart();
        if (context instanceof SelectorParser.NestedContext nested) {
            return expression(nested.expression());
        }
        if (context instanceof SelectorParser.IdentifierContext) {
            return identifier(start);
        }
        return switch (start.getType()) {
            case SelectorParser.TRUE -> Term.of(new Condition.Known(Truth.TRUE), start);
            case SelectorParser.FALSE -> Term.of(new Condition.Known(Truth.FALSE), start);
            case SelectorParser.STRING -> new Term(Kind.STRING, new Operand.Constant(Literals.string(start)), start);
            default -> new Term(Kind.NUMBER, new Operand.Constant(Literals.number(start, false)), start);
        };
    }

    private Term identifier(Token token) {
        String name = token.getText();
        Header header = Header.of(name);
        if (header != null) {
            return new Term(header.kind, new Operand.Identifier(header.ordinal()), token);
        }
        if (name.startsWith("JMS") && !name.startsWith("JMSX") && !name.startsWith("JMS_")) {
            throw Syntax.error(
                    token,
                    Syntax.quote(token) + " is no header that a selector can name: those are "
                            + String.join(", ", SELECTABLE));
        }
        return new Term(Kind.ANY, new Operand.Identifier(identifiers.slot(name)), token);
    }
}
