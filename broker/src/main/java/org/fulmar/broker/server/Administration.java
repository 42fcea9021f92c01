package org.fulmar.broker.server;

import java.time.ZoneId;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;

/** What the broker keeps for administrators besides what it does anyway: its settings, and what it has counted. */
record Administration(BrokerSettings settings, Traffic traffic) {
    Administration(BrokerConfig config, LongSupplier clock) {
        this(new BrokerSettings(config, clock), new Traffic(clock.getAsLong(), ZoneId.systemDefault()));
    }
}
