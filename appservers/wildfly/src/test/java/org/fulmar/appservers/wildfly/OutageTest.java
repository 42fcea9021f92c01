package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.fulmar.appservers.wildfly.app.QueueBean;
import org.fulmar.appservers.wildfly.app.SenderBean;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.Archive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is not there yet, and one that is killed under load. In order, since all is deployed before the first. */
@ExtendWith({WildflyExtension.class, ArquillianExtension.class})
@RunAsClient
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 400, unit = TimeUnit.SECONDS)
class OutageTest {
    private static final int MESSAGES = 1500;

    @TempDir
    private static Path directory;

    private static TestBroker broker;
    private static App app;
    private static FulmarConnectionFactory factory;

    @Deployment(name = "ra", order = 1, testable = false)
    static Archive<?> adapter() {
        return Wildfly.adapter();
    }

    @Deployment(name = "app", order = 2, testable = false)
    static Archive<?> application() {
        return Wildfly.application(QueueBean.class, SenderBean.class);
    }

    @BeforeAll
    static void connect() throws Exception {
        app = App.connect();
        // a broker that dies may take a delivery with it, which is no failure of the listener's
        broker = TestBroker.process(Wildfly.BROKER, directory, Map.of("maxRedeliveries", "-1"));
        // a send waits for its answer while the broker is killed and started again, twice
        factory = new FulmarConnectionFactory(Wildfly.url(Wildfly.BROKER) + "&requestTimeout=120000");
    }

    @AfterAll
    static void disconnect() throws Exception {
        factory.close();
        broker.close();
        app.close();
    }

    @Test
    @Order(1)
    void beanThatIsDeployedBeforeItsBrokerStartsGetsItsMessages() throws Exception {
        assertThat(app.failure("SenderBean", "send", "work", "nowhere")).contains("jakarta.jms.JMS");

        broker.startProcess();
        try (JMSContext context = factory.createContext()) {
            context.createProducer().send(context.createQueue("work"), "early");
        }

        app.await("queue early", 1);
        app.call("SenderBean", "send", "work", "late");
        app.await("queue late", 1);
    }

    @Test
    @Order(2)
    void nothingIsLostOrDoneTwiceWhenTheBrokerIsKilledUnderLoad() throws Exception {
        CompletableFuture<Void> load = CompletableFuture.runAsync(OutageTest::send);
        for (int kill = 1; kill <= 2; kill++) {
            int reached = kill * MESSAGES / 4;
            app.await("queue load", lines -> lines.size() >= reached);
            broker.kill();
            broker.startProcess();
        }
        load.get(240, TimeUnit.SECONDS);

        assertThat(moved())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, MESSAGES).mapToObj(i -> "load" + i).toList());
        Await.until("branches in doubt", broker::inDoubt, count -> count == 0);
        try (JMSContext context = factory.createContext()) {
            assertThat(context.createConsumer(context.createQueue("moved")).receiveNoWait())
                    .isNull();
        }
    }

    private static void send() {
        try (JMSContext context = factory.createContext()) {
            for (int i = 0; i < MESSAGES; i++) {
                context.createProducer()
                        .setProperty("tasks", "send=moved")
                        .send(context.createQueue("work"), "load" + i);
            }
        }
    }

    private static List<String> moved() {
        try (JMSContext context = factory.createContext()) {
            var consumer = context.createConsumer(context.createQueue("moved"));
            return IntStream.range(0, MESSAGES)
                    .mapToObj(i -> consumer.receiveBody(String.class, 60_000))
                    .toList();
        }
    }
}
