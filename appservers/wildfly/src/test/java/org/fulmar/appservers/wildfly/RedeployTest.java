package org.fulmar.appservers.wildfly;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.fulmar.appservers.wildfly.app.LeakingBean;
import org.fulmar.appservers.wildfly.app.QueueBean;
import org.fulmar.appservers.wildfly.app.RecordBean;
import org.fulmar.appservers.wildfly.app.SenderBean;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.Archive;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Deployments come and go, and leave nothing in the server. */
@Timeout(value = 400, unit = TimeUnit.SECONDS)
class RedeployTest extends WildflyTest {
    private static final String APPLICATION = "app.jar";
    private static final StringAsset WITHOUT_ADAPTER =
            new StringAsset("Manifest-Version: 1.0\nDependencies: jakarta.jms.api, org.jboss.jboss-transaction-spi\n");

    @ArquillianResource
    private Deployer deployer;

    private final Leaks leaks = new Leaks(app.server());

    @Deployment(name = "ra", managed = false, testable = false)
    static Archive<?> adapter() {
        return Wildfly.adapter();
    }

    @Deployment(name = "app", managed = false, testable = false)
    static Archive<?> application() {
        return Wildfly.application(QueueBean.class, SenderBean.class);
    }

    @Deployment(name = "leaking", managed = false, testable = false)
    static Archive<?> leaking() {
        return Wildfly.application("leaking.jar", LeakingBean.class).setManifest(WITHOUT_ADAPTER);
    }

    @Deployment(name = "comparing", managed = false, testable = false)
    static Archive<?> comparing() {
        return Wildfly.application("comparing.jar", RecordBean.class).setManifest(WITHOUT_ADAPTER);
    }

    /** Loaders of adapters that the classes before this one have left: docs/app-servers.md says what may hold one. */
    private static long before = -1;

    @BeforeEach
    void count() throws Exception {
        before = before < 0 ? leaks.classLoaders(Wildfly.RAR) : before;
    }

    @AfterEach
    @Timeout(value = 400, unit = TimeUnit.SECONDS)
    void nothingIsLeft() {
        deployer.deploy("comparing");
        deployer.undeploy("comparing");
        Await.until("threads", leaks::threads, Set::isEmpty);
        for (String application : List.of(APPLICATION, "leaking.jar")) {
            Await.until("loaders of applications", () -> leaks.classLoaders(application), count -> count == 0);
        }
        Await.until("loaders of adapters", () -> leaks.classLoaders(Wildfly.RAR), count -> count <= before);
    }

    /** In and out, so that all kinds of threads and connections have been there. */
    private static void use(String text) {
        send("work", text);
        app.await("queue " + text, 1);
        app.call("SenderBean", "transaction", "commit", "send=redeployed=" + text);
        assertThat(take("redeployed", 1)).containsExactly(text);
    }

    @Test
    void applicationThatIsDeployedTwentyTimesLeavesNothing() throws Exception {
        deployer.deploy("ra");
        try {
            for (int i = 0; i < 20; i++) {
                deployer.deploy("app");
                app.forget();
                use("round" + i);
                deployer.undeploy("app");
            }
            assertThat(leaks.classLoaders(Wildfly.RAR))
                    .as("with the adapter's own")
                    .isBetween(1L, before + 1);
            Await.until("loaders", () -> leaks.classLoaders(APPLICATION), count -> count == 0);
        } finally {
            deployer.undeploy("ra");
        }
    }

    @Test
    void adapterThatIsDeployedAgainAndAgainLeavesNothing() {
        for (int i = 0; i < 5; i++) {
            deployer.deploy("ra");
            deployer.deploy("app");
            app.forget();
            use("both" + i);
            deployer.undeploy("app");
            deployer.undeploy("ra");
        }
    }

    @Test
    void undeployLetsTheMessageAtWorkEndAndLosesNone() {
        int count = 300;
        deployer.deploy("ra");
        for (int i = 0; i < 2; i++) {
            // new ones each time: the first deployment may have done all of its own
            for (int j = i * count / 2; j < (i + 1) * count / 2; j++) {
                order("work", "kept" + j, "send=drained");
            }
            deployer.deploy("app");
            app.forget();
            app.await("queue kept", 1);
            deployer.undeploy("app");
        }
        deployer.deploy("app");
        app.forget();
        assertThat(take("drained", count)).doesNotHaveDuplicates();
        assertEmpty("drained");
        deployer.undeploy("app");
        deployer.undeploy("ra");
    }

    @Test
    void leakThatIsThereIsSeen() throws Exception {
        Path file = Files.createFile(Wildfly.temporary().resolve("leak"));
        try {
            deployer.deploy("leaking");
            deployer.undeploy("leaking");

            // those of the class before this one may be about to end
            Await.until("threads", leaks::threads, Set.of("fulmar-leak")::equals);
            assertThat(leaks.classLoaders("leaking.jar")).isOne();
        } finally {
            Files.delete(file);
        }
    }
}
