package org.fulmar.jms.kill;

import jakarta.jms.ConnectionFactory;

/**
 * The provider under test: the only place that names it.
 *
 * <p>Immutable. By default Fulmar, reached by reflection; {@code -Dkill.broker}, {@code -Dkill.factory} and
 * {@code -Dkill.url} name another one (a main that reads the same configuration file and prints {@code READY}, a
 * connection factory with a URL as its one parameter, that URL with {@code %d} for the port), to compare, and to see
 * that the test finds what others do wrong.
 */
record KillTarget(String brokerMain, String factoryClass, String url) {

    static KillTarget fromSystemProperties() {
        return new KillTarget(
                System.getProperty("kill.broker", "org.fulmar.broker.BrokerMain"),
                System.getProperty("kill.factory", "org.fulmar.jms.FulmarConnectionFactory"),
                System.getProperty("kill.url", "fulmar://127.0.0.1:%d?reconnect=false"));
    }

    ConnectionFactory factory(int port) throws ReflectiveOperationException {
        return (ConnectionFactory)
                Class.forName(factoryClass).getConstructor(String.class).newInstance(String.format(url, port));
    }
}
