package org.fulmar.jms.message;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.provider.Arguments;

/** The conversion tables of the specification, as cases for parameterized tests. */
final class ConversionTable {

    /** A value of each type, in the order of the tables' rows. */
    private static final Map<String, Object> SAMPLES = Map.of(
            "boolean",
            true,
            "byte",
            (byte) 5,
            "short",
            (short) 6,
            "char",
            'c',
            "int",
            7,
            "long",
            8L,
            "float",
            1.5f,
            "double",
            2.25,
            "String",
            "3",
            "byte[]",
            new byte[] {1, 2});

    private static final Map<String, Set<String>> ALLOWED = Map.of(
            "boolean", Set.of("boolean", "String"),
            "byte", Set.of("byte", "short", "int", "long", "String"),
            "short", Set.of("short", "int", "long", "String"),
            "char", Set.of("char", "String"),
            "int", Set.of("int", "long", "String"),
            "long", Set.of("long", "String"),
            "float", Set.of("float", "double", "String"),
            "double", Set.of("double", "String"),
            "String", Set.of("boolean", "byte", "short", "int", "long", "float", "double", "String"),
            "byte[]", Set.of("byte[]"));

    private static final List<String> BODY_TYPES =
            List.of("boolean", "byte", "short", "char", "int", "long", "float", "double", "String", "byte[]");

    private ConversionTable() {}

    /** The 64 cases of table 3-2: value, wanted type, expected value or null if it must be refused. */
    static List<Arguments> ofProperties() {
        List<String> types = new ArrayList<>(BODY_TYPES);
        types.removeAll(Arrays.asList("char", "byte[]"));
        return cases(types);
    }

    /** The 100 cases of table 3-7. */
    static List<Arguments> ofBodies() {
        return cases(BODY_TYPES);
    }

    private static List<Arguments> cases(List<String> types) {
        List<Arguments> cases = new ArrayList<>();
        for (String from : types) {
            for (String to : types) {
                Object value = SAMPLES.get(from);
                Object expected = ALLOWED.get(from).contains(to) ? converted(value, to) : null;
                cases.add(Arguments.of(value, to, expected));
            }
        }
        return cases;
    }

    private static Object converted(Object value, String to) {
        switch (to) {
            case "boolean":
                return value instanceof Boolean ? value : Boolean.valueOf(value.toString());
            case "byte":
                return Byte.valueOf(value.toString());
            case "short":
                return Short.valueOf(value.toString());
            case "int":
                return Integer.valueOf(value.toString());
            case "long":
                return Long.valueOf(value.toString());
            case "float":
                return Float.valueOf(value.toString());
            case "double":
                return value instanceof Float ? (double) (Float) value : Double.valueOf(value.toString());
            case "String":
                return value.toString();
            default:
                return value;
        }
    }
}
