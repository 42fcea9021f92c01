package org.fulmar.appservers.others.app;

import jakarta.jms.ConnectionFactory;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/** What the administered objects are called on this server, from names.properties in the application. */
final class Names {
    private Names() {}

    /** The connection factory of that name, which the server gives. */
    static ConnectionFactory factory(String key) {
        try (InputStream in = Names.class.getResourceAsStream("/names.properties")) {
            Properties names = new Properties();
            names.load(in);
            return (ConnectionFactory) new InitialContext().lookup(names.getProperty(key));
        } catch (IOException | NamingException e) {
            throw new IllegalStateException("no connection factory " + key, e);
        }
    }
}
