package org.fulmar.jndi;

import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.NamingException;
import javax.naming.spi.InitialContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes naming contexts from properties: of a {@code jndi.properties} file, or of the environment given to {@code
 * InitialContext}. Stateless; any thread may use it.
 *
 * <pre>
 * java.naming.factory.initial = org.fulmar.jndi.FulmarInitialContextFactory
 * connectionFactory.jms/cf = fulmar://127.0.0.1:10911
 * queue.jms/orders = orders
 * topic.jms/prices = prices
 * </pre>
 *
 * <p>Besides these names, {@code dynamicQueues/NAME} and {@code dynamicTopics/NAME} give the queue or topic of any name.
 * Each context has one object for each name, whose factory is open until the application closes it ({@link
 * org.fulmar.jms.FulmarConnectionFactory} is AutoCloseable); closing the context leaves it alone.
 *
 * <p>The context never asks another naming service. Mind that {@code InitialContext} itself hands names with a scheme
 * that the JDK knows ({@code ldap:}, {@code rmi:}, {@code dns:}) to the JDK before any provider sees them: where names
 * come from outside, use the context that this class makes, without an {@code InitialContext} around it.
 */
public final class FulmarInitialContextFactory implements InitialContextFactory {

    /**
     * Makes a context. Connects to nothing.
     *
     * @throws javax.naming.ConfigurationException if a value can't be used; the message names its key
     */
    @Override
    public Context getInitialContext(@Nullable Hashtable<?, ?> environment) throws NamingException {
        Hashtable<Object, Object> own = new Hashtable<>();
        if (environment != null) {
            own.putAll(environment);
        }
        return new ReadOnlyContext(Bindings.of(own), own, "");
    }
}
