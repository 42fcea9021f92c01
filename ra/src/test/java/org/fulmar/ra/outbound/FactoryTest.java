package org.fulmar.ra.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.TopicConnectionFactory;
import jakarta.resource.Referenceable;
import jakarta.resource.ResourceException;
import jakarta.resource.spi.ConfigProperty;
import jakarta.resource.spi.InvalidPropertyException;
import jakarta.resource.spi.ResourceAdapter;
import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import javax.naming.NamingException;
import javax.naming.Reference;
import org.fulmar.ra.FulmarResourceAdapter;
import org.fulmar.ra.connection.BrokerTarget;
import org.fulmar.ra.connection.TargetSource;
import org.junit.jupiter.api.Test;

/** The connection factories as servers configure them and applications look them up. */
class FactoryTest extends OutboundTest {
    private static final List<String> PROPERTIES =
            List.of("url", "userName", "password", "clientId", "shareConnection", "allowLocalTransactions", "prefetch");

    @Test
    void everyPropertyIsABeansAndDescribed() throws Exception {
        List<String> beans = Arrays.stream(Introspector.getBeanInfo(FulmarManagedConnectionFactory.class)
                        .getPropertyDescriptors())
                .filter(each -> each.getWriteMethod() != null && each.getReadMethod() != null)
                .map(PropertyDescriptor::getName)
                .toList();
        assertThat(beans).containsAll(PROPERTIES);
        for (String property : PROPERTIES) {
            Field field = FulmarManagedConnectionFactory.class.getDeclaredField(property);
            ConfigProperty described = field.getAnnotation(ConfigProperty.class);
            assertThat(described).as(property).isNotNull();
            assertThat(described.description()[0]).as(property).isNotBlank();
            field.setAccessible(true);
            Object value = field.get(new FulmarManagedConnectionFactory());
            assertThat(described.defaultValue()).as(property).isEqualTo(value == null ? "" : value.toString());
            assertThat(described.confidential()).as(property).isEqualTo(property.equals("password"));
        }
    }

    @Test
    void missingValuesAreTheDefaults() throws Exception {
        factory.setPrefetch(null);
        factory.setShareConnection(null);
        factory.setAllowLocalTransactions(null);
        factory.setUrl(" ");
        factory.setUserName("");
        FulmarManagedConnectionFactory other = new FulmarManagedConnectionFactory();
        other.setResourceAdapter(adapter);
        other.setUrl(" ");
        other.setUserName("");
        assertThat(factory).isEqualTo(other).hasSameHashCodeAs(other);
        try (JMSContext context = connections().createContext()) {
            context.createProducer().send(context.createQueue(queue), "m");
        }
        assertThat(drain(queue)).containsExactly("m");
    }

    @Test
    void aBadPropertyIsNamed() throws Exception {
        factory.setPrefetch(-1);
        for (int i = 0; i < 2; i++) {
            String bad = i == 0 ? "prefetch" : "url";
            assertThatThrownBy(() -> factory.createConnectionFactory(container))
                    .isInstanceOfSatisfying(
                            InvalidPropertyException.class,
                            e -> assertThat(e.getInvalidPropertyDescriptors()[0].getName())
                                    .isEqualTo(bad))
                    .hasMessageContaining("the property " + bad);
            assertThatThrownBy(() -> factory.createManagedConnection(null, null))
                    .isInstanceOf(InvalidPropertyException.class)
                    .hasMessageContaining("the property " + bad);
            factory.setPrefetch(0);
            factory.setUrl("fulmar://127.0.0.1:" + broker.port() + "?password=hidden&prefetsch=2");
        }
        assertThatThrownBy(() -> factory.createConnectionFactory(container)).hasMessageNotContaining("hidden");
        factory.setUrl(null);
        adapter.setUrl(null);
        assertThatThrownBy(() -> factory.createConnectionFactory(container))
                .isInstanceOf(ResourceException.class)
                .hasMessageContaining("url");
    }

    @Test
    void itHasOneAdapterOfOurs() throws Exception {
        ResourceAdapter none = null;
        assertThatThrownBy(() -> factory.setResourceAdapter(none)).isInstanceOf(ResourceException.class);
        factory.setResourceAdapter(adapter);
        assertThat(factory.getResourceAdapter()).isSameAs(adapter);
        FulmarResourceAdapter other = new FulmarResourceAdapter();
        assertThatThrownBy(() -> factory.setResourceAdapter(other))
                .isInstanceOf(jakarta.resource.spi.IllegalStateException.class);
    }

