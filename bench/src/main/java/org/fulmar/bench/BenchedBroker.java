package org.fulmar.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** How a broker is started and reached by {@link Compare}. Implementations are immutable. */
interface BenchedBroker {

    /** What a broker's JVM prints, within a line, once it serves clients. */
    String READY = "READY";

    String name();

    /** Main class and arguments of a broker that listens on the port of the loopback and keeps its data below. */
    List<String> server(int port, Path directory, Durability durability) throws IOException;

    /** Class path of the broker's JVM. */
    String serverClassPath();

    /** Class path of the JVM that runs {@link JmsBench} against it. */
    String clientClassPath();

    /** Class name of the connection factory for a run with these {@link JmsBench} arguments. */
    String factory(List<String> arguments);

    /** URL for a run with these {@link JmsBench} arguments. */
    String url(int port, List<String> arguments);

    /** What the broker's answers promise otherwise than {@link Durability} says, in a scenario; empty if nothing. */
    String caveat(String scenario, Durability durability);

    /** Where a class of this JVM was loaded from. */
    static Path origin(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
