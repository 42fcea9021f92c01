package org.fulmar.broker.filter;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.fulmar.broker.filter.Model.Node;

/** Makes expressions that compile, and properties for them, the same ones for the same seed. */
final class RandomSelectors {
    private static final String[] NAMES = {"a", "b", "c", "d", "A", "TAGS", "\u00E4", "_jms_ty"};
    private static final String[] STRINGS = {"", "a", "ab", "aab", "b%", "it's", "x_y", "\uD83D\uDE00", "\u0001a\u0002"
    };
    private static final long[] EXACT = {0, 1, 2, 3, 7, 100, Integer.MAX_VALUE, Integer.MAX_VALUE + 1L, Long.MAX_VALUE};
    private static final String[] APPROXIMATE = {"0.0", "1.5", "2.", ".1", "1e3", "7D", "1e308", "9007199254740993.0"};
    private static final String[] FLOATS = {"0F", "0.1F", "1.5f", "16777217F", "3e38f"};
    private static final String[] RELATIONS = {"=", "<>", "<", "<=", ">", ">="};

    private final Random random;

    RandomSelectors(long seed) {
        random = new Random(seed);
    }

    Node condition(int depth) {
        switch (random.nextInt(depth <= 0 ? 9 : 14)) {
            case 0:
                return random.nextInt(3) > 0 ? name() : truth();
            case 1:
                return new Model.Compare(RELATIONS[random.nextInt(2)], name(), string());
            case 2:
                return new Model.Compare(RELATIONS[random.nextInt(2)], name(), name());
            case 3:
            case 4:
                return new Model.Compare(RELATIONS[random.nextInt(6)], number(depth), number(depth));
            case 5:
                return new Model.Between(number(depth - 1), random.nextBoolean(), number(depth - 1), number(depth - 1));
            case 6:
                List<String> strings = new ArrayList<>();
                for (int i = random.nextInt(3); i >= 0; i--) {
                    strings.add(STRINGS[random.nextInt(STRINGS.length)]);
                }
                return new Model.In(name(), random.nextBoolean(), strings);
            case 7:
                return like();
            case 8:
                return new Model.IsNull(name(), random.nextBoolean());
            case 9:
                return new Model.Not(condition(depth - 1));
            case 10:
                Node right = random.nextBoolean() ? condition(depth - 1) : truth();
                return new Model.Compare(RELATIONS[random.nextInt(2)], condition(depth - 1), right);
            default:
                return new Model.Logic(random.nextBoolean(), condition(depth - 1), condition(depth - 1));
        }
    }

    private Node like() {
        Character escape = random.nextBoolean() ? '!' : null;
        String[] fragments = {"a", "b", "%", "_", "ab", escape == null ? "x" : "!%", escape == null ? "'" : "!!"};
        StringBuilder pattern = new StringBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
            pattern.append(fragments[random.nextInt(fragments.length)]);
        }
        return new Model.Like(name(), random.nextBoolean(), pattern.toString(), escape);
    }

    private Node number(int depth) {
        switch (random.nextInt(depth <= 0 ? 4 : 7)) {
            case 0:
            case 1:
                return name();
            case 2:
                long exact = EXACT[random.nextInt(EXACT.length)];
                boolean isLong = random.nextInt(4) == 0;
                Object value = isLong || (int) exact != exact ? (Object) exact : (Object) (int) exact;
                return new Model.Atom(exact + (isLong ? "L" : ""), value, false);
            case 3:
                if (random.nextInt(3) == 0) {
                    String text = FLOATS[random.nextInt(FLOATS.length)];
                    return new Model.Atom(text, Float.valueOf(text), false);
                }
                String text = APPROXIMATE[random.nextInt(APPROXIMATE.length)];
                return new Model.Atom(text, Double.valueOf(text), false);
            case 4:
                return new Model.Sign(random.nextInt(3) > 0, number(depth - 1));
            default:
                String operator = String.valueOf("+-*/".charAt(random.nextInt(4)));
                return new Model.Compute(operator, number(depth - 1), number(depth - 1));
        }
    }

    private Model.Atom name() {
        return new Model.Atom(NAMES[random.nextInt(NAMES.length)], null, true);
    }

    private Node string() {
        String text = STRINGS[random.nextInt(STRINGS.length)];
        return new Model.Atom(Model.literal(text), text, false);
    }

    private Node truth() {
        boolean value = random.nextBoolean();
        String text = Boolean.toString(value);
        return new Model.Atom(random.nextBoolean() ? text : text.toUpperCase(Locale.ROOT), value, false);
    }

    Map<String, Object> properties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (String name : NAMES) {
            if (random.nextInt(4) > 0) {
                properties.put(name, value());
            }
        }
        return properties;
    }

    private Object value() {
        switch (random.nextInt(10)) {
            case 0:
                return null;
            case 1:
                return (byte) random.nextInt();
            case 2:
                return (short) random.nextInt();
            case 3:
                return random.nextInt(5) - 1;
            case 4:
                return EXACT[random.nextInt(EXACT.length)] * (random.nextBoolean() ? 1 : -1);
            case 5:
                return Float.valueOf(FLOATS[random.nextInt(FLOATS.length)]);
            case 6:
                return random.nextInt(8) == 0
                        ? Double.NaN
                        : Double.parseDouble(APPROXIMATE[random.nextInt(APPROXIMATE.length)]);
            case 7:
                return random.nextBoolean();
            default:
                return STRINGS[random.nextInt(STRINGS.length)];
        }
    }
}
