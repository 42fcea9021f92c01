package org.fulmar.broker.server;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the name servers for the routes of topics, on a thread of its own, {@code broker-routes}: one that has answered
 * before is asked before those that have not. A topic is asked for once at a time, whoever wants it. Any thread may call.
 */
final class RouteQuestions {
    private static final Logger LOG = LoggerFactory.getLogger(RouteQuestions.class);
    /** Topics that wait to be asked for, above which further ones fail. */
    private static final int MAX_WAITING = 1000;
    /** A question that has waited so long is not asked: whoever wanted to know has given up. */
    private static final long MAX_WAIT_MILLIS = 5000;

    /**
     * A name server that may be asked.
     *
     * @param registrar knows whether it answers registrations
     */
    record Server(Registrar registrar, NameServerPeer peer) {}

    private final List<Server> servers;
    private final Map<String, CompletableFuture<byte[]>> pending = new ConcurrentHashMap<>();
    private final ExecutorService thread;
    /** Who answered last; used by the thread alone. */
    private @Nullable NameServerPeer last;

    RouteQuestions(List<Server> servers) {
        this.servers = servers;
        this.thread = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
            Thread made = new Thread(task, "broker-routes");
            made.setDaemon(true);
            return made;
        });
    }

    /**
     * What the name servers know of a topic, as the body of their answer; empty if they don't know it. Fails with an
     * {@link IOException} if none of them answers, or too many topics are asked for.
     */
    CompletableFuture<byte[]> ask(String topic) {
        CompletableFuture<byte[]> made = new CompletableFuture<>();
        CompletableFuture<byte[]> there = pending.putIfAbsent(topic, made);
        if (there != null) {
            return there;
        }
        long since = System.nanoTime();
        try {
            thread.execute(() -> find(topic, since, made));
        } catch (RejectedExecutionException e) {
            pending.remove(topic, made);
            made.completeExceptionally(new IOException("the routes of too many topics are asked for already", e));
        }
        return made;
    }

    private void find(String topic, long since, CompletableFuture<byte[]> route) {
        byte[] found = null;
        try {
            if (System.nanoTime() - since < TimeUnit.MILLISECONDS.toNanos(MAX_WAIT_MILLIS)) {
                found = find(topic);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            pending.remove(topic, route);
            if (found == null) {
                route.completeExceptionally(new IOException("no name server answers"));
            } else {
                route.complete(found);
            }
        }
    }

    private byte @Nullable [] find(String topic) throws InterruptedException {
        List<Server> order = new ArrayList<>(servers);
        order.sort(Comparator.comparing((Server server) -> server.peer != last)
                .thenComparing(server -> server.registrar.state()));
        for (Server server : order) {
            try {
                NameServerPeer.Answer answer = server.peer.ask(Frame.request(
                        RequestCode.GET_ROUTEINFO_BY_TOPIC,
                        Fields.write().put("topic", topic).map(),
                        Unpooled.EMPTY_BUFFER,
                        HeaderEncoding.JSON));
                last = server.peer;
                return answer.body();
            } catch (IOException e) {
                LOG.warn(
                        "name server {} can't be asked for the route of {}: {}",
                        server.registrar.address(),
                        topic,
                        e.toString());
            }
        }
        last = null;
        return null;
    }

    /** Whoever waits is told that there is no answer. */
    void close() {
        thread.shutdownNow();
        pending.values().forEach(route -> route.completeExceptionally(new IOException("the broker closes")));
    }
}
