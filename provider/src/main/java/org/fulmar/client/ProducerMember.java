package org.fulmar.client;

/** A producer as the {@link ClientInstance} sees it. Its methods are called on the event loop and must not block. */
public interface ProducerMember {
    String group();

    /** A broker asks what became of a half message. */
    void asked(TransactionCheck check);
}
