package org.fulmar.protocol.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The values of a set of options: what was given, checked, and defaults for the rest. Immutable. */
public final class Options {
    private final Map<String, String> given;

    private Options(Map<String, String> given) {
        this.given = given;
    }

    /**
     * @throws ConfigurationException if a key is unknown, with the nearest known one, or a value is not allowed
     */
    public static Options of(List<OptionSpec> specs, Map<String, String> given) {
        Map<String, String> checked = new TreeMap<>();
        new TreeMap<>(given).forEach((key, value) -> {
            OptionSpec spec = find(specs, key);
            spec.check(value.strip());
            checked.put(key, value.strip());
        });
        return new Options(checked);
    }

    /**
     * Reads a properties file in UTF-8.
     *
     * @throws ConfigurationException as {@link #of}, naming the file
     */
    public static Map<String, String> read(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(in);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(file + " is no properties file: " + e.getMessage(), e);
        }
        Map<String, String> values = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> values.put(key, properties.getProperty(key, "")));
        return values;
    }

    private static OptionSpec find(List<OptionSpec> specs, String key) {
        for (OptionSpec spec : specs) {
            if (spec.key().equals(key)) {
                return spec;
            }
        }
        String near = nearest(specs.stream().map(OptionSpec::key).toList(), key);
        throw new ConfigurationException(
                "unknown option " + key + (near == null ? "" : ": did you mean " + near + "?"));
    }

    /** The known name that is most like one that is not known; null if none is much like it. */
    public static @Nullable String nearest(List<String> known, String name) {
        String near = known.stream()
                .min(Comparator.comparingInt(each -> distance(each, name)))
                .orElseThrow();
        return distance(near, name) <= Math.max(3, name.length() / 3) ? near : null;
    }

    public String text(OptionSpec spec) {
        return given.getOrDefault(spec.key(), spec.otherwise());
    }

    public boolean isGiven(OptionSpec spec) {
        return given.containsKey(spec.key());
    }

    public long number(OptionSpec spec) {
        return spec.parse(text(spec));
    }

    public int integer(OptionSpec spec) {
        return Math.toIntExact(number(spec));
    }

    public boolean bool(OptionSpec spec) {
        return Boolean.parseBoolean(text(spec));
    }

    /** A table of options for people. */
    public static String help(List<OptionSpec> specs) {
        StringBuilder out = new StringBuilder();
        row(out, "OPTION", "UNIT", "DEFAULT", "RANGE", "MEANING");
        for (OptionSpec spec : specs) {
            row(
                    out,
                    spec.key(),
                    spec.unit(),
                    spec.otherwise().isEmpty() ? "(empty)" : spec.otherwise(),
                    spec.range(),
                    spec.doc());
        }
        return out.toString();
    }

    private static void row(StringBuilder out, String key, String unit, String otherwise, String range, String doc) {
        out.append(String.format(Locale.ROOT, "%-30s %-12s %-16s %-26s %s%n", key, unit, otherwise, range, doc));
    }

    /** Edits (insert, delete, replace a character; upper and lower case are the same) between two names. */
    private static int distance(String a, String b) {
        String from = a.toLowerCase(Locale.ROOT);
        String to = b.toLowerCase(Locale.ROOT);
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