    @Test
    void factoriesAreEqualIfTheyAreConfiguredSo() throws Exception {
        FulmarManagedConnectionFactory other = new FulmarManagedConnectionFactory();
        int before = other.hashCode();
        other.setResourceAdapter(adapter);
        assertThat(other).isEqualTo(factory).hasSameHashCodeAs(factory);
        assertThat(other.hashCode()).isEqualTo(before);
        other.setClientId("me");
        assertThat(other).isNotEqualTo(factory);
        FulmarManagedConnectionFactory queues = new FulmarManagedQueueConnectionFactory();
        queues.setResourceAdapter(adapter);
        assertThat(queues).isNotEqualTo(factory).isNotEqualTo(null).isNotEqualTo("factory");
    }

    @Test
    void whatIsLookedUpTellsItsTargetAndKeepsTheServersReference() throws Exception {
        factory.setUserName("anna");
        factory.setPassword("secret");
        factory.setClientId("me");
        Object found = factory.createConnectionFactory(container);
        assertThat(found).isInstanceOf(ConnectionFactory.class).isInstanceOf(Referenceable.class);
        assertThat(((TargetSource) found).target()).isEqualTo(new BrokerTarget(broker.url(), "anna", "secret", "me"));
        Referenceable named = (Referenceable) found;
        assertThatThrownBy(named::getReference).isInstanceOf(NamingException.class);
        Reference reference = new Reference("jms/factory");
        named.setReference(reference);
        assertThat(named.getReference()).isSameAs(reference);
    }

    @Test
    void whatIsLookedUpWorksAfterItWasStored() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(factory.createConnectionFactory());
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            ConnectionFactory copy = (ConnectionFactory) in.readObject();
            try (JMSContext context = copy.createContext()) {
                context.createProducer().send(context.createQueue(queue), "m");
            }
            FulmarResourceAdapter copied = (FulmarResourceAdapter)
                    ((ConnectionFactoryHandle) copy).allocator().factory().getResourceAdapter();
            copied.connections().close();
        }
        assertThat(drain(queue)).containsExactly("m");
    }

    @Test
    void theDomainsHaveTheirOwn() throws Exception {
        FulmarManagedConnectionFactory queues = new FulmarManagedQueueConnectionFactory();
        FulmarManagedConnectionFactory topics = new FulmarManagedTopicConnectionFactory();
        queues.setResourceAdapter(adapter);
        topics.setResourceAdapter(adapter);
        assertThat(queues.createConnectionFactory(container)).isInstanceOf(QueueConnectionFactory.class);
        assertThat(topics.createConnectionFactory(container)).isInstanceOf(TopicConnectionFactory.class);
        assertThat(factory.createConnectionFactory(container))
                .isNotInstanceOf(QueueConnectionFactory.class)
                .isNotInstanceOf(TopicConnectionFactory.class);
    }

    @Test
    void passwordsAreNotSaid() throws Exception {
        factory.setUrl(broker.url() + "&password=secret1");
        factory.setUserName("anna");
        factory.setPassword("secret2");
        Credentials credentials = Credentials.of("otto", "secret3");
        Object found = factory.createConnectionFactory(container);
        assertThat(List.of(
                        factory.toString(),
                        credentials.toString(),
                        found.toString(),
                        ((ConnectionFactoryHandle) found).allocator().toString(),
                        ((TargetSource) found).target().toString()))
                .noneMatch(text -> text.contains("secret"));
    }

    @Test
    void theLogWriterIsGivenOn() throws Exception {
        PrintWriter writer = new PrintWriter(System.out);
        factory.setLogWriter(writer);
        assertThat(factory.getLogWriter()).isSameAs(writer);
        var managed = factory.createManagedConnection(null, null);
        assertThat(managed.getLogWriter()).isSameAs(writer);
        managed.setLogWriter(null);
        assertThat(managed.getLogWriter()).isNull();
        managed.destroy();
    }

    @Test
    void candidatesOfOthersAreNotMatched() throws Exception {
        FulmarManagedConnectionFactory other = new FulmarManagedConnectionFactory();
        other.setResourceAdapter(adapter);
        other.setPrefetch(1);
        var managed = other.createManagedConnection(null, null);
        java.util.Set<Object> candidates = new java.util.LinkedHashSet<>(List.of("other's", managed));
        assertThat(factory.matchManagedConnections(candidates, null, null)).isNull();
        assertThat(other.matchManagedConnections(candidates, null, null)).isSameAs(managed);
        assertThat(other.getInvalidConnections(candidates)).isEmpty();
        managed.destroy();
        assertThat(other.matchManagedConnections(candidates, null, null)).isNull();
    }
}
