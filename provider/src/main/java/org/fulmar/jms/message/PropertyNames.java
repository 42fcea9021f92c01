package org.fulmar.jms.message;

import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which property names a client may set (sections 3.5.1, 3.5.9 and 3.8.1.1) and which a consumer sees. Stateless. */
final class PropertyNames {

    static final String DELIVERY_COUNT = "JMSXDeliveryCount";

    static final String GROUP_ID = "JMSXGroupID";
    static final String USER_ID = "JMSXUserID";
    static final String APP_ID = "JMSXAppID";

    private static final String GROUP_SEQ = "JMSXGroupSeq";
    private static final int LONGEST_RESERVED_WORD = "BETWEEN".length();
    private static final Set<String> RESERVED_WORDS =
            Set.of("NULL", "TRUE", "FALSE", "NOT", "AND", "OR", "BETWEEN", "LIKE", "IN", "IS", "ESCAPE");

    private PropertyNames() {}

    /** Checks what a client sets. */
    static void checkSettable(String name, @Nullable Object value) throws JMSException {
        if (!isIdentifier(name)) {
            throw new JMSException("not a property name, as it could not stand in a selector: " + name);
        }
        if (!name.startsWith("JMS") || name.startsWith("JMS_")) {
            return;
        }
        if (!isGroupProperty(name)) {
            throw new JMSException(name + " is not a property that a client can set");
        }
        boolean fits = name.equals(GROUP_SEQ) ? value instanceof Integer : value == null || value instanceof String;
        if (!fits) {
            String type = value == null ? "null" : value.getClass().getSimpleName();
            throw new MessageFormatException(name + " cannot have a value of type " + type);
        }
    }

    /** Whether a message may carry a property over the wire under this name: also those that other providers set. */
    static boolean isCarried(String name) {
        return isIdentifier(name)
                && (!name.startsWith("JMS") || name.startsWith("JMS_") || name.startsWith("JMSX"))
                && !name.equals(DELIVERY_COUNT);
    }

    /** Whether it is one of the names that the specification keeps for providers (a copy leaves those out). */
    static boolean isSetByProviders(String name) {
        return name.startsWith("JMSX") && !isGroupProperty(name);
    }

    private static boolean isGroupProperty(String name) {
        return name.equals(GROUP_ID) || name.equals(GROUP_SEQ);
    }

    /**
     * Whether it is a selector identifier. Stricter than Java in one point: control characters, which Java ignores in
     * identifiers, are refused, since they are the separators on the wire.
     */
    static boolean isIdentifier(String name) {
        int length = name.length();
        if (length == 0 || !Character.isJavaIdentifierStart(name.codePointAt(0))) {
            return false;
        }
        int i = 0;
        while (i < length) {
            int c = name.codePointAt(i);
            if (!Character.isJavaIdentifierPart(c) || Character.isISOControl(c)) {
                return false;
            }
            i += Character.charCount(c);
        }
        // Selector words are case insensitive.
        return length > LONGEST_RESERVED_WORD || !RESERVED_WORDS.contains(name.toUpperCase(Locale.ROOT));
    }
}
