package org.fulmar.appservers.wildfly;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import javax.management.JMException;
import javax.management.JMX;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.awaitility.core.ConditionTimeoutException;
import org.fulmar.appservers.wildfly.app.DriverMBean;

/** The deployed application and the server around it, over the server's management port. For one thread. */
final class App implements AutoCloseable {
    /** Of connecting and of each call, for a server that may stand still for a while: in seconds. */
    private static final Map<String, String> PATIENCE = Map.of("org.jboss.remoting-jmx.timeout", "120");

    private final JMXConnector connector;
    private final MBeanServerConnection server;
    private final DriverMBean driver;
    private final List<String> journal = new ArrayList<>();

    private App(JMXConnector connector, ObjectName name) throws IOException {
        this.connector = connector;
        this.server = connector.getMBeanServerConnection();
        this.driver = JMX.newMBeanProxy(server, name, DriverMBean.class);
    }

    static App connect() throws IOException, JMException {
        JMXServiceURL url = new JMXServiceURL("service:jmx:remote+http://127.0.0.1:" + Wildfly.MANAGEMENT);
        return new App(JMXConnectorFactory.connect(url, PATIENCE), new ObjectName(DriverMBean.NAME));
    }

    MBeanServerConnection server() {
        return server;
    }

    /** @throws AssertionError if the bean throws something */
    String call(String bean, String operation, String... arguments) {
        String answer = driver.call(bean, operation, arguments);
        if (answer.startsWith(DriverMBean.FAILED)) {
            throw new AssertionError(bean + " " + operation + ": " + answer);
        }
        return answer;
    }

    /** Names and messages of what the bean throws. */
    String failure(String bean, String operation, String... arguments) {
        String answer = driver.call(bean, operation, arguments);
        if (!answer.startsWith(DriverMBean.FAILED)) {
            throw new AssertionError(bean + " " + operation + " has not failed: " + answer);
        }
        return answer;
    }

    /** What the beans have noted so far. */
    List<String> journal() {
        journal.addAll(List.of(driver.journal(journal.size())));
        return List.copyOf(journal);
    }

    /** That another deployment, with a journal of its own, has taken the place of the one before. */
    void forget() {
        journal.clear();
    }

    List<String> journal(String beginning) {
        return journal().stream().filter(line -> line.startsWith(beginning)).toList();
    }

    /** The lines that begin so, when there are as many. */
    List<String> await(String beginning, int count) {
        return await(beginning, lines -> lines.size() >= count);
    }

    List<String> await(String beginning, Predicate<List<String>> condition) {
        try {
            return Await.until(beginning, () -> journal(beginning), condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("not what was expected of " + beginning + ": " + journal(), e);
        }
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
