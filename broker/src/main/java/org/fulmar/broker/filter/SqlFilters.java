package org.fulmar.broker.filter;

import java.util.LinkedHashMap;
import java.util.Map;
import org.fulmar.broker.delivery.DeliveryException;
import org.jspecify.annotations.Nullable;

/**
 * The compiled SQL92 filters of all consumers, by their texts: each text is compiled once, however many groups, members and
 * pulls have it. Bounded by count and by text: the one used longest ago gives way, and is compiled again if it is used
 * again. Owned by the core.
 */
public final class SqlFilters {
    /** Most filters. */
    public static final int MAX_FILTERS = 4096;
    /** Most UTF-16 units of all texts together. */
    public static final int MAX_CHARACTERS = 2 << 20;

    private final Map<String, SqlFilter> byText = new LinkedHashMap<>(64, 0.75f, true);
    private int characters;
    private long compiled;

    /**
     * The filter with this text.
     *
     * @throws DeliveryException as {@link SqlFilter#compile} does
     */
    public SqlFilter get(String text) throws DeliveryException {
        SqlFilter there = byText.get(text);
        if (there != null) {
            return there;
        }
        SqlFilter made = SqlFilter.compile(text);
        compiled++;
        byText.put(text, made);
        characters += text.length();
        while (byText.size() > MAX_FILTERS || characters > MAX_CHARACTERS) {
            String oldest = byText.keySet().iterator().next();
            byText.remove(oldest);
            characters -= oldest.length();
        }
        return made;
    }

    /** The filter, or null if there is something wrong with the text. */
    public @Nullable SqlFilter getIfSound(String text) {
        try {
            return get(text);
        } catch (DeliveryException e) {
            return null;
        }
    }

    /** How many there are now. */
    public int size() {
        return byText.size();
    }

    /** How often one was compiled. */
    public long compiled() {
        return compiled;
    }
}
