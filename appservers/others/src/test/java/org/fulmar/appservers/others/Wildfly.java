package org.fulmar.appservers.others;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * The whole WildFly, with a messaging subsystem that has no broker, configured before it starts: the adapter by a system
 * property, and by an overlay over what its archive says to WildFly. It scans a directory for deployments.
 */
final class Wildfly extends Server {
    private static final List<String> OPEN = List.of(
            "--add-exports=java.naming/com.sun.jndi.ldap=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.net=ALL-UNNAMED",
            "--add-opens=java.base/java.security=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
            "--add-opens=java.management/javax.management=ALL-UNNAMED",
            "--add-opens=java.naming/javax.naming=ALL-UNNAMED");

    private static final String COMMANDS = """
            embed-server --server-config=standalone.xml --std-out=echo
            /extension=org.wildfly.extension.messaging-activemq:add
            /subsystem=messaging-activemq:add
            /subsystem=ejb3:write-attribute(name=default-resource-adapter-name,value=fulmar.rar)
            /subsystem=ejb3:write-attribute(name=default-mdb-instance-pool,value=mdb-strict-max-pool)
            /subsystem=ee/service=default-bindings:write-attribute(name=jms-connection-factory,value=java:/fulmar/ConnectionFactory)
            /subsystem=ee:write-attribute(name=annotation-property-replacement,value=true)
            /subsystem=transactions:write-attribute(name=node-identifier,value=others)
            deployment-overlay add --name=fulmar --content=/META-INF/ironjacamar.xml=@OVERLAY@ --deployments=fulmar.rar
            stop-embedded-server
            """;

    /** Goes into the archive's own, in front of its other connection factories. */
    private static final String OWN_CONNECTIONS = """
            <connection-definition class-name="org.fulmar.ra.outbound.FulmarManagedConnectionFactory"
                                   jndi-name="java:/jms/Own" pool-name="Own">
              <config-property name="shareConnection">false</config-property>
              <recovery>
                <recover-credential><user-name>recovery</user-name><password>recovery</password></recover-credential>
              </recovery>
            </connection-definition>
            """;

    private final int offset;

    Wildfly(Path work, String url) throws IOException {
        super("wildfly-39.0.1.Final", work, url);
        // of ports from 8080 to 9993, and of two that are not used
        this.offset = freePort() % 20_000 + 10_000;
    }

    private Path deployments() {
        return work.resolve("deployments");
    }

    @Override
    void install() throws IOException, InterruptedException {
        copy(home.resolve("standalone/configuration"), work.resolve("configuration"));
        Files.createDirectories(deployments());
        Path script = work.resolve("configure.cli");
        Path overlay = work.resolve("ironjacamar.xml");
        String mark = "<connection-definitions>";
        Files.writeString(
                overlay, Archives.descriptor("META-INF/ironjacamar.xml").replace(mark, mark + OWN_CONNECTIONS));
        Files.writeString(script, COMMANDS.replace("@OVERLAY@", overlay.toString()));
        run(
                ServerProcess.java(),
                "-Djboss.home.dir=" + home,
                "-Djboss.server.base.dir=" + work,
                "-jar",
                home.resolve("jboss-modules.jar").toString(),
                "-mp",
                home.resolve("modules").toString(),
                "org.jboss.as.cli",
                "--file=" + script);
        Archives.application(
                deployments().resolve("app.jar"),
                Map.of("shared", "java:/fulmar/ConnectionFactory", "own", "java:/jms/Own"),
                List.of("OrderBean", "SenderBean", "NewsBean", "DefaultBean", "WildflyDefinedBean"),
                Map.of(),
                "deployment.fulmar.rar");
        Files.copy(Archives.adapter(), deployments().resolve("fulmar.rar"));
    }

    @Override
    Map<String, String> environment() {
        return Map.of("JBOSS_HOME", home.toString());
    }

    @Override
    List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(ServerProcess.java());
        command.addAll(OPEN);
        command.addAll(List.of(
                "-Xmx512m",
                "-Djava.net.preferIPv4Stack=true",
                "-Djboss.home.dir=" + home,
                "-Djboss.server.base.dir=" + work,
                "-Djboss.socket.binding.port-offset=" + offset,
                "-Dfulmar.url=" + url,
                "-DRecoveryEnvironmentBean.periodicRecoveryPeriod=5",
                "-DRecoveryEnvironmentBean.recoveryBackoffPeriod=1",
                "-jar",
                home.resolve("jboss-modules.jar").toString(),
                "-mp",
                home.resolve("modules").toString(),
                "org.jboss.as.standalone"));
        return command;
    }

    @Override
    void undeploy() throws IOException {
        Files.delete(deployments().resolve("app.jar.deployed"));
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> Files.exists(deployments().resolve("app.jar.undeployed")));
    }

    @Override
    void deploy() throws IOException {
        Files.createFile(deployments().resolve("app.jar.dodeploy"));
    }
}
