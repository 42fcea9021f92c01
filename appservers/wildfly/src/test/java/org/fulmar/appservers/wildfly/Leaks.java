package org.fulmar.appservers.wildfly;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;

/** What a deployment has left in the server: looked for from outside, in the server's own view of itself. */
final class Leaks {
    private static final String DIAGNOSTICS = "com.sun.management:type=DiagnosticCommand";
    private static final String CLASS_LOADER = "org.jboss.modules.ModuleClassLoader";

    private final MBeanServerConnection server;

    Leaks(MBeanServerConnection server) {
        this.server = server;
    }

    /** Class loaders of deployments of this name, after a collection. */
    long classLoaders(String deployment) throws IOException, JMException {
        command("gcRun");
        return command("vmClassloaders")
                .lines()
                .filter(line -> line.contains(CLASS_LOADER) && line.contains("deployment." + deployment))
                .count();
    }

    /** Names of threads that are the adapter's, the provider's, or a test's that has leaked on purpose. */
    Set<String> threads() throws IOException {
        ThreadMXBean threads = ManagementFactory.newPlatformMXBeanProxy(
                server, ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
        Set<String> names = new TreeSet<>();
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && List.of("fulmar", "netty").stream().anyMatch(thread.getThreadName()::startsWith)) {
                names.add(thread.getThreadName());
            }
        }
        return names;
    }

    private String command(String operation) throws IOException, JMException {
        return (String) server.invoke(
                new ObjectName(DIAGNOSTICS),
                operation,
                operation.equals("gcRun") ? new Object[0] : new Object[] {new String[0]},
                operation.equals("gcRun") ? new String[0] : new String[] {String[].class.getName()});
    }
}
