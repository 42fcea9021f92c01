package org.fulmar.tck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The program of the JVMs that a run starts: lists the tests of a jar, or runs those of one class, and tells its events
 * to a file.
 *
 * <p>{@code list FILE TESTS PATTERN} and {@code run FILE CLASS SKIP}, where the file SKIP has a method per line that is
 * left out.
 */
public final class TestClassMain {
    /** An order that can be told: tests of the TCK leave durable subscriptions to those behind them. */
    private static final String ORDER = "junit.jupiter.testmethod.order.default";

    private static final String BY_NAME = "org.junit.jupiter.api.MethodOrderer$MethodName";

    private TestClassMain() {}

    public static void main(String[] args) throws IOException {
        if (args.length == 4 && args[0].equals("list")) {
            list(Path.of(args[1]), Path.of(args[2]), args[3]);
        } else if (args.length == 4 && args[0].equals("run")) {
            run(Path.of(args[1]), args[2], Set.copyOf(Files.readAllLines(Path.of(args[3]))));
        } else {
            throw new IllegalArgumentException("expected: list FILE TESTS PATTERN | run FILE CLASS SKIP");
        }
        // threads that tests have left behind do not keep this JVM
        System.exit(0);
    }

    private static void list(Path file, Path tests, String pattern) throws IOException {
        TestPlan plan = LauncherFactory.create()
                .discover(LauncherDiscoveryRequestBuilder.request()
                        .selectors(DiscoverySelectors.selectClasspathRoots(Set.of(tests)))
                        .filters(ClassNameFilter.includeClassNamePatterns(pattern))
                        .build());
        for (TestIdentifier container : containers(plan)) {
            if (container.getSource().orElse(null) instanceof ClassSource source) {
                try (EventWriter events = new EventWriter(file.resolve(source.getClassName()), source.getClassName())) {
                    plan.getDescendants(container).stream()
                            .filter(TestIdentifier::isTest)
                            .forEach(events::found);
                    events.ended();
                }
            }
        }
    }

    /** The classes that stand for themselves: one that is nested is run with that around it. */
    private static List<TestIdentifier> containers(TestPlan plan) {
        List<TestIdentifier> classes = new ArrayList<>();
        plan.getRoots().forEach(root -> classes.addAll(plan.getChildren(root)));
        return classes;
    }

    private static void run(Path file, String className, Set<String> skip) throws IOException {
        PostDiscoveryFilter left = descriptor -> {
            TestName name = TestName.of(TestIdentifier.from(descriptor), className);
            return FilterResult.includedIf(!descriptor.isTest() || !skip.contains(name.method()));
        };
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(className))
                .filters(left)
                .configurationParameter(ORDER, BY_NAME)
                .build();
        try (EventWriter events = new EventWriter(file, className)) {
            LauncherFactory.create().execute(request, events);
            events.ended();
        }
    }
}
