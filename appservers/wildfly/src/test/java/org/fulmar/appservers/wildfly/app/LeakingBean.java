package org.fulmar.appservers.wildfly.app;

import jakarta.annotation.PostConstruct;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Leaves a thread, and with it its class loader, until a file is gone. */
@Singleton
@Startup
public class LeakingBean {
    @PostConstruct
    void leak() {
        Path file = Path.of(System.getProperty("jboss.server.temp.dir"), "leak");
        Thread thread = new Thread(
                () -> {
                    try {
                        while (Files.exists(file)) {
                            TimeUnit.MILLISECONDS.sleep(5);
                        }
                    } catch (InterruptedException e) {
                        Journal.add("interrupted");
                    }
                },
                "fulmar-leak");
        thread.setDaemon(true);
        thread.start();
    }
}
