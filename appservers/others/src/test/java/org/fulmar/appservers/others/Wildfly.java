package org.fulmar.appservers.others;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** The whole WildFly, with a messaging subsystem that has no broker, configured before it starts; it scans a directory. */
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

    private static final String COMMANDS =
            """
            embed-server --server-config=standalone.xml --std-out=echo
            /extension=org.wildfly.extension.messaging-activemq:add
            /subsystem=messaging-activemq:add
            /subsystem=ejb3:write-attribute(name=default-resource-adapter-name,value=fulmar.rar)
            /subsystem=ejb3:write-attribute(name=default-mdb-instance-pool,value=mdb-strict-max-pool)
            /subsystem=resource-adapters/resource-adapter=fulmar:add(archive=fulmar.rar,transaction-support=XATransaction)
            /subsystem=resource-adapters/resource-adapter=fulmar/config-properties=url:add(value="@URL@")
            /subsystem=resource-adapters/resource-adapter=fulmar/connection-definitions=Shared:add(class-name=org.fulmar.ra.outbound.FulmarManagedConnectionFactory,jndi-name=java:/jms/Shared,recovery-username=recovery,recovery-password=recovery)
            /subsystem=resource-adapters/resource-adapter=fulmar/connection-definitions=Own:add(class-name=org.fulmar.ra.outbound.FulmarManagedConnectionFactory,jndi-name=java:/jms/Own,recovery-username=recovery,recovery-password=recovery)
            /subsystem=resource-adapters/resource-adapter=fulmar/connection-definitions=Own/config-properties=shareConnection:add(value=false)
            /subsystem=ee/service=default-bindings:write-attribute(name=jms-connection-factory,value=java:/jms/Shared)
            /subsystem=ee:write-attribute(name=annotation-property-replacement,value=true)
            /subsystem=transactions:write-attribute(name=node-identifier,value=others)
            stop-embedded-server
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
        Files.writeString(script, COMMANDS.replace("@URL@", url));
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
                Map.of("shared", "java:/jms/Shared", "own", "java:/jms/Own"),
                List.of("OrderBean", "SenderBean", "NewsBean", "DefaultBean", "WildflyDefinedBean"),
                Map.of(),
                "deployment.fulmar.rar");
        Files.copy(Archives.adapter(), deployments().resolve("fulmar.rar"));
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
                "-Dfulmar.test.url=" + url,
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
