package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import jakarta.jms.InvalidClientIDRuntimeException;
import jakarta.jms.JMSContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.fulmar.appservers.wildfly.app.AuthenticatedBean;
import org.fulmar.appservers.wildfly.app.DescribedBean;
import org.fulmar.appservers.wildfly.app.DurableBean;
import org.fulmar.appservers.wildfly.app.LookingUpBean;
import org.fulmar.appservers.wildfly.app.ParallelBean;
import org.fulmar.appservers.wildfly.app.PassingBean;
import org.fulmar.appservers.wildfly.app.SelectingBean;
import org.fulmar.appservers.wildfly.app.SharingBean;
import org.fulmar.appservers.wildfly.app.SharingInPassingBean;
import org.fulmar.appservers.wildfly.app.SharingTooBean;
import org.fulmar.appservers.wildfly.app.SingleBean;
import org.fulmar.broker.security.PasswordHash;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.Archive;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every property of an activation, by annotation and by descriptor. */
class ActivationTest extends WildflyTest {
    /** All by descriptor; the broker of the second has users, so that nothing comes without the right ones. */
    private static final String DESCRIPTOR = """
            <ejb-jar xmlns="https://jakarta.ee/xml/ns/jakartaee" version="4.0" metadata-complete="false">
              <enterprise-beans>
                <message-driven>
                  <ejb-name>Described</ejb-name>
                  <ejb-class>org.fulmar.appservers.wildfly.app.DescribedBean</ejb-class>
                  <messaging-type>jakarta.jms.MessageListener</messaging-type>
                  <transaction-type>Container</transaction-type>
                  <activation-config>
                    %s
                  </activation-config>
                  <connection-factory>
                    <name>java:global/test/described-factory</name>
                    <interface-name>jakarta.jms.ConnectionFactory</interface-name>
                    <resource-adapter>fulmar</resource-adapter>
                    <transaction-support>XATransaction</transaction-support>
                    <property><name>url</name><value>%s</value></property>
                  </connection-factory>
                  <administered-object>
                    <name>java:global/test/described</name>
                    <interface-name>jakarta.jms.Queue</interface-name>
                    <class-name>org.fulmar.ra.destination.ManagedQueue</class-name>
                    <resource-adapter>fulmar</resource-adapter>
                    <property><name>physicalName</name><value>described</value></property>
                  </administered-object>
                </message-driven>
                <message-driven>
                  <ejb-name>Authenticated</ejb-name>
                  <ejb-class>org.fulmar.appservers.wildfly.app.AuthenticatedBean</ejb-class>
                  <messaging-type>jakarta.jms.MessageListener</messaging-type>
                  <transaction-type>Container</transaction-type>
                  <activation-config>
                    %s
                  </activation-config>
                </message-driven>
              </enterprise-beans>
            </ejb-jar>
            """;

    private static final Class<?>[] BEANS = {
        PassingBean.class,
        DurableBean.class,
        SharingBean.class,
        SharingTooBean.class,
        SharingInPassingBean.class,
        SelectingBean.class,
        LookingUpBean.class,
        ParallelBean.class,
        SingleBean.class,
        DescribedBean.class,
        AuthenticatedBean.class
    };

    @TempDir
    private static Path directory;

    private static TestBroker guarded;

    @Deployment(name = "ra", order = 1, testable = false)
    static Archive<?> adapter() {
        return Wildfly.adapter();
    }

    @Deployment(name = "app", order = 2, testable = false)
    static Archive<?> application() {
        String descriptor = DESCRIPTOR.formatted(
                properties(Map.of(
                        "destinationType", "jakarta.jms.Queue",
                        "destinationLookup", "java:global/test/described",
                        "connectionFactoryLookup", "java:global/test/described-factory",
                        "acknowledgeMode", "Auto-acknowledge",
                        "messageSelector", "kind = 'text'",
                        "maxSessions", "2")),
                Wildfly.url(Wildfly.BROKER),
                properties(Map.of(
                        "destinationType", "jakarta.jms.Queue",
                        "destination", "guarded",
                        "url", Wildfly.url(Wildfly.OTHER_BROKER),
                        "userName", "clerk",
                        "password", "secret-of-the-clerk")));
        return Wildfly.application(BEANS).addAsManifestResource(new StringAsset(descriptor), "ejb-jar.xml");
    }

    private static String properties(Map<String, String> properties) {
        StringBuilder xml = new StringBuilder();
        properties.forEach((name, value) -> xml.append("<activation-config-property><activation-config-property-name>")
                .append(name)
                .append("</activation-config-property-name><activation-config-property-value>")
                .append(value)
                .append("</activation-config-property-value></activation-config-property>"));
        return xml.toString();
    }

