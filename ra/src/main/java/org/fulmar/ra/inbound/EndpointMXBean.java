package org.fulmar.ra.inbound;

import org.jspecify.annotations.Nullable;

/** A message endpoint, as administrators see it. Any thread may use it. */
public interface EndpointMXBean {
    /** The application's class, if the server tells it, and the destination. */
    String getName();

    /** The broker, and the user. */
    String getBroker();

    /** CONNECTING, ACTIVE, PAUSING, PAUSED or STOPPED. */
    String getState();

    /** Whether each delivery is part of a transaction of the server. */
    boolean isTransacted();

    /** Sessions that are open now. */
    int getSessions();

    /** Sessions that deliver now. */
    int getBusySessions();

    /** Sessions that may be open, at most. */
    int getMaxSessions();

    /** Deliveries that succeeded. */
    long getDelivered();

    /** Deliveries that failed. */
    long getFailures();

    /** The last failure to deliver or to connect; null if there was none. */
    @Nullable String getLastFailure();

    /** Delivers nothing more until it is resumed. What is under way comes to its end. */
    void pause();

    /** Ends a pause, whoever began it. */
    void resume();
}
