package org.fulmar.protocol.config;

import java.util.List;

/**
 * One option.
 *
 * @param unit of a number, or the sort of text
 * @param otherwise the default, as it would be written
 * @param min least number; a text if greater than {@code max}
 * @param max greatest number
 * @param choices the only texts allowed; any if empty
 */
public record OptionSpec(
        String key, String unit, String otherwise, long min, long max, List<String> choices, String doc) {

    public static OptionSpec number(String key, String unit, long otherwise, long min, long max, String doc) {
        return new OptionSpec(key, unit, Long.toString(otherwise), min, max, List.of(), doc);
    }

    public static OptionSpec text(String key, String unit, String otherwise, String doc) {
        return new OptionSpec(key, unit, otherwise, 0, -1, List.of(), doc);
    }

    public static OptionSpec bool(String key, boolean otherwise, String doc) {
        return choice(key, Boolean.toString(otherwise), List.of("true", "false"), doc);
    }

    public static OptionSpec choice(String key, String otherwise, List<String> choices, String doc) {
        return new OptionSpec(key, "", otherwise, 0, -1, List.copyOf(choices), doc);
    }

    boolean isNumber() {
        return min <= max;
    }

    /** What values are allowed, for people. */
    public String range() {
        if (isNumber()) {
            return min + " to " + max;
        }
        return choices.isEmpty() ? "text" : String.join(" | ", choices);
    }

    /**
     * @throws ConfigurationException if the value is not allowed
     */
    void check(String value) {
        if (isNumber()) {
            parse(value);
        } else if (!choices.isEmpty() && !choices.contains(value)) {
            throw new ConfigurationException(key + " must be one of " + choices + ", not \"" + value + "\"");
        }
    }

    long parse(String value) {
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new ConfigurationException(
                    key + " must be a number from " + range() + " " + unit + ", not \"" + value + "\"", e);
        }
        throw new ConfigurationException(key + " must be a number from " + range() + " " + unit + ", not " + value);
    }
}
