package org.fulmar.client;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes of the topics in use, and the brokers in them. Thread-safe, never blocks.
 *
 * <p>A route once known stays when the name servers can't be asked or know nothing of it: after its start a name server
 * knows nothing for a while. Topics that nobody asks for are forgotten after {@value #IDLE_POLLS} polls.
 */
final class Routes {
    private static final Logger LOG = LoggerFactory.getLogger(Routes.class);
    private static final int IDLE_POLLS = 20;
    private static final int POLLS_AT_ONCE = 16;

    private static final class Known {
        final TopicRoute route;
        volatile int usedAt;

        Known(TopicRoute route, int usedAt) {
            this.route = route;
            this.usedAt = usedAt;
        }
    }

    private final NameServers nameServers;
    private final int maxTopics;
    private final Consumer<TopicRoute> changed;
    private final Map<String, Known> byTopic = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<TopicRoute>> asking = new ConcurrentHashMap<>();
    private final Map<String, TopicRoute.Broker> brokers = new ConcurrentHashMap<>();
    private volatile int polls;

    /**
     * @param changed called with each new route or one that is not as before, on an event loop
     */
    Routes(NameServers nameServers, int maxTopics, Consumer<TopicRoute> changed) {
        this.nameServers = nameServers;
        this.maxTopics = maxTopics;
        this.changed = changed;
    }

    /** The route as far as it is known. */
    @Nullable TopicRoute known(String topic) {
        Known known = byTopic.get(topic);
        if (known == null) {
            return null;
        }
        if (known.usedAt != polls) {
            known.usedAt = polls;
        }
        return known.route;
    }

    /** The route as known, or else asked for. */
    CompletableFuture<TopicRoute> get(String topic) {
        TopicRoute known = known(topic);
        return known == null ? refresh(topic) : CompletableFuture.completedFuture(known);
    }

    /** Asks for the route anew; several at the same time ask once. */
    CompletableFuture<TopicRoute> refresh(String topic) {
        CompletableFuture<TopicRoute> asked = new CompletableFuture<>();
        CompletableFuture<TopicRoute> before = asking.putIfAbsent(topic, asked);
        if (before != null) {
            return before;
        }
        fetch(topic).whenComplete((route, failure) -> {
            asking.remove(topic, asked);
            if (failure == null) {
                try {
                    keep(route);
                    asked.complete(route);
                } catch (ClientException e) {
                    asked.completeExceptionally(e);
                }
            } else {
                asked.completeExceptionally(ClientException.of(failure));
            }
        });
        return asked;
    }

    private CompletableFuture<TopicRoute> fetch(String topic) {
        return nameServers
                .ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, Map.of("topic", topic, "acceptStandardJsonOnly", "true"))
                .thenApply(answer -> parsed(topic, answer));
    }

    private static TopicRoute parsed(String topic, Frame answer) {
        try {
            if (answer.code() == ResponseCode.SUCCESS) {
                TopicRoute route = TopicRoute.parse(topic, answer.body());
                LOG.debug(
                        "{} has {} queues to write to",
                        route,
                        route.writeQueues().size());
                return route;
            }
            if (answer.code() == ResponseCode.TOPIC_NOT_EXIST) {
                throw new CompletionException(new ClientException(
                        ClientException.Kind.NO_ROUTE,
                        "no broker is known for topic " + topic + ": create it, or see that a broker has it"));
            }
            throw new CompletionException(ClientException.refused("the name server", answer.code(), answer.remark()));
        } catch (FrameException e) {
            throw new CompletionException(new ClientException(
                    ClientException.Kind.MALFORMED_ANSWER,
                    "the name server's route of " + topic + " is malformed: " + e.getMessage(),
                    e));
        } finally {
            answer.release();
        }
    }

    /** The route to send by: that of the topic, or what it will be if brokers create it after another one. */
    CompletableFuture<TopicRoute> forSend(String topic, String defaultTopic, int queues) {
        TopicRoute known = known(topic);
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        return refresh(topic)
                .handle((route, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(route);
                    }
                    ClientException why = ClientException.of(failure);
                    if (why.kind() != ClientException.Kind.NO_ROUTE || defaultTopic.isEmpty()) {
                        return ClientException.<TopicRoute>failed(why);
                    }
                    return fetch(defaultTopic).handle((model, none) -> {
                        TopicRoute expected = none == null ? model.forNew(topic, queues) : null;
                        if (expected == null || expected.writeQueues().isEmpty()) {
                            throw new CompletionException(why);
                        }
                        try {
                            keep(expected);
                        } catch (ClientException e) {
                            throw new CompletionException(e);
                        }
                        return expected;
                    });
                })
                .thenCompose(route -> route);
    }

    private void keep(TopicRoute route) throws ClientException {
        if (byTopic.size() >= maxTopics && !byTopic.containsKey(route.topic())) {
            throw new ClientException(
                    ClientException.Kind.OVERLOADED,
                    "more than " + maxTopics + " topics are in use; raise the option maxTopics");
        }
        Known before = byTopic.get(route.topic());
        if (before != null && before.route.equals(route)) {
            return;
        }
        byTopic.put(route.topic(), new Known(route, before == null ? polls : before.usedAt));
        route.brokers().forEach(broker -> brokers.put(broker.name(), broker));
        try {
            changed.accept(route);
        } catch (RuntimeException e) {
            LOG.error("who is told of the route of {} has failed", route.topic(), e);
        }
    }

    /** Asks for all routes anew, a few at a time; those of {@code needed} also if they are not known yet. */
    CompletableFuture<Void> poll(Set<String> needed) {
        polls++;
        byTopic.entrySet()
                .removeIf(entry -> polls - entry.getValue().usedAt > IDLE_POLLS && !needed.contains(entry.getKey()));
        return refreshAll(needed);
    }

    /** As a poll, but does not count as one. */
    CompletableFuture<Void> refreshAll(Set<String> needed) {
        Set<String> topics = new HashSet<>(byTopic.keySet());
        topics.addAll(needed);
        Queue<String> left = new ArrayDeque<>(topics);
        CompletableFuture<Void> all = new CompletableFuture<>();
        if (left.isEmpty()) {
            all.complete(null);
            return all;
        }
        AtomicInteger running = new AtomicInteger(Math.min(POLLS_AT_ONCE, left.size()));
        for (int i = running.get(); i > 0; i--) {
            pollNext(left, running, all);
        }
        return all;
    }

    private void pollNext(Queue<String> left, AtomicInteger running, CompletableFuture<Void> all) {
        while (true) {
            String topic;
            synchronized (left) {
                topic = left.poll();
            }
            if (topic == null) {
                if (running.decrementAndGet() == 0) {
                    forgetBrokers();
                    all.complete(null);
                }
                return;
            }
            CompletableFuture<TopicRoute> asked = refresh(topic);
            if (!asked.isDone()) {
                asked.whenComplete((route, failure) -> {
                    polled(topic, failure, left);
                    pollNext(left, running, all);
                });
                return;
            }
            asked.whenComplete((route, failure) -> polled(topic, failure, left));
        }
    }

    private static void polled(String topic, @Nullable Throwable failure, Queue<String> left) {
        if (failure != null) {
            ClientException why = ClientException.of(failure);
            if (why.kind() == ClientException.Kind.CLOSED) {
                synchronized (left) {
                    left.clear();
                }
            }
            LOG.debug("the route of {} stays as it is: {}", topic, why.getMessage());
        }
    }

    /** Drops brokers that no route names any more. */
    private void forgetBrokers() {
        Set<String> named = new HashSet<>();
        byTopic.values().forEach(known -> known.route.brokers().forEach(broker -> named.add(broker.name())));
        brokers.keySet().retainAll(named);
    }

    @Nullable String address(String brokerName, long brokerId) {
        TopicRoute.Broker broker = brokers.get(brokerName);
        return broker == null ? null : broker.addresses().get(brokerId);
    }

    /** The addresses of all brokers in the routes. */
    Set<String> addresses(boolean withReplicas) {
        Set<String> addresses = new HashSet<>();
        for (TopicRoute.Broker broker : brokers.values()) {
            broker.addresses().forEach((id, address) -> {
                if (withReplicas || id == TopicRoute.MASTER) {
                    addresses.add(address);
                }
            });
        }
        return addresses;
    }

    /** The name of the broker with this address, or the address itself. */
    String brokerName(String address) {
        for (TopicRoute.Broker broker : brokers.values()) {
            if (broker.addresses().containsValue(address)) {
                return broker.name();
            }
        }
        return address;
    }
}
