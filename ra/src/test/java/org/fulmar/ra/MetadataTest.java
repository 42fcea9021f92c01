package org.fulmar.ra;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.resource.spi.ConfigProperty;
import java.beans.PropertyDescriptor;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.fulmar.ra.destination.ManagedQueue;
import org.fulmar.ra.destination.ManagedTopic;
import org.fulmar.ra.inbound.FulmarActivationSpec;
import org.fulmar.ra.outbound.FulmarManagedConnectionFactory;
import org.fulmar.ra.outbound.FulmarManagedQueueConnectionFactory;
import org.fulmar.ra.outbound.FulmarManagedTopicConnectionFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** What the beans' annotations, ra.xml and docs/resource-adapter.md say of the properties is the same. */
@Timeout(120)
class MetadataTest {
    private static final Path RA_XML = Path.of("src/main/rar/META-INF/ra.xml");
    private static final Path PAGE = Path.of("../docs/resource-adapter.md");

    private record Property(String name, String type, String description, String value, boolean confidential) {}

    static Stream<Class<?>> beans() {
        return Stream.of(
                FulmarResourceAdapter.class,
                FulmarActivationSpec.class,
                FulmarManagedConnectionFactory.class,
                FulmarManagedQueueConnectionFactory.class,
                FulmarManagedTopicConnectionFactory.class,
                ManagedQueue.class,
                ManagedTopic.class);
    }

    private static Map<String, Property> annotated(Class<?> bean) throws Exception {
        Map<String, Property> found = new LinkedHashMap<>();
        Object made = bean.getConstructor().newInstance();
        for (Class<?> at = bean; at != Object.class; at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                ConfigProperty annotation = field.getAnnotation(ConfigProperty.class);
                if (annotation == null) {
                    continue;
                }
                PropertyDescriptor descriptor = new PropertyDescriptor(field.getName(), bean);
                Object value = descriptor.getReadMethod().invoke(made);
                assertThat(value == null ? "" : value.toString())
                        .as("%s of a new %s", field.getName(), bean.getSimpleName())
                        .isEqualTo(annotation.defaultValue());
                found.put(
                        field.getName(),
                        new Property(
                                field.getName(),
                                field.getType().getName(),
                                String.join(" ", annotation.description()),
                                annotation.defaultValue(),
                                annotation.confidential()));
            }
        }
        return found;
    }

    private static Map<String, Property> declared(Class<?> bean) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        Document document = factory.newDocumentBuilder().parse(RA_XML.toFile());
        Map<String, Property> found = new LinkedHashMap<>();
        NodeList all = document.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            Element element = (Element) all.item(i);
            if (!element.getTagName().endsWith("-class")
                    || !element.getTextContent().equals(bean.getName())) {
                continue;
            }
            for (Node next = element.getNextSibling(); next != null; next = next.getNextSibling()) {
                if (next instanceof Element property && property.getTagName().equals("config-property")) {
                    Property read = new Property(
                            text(property, "config-property-name"),
                            text(property, "config-property-type"),
                            text(property, "description"),
                            text(property, "config-property-value"),
                            text(property, "config-property-confidential").equals("true"));
                    found.put(read.name(), read);
                }
            }
        }
        return found;
    }

    private static String text(Element of, String tag) {
        NodeList found = of.getElementsByTagName(tag);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent();
    }

    @ParameterizedTest
    @MethodSource("beans")
    void theDescriptorSaysWhatTheBeanSays(Class<?> bean) throws Exception {
        Map<String, Property> annotated = annotated(bean);
        assertThat(annotated).isNotEmpty();
        assertThat(declared(bean)).isEqualTo(annotated);
    }

    @ParameterizedTest
    @MethodSource("beans")
    void thePageSaysWhatTheBeanSays(Class<?> bean) throws Exception {
        List<String> missing = new ArrayList<>();
        List<String> lines = Files.readAllLines(PAGE);
        for (Property property : annotated(bean).values()) {
            String row = "| `" + property.name() + "` | "
                    + (property.value().isEmpty() ? "" : "`" + property.value() + "`") + " | "
                    + property.description() + " |";
            if (!lines.contains(row)) {
                missing.add(row);
            }
        }
        assertThat(missing).isEmpty();
    }
}
