package org.fulmar.tck;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.fulmar.jndi.FulmarInitialContextFactory;

/** The names that tests look up: {@code jndi.properties} in a directory of the class path. */
final class Naming {
    private static final List<String> FACTORIES =
            List.of("MyConnectionFactory", "MyQueueConnectionFactory", "MyTopicConnectionFactory");
    private static final String DURABLE_FACTORY = "DURABLE_SUB_CONNECTION_FACTORY";
    private static final List<String> QUEUES =
            List.of("MY_QUEUE", "MY_QUEUE2", "testQ0", "testQ1", "testQ2", "testQueue2", "Q2");
    private static final List<String> TOPICS = List.of("MY_TOPIC", "MY_TOPIC2", "testT0", "testT1", "testT2");

    /** What tests put into an ObjectMessage besides values that are allowed anyway. */
    private static final String ALLOWED = "deserializationAllowList=java.lang.StringBuffer";

    /** For tests on a machine that stands still for a while: in milliseconds. */
    private static final String PATIENCE = "connectTimeout=60000";

    private Naming() {}

    /**
     * @param url of the broker, with a query or without
     */
    static void write(Path directory, String url) throws IOException {
        String base = url + (url.contains("?") ? "&" : "?") + ALLOWED + "&" + PATIENCE;
        Properties names = new Properties();
        names.setProperty("java.naming.factory.initial", FulmarInitialContextFactory.class.getName());
        FACTORIES.forEach(name -> names.setProperty("connectionFactory." + name, base));
        names.setProperty("connectionFactory." + DURABLE_FACTORY, base + "&clientId=cts");
        QUEUES.forEach(name -> names.setProperty("queue." + name, name));
        TOPICS.forEach(name -> names.setProperty("topic." + name, name));
        Files.createDirectories(directory);
        try (Writer out = Files.newBufferedWriter(directory.resolve("jndi.properties"), StandardCharsets.ISO_8859_1)) {
            names.store(out, null);
        }
    }
}
