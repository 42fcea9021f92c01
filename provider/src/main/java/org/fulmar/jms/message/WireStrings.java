package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import org.fulmar.protocol.message.Escapes;
import org.fulmar.protocol.message.HeaderText;
import org.fulmar.protocol.message.MalformedPropertyException;
import org.jspecify.annotations.Nullable;

/** Header values out of the property block, with the failures that JMS wants. Stateless. */
final class WireStrings {

    private WireStrings() {}

    static String decode(String value) throws JMSException {
        try {
            return HeaderText.decode(value);
        } catch (MalformedPropertyException e) {
            throw Failures.corrupt(e);
        }
    }

    static Object decodeCorrelationId(String value) throws JMSException {
        try {
            return HeaderText.decodeCorrelationId(value);
        } catch (MalformedPropertyException e) {
            throw Failures.corrupt(e);
        }
    }

    static String unescape(String value) throws JMSException {
        try {
            return Escapes.unescape(value);
        } catch (MalformedPropertyException e) {
            throw Failures.corrupt(e);
        }
    }

    /** A number; 0 if there is none. */
    static long decodeLong(@Nullable String value) throws JMSException {
        if (value == null) {
            return 0;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw Failures.corrupt("bad time", e);
        }
    }
}
