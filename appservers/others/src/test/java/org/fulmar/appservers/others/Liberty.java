package org.fulmar.appservers.others;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** Open Liberty, configured by its server.xml alone, which it reads again when it changes. */
final class Liberty extends Server {
    private static final String APPLICATION = """
              <ejbApplication id="app" location="app.jar" name="app"/>
            """;

    private static final String CONFIGURATION = """
            <server>
              <featureManager>
                <feature>connectors-2.1</feature><feature>messaging-3.1</feature><feature>mdb-4.0</feature>
                <feature>enterpriseBeansLite-4.0</feature><feature>cdi-4.0</feature><feature>jndi-1.0</feature>
              </featureManager>
              <resourceAdapter id="fulmar" location="${server.config.dir}/fulmar.rar">
                <customize suffix=""/>
                <properties.fulmar url="@URL@"/>
              </resourceAdapter>
              <jmsConnectionFactory id="DefaultJMSConnectionFactory" jndiName="jms/Shared">
                <properties.fulmar/>
                <recoveryAuthData user="recovery" password="recovery"/>
              </jmsConnectionFactory>
              <jmsConnectionFactory id="Own" jndiName="jms/Own">
                <properties.fulmar shareConnection="false"/>
                <recoveryAuthData user="recovery" password="recovery"/>
              </jmsConnectionFactory>
              <jmsQueue id="orders" jndiName="orders"><properties.fulmar physicalName="orders"/></jmsQueue>
              <jmsQueue id="letters" jndiName="letters"><properties.fulmar physicalName="letters"/></jmsQueue>
              <jmsQueue id="injected" jndiName="injected"><properties.fulmar physicalName="injected"/></jmsQueue>
              <jmsQueue id="default" jndiName="default"><properties.fulmar physicalName="default"/></jmsQueue>
              <jmsQueue id="defined" jndiName="defined"><properties.fulmar physicalName="defined"/></jmsQueue>
              <jmsTopic id="news" jndiName="news"><properties.fulmar physicalName="news"/></jmsTopic>
              <jmsActivationSpec id="app/OrderBean"><properties.fulmar/></jmsActivationSpec>
              <jmsActivationSpec id="app/SenderBean"><properties.fulmar/></jmsActivationSpec>
              <jmsActivationSpec id="app/NewsBean"><properties.fulmar/></jmsActivationSpec>
              <jmsActivationSpec id="app/InjectedBean"><properties.fulmar/></jmsActivationSpec>
              <jmsActivationSpec id="app/DefaultBean"><properties.fulmar/></jmsActivationSpec>
              <jmsActivationSpec id="app/DefinedBean"><properties.fulmar/></jmsActivationSpec>
            @APPLICATION@</server>
            """;

    Liberty(Path work, String url) {
        super("wlp", work, url);
    }

    private Path configuration() {
        return work.resolve("servers/fulmar");
    }

    @Override
    void install() throws IOException {
        Files.createDirectories(configuration().resolve("apps"));
        Files.copy(Archives.adapter(), configuration().resolve("fulmar.rar"));
        Archives.application(
                configuration().resolve("apps/app.jar"),
                Map.of("shared", "jms/Shared", "own", "jms/Own"),
                List.of("OrderBean", "SenderBean", "NewsBean", "InjectedBean", "DefaultBean", "DefinedBean"),
                Map.of(),
                "");
        configure(APPLICATION);
    }

    private void configure(String application) throws IOException {
        String text = CONFIGURATION.replace("@URL@", url).replace("@APPLICATION@", application);
        Files.writeString(configuration().resolve("server.xml"), text);
    }

    @Override
    Map<String, String> environment() {
        return Map.of("WLP_USER_DIR", work.toString());
    }

    /** With what its own script adds for Java 9 and later. */
    @Override
    List<String> command() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ServerProcess.java());
        for (String line : Files.readAllLines(home.resolve("lib/platform/java/java9.options"))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                command.add(line.strip());
            }
        }
        command.add("-javaagent:" + home.resolve("bin/tools/ws-javaagent.jar"));
        command.addAll(List.of(
                "-Xmx384m", "-jar", home.resolve("bin/tools/ws-server.jar").toString(), "fulmar"));
        return command;
    }

    @Override
    void undeploy() throws IOException {
        long before = stops();
        configure("");
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> stops() > before);
    }

    /** How often an application was stopped. */
    private long stops() throws IOException {
        return Pattern.compile("CWWKZ0009I")
                .matcher(Files.readString(log, StandardCharsets.UTF_8))
                .results()
                .count();
    }

    @Override
    void deploy() throws IOException {
        configure(APPLICATION);
    }

    @Override
    boolean stop() throws IOException, InterruptedException {
        run(
                ServerProcess.java(),
                "-jar",
                home.resolve("bin/tools/ws-server.jar").toString(),
                "fulmar",
                "--stop");
        return process().ends(60);
    }
}
