package org.fulmar.broker.filter;

import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.protocol.message.MessageRecord;

/** Finds out which of three truth values a selector has, of which a match shows only two. */
final class Selections {
    private Selections() {}

    static Truth truth(String selector, MessageRecord record) {
        boolean matches = matches(selector, record);
        boolean opposite = matches("NOT (" + selector + ")", record);
        if (matches && opposite) {
            throw new AssertionError("it and its opposite match: " + selector);
        }
        return matches ? Truth.TRUE : opposite ? Truth.FALSE : Truth.UNKNOWN;
    }

    static boolean matches(String selector, MessageRecord record) {
        try {
            return Selector.compile(selector).matches(record);
        } catch (DeliveryException e) {
            throw new AssertionError(selector + ": " + e.getMessage(), e);
        }
    }
}
