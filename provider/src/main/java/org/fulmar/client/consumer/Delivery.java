package org.fulmar.client.consumer;

/** How messages get from held queues to the application. Owned by the consumer's loop. */
interface Delivery {
    /** Messages wait in a queue that is serving, or may be given out again. */
    void arrived(HeldQueue held);

    /** The queue is being drained: what the application has not begun goes back to wait. */
    void withdraw(HeldQueue held);

    /** What runs too long is dealt with; called now and then for each queue. */
    void sweep(HeldQueue held);

    /** The queue belongs to this member no more; nothing of it is in hand, or it took too long. */
    void gone(HeldQueue held);

    /** Whether messages of one queue are processed in their order, one after the other. */
    boolean isOrdered();

    /** Ends all threads; the consumer's last act. For any thread. */
    void close();
}
