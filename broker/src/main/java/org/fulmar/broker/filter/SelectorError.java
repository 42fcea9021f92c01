package org.fulmar.broker.filter;

/** Carries a mistake in a selector from where it is found to {@link Selector#compile}, which makes a checked one of it. */
final class SelectorError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param position of the character, from 1
     */
    SelectorError(int position, String message) {
        super("position " + position + ": " + message, null, false, false);
    }
}
