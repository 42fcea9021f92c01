package org.fulmar.appservers.others;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** GlassFish or Payara, with a domain of its own that its administration tool configures while it runs. */
final class Glassfish extends Server {
    private static final String DOMAIN = "fulmar";

    private static final String COMMANDS = """
            create-resource-adapter-config --property url=@URL@ fulmar
            deploy @RAR@
            create-connector-connection-pool --raname fulmar --connectiondefinition jakarta.jms.ConnectionFactory --transactionsupport XATransaction --steadypoolsize 0 --maxpoolsize 20 Shared
            create-connector-resource --poolname Shared jms/Shared
            create-connector-connection-pool --raname fulmar --connectiondefinition jakarta.jms.ConnectionFactory --transactionsupport XATransaction --steadypoolsize 0 --maxpoolsize 20 --property shareConnection=false Own
            create-connector-resource --poolname Own jms/Own
            ping-connection-pool Shared
            deploy --name app @APPLICATION@
            """;

    /** Payara's data grid, which listens on all interfaces. */
    private static final String GRID = "<hazelcast-config-specific-configuration";

    /** A broker elsewhere, which nobody looks for: without this element there is one in the server. */
    private static final String REMOTE_JMS =
            "<jms-service type=\"REMOTE\" default-jms-host=\"default_JMS_host\" reconnect-enabled=\"false\">"
                    + "<jms-host name=\"default_JMS_host\" host=\"127.0.0.1\" port=\"1\"/></jms-service>";

    private final List<String> ports;

    Glassfish(String distribution, Path work, String url) throws IOException {
        super(distribution, work, url);
        this.ports = freePorts(10);
    }

    private Path application() {
        return work.resolve("app.jar");
    }

    @Override
    void install() throws IOException, InterruptedException {
        run(
                ServerProcess.java(),
                "-jar",
                tool(),
                "--user",
                "admin",
                "create-domain",
                "--nopassword=true",
                "--domaindir",
                work.toString(),
                "--adminport",
                ports.get(0),
                "--instanceport",
                ports.get(1),
                "--domainproperties",
                "jms.port=" + ports.get(2) + ":domain.jmxPort=" + ports.get(3) + ":orb.listener.port=" + ports.get(4)
                        + ":http.ssl.port=" + ports.get(5) + ":orb.ssl.port=" + ports.get(6) + ":orb.mutualauth.port="
                        + ports.get(7) + ":java.debugger.port=" + ports.get(8) + ":osgi.shell.telnet.port="
                        + ports.get(9),
                DOMAIN);
        confine();
        Map<String, String> descriptors = new LinkedHashMap<>();
        List<String> beans = List.of("OrderBean", "SenderBean", "NewsBean", "InjectedBean", "DefinedBean");
        descriptors.put("META-INF/glassfish-ejb-jar.xml", bindings(beans));
        Archives.application(application(), Map.of("shared", "jms/Shared", "own", "jms/Own"), beans, descriptors, "");
    }

    /** Listens on the loopback interface only, and has no JMS broker of its own; recovers when it starts. */
    private void confine() throws IOException {
        Path file = work.resolve(DOMAIN + "/config/domain.xml");
        String text = Files.readString(file)
                .replace("0.0.0.0", "127.0.0.1")
                .replace("<network-listener port", "<network-listener address=\"127.0.0.1\" port")
                .replace(GRID + ">", GRID + " enabled=\"false\">")
                .replace("-Xmx512m", "-Xmx640m")
                .replaceAll(
                        "<transaction-service tx-log-dir=(\"[^\"]*\") ?/>",
                        REMOTE_JMS + "<transaction-service automatic-recovery=\"true\" tx-log-dir=$1/>");
        Files.writeString(file, text);
    }

    private static String bindings(List<String> beans) {
        StringBuilder text = new StringBuilder("<glassfish-ejb-jar><enterprise-beans>");
        for (String bean : beans) {
            text.append("<ejb><ejb-name>").append(bean).append("</ejb-name><mdb-resource-adapter>");
            text.append("<resource-adapter-mid>fulmar</resource-adapter-mid></mdb-resource-adapter></ejb>");
        }
        return text.append("</enterprise-beans></glassfish-ejb-jar>").toString();
    }

    private String tool() {
        return home.resolve("glassfish/lib/client/appserver-cli.jar").toString();
    }

    @Override
    List<String> command() {
        return List.of(
                ServerProcess.java(),
                "-jar",
                tool(),
                "start-domain",
                "--verbose",
                "--domaindir",
                work.toString(),
                DOMAIN);
    }

    @Override
    void started() throws IOException, InterruptedException {
        Path commands = work.resolve("commands");
        Files.writeString(
                commands,
                COMMANDS.replace("@URL@", url.replaceAll("[:=]", "\\\\\\\\$0"))
                        .replace("@RAR@", Archives.adapter().toString())
                        .replace("@APPLICATION@", application().toString()));
        Awaitility.await()
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofSeconds(1))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    administer("uptime");
                    return true;
                });
        administer("multimode", "--file", commands.toString());
    }

    private void administer(String... command) throws IOException, InterruptedException {
        List<String> whole = new ArrayList<>(List.of(
                ServerProcess.java(),
                "-jar",
                tool(),
                "--host",
                "127.0.0.1",
                "--port",
                ports.get(0),
                "--user",
                "admin"));
        whole.addAll(List.of(command));
        run(whole.toArray(new String[0]));
    }

    @Override
    void undeploy() throws IOException, InterruptedException {
        administer("undeploy", "app");
    }

    @Override
    void deploy() throws IOException, InterruptedException {
        administer("deploy", "--name", "app", application().toString());
    }

    @Override
    boolean stop() throws IOException, InterruptedException {
        run(ServerProcess.java(), "-jar", tool(), "stop-domain", "--domaindir", work.toString(), DOMAIN);
        return process().ends(60);
    }
}
