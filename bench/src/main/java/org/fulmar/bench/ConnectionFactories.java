package org.fulmar.bench;

import jakarta.jms.ConnectionFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;

/**
 * Makes a provider's ConnectionFactory from its class name and a URL: by the constructor that takes a String, else by
 * the one without parameters and a setter. Stateless.
 */
final class ConnectionFactories {

    private static final List<String> URL_SETTERS = List.of("setUrl", "setURL", "setBrokerURL", "setBrokerUrl");

    private ConnectionFactories() {}

    static ConnectionFactory create(String className, String url) throws ReflectiveOperationException {
        Class<? extends ConnectionFactory> type = Class.forName(className).asSubclass(ConnectionFactory.class);
        try {
            return type.getConstructor(String.class).newInstance(url);
        } catch (NoSuchMethodException e) {
            ConnectionFactory factory = type.getConstructor().newInstance();
            setUrl(factory, url);
            return factory;
        }
    }

    private static void setUrl(ConnectionFactory factory, String url)
            throws IllegalAccessException, InvocationTargetException, NoSuchMethodException {
        for (String name : URL_SETTERS) {
            try {
                Method setter = factory.getClass().getMethod(name, String.class);
                setter.invoke(factory, url);
                return;
            } catch (NoSuchMethodException e) {
                continue;
            }
        }
        throw new NoSuchMethodException(factory.getClass().getName() + " has none of " + URL_SETTERS);
    }
}
