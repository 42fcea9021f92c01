package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.fulmar.appservers.wildfly.app.QueueBean;
import org.fulmar.appservers.wildfly.app.SenderBean;
import org.fulmar.jms.FulmarConnectionFactory;
import org.jboss.arquillian.container.test.api.ContainerController;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.container.test.api.TargetsContainer;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.Archive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four transactions at a time are held between their prepare and their commit, before and after the decision, of a bean
 * that sends and of one that receives and sends. Then the server, the broker, or both are killed. What the second resource
 * was told says how each has to end.
 */
@ExtendWith({WildflyExtension.class, ArquillianExtension.class})
@RunAsClient
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 400, unit = TimeUnit.SECONDS)
class ServerCrashTest {
    private static final String SERVER = "crash";

    /** Prepared and decided: the second resource is the first that is told to commit. */
    private static final String DECIDED = "COMMIT";

    /** The second resource is the last that is told to prepare. */
    private static final String UNDECIDED = "PREPARE";

    @TempDir
    private static Path directory;

    private static TestBroker broker;
    private static FulmarConnectionFactory factory;

    @ArquillianResource
    private ContainerController controller;

    @ArquillianResource
    private Deployer deployer;

    private final List<Path> holds = new ArrayList<>();

    @Deployment(name = "ra", managed = false, testable = false)
    @TargetsContainer(SERVER)
    static Archive<?> adapter() {
        return Wildfly.adapter();
    }

    @Deployment(name = "app", managed = false, testable = false)
    @TargetsContainer(SERVER)
    static Archive<?> application() {
        return Wildfly.application(QueueBean.class, SenderBean.class);
    }

    /** The server keeps its deployments when it is killed. */
    @BeforeEach
    @Timeout(value = 400, unit = TimeUnit.SECONDS)
    void start() throws Exception {
        if (broker == null) {
            broker = TestBroker.process(Wildfly.BROKER, directory.resolve("store"), Map.of("maxRedeliveries", "-1"));
            factory = broker.factory();
            broker.startProcess();
            controller.start(SERVER);
            deployer.deploy("ra");
            deployer.deploy("app");
        }
    }

    @AfterEach
    void nothingIsInDoubt() throws Exception {
        release();
        assertThat(broker.inDoubt()).isZero();
    }

    @AfterAll
    static void stop() throws Exception {
        factory.close();
        broker.close();
    }

    @Test
    void transactionsAreWholeWhenTheServerIsKilledBetweenPrepareAndCommit() throws Exception {
        holdFour("server");

        killServer();
        assertThat(broker.inDoubt()).as("nobody ends them but the server").isGreaterThanOrEqualTo(4);
        release();
        controller.start(SERVER);

        assertWhole("server", true);
    }

    @Test
    void transactionsAreWholeWhenTheBrokerIsKilledBetweenPrepareAndCommit() throws Exception {
        holdFour("broker");

        broker.kill();
        release();
        broker.startProcess();

        // the server lives on, and decides
        assertWhole("broker", false);
    }

    @Test
    void transactionsAreWholeWhenBothAreKilledBetweenPrepareAndCommit() throws Exception {
        holdFour("both");

        broker.kill();
        killServer();
        release();
        controller.start(SERVER);
        broker.startProcess();

        assertWhole("both", true);
    }

    /** The last of all tests. */
    @Test
    @Order(Integer.MAX_VALUE)
    void serverThatHasRecoveredUndeploysAndStops() {
        deployer.undeploy("app");
        deployer.undeploy("ra");
        controller.stop(SERVER);

        assertThat(controller.isStarted(SERVER)).isFalse();
    }

    /** Returns when the four stand still. */
    private void holdFour(String test) throws Exception {
        for (String point : List.of(DECIDED, UNDECIDED)) {
            Path sending = hold(test + "-sending", point);
            String witness = point.equals(DECIDED) ? "first" : "witness";
            Thread sender = new Thread(() -> {
                try (App app = App.connect()) {
                    app.call(
                            "SenderBean",
                            "transaction",
                            "commit",
                            "send=sent-" + test + "=" + point,
                            witness + "=" + point + "=" + sending);
                } catch (Exception e) {
                    // the server is killed meanwhile
                }
            });
            sender.setDaemon(true);
            sender.start();
            Path moving = hold(test + "-moving", point);
            try (JMSContext context = factory.createContext()) {
                context.createProducer()
                        .setProperty("tasks", "send=moved-" + test + " " + witness + "=" + moving)
                        .send(context.createQueue("work"), point);
            }
        }
        for (Path hold : holds) {
            Path reached = hold.resolveSibling(hold.getFileName().toString().replace("hold", "at"));
            Await.until(reached.toString(), () -> Files.exists(reached), there -> there);
        }
        for (String queue : List.of("sent-" + test, "moved-" + test)) {
            assertThat(take(queue, 0)).as("visible in %s before the end", queue).isEmpty();
        }
    }

    private Path hold(String transaction, String point) throws IOException {
        Path place = Files.createDirectories(directory.resolve(transaction + "-" + point));
        holds.add(Files.createFile(place.resolve("hold." + point)));
        return place;
    }

    private void release() throws IOException {
        for (Path hold : holds) {
            Files.deleteIfExists(hold);
        }
    }

    /** SIGKILL, and has Arquillian know of it. */
    private void killServer() throws Exception {
        ProcessHandle server = ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains("jboss.server.base.dir"))
                .findAny()
                .orElseThrow();
        server.destroyForcibly();
        server.onExit().get();
        controller.kill(SERVER);
    }

    /** @param undone whether what was not decided has to be undone, since those who could decide are dead */
    private static void assertWhole(String test, boolean undone) throws Exception {
        Await.until("branches in doubt", broker::inDoubt, count -> count == 0);
        List<String> sent = take("sent-" + test, undone ? 1 : 2);
        // what was not moved comes again, and is moved then
        List<String> moved = take("moved-" + test, 2);
        for (String point : List.of(DECIDED, UNDECIDED)) {
            Path witness = directory.resolve(test + "-sending-" + point).resolve("at.COMMIT");
            if (sent.contains(point)) {
                // a server that lives on may tell the other resource later than the broker
                Await.until("what was sent: " + witness, () -> Files.exists(witness), there -> there);
            } else {
                assertThat(witness)
                        .as("%s: what was not sent, if the other resource was told to commit", point)
                        .doesNotExist();
            }
        }
        assertThat(moved).containsExactlyInAnyOrder(DECIDED, UNDECIDED);
        try (App app = App.connect()) {
            Await.until("work", () -> take("work", 0), List::isEmpty);
            assertThat(app.call("SenderBean", "send", "alive-" + test, "yes")).isEqualTo("done");
        }
    }

    /** As many as expected, and whatever else is there. */
    private static List<String> take(String queue, int expected) {
        List<String> taken = new ArrayList<>();
        try (JMSContext context = factory.createContext();
                JMSConsumer consumer = context.createConsumer(context.createQueue(queue))) {
            while (true) {
                String text = taken.size() < expected
                        ? consumer.receiveBody(String.class, 60_000)
                        : consumer.receiveBodyNoWait(String.class);
                if (text == null) {
                    return taken;
                }
                taken.add(text);
            }
        }
    }
}
