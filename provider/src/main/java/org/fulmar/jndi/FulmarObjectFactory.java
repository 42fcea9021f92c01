package org.fulmar.jndi;

import java.util.Hashtable;
import javax.naming.ConfigurationException;
import javax.naming.Context;
import javax.naming.Name;
import javax.naming.NamingException;
import javax.naming.RefAddr;
import javax.naming.Reference;
import javax.naming.spi.ObjectFactory;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTopic;
import org.fulmar.jms.destination.References;
import org.jspecify.annotations.Nullable;

/**
 * Makes our administered objects of the references that naming services have stored (JMS 3.1, section 5.1). It makes
 * {@link FulmarConnectionFactory}, {@link FulmarQueue} and {@link FulmarTopic} and nothing else: no class is loaded by a
 * name that a reference gives. Stateless; any thread may use it.
 *
 * <p>A factory's reference has the text {@code url}, a destination's {@code physicalName}; other texts, as containers
 * add them, mean nothing.
 */
public final class FulmarObjectFactory implements ObjectFactory {

    /**
     * Makes an object of a reference; null if it is no reference, or of a class that is not one of ours.
     *
     * @throws ConfigurationException if the reference lacks its text, or the text can't be used
     */
    @Override
    public @Nullable Object getObjectInstance(
            @Nullable Object object,
            @Nullable Name name,
            @Nullable Context context,
            @Nullable Hashtable<?, ?> environment)
            throws NamingException {
        if (!(object instanceof Reference reference)) {
            return null;
        }
        String type = reference.getClassName();
        try {
            if (FulmarConnectionFactory.class.getName().equals(type)) {
                return new FulmarConnectionFactory(text(reference, References.URL));
            } else if (FulmarQueue.class.getName().equals(type)) {
                return new FulmarQueue(text(reference, References.PHYSICAL_NAME));
            } else if (FulmarTopic.class.getName().equals(type)) {
                return new FulmarTopic(text(reference, References.PHYSICAL_NAME));
            }
            return null;
        } catch (IllegalArgumentException e) {
            ConfigurationException refusal =
                    new ConfigurationException("the reference to a " + type + ": " + e.getMessage());
            refusal.setRootCause(e);
            throw refusal;
        }
    }

    private static String text(Reference reference, String key) throws ConfigurationException {
        RefAddr address = reference.get(key);
        if (address != null && address.getContent() instanceof String text) {
            return text;
        }
        throw new ConfigurationException(
                "the reference to a " + reference.getClassName() + " has no text \"" + key + "\"");
    }
}
