package org.fulmar.ra.connection;

/** What knows to which broker it leads: the connection factories that applications look up. */
public interface TargetSource {
    BrokerTarget target();
}
