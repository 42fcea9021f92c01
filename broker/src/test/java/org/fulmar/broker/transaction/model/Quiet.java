package org.fulmar.broker.transaction.model;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Brokers die here by the thousand, and say nothing of it until this is closed. */
final class Quiet implements AutoCloseable {
    private record Before(Logger logger, @Nullable Level level) {}

    private final List<Before> before = List.of(of("org.fulmar.broker"), of("io.netty"));

    Quiet() {
        before.forEach(was -> was.logger.setLevel(Level.OFF));
    }

    private static Before of(String name) {
        Logger logger = (Logger) LoggerFactory.getLogger(name);
        return new Before(logger, logger.getLevel());
    }

    @Override
    public void close() {
        before.forEach(was -> was.logger.setLevel(was.level));
    }
}
