package org.fulmar.jms.destination;

import javax.naming.Reference;
import javax.naming.StringRefAddr;

/** What JNDI stores of administered objects (JMS 3.1, section 5.1): a class and one text. Stateless. */
public final class References {
    /** The text of a destination: its name. */
    public static final String PHYSICAL_NAME = "physicalName";

    /** The text of a connection factory: its URL. */
    public static final String URL = "url";

    /** By name, as the JDK wants it, and because nothing here knows JNDI's side. */
    private static final String OBJECT_FACTORY = "org.fulmar.jndi.FulmarObjectFactory";

    private References() {}

    /** A reference that {@code FulmarObjectFactory} makes an equal object of. */
    public static Reference of(Class<?> type, String key, String text) {
        return new Reference(type.getName(), new StringRefAddr(key, text), OBJECT_FACTORY, null);
    }
}
