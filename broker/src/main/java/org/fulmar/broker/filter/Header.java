package org.fulmar.broker.filter;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a selector may name that is no stored user property; the ordinal is its slot. */
enum Header {
    DELIVERY_MODE("JMSDeliveryMode", Kind.STRING),
    PRIORITY("JMSPriority", Kind.NUMBER),
    MESSAGE_ID("JMSMessageID", Kind.STRING),
    TIMESTAMP("JMSTimestamp", Kind.NUMBER),
    CORRELATION_ID("JMSCorrelationID", Kind.STRING),
    TYPE("JMSType", Kind.STRING),
    /** Made when a message is received and in no record: always null. */
    DELIVERY_COUNT("JMSXDeliveryCount", Kind.NUMBER);

    private static final Header[] BY_SLOT = values();

    static final int COUNT = BY_SLOT.length;

    private static final Map<String, Header> BY_NAME = new HashMap<>();

    static {
        for (Header header : BY_SLOT) {
            BY_NAME.put(header.identifier, header);
        }
    }

    final String identifier;
    final Kind kind;

    Header(String identifier, Kind kind) {
        this.identifier = identifier;
        this.kind = kind;
    }

    static Header of(int slot) {
        return BY_SLOT[slot];
    }

    static @Nullable Header of(String identifier) {
        return BY_NAME.get(identifier);
    }
}
