package org.fulmar.broker.filter;

import org.jspecify.annotations.Nullable;

/**
 * One run of a selector over one message after the other: the message's values, and how many steps it may still take. A
 * part of the selector that is looked at is a step, and so are 64 characters that LIKE looks at. Owned by its selector.
 */
final class Evaluation {
    private static final int CHARACTERS_PER_STEP = 64;

    private final Values values;
    private long charactersLeft;

    Evaluation(Values values) {
        this.values = values;
    }

    void begin(int steps) {
        charactersLeft = (long) steps * CHARACTERS_PER_STEP;
    }

    @Nullable Object value(int slot) {
        return values.value(slot);
    }

    void step() {
        charactersLeft -= CHARACTERS_PER_STEP;
    }

    void look(long characters) {
        charactersLeft -= characters;
    }

    /** How many of so many steps have been taken. */
    int taken(int steps) {
        return (int) Math.min(
                Integer.MAX_VALUE, ((long) steps * CHARACTERS_PER_STEP - charactersLeft) / CHARACTERS_PER_STEP);
    }

    /** Whether the steps are used up; then no answer counts any more. */
    boolean exhausted() {
        return charactersLeft < 0;
    }
}
