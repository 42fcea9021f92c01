package org.fulmar.bench;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;

/**
 * The built Maven project of a peer. Its class paths share nothing with Fulmar's but this benchmark, HdrHistogram and
 * picocli. Immutable.
 */
final class PeerHome {

    private final Path home;

    /** Takes the project's folder; throws IllegalArgumentException when it is not built. */
    PeerHome(Path home) {
        this.home = home;
        if (!Files.isDirectory(home.resolve("target/lib"))) {
            throw new IllegalArgumentException(home + " is not built: mvn -f " + home.resolve("pom.xml") + " package");
        }
    }

    String serverClassPath() {
        return clientClassPath() + File.pathSeparator + home.resolve("target/classes");
    }

    String clientClassPath() {
        return String.join(
                File.pathSeparator,
                BenchedBroker.origin(JmsBench.class).toString(),
                BenchedBroker.origin(CommandLine.class).toString(),
                BenchedBroker.origin(Histogram.class).toString(),
                home.resolve("target/lib") + File.separator + "*");
    }
}