    @BeforeAll
    static void startGuardedBroker() throws Exception {
        Path users = Files.writeString(
                directory.resolve("users"),
                "clerk = " + PasswordHash.of("secret-of-the-clerk").text() + "\n");
        guarded = TestBroker.start(
                Wildfly.OTHER_BROKER,
                directory.resolve("store"),
                Map.of("usersFile", users.toString(), "anonymousAllowed", "false"));
    }

    @AfterAll
    static void stopGuardedBroker() throws Exception {
        guarded.close();
    }

    @Test
    void selectedMessagesComeAndOthersStay() {
        try (JMSContext context = factory.createContext()) {
            for (String color : List.of("blue", "red")) {
                for (int size = 2; size < 4; size++) {
                    context.createProducer()
                            .setProperty("color", color)
                            .setProperty("size", size)
                            .send(context.createQueue("mixed"), color + size);
                }
            }
        }

        assertThat(app.await("selecting", 1)).containsExactly("selecting red3 in a transaction");
        assertThat(take("mixed", 3)).containsExactly("blue2", "blue3", "red2");
    }

    @Test
    void beanFindsItsQueueAndItsFactoryByLookup() {
        send("found", "a", "b");

        assertThat(app.await("looking-up", 2))
                .containsExactlyInAnyOrder("looking-up a in a transaction", "looking-up b in a transaction");
    }

    @Test
    void asManySessionsAsConfiguredRunAtTheSameTime() {
        send("many", IntStream.range(0, 40).mapToObj(i -> "p" + i).toArray(String[]::new));

        List<String> lines = app.await("parallel", 40);
        assertThat(lines).hasSize(40).doesNotContain("parallel alone");
        assertThat(new HashSet<>(lines)).as("each of them once").hasSize(40);
    }

    @Test
    void singleSessionKeepsTheOrder() {
        String[] texts = IntStream.range(0, 100).mapToObj(i -> "s" + i).toArray(String[]::new);
        send("single", texts);

        assertThat(app.await("single", 100))
                .containsExactly(IntStream.range(0, 100)
                        .mapToObj(i -> "single s" + i + " in a transaction")
                        .toArray(String[]::new));
    }

    @Test
    void descriptorConfiguresABean() {
        try (JMSContext context = factory.createContext()) {
            context.createProducer().setProperty("kind", "other").send(context.createQueue("described"), "a");
            context.createProducer().setProperty("kind", "text").send(context.createQueue("described"), "b");
        }

        assertThat(app.await("described", 1)).containsExactly("described b in a transaction");
        assertThat(take("described", 1)).containsExactly("a");
    }

    @Test
    void credentialsOfTheDescriptorAreThoseThatTheBrokerIsTold() throws Exception {
        try (FulmarConnectionFactory other = guarded.factory();
                JMSContext context = other.createContext("clerk", "secret-of-the-clerk")) {
            context.createProducer().send(context.createQueue("guarded"), "a");

            assertThat(app.await("authenticated", 1)).containsExactly("authenticated a in a transaction");
        }
        assertThat(Files.readString(Wildfly.log(), StandardCharsets.ISO_8859_1)).doesNotContain("secret-of-the-clerk");
    }

    @Test
    void eachSubscriptionOfATopicGetsAMessageOnceHoweverManyBeansShareIt() {
        // each subscription has to be there first
        List<String> beans = List.of("passing", "durable", "sharing", "sharing-in-passing");
        for (String bean : beans) {
            Await.until(
                    bean,
                    () -> {
                        publish("text", "probe");
                        return app.journal(bean + " probe");
                    },
                    lines -> !lines.isEmpty());
        }

        publish("text", "end-of-probes");
        publish("image", "picture");
        publish("text", "last");

        String last = " last in a transaction";
        for (String bean : beans) {
            app.await(bean + last, 1);
            if (!bean.equals("durable")) {
                // in another session it may be done later
                app.await(bean + " picture", 1);
            }
        }
        for (String bean : List.of("passing", "sharing", "sharing-in-passing")) {
            assertThat(app.journal(bean + " picture")).as(bean).hasSize(1);
            assertThat(app.journal(bean + " last")).as(bean).hasSize(1);
        }
        assertThat(app.journal("durable last")).hasSize(1);
        assertThat(app.journal("durable picture"))
                .as("what its selector refuses")
                .isEmpty();
    }

    @Test
    void durableSubscriptionIsTheOneOfItsClientIdAndName() {
        app.await("durable", lines -> true);
        Await.until(
                "durable",
                () -> {
                    publish("text", "durable-probe");
                    return app.journal("durable durable-probe");
                },
                lines -> !lines.isEmpty());

        try (JMSContext context = factory.createContext()) {
            assertThat(catchThrowable(() -> context.setClientID("reader")))
                    .as("the client identifier is the bean's")
                    .isInstanceOf(InvalidClientIDRuntimeException.class);
        }
    }

    private static void publish(String kind, String text) {
        try (JMSContext context = factory.createContext()) {
            context.createProducer().setProperty("kind", kind).send(context.createTopic("news"), text);
        }
    }
}
