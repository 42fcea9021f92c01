package org.fulmar.appservers.wildfly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A new broker for each class, in this JVM, before anything is deployed and until all is undeployed. One class
 * at a time.
 */
final class BrokerExtension implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace OURS = ExtensionContext.Namespace.create(BrokerExtension.class);

    private static TestBroker current;

    /** The one of the class that runs. */
    static TestBroker broker() {
        return current;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("fulmar-wildfly");
        context.getStore(OURS).put("directory", directory);
        current = TestBroker.start(Wildfly.BROKER, directory, Map.of("maxRedeliveries", "3"));
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        current.close();
        try (Stream<Path> tree = Files.walk(context.getStore(OURS).remove("directory", Path.class))) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
