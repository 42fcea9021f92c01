package org.fulmar.jndi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.JMSContext;
import jakarta.jms.Queue;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.nio.charset.StandardCharsets;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.naming.BinaryRefAddr;
import javax.naming.ConfigurationException;
import javax.naming.Reference;
import javax.naming.Referenceable;
import javax.naming.StringRefAddr;
import javax.naming.spi.NamingManager;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.jms.destination.FulmarQueue;
import org.fulmar.jms.destination.FulmarTemporaryQueue;
import org.fulmar.jms.destination.FulmarTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other naming services store of our objects, and what becomes of it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ObjectFactoryTest {
    private static final String ODD_NAME = "a/b:c \\\"ü";

    /** Would tell if anybody made it, or only loaded it. */
    public static final class Trap {
        static {
            Loaded.SPRUNG.set(true);
        }
    }

    private static final class Loaded {
        static final AtomicBoolean SPRUNG = new AtomicBoolean();
    }

    /** As a naming service does it: the reference is serialised, and read by the JDK's rules. */
    private static Object stored(Referenceable object) throws Exception {
        return NamingManager.getObjectInstance(copy(object.getReference()), null, null, new Hashtable<>());
    }

    @SuppressWarnings("unchecked")
    private static <T> T copy(T object) throws IOException, ClassNotFoundException {
        return (T) new ObjectInputStream(new ByteArrayInputStream(bytes(object))).readObject();
    }

    private static byte[] bytes(Object object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }

    private static Object made(Object of) throws Exception {
        return new FulmarObjectFactory().getObjectInstance(of, null, null, null);
    }

    @Test
    void destinationsComeBackFromTheirReferences() throws Exception {
        assertThat(stored(new FulmarQueue(ODD_NAME))).isEqualTo(new FulmarQueue(ODD_NAME));
        assertThat(stored(new FulmarTopic(ODD_NAME))).isEqualTo(new FulmarTopic(ODD_NAME));
        assertThat(new FulmarTemporaryQueue("t", null)).isNotInstanceOf(Referenceable.class);
    }

    @Test
    void referenceHasTheNamesThatAreStoredForYears() {
        Reference queue = new FulmarQueue("q").getReference();
        assertThat(queue.getClassName()).isEqualTo("org.fulmar.jms.destination.FulmarQueue");
        assertThat(queue.getFactoryClassName()).isEqualTo("org.fulmar.jndi.FulmarObjectFactory");
        assertThat(queue.get("physicalName").getContent()).isEqualTo("q");
        assertThat(queue.getFactoryClassLocation()).isNull();
        Reference factory = new FulmarConnectionFactory("fulmar://h").getReference();
        assertThat(factory.getClassName()).isEqualTo("org.fulmar.jms.FulmarConnectionFactory");
        assertThat(factory.get("url").getContent()).isEqualTo("fulmar://h");
        assertThat(factory.getFactoryClassName()).isEqualTo(FulmarObjectFactory.class.getName());
    }

    @Test
    void factoryComesBackFromItsReferenceAndFromItsSerialFormWithItsUrl() throws Exception {
        String url = "fulmar://h:1,i:2?prefetch=7&user=anna&password=p%26";
        FulmarConnectionFactory factory = new FulmarConnectionFactory(url);
        assertThat(((FulmarConnectionFactory) stored(factory)).getUrl()).isEqualTo(url);
        assertThat(copy(factory).getUrl()).isEqualTo(url);
        assertThat(new String(bytes(factory), StandardCharsets.ISO_8859_1)).contains(url);
    }

    @Test
    void factoryThatIsInUseIsSerialisedWithoutItsConnections() throws Exception {
        try (FulmarConnectionFactory factory = new FulmarConnectionFactory("fulmar:embedded");
                JMSContext context = factory.createContext();
                FulmarConnectionFactory copy = copy(factory);
                JMSContext other = copy.createContext()) {
            Queue queue = context.createQueue("q");
            context.createProducer().send(queue, "here");
            // a broker of its own
            assertThat(other.createConsumer(queue).receiveNoWait()).isNull();
            assertThat(context.createConsumer(queue).receiveBody(String.class, 15_000))
                    .isEqualTo("here");
        }
    }

    @Test
    void serialVersionsStayAsTheyAre() {
        for (Class<?> type : List.of(FulmarConnectionFactory.class, FulmarQueue.class, FulmarTopic.class)) {
            assertThat(ObjectStreamClass.lookup(type).getSerialVersionUID()).isEqualTo(1);
        }
    }

    @Test
    void serialisedFactoryWithABadUrlIsRefused() throws Exception {
        String text = "fulmar://host";
        byte[] bytes = bytes(new FulmarConnectionFactory(text));
        String tampered = new String(bytes, StandardCharsets.ISO_8859_1).replace(text, "evilll://host");
        assertThatThrownBy(() -> new ObjectInputStream(
                                new ByteArrayInputStream(tampered.getBytes(StandardCharsets.ISO_8859_1)))
                        .readObject())
                .isInstanceOf(InvalidObjectException.class)
                .hasMessageContaining("evilll");
    }

    @Test
    void referenceToAnotherClassIsLeftToOthersAndItsClassIsNotLoaded() throws Exception {
        String factory = FulmarObjectFactory.class.getName();
        for (String type : List.of(
                ObjectFactoryTest.class.getName() + "$Trap",
                "java.lang.Runtime",
                "org.fulmar.jms.ConnectionUrl",
                "org.fulmar.jms.destination.FulmarTemporaryQueue")) {
            Reference reference = new Reference(type, factory, null);
            reference.add(new StringRefAddr("physicalName", "x"));
            reference.add(new StringRefAddr("url", "fulmar://h"));
            assertThat(made(reference)).as(type).isNull();
        }
        assertThat(Loaded.SPRUNG).isFalse();
        assertThat(made("fulmar://h")).isNull();
        assertThat(made(Map.of())).isNull();
        assertThat(made(null)).isNull();
        assertThat(made(new Reference(null))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp://h", "", "fulmar://h?prefetch=x", "ldap://h/x"})
    void referenceWithABadUrlIsRefused(String url) {
        Reference reference = new Reference(FulmarConnectionFactory.class.getName(), new StringRefAddr("url", url));
        assertThatThrownBy(() -> made(reference))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("FulmarConnectionFactory");
    }

    @Test
    void referenceWithoutItsTextIsRefused() {
        Reference bare = new Reference(FulmarConnectionFactory.class.getName());
        Reference binary =
                new Reference(FulmarQueue.class.getName(), new BinaryRefAddr("physicalName", new byte[] {1}));
        Reference empty = new Reference(FulmarTopic.class.getName(), new StringRefAddr("physicalName", ""));
        assertThatThrownBy(() -> made(bare))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("\"url\"");
        assertThatThrownBy(() -> made(binary))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("\"physicalName\"");
        assertThatThrownBy(() -> made(empty))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("needs a name");
    }
}
