package org.fulmar.broker.filter;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** SQL92 filters written down once more, plainly, and random ones: each says its text and its truth. */
final class SqlModel {
    /** A condition: its text in parentheses, and its truth, where null is unknown. */
    interface Node {
        String text();

        @Nullable Boolean truth(Map<String, String> properties);
    }

    private record Said(String text, java.util.function.Function<Map<String, String>, @Nullable Boolean> truthOf)
            implements Node {
        @Override
        public @Nullable Boolean truth(Map<String, String> properties) {
            return truthOf.apply(properties);
        }
    }

    private static final String[] NAMES = {"a", "b", "c", "TAGS", "KEYS"};
    private static final String[] STRINGS = {
        "x", "xy", "ax", "yx", "it's", "5", "-3", "2.50", "1e2", "true", "False", ""
    };
    private static final String[] NUMBERS = {"0", "5", "-3", "2.5", "1e2", "99.999", "4000000000", "-0.0", ".5", "7."};

    private final Random random;

    SqlModel(long seed) {
        random = new Random(seed);
    }

    private <T> T any(T[] choice) {
        return choice[random.nextInt(choice.length)];
    }

    Map<String, String> properties() {
        Map<String, String> properties = new LinkedHashMap<>();
        for (String name : NAMES) {
            String value = random.nextBoolean() ? any(STRINGS) : any(NUMBERS);
            if (random.nextInt(4) > 0 && !value.isEmpty()) {
                properties.put(name, value);
            }
        }
        return properties;
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private static @Nullable BigDecimal number(@Nullable String text) {
        try {
            return text == null ? null : new BigDecimal(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Boolean holds(String operator, @Nullable BigDecimal a, @Nullable BigDecimal b) {
        if (a == null || b == null) {
            return null;
        }
        int order = a.compareTo(b);
        return switch (operator) {
            case "=" -> order == 0;
            case "<>" -> order != 0;
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private static @Nullable Boolean not(@Nullable Boolean a) {
        return a == null ? null : Boolean.valueOf(!a);
    }

    private static @Nullable Boolean and(@Nullable Boolean a, @Nullable Boolean b) {
        if (Boolean.FALSE.equals(a) || Boolean.FALSE.equals(b)) {
            return false;
        }
        return a == null || b == null ? null : Boolean.TRUE;
    }

    Node condition(int depth) {
        if (depth > 0 && random.nextInt(3) > 0) {
            Node left = condition(depth - 1);
            Node right = condition(depth - 1);
            return switch (random.nextInt(3)) {
                case 0 -> new Said("NOT (" + left.text() + ")", p -> not(left.truth(p)));
                case 1 ->
                    new Said(
                            "(" + left.text() + ") AND (" + right.text() + ")",
                            p -> and(left.truth(p), right.truth(p)));
                default ->
                    new Said(
                            "(" + left.text() + ") OR (" + right.text() + ")",
                            p -> not(and(not(left.truth(p)), not(right.truth(p)))));
            };
        }
        String name = any(NAMES);
        return switch (random.nextInt(9)) {
            case 0, 1 -> ordered(name);
            case 2 -> equal(name);
            case 3 -> between(name);
            case 4 -> in(name);
            case 5 -> search(name);
            case 6 -> like(name);
            case 7 -> {
                boolean value = random.nextBoolean();
                yield new Said(
                        name + " = " + value,
                        p -> p.get(name) == null ? null : p.get(name).equalsIgnoreCase("true") == value);
            }
            default -> {
                boolean negated = random.nextBoolean();
                yield new Said(name + " IS " + (negated ? "NOT " : "") + "NULL", p -> (p.get(name) == null) != negated);
            }
        };
    }

    private Node ordered(String name) {
        String operator = any(new String[] {"<", "<=", ">", ">=", "=", "<>"});
        if (random.nextInt(4) == 0 && !operator.equals("=") && !operator.equals("<>")) {
            String other = any(NAMES);
            return new Said(
                    name + " " + operator + " " + other,
                    p -> holds(operator, number(p.get(name)), number(p.get(other))));
        }
        String literal = any(NUMBERS);
        return new Said(
                name + " " + operator + " " + literal, p -> holds(operator, number(p.get(name)), number(literal)));
    }

    private Node equal(String name) {
        boolean negated = random.nextBoolean();
        String operator = negated ? " <> " : " = ";
        if (random.nextBoolean()) {
            String other = any(NAMES);
            return new Said(
                    name + operator + other,
                    p -> p.get(name) == null || p.get(other) == null
                            ? null
                            : p.get(name).equals(p.get(other)) != negated);
        }
        String text = any(STRINGS);
        return new Said(
                literal(text) + operator + name,
                p -> p.get(name) == null ? null : p.get(name).equals(text) != negated);
    }

    private Node between(String name) {
        boolean negated = random.nextBoolean();
        String first = any(NUMBERS);
        String second = any(NUMBERS);
        boolean inOrder = new BigDecimal(first).compareTo(new BigDecimal(second)) <= 0;
        String low = inOrder ? first : second;
        String high = inOrder ? second : first;
        return new Said(name + (negated ? " NOT" : "") + " BETWEEN " + low + " AND " + high, p -> {
            BigDecimal value = number(p.get(name));
            Boolean inside = and(holds(">=", value, number(low)), holds("<=", value, number(high)));
            return negated ? not(inside) : inside;
        });
    }

    private Node in(String name) {
        boolean negated = random.nextBoolean();
        List<String> strings = new ArrayList<>();
        for (int i = random.nextInt(7); i >= 0; i--) {
            strings.add(any(STRINGS));
        }
        String list = String.join(",", strings.stream().map(SqlModel::literal).toList());
        return new Said(
                name + (negated ? " NOT" : "") + " IN (" + list + ")",
                p -> p.get(name) == null ? null : strings.contains(p.get(name)) != negated);
    }

    private Node search(String name) {
        boolean negated = random.nextBoolean();
        String text = any(STRINGS);
        int kind = random.nextInt(3);
        String operator = List.of("CONTAINS", "STARTSWITH", "ENDSWITH").get(kind);
        return new Said(name + (negated ? " NOT " : " ") + operator + " " + literal(text), p -> {
            String value = p.get(name);
            if (value == null || text.isEmpty()) {
                return false;
            }
            boolean found =
                    kind == 0 ? value.contains(text) : kind == 1 ? value.startsWith(text) : value.endsWith(text);
            return found != negated;
        });
    }

    private Node like(String name) {
        boolean negated = random.nextBoolean();
        StringBuilder pattern = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            pattern.append(any(new String[] {"x", "y", "%", "_", "5", "."}));
        }
        int[] characters = pattern.chars().toArray();
        return new Said(
                name + (negated ? " NOT" : "") + " LIKE " + literal(pattern.toString()),
                p -> p.get(name) == null
                        ? null
                        : Model.like(p.get(name).chars().toArray(), 0, characters, 0, -1) != negated);
    }
}
