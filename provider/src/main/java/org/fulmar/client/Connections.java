package org.fulmar.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.RequestHandler;
import org.jspecify.annotations.Nullable;

/**
 * One connection for each address, made when first asked for and again when it was lost. Thread-safe; never blocks:
 * names are looked up on the executor that it was given.
 */
final class Connections {
    private final RemotingClient remoting;
    private final int timeoutMillis;
    private final Executor resolver;
    private final RequestHandler handler;
    private final Consumer<Connection> made;
    private final Map<String, CompletableFuture<Connection>> byAddress = new ConcurrentHashMap<>();

    /**
     * @param made called on the event loop with each new connection before anybody else can use it
     */
    Connections(
            RemotingClient remoting,
            int timeoutMillis,
            Executor resolver,
            RequestHandler handler,
            Consumer<Connection> made) {
        this.remoting = remoting;
        this.timeoutMillis = timeoutMillis;
        this.resolver = resolver;
        this.handler = handler;
        this.made = made;
    }

    /** The connection to an address; the future fails with an {@link IOException}, and is shared: not to be completed. */
    CompletableFuture<Connection> to(String address) {
        CompletableFuture<Connection> known = byAddress.get(address);
        if (known != null && isUsable(known)) {
            return known;
        }
        CompletableFuture<Connection> opening = new CompletableFuture<>();
        CompletableFuture<Connection> kept =
                byAddress.compute(address, (key, now) -> now != null && isUsable(now) ? now : opening);
        if (kept == opening) {
            open(address, opening);
        }
        return kept;
    }

    /** The open connection to an address, or null: nothing is done to have one. */
    @Nullable Connection open(String address) {
        CompletableFuture<Connection> known = byAddress.get(address);
        return known != null && known.isDone() && isUsable(known) ? known.join() : null;
    }

    private static boolean isUsable(CompletableFuture<Connection> known) {
        return !known.isDone()
                || (!known.isCompletedExceptionally() && known.join().isOpen());
    }

    private void open(String address, CompletableFuture<Connection> opening) {
        try {
            InetSocketAddress numeric = Addresses.isValid(address) ? Addresses.numeric(address) : null;
            if (numeric != null) {
                connect(numeric, opening);
            } else if (Addresses.isValid(address)) {
                resolver.execute(() -> lookUp(address, opening));
            } else {
                opening.completeExceptionally(new IOException("\"" + address + "\" is no address as host:port"));
            }
        } catch (UnknownHostException e) {
            opening.completeExceptionally(e);
        } catch (RejectedExecutionException e) {
            opening.completeExceptionally(new IOException("the client is closed", e));
        }
    }

    private void lookUp(String address, CompletableFuture<Connection> opening) {
        try {
            connect(Addresses.lookUp(address), opening);
        } catch (UnknownHostException e) {
            opening.completeExceptionally(new IOException("the host of " + address + " is not known", e));
        }
    }

    private void connect(InetSocketAddress address, CompletableFuture<Connection> opening) {
        remoting.connectAsync(address, timeoutMillis, handler).whenComplete((connection, failure) -> {
            if (failure != null) {
                opening.completeExceptionally(failure);
            } else {
                made.accept(connection);
                opening.complete(connection);
            }
        });
    }

    /** Forgets connections that are gone. */
    void prune() {
        byAddress.values().removeIf(known -> !isUsable(known));
    }
}
