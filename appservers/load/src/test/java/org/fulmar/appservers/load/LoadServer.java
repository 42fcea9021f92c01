package org.fulmar.appservers.load;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.fulmar.appservers.load.app.LedgerBean;
import org.fulmar.appservers.load.app.Progress;
import org.fulmar.appservers.load.app.StatusBean;

/**
 * A WildFly in a process of its own with the adapter, the application and its XA data source; it is killed and started
 * again on the same directory, with its transaction log. Used by one thread.
 */
final class LoadServer implements AutoCloseable {
    private static final Path HOME = Path.of(System.getProperty("wildfly.home"));
    private static final List<Class<?>> APPLICATION = List.of(LedgerBean.class, StatusBean.class, Progress.class);
    private static final List<String> OPEN = List.of(
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.security=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
            "--add-opens=java.management/javax.management=ALL-UNNAMED",
            "--add-opens=java.naming/javax.naming=ALL-UNNAMED");

    /** A bean pool and a connection pool with room for all sessions. */
    private static final int POOL = 32;

    private static final String MODULE = """
            <module xmlns="urn:jboss:module:1.9" name="org.apache.derby">
              <resources>@RESOURCES@</resources>
              <dependencies><module name="java.se"/></dependencies>
            </module>
            """;

    private static final String DATA_SOURCE = """
            <datasources>
              <xa-datasource jndi-name="java:/load/Ledger" pool-name="Ledger" enabled="true">
                <xa-datasource-property name="DatabaseName">@DATABASE@</xa-datasource-property>
                <driver>derby</driver>
                <xa-pool><min-pool-size>0</min-pool-size><max-pool-size>@POOL@</max-pool-size></xa-pool>
                <security user-name="app" password="app"/>
                <statement><prepared-statement-cache-size>8</prepared-statement-cache-size></statement>
              </xa-datasource>
              <drivers>
                <driver name="derby" module="org.apache.derby">
                  <xa-datasource-class>org.apache.derby.jdbc.EmbeddedXADataSource</xa-datasource-class>
                </driver>
            """;

    private final Path base;
    private final int management;
    private final String url;
    private final Path progress;
    private Child process;

    /**
     * It is started, and may not be ready yet.
     *
     * @param base for all it writes
     * @param management a free port
     * @param url of the broker, which may not be there yet
     */
    LoadServer(Path base, int management, String url, Path progress, Ledger ledger) throws IOException {
        this.base = base;
        this.management = management;
        this.url = url;
        this.progress = progress;
        Files.createDirectories(base.resolve("deployments"));
        configure(ledger);
        installDriver();
        Files.copy(Path.of(System.getProperty("fulmar.rar")), base.resolve("deployments/fulmar.rar"));
        writeApplication(base.resolve("deployments/load.jar"));
        this.process = start();
    }

    private void configure(Ledger ledger) throws IOException {
        Path configuration = Files.createDirectories(base.resolve("configuration"));
        try (Stream<Path> files = Files.list(HOME.resolve("standalone/configuration"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, configuration.resolve(file.getFileName()));
            }
        }
        Path standalone = configuration.resolve("standalone.xml");
        String text = Files.readString(standalone);
        text = replace(
                text,
                "<datasources>\\s*<drivers>",
                DATA_SOURCE
                        .replace("@DATABASE@", ledger.database().toString())
                        .replace("@POOL@", Integer.toString(POOL)));
        text = replace(
                text,
                "name=\"mdb-strict-max-pool\" derive-size=\"from-cpu-count\"",
                "name=\"mdb-strict-max-pool\" max-pool-size=\"" + POOL + "\"");
        Files.writeString(standalone, text);
    }

    private static String replace(String text, String pattern, String replacement) {
        String replaced = text.replaceFirst(pattern, replacement);
        if (replaced.equals(text)) {
            throw new IllegalStateException("no " + pattern + " in the server's configuration");
        }
        return replaced;
    }

    private void installDriver() throws IOException {
        Path module = Files.createDirectories(base.resolve("modules/org/apache/derby/main"));
        StringBuilder resources = new StringBuilder();
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(element);
            String name = jar.getFileName().toString();
            if (name.startsWith("derby") && name.endsWith(".jar")) {
                Files.copy(jar, module.resolve(name));
                resources.append("<resource-root path=\"").append(name).append("\"/>");
            }
        }
        Files.writeString(module.resolve("module.xml"), MODULE.replace("@RESOURCES@", resources));
    }

    private static void writeApplication(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Dependencies", "jakarta.jms.api, deployment.fulmar.rar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            for (Class<?> type : APPLICATION) {
                add(out, type.getName());
            }
            add(out, LedgerBean.class.getName() + "$1");
        }
    }

    private static void add(JarOutputStream out, String name) throws IOException {
        String path = name.replace('.', '/') + ".class";
        try (InputStream in = LoadServer.class.getClassLoader().getResourceAsStream(path)) {
            if (in == null) {
                throw new IOException("no class " + name);
            }
            out.putNextEntry(new JarEntry(path));
            in.transferTo(out);
        }
    }

    private Child start() throws IOException {
        List<String> arguments = new ArrayList<>(OPEN);
        arguments.addAll(List.of(
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-Djava.net.preferIPv4Stack=true",
                "-Djboss.home.dir=" + HOME,
                "-Djboss.server.base.dir=" + base,
                "-Djboss.management.http.port=" + management,
                "-Djboss.tx.node.id=fulmar-load",
                "-Dfulmar.url=" + url,
                "-D" + LedgerBean.PROGRESS + "=" + progress,
                "-Dderby.stream.error.file=" + base.resolve("derby.log"),
                // its logs are 1 MiB else, and full after some seconds
                "-Dderby.storage.logSwitchInterval=" + (64 << 20),
                "-Dderby.storage.checkpointInterval=" + (128 << 20),
                "-Dderby.storage.pageCacheSize=4000",
                // Derby rolls back what is prepared when its time is over
                "-DJTAEnvironmentBean.xaTransactionTimeoutEnabled=false",
                "-DJTAEnvironmentBean.orphanSafetyInterval=5000",
                "-DRecoveryEnvironmentBean.periodicRecoveryPeriod=5",
                "-DRecoveryEnvironmentBean.recoveryBackoffPeriod=2",
                "-jar",
                HOME.resolve("jboss-modules.jar").toString(),
                "-mp",
                HOME.resolve("modules") + File.pathSeparator + base.resolve("modules"),
                "org.jboss.as.standalone"));
        return Child.java(arguments, base, base.resolve("output.log"));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.kill();
    }

    /** After a kill. Returns at once. */
    void restart() throws IOException {
        process = start();
    }

    /** The way an administrator stops it; false if it has to be killed. */
    boolean stop() throws InterruptedException {
        return process.stop();
    }

    @Override
    public void close() throws InterruptedException {
        process.kill();
    }
}
