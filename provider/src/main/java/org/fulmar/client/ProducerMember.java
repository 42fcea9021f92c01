package org.fulmar.client;

import java.util.Set;

/** A producer as the {@link ClientInstance} sees it. Its methods are called on the event loop and must not block. */
public interface ProducerMember {
    String group();

    /** The topics whose routes are to be kept; their brokers get the heartbeats. */
    Set<String> topics();

    /** A broker asks what became of a half message. */
    void asked(TransactionCheck check);
}
