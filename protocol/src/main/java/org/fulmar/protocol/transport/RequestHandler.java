package org.fulmar.protocol.transport;

/** What a server or client does with the requests of its peer. */
public interface RequestHandler {
    /**
     * Called on the connection's event loop for each request, in order. Must not block: what takes long is handed to
     * another thread. Ends, now or later, in exactly one of {@link Request#answer} and {@link Request#done}; an
     * exception that escapes is answered as an error.
     */
    void handle(Request request);

    /** Called on the event loop once when a connection is up. */
    default void opened(Connection connection) {}

    /** Called on the event loop once when a connection is gone. */
    default void closed(Connection connection) {}

    /** Called on the event loop when the outbound buffer has fallen below its low watermark again. */
    default void writable(Connection connection) {}
}
