package org.fulmar.jms.message;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Which classes the object of a received ObjectMessage may be made of, and how large it may be. Immutable, shared by
 * all sessions of a connection.
 *
 * <p>Value types of the JDK are always allowed: strings, boxes, big numbers, the collections of {@code java.util},
 * dates, UUIDs, {@code java.time}, and arrays of these. An application adds its own by the option {@code
 * deserializationAllowList}: names as {@code com.acme.Order}, or {@code com.acme.*} for all classes of a package and
 * those below it, or {@code *} for any class, which is safe only if every sender is trusted.
 *
 * <p>The limits, of nesting, references, array length and bytes, bound memory and stack; strings are bounded by the
 * bytes alone, as the JDK asks no filter about them. They do not bound time: a small object made of nested hash sets
 * can take very long to rebuild, as anywhere in Java. Where senders are not trusted, use another kind of message.
 */
public final class DeserializationPolicy {

    /** The option that adds to the allow list. */
    public static final String OPTION = "deserializationAllowList";

    static final int MAX_DEPTH = 20;
    static final int MAX_REFERENCES = 10_000;
    static final int MAX_ARRAY_LENGTH = 1_000_000;
    static final int MAX_BYTES = 16 << 20;

    private static final DeserializationPolicy JDK_VALUES = new DeserializationPolicy(List.of());

    // Object, Number, Enum, Map$Entry: not values, but superclasses and component types of what values are made of.
    private static final Set<String> JDK_CLASSES = Set.of(
            "boolean",
            "byte",
            "char",
            "short",
            "int",
            "long",
            "float",
            "double",
            "java.lang.Object",
            "java.lang.Number",
            "java.lang.Enum",
            "java.lang.Boolean",
            "java.lang.Byte",
            "java.lang.Character",
            "java.lang.Short",
            "java.lang.Integer",
            "java.lang.Long",
            "java.lang.Float",
            "java.lang.Double",
            "java.lang.String",
            "java.lang.String$CaseInsensitiveComparator",
            "java.math.BigInteger",
            "java.math.BigDecimal",
            "java.math.MathContext",
            "java.math.RoundingMode",
            "java.util.AbstractMap$SimpleEntry",
            "java.util.AbstractMap$SimpleImmutableEntry",
            "java.util.ArrayDeque",
            "java.util.ArrayList",
            "java.util.Arrays$ArrayList",
            "java.util.BitSet",
            "java.util.CollSer",
            "java.util.Collections",
            "java.util.Comparators$NaturalOrderComparator",
            "java.util.Currency",
            "java.util.Date",
            "java.util.EnumMap",
            "java.util.EnumSet",
            "java.util.EnumSet$SerializationProxy",
            "java.util.HashMap",
            "java.util.HashSet",
            "java.util.Hashtable",
            "java.util.IdentityHashMap",
            "java.util.JumboEnumSet",
            "java.util.LinkedHashMap",
            "java.util.LinkedHashSet",
            "java.util.LinkedList",
            "java.util.Locale",
            "java.util.Map$Entry",
            "java.util.PriorityQueue",
            "java.util.Properties",
            "java.util.RegularEnumSet",
            "java.util.Stack",
            "java.util.TreeMap",
            "java.util.TreeSet",
            "java.util.UUID",
            "java.util.Vector");

    private static final List<String> JDK_PREFIXES =
            List.of("java.time.", "java.util.Collections$", "java.util.ImmutableCollections$");

    private final Set<String> names;
    private final List<String> prefixes;
    private final boolean any;

    private DeserializationPolicy(Collection<String> patterns) {
        List<String> exact = new ArrayList<>();
        List<String> starts = new ArrayList<>();
        boolean all = false;
        for (String pattern : patterns) {
            String trimmed = pattern.trim();
            if (trimmed.equals("*")) {
                all = true;
            } else if (trimmed.endsWith(".*") && trimmed.length() > 2 && trimmed.indexOf('*') == trimmed.length() - 1) {
                starts.add(trimmed.substring(0, trimmed.length() - 1));
            } else if (!trimmed.isEmpty() && trimmed.indexOf('*') < 0) {
                exact.add(trimmed);
            } else {
                throw new IllegalArgumentException(
                        OPTION + ": neither a class name nor a package with .* at its end: '" + pattern + "'");
            }
        }
        this.names = Set.copyOf(exact);
        this.prefixes = List.copyOf(starts);
        this.any = all;
    }

    /** Allows the JDK's value types only. */
    public static DeserializationPolicy jdkValuesOnly() {
        return JDK_VALUES;
    }

    /**
     * Allows what matches one of the patterns as well.
     *
     * @throws IllegalArgumentException if a pattern has none of the forms that the class comment describes
     */
    public static DeserializationPolicy allowing(Collection<String> patterns) {
        return new DeserializationPolicy(patterns);
    }

    /** Whether a class is allowed, by its binary name; for an array ask about what its elements are, in the end. */
    public boolean allows(String className) {
        return JDK_CLASSES.contains(className)
                || any
                || names.contains(className)
                || startsWithOneOf(JDK_PREFIXES, className)
                || startsWithOneOf(prefixes, className);
    }

    private static boolean startsWithOneOf(List<String> prefixes, String className) {
        for (String prefix : prefixes) {
            if (className.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}
