package org.fulmar.appservers.others;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** TomEE, which has no use for archives of adapters: its classes are the server's, and the configuration names them. */
final class Tomee extends Server {
    private static final String SERVER = """
            <Server port="-1" shutdown="SHUTDOWN">
              <Listener className="org.apache.tomee.catalina.ServerListener"/>
              <Listener className="org.apache.catalina.mbeans.GlobalResourcesLifecycleListener"/>
              <Service name="Catalina">
                <Connector port="@PORT@" address="127.0.0.1" protocol="HTTP/1.1"/>
                <Engine name="Catalina" defaultHost="localhost">
                  <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="false"/>
                </Engine>
              </Service>
            </Server>
            """;

    private static final String CONFIGURATION = """
            <tomee>
              <Container id="FulmarMessages" type="MESSAGE">
                ResourceAdapter=FulmarAdapter
                MessageListenerInterface=jakarta.jms.MessageListener
                ActivationSpecClass=org.fulmar.ra.inbound.FulmarActivationSpec
                InstanceLimit=10
              </Container>
              <Resource id="FulmarAdapter" type="jakarta.resource.spi.ResourceAdapter" class-name="org.fulmar.ra.FulmarResourceAdapter">
                url=@URL@
              </Resource>
              <Resource id="jms/Shared" type="jakarta.jms.ConnectionFactory" class-name="org.fulmar.ra.outbound.FulmarManagedConnectionFactory">
                ResourceAdapter=FulmarAdapter
                TransactionSupport=xa
              </Resource>
              <Resource id="jms/Own" type="jakarta.jms.ConnectionFactory" class-name="org.fulmar.ra.outbound.FulmarManagedConnectionFactory">
                ResourceAdapter=FulmarAdapter
                TransactionSupport=xa
                shareConnection=false
              </Resource>
              <Deployments dir="apps"/>
            </tomee>
            """;

    Tomee(Path work, String url) {
        super("apache-tomee-plume-9.0.0", work, url);
    }

    @Override
    void install() throws IOException {
        copy(home.resolve("conf"), work.resolve("conf"));
        for (String directory : List.of("apps", "lib", "logs", "temp", "webapps", "work")) {
            Files.createDirectories(work.resolve(directory));
        }
        Files.writeString(work.resolve("conf/server.xml"), SERVER.replace("@PORT@", Integer.toString(freePort())));
        Files.writeString(work.resolve("conf/tomee.xml"), CONFIGURATION.replace("@URL@", url));
        unpackLibraries();
        List<String> beans = List.of("OrderBean", "SenderBean", "NewsBean", "InjectedBean");
        Map<String, String> descriptors = new LinkedHashMap<>();
        descriptors.put("META-INF/openejb-jar.xml", bindings(beans));
        Archives.application(
                work.resolve("apps/app.jar"),
                Map.of("shared", "openejb:Resource/jms/Shared", "own", "openejb:Resource/jms/Own"),
                beans,
                descriptors,
                "");
    }

    private void unpackLibraries() throws IOException {
        try (InputStream file = Files.newInputStream(Archives.adapter());
                ZipInputStream archive = new ZipInputStream(file)) {
            for (ZipEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
                if (entry.getName().endsWith(".jar")) {
                    Files.copy(archive, work.resolve("lib").resolve(entry.getName()));
                }
            }
        }
    }

    private static String bindings(List<String> beans) {
        StringBuilder text = new StringBuilder("<openejb-jar xmlns=\"http://tomee.apache.org/xml/ns/openejb-jar\">");
        for (String bean : beans) {
            text.append("<ejb-deployment ejb-name=\"").append(bean).append("\" container-id=\"FulmarMessages\"/>");
        }
        return text.append("</openejb-jar>").toString();
    }

    @Override
    List<String> command() {
        return List.of(
                ServerProcess.java(),
                "-Xmx512m",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.io=ALL-UNNAMED",
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
                "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED",
                "-javaagent:" + home.resolve("lib/openejb-javaagent.jar"),
                "-Djava.util.logging.config.file=" + work.resolve("conf/logging.properties"),
                "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",
                "-cp",
                home.resolve("bin/bootstrap.jar") + ":" + home.resolve("bin/tomcat-juli.jar"),
                "-Dcatalina.home=" + home,
                "-Dcatalina.base=" + work,
                "-Djava.io.tmpdir=" + work.resolve("temp"),
                "org.apache.catalina.startup.Bootstrap",
                "start");
    }

    @Override
    void undeploy() {
        throw new UnsupportedOperationException("an application is there from the start to the end");
    }

    @Override
    void deploy() {
        throw new UnsupportedOperationException("an application is there from the start to the end");
    }
}
