package org.fulmar.protocol.command;

import java.util.HashMap;
import java.util.Map;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;

/**
 * Reads and builds the named fields of a frame's header; all values are text there. Not thread-safe, short-lived.
 * Readers throw a {@link FrameException} that names the field when one is missing or malformed.
 */
public final class Fields {
    private final Map<String, String> values;

    private Fields(Map<String, String> values) {
        this.values = values;
    }

    public static Fields of(Frame frame) {
        return new Fields(frame.fields());
    }

    public static Fields of(Map<String, String> values) {
        return new Fields(values);
    }

    public static Fields write() {
        return new Fields(new HashMap<>());
    }

    public Map<String, String> map() {
        return values;
    }

    public Fields put(String name, @Nullable String value) {
        if (value != null) {
            values.put(name, value);
        }
        return this;
    }

    public Fields put(String name, long value) {
        values.put(name, Long.toString(value));
        return this;
    }

    public Fields put(String name, boolean value) {
        values.put(name, Boolean.toString(value));
        return this;
    }

    public @Nullable String optional(String name) {
        return values.get(name);
    }

    public String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new FrameException("the header field " + name + " is missing");
        }
        return value;
    }

    public String text(String name, String otherwise) {
        String value = values.get(name);
        return value == null ? otherwise : value;
    }

    public long number(String name) {
        return parse(name, text(name));
    }

    public long number(String name, long otherwise) {
        String value = values.get(name);
        return value == null || value.isEmpty() ? otherwise : parse(name, value);
    }

    public int integer(String name) {
        return narrow(name, number(name));
    }

    public int integer(String name, int otherwise) {
        return narrow(name, number(name, otherwise));
    }

    public boolean bool(String name, boolean otherwise) {
        String value = values.get(name);
        return value == null ? otherwise : Boolean.parseBoolean(value);
    }

    private static long parse(String name, String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new FrameException("the header field " + name + " is no number: " + shortened(value), e);
        }
    }

    private static String shortened(String value) {
        return value.length() <= 40 ? value : value.substring(0, 40) + "…";
    }

    private static int narrow(String name, long value) {
        if (value != (int) value) {
            throw new FrameException("the header field " + name + " is out of range: " + value);
        }
        return (int) value;
    }
}
