package org.fulmar.ra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.jms.JMSContext;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.resource.spi.ActivationSpec;
import jakarta.resource.spi.BootstrapContext;
import jakarta.resource.spi.ResourceAdapter;
import jakarta.resource.spi.endpoint.MessageEndpoint;
import jakarta.resource.spi.endpoint.MessageEndpointFactory;
import jakarta.resource.spi.work.Work;
import jakarta.resource.spi.work.WorkManager;
import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.server.Broker;
import org.fulmar.broker.store.NioDisk;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.container.Ports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An adapter that was stopped leaves no thread and no class in memory, though the server's threads go on. */
@Timeout(300)
class ClassLoaderTest {
    @TempDir
    Path directory;

    /** What a server shows to adapters: the JDK and the standard's interfaces. */
    private static final class Apis extends ClassLoader {
        Apis() {
            super(ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.startsWith("jakarta.")) {
                return ClassLoaderTest.class.getClassLoader().loadClass(name);
            }
            throw new ClassNotFoundException(name);
        }
    }

    private static URL[] classPath() throws Exception {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<URL> urls = new ArrayList<>();
        for (String entry : path.split(File.pathSeparator)) {
            // what the archive has not: the broker, its log, and Netty's native library
            if (!entry.contains("test-classes")
                    && !entry.contains("fulmar-broker")
                    && !entry.contains("broker/target")
                    && !entry.contains("logback")
                    && !entry.contains("native-epoll")) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        return urls.toArray(new URL[0]);
    }

    private static <T> T proxy(Class<T> type, Map<String, Object> answers) {
        return type.cast(Proxy.newProxyInstance(
                ClassLoaderTest.class.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    return switch (method.getName()) {
                        case "equals" -> self == arguments[0];
                        case "hashCode" -> System.identityHashCode(self);
                        default -> answers.get(method.getName());
                    };
                }));
    }

    private record Endpoint(AtomicInteger received) implements MessageEndpoint, MessageListener {
        @Override
        public void onMessage(Message message) {
            received.incrementAndGet();
        }

        @Override
        public void beforeDelivery(java.lang.reflect.Method method) {
            // deliveries are not transacted
        }

        @Override
        public void afterDelivery() {
            // as above
        }

        @Override
        public void release() {
            // nothing is kept
        }
    }

    /** Uses an adapter with a class loader of its own; what comes back of it is the loader, weakly held. */
    private WeakReference<ClassLoader> life(String url, ExecutorService threads) throws Exception {
        URLClassLoader loader = new URLClassLoader("adapter", classPath(), new Apis());
        ResourceAdapter adapter = (ResourceAdapter) loader.loadClass("org.fulmar.ra.FulmarResourceAdapter")
                .getConstructor()
                .newInstance();
        adapter.getClass().getMethod("setUrl", String.class).invoke(adapter, url);
        WorkManager works = (WorkManager) Proxy.newProxyInstance(
                ClassLoaderTest.class.getClassLoader(),
                new Class<?>[] {WorkManager.class},
                (self, method, arguments) -> {
                    threads.execute((Work) arguments[0]);
                    return null;
                });
        adapter.start(proxy(BootstrapContext.class, Map.of("getWorkManager", works)));
        ActivationSpec spec = (ActivationSpec) loader.loadClass("org.fulmar.ra.inbound.FulmarActivationSpec")
                .getConstructor()
                .newInstance();
        spec.getClass().getMethod("setDestination", String.class).invoke(spec, "orders");
        AtomicInteger received = new AtomicInteger();
        MessageEndpointFactory factory = proxy(
                MessageEndpointFactory.class,
                Map.of(
                        "createEndpoint",
                        new Endpoint(received),
                        "isDeliveryTransacted",
                        false,
                        "getActivationName",
                        "orders"));
        spec.setResourceAdapter(adapter);
        adapter.endpointActivation(factory, spec);
        await().atMost(Duration.ofSeconds(60)).until(() -> received.get() >= 20);
        recoverOn(threads, adapter, spec);
        adapter.endpointDeactivation(factory, spec);
        adapter.stop();
        WeakReference<ClassLoader> left = new WeakReference<>(loader);
        loader.close();
        return left;
    }

    /** As servers do from time to time, on a thread that lives as long as they. */
    private static void recoverOn(ExecutorService threads, ResourceAdapter adapter, ActivationSpec spec)
            throws Exception {
        Xid[] inDoubt = threads.submit(() -> adapter.getXAResources(new ActivationSpec[] {spec})[0].recover(
                        XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN))
                .get(60, TimeUnit.SECONDS);
        assertThat(inDoubt).isEmpty();
    }

    /** The JDK keeps the types of the record whose methods it has linked last. */
    private record Linked(int number) {}

    /** The JDK clears them before it gives up. */
    private static void clearSoftReferences() {
        List<long[]> hoard = new ArrayList<>();
        try {
            while (true) {
                hoard.add(new long[4 << 20]);
            }
        } catch (OutOfMemoryError e) {
            hoard.clear();
        }
    }

    /** The broker is gone when the heap is filled: its threads would run out of it as well. */
    private List<WeakReference<ClassLoader>> lives(Map<String, String> options, ExecutorService threads)
            throws Exception {
        List<WeakReference<ClassLoader>> lives = new ArrayList<>();
        try (Broker broker =
                new Broker(BrokerConfig.of(options), new NioDisk(), System::currentTimeMillis, false).start()) {
            String url = Ports.url(broker.address().getPort());
            for (int i = 0; i < 3; i++) {
                try (FulmarConnectionFactory sender = new FulmarConnectionFactory(url);
                        JMSContext context = sender.createContext()) {
                    for (int j = 0; j < 20; j++) {
                        context.createProducer().send(context.createQueue("orders"), "m");
                    }
                }
                lives.add(life(url, threads));
            }
        }
        return lives;
    }

    @Test
    void aStoppedAdapterCanBeCollected() throws Exception {
        Map<String, String> options = Map.of(
                "listenPort", "0",
                "storePathRootDir", directory.toString(),
                "mappedFileSizeCommitLog", Integer.toString(32 << 20));
        ThreadPoolExecutor threads = (ThreadPoolExecutor) Executors.newFixedThreadPool(4);
        // as those of servers, whose threads inherit nothing from who needs one
        threads.prestartAllCoreThreads();
        try {
            List<WeakReference<ClassLoader>> lives = lives(options, threads);
            assertThat(new Linked(1))
                    .isEqualTo(new Linked(1))
                    .hasSameHashCodeAs(new Linked(1))
                    .hasToString("Linked[number=1]");
            await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
                clearSoftReferences();
                System.gc();
                assertThat(lives).allMatch(life -> life.refersTo(null));
            });
        } finally {
            threads.shutdown();
            assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }
}
