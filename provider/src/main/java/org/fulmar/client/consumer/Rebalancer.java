package org.fulmar.client.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.fulmar.client.ClientException;
import org.fulmar.client.MessageQueue;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what this member's share of each topic is: the topic's queues by its route, the group's members by a broker,
 * and the allocation. Owned by the consumer's loop.
 *
 * <p>All members ask the first broker of the topic that answers, by name, so that they see the same. One round at a time;
 * whatever happens meanwhile leads to one more. A topic of which something can't be found out keeps its share.
 */
final class Rebalancer {
    private static final Logger LOG = LoggerFactory.getLogger(Rebalancer.class);
    private static final long TIMEOUT_MILLIS = 3000;
    private static final long NOT_YET_MILLIS = 100;
    private static final long FAILED_MILLIS = 1000;
    private static final int MAX_MEMBERS = 100_000;

    private enum Outcome {
        DONE,
        /** The broker has not heard of this member. */
        NOT_YET,
        FAILED
    }

    private record View(List<MessageQueue> queues, List<String> members) {}

    private final Brokers brokers;
    private final String group;
    private final ConsumerOptions options;
    private final Loop loop;
    private final Supplier<Iterable<String>> topics;
    private final Membership membership;

    /** For which outcomes another round is due already. */
    private final Set<Outcome> due = EnumSet.noneOf(Outcome.class);

    private boolean running;
    private boolean again;
    private boolean stopped;
    private final CompletableFuture<Void> firstRound = new CompletableFuture<>();

    Rebalancer(
            Brokers brokers,
            String group,
            ConsumerOptions options,
            Loop loop,
            Supplier<Iterable<String>> topics,
            Membership membership) {
        this.brokers = brokers;
        this.group = group;
        this.options = options;
        this.loop = loop;
        this.topics = topics;
        this.membership = membership;
    }

    /** Completes when the first round is over, however it went. */
    CompletableFuture<Void> start() {
        loop.every(options.rebalanceMillis, this::run);
        run();
        return firstRound;
    }

    void stop() {
        stopped = true;
    }

    void run() {
        if (stopped) {
            return;
        }
        if (running) {
            again = true;
            return;
        }
        running = true;
        List<CompletableFuture<Outcome>> rounds = new ArrayList<>();
        topics.get().forEach(topic -> rounds.add(share(topic)));
        CompletableFuture.allOf(rounds.toArray(new CompletableFuture<?>[0]))
                .whenComplete((done, failure) -> loop.execute(() -> {
                    running = false;
                    firstRound.complete(null);
                    next(rounds);
                }));
    }

    private void next(List<CompletableFuture<Outcome>> rounds) {
        if (again) {
            again = false;
            run();
        } else if (isAmong(rounds, Outcome.NOT_YET)) {
            if (due.add(Outcome.NOT_YET)) {
                brokers.heartbeat()
                        .whenComplete((done, failure) -> loop.after(NOT_YET_MILLIS, () -> retry(Outcome.NOT_YET)));
            }
        } else if (isAmong(rounds, Outcome.FAILED) && due.add(Outcome.FAILED)) {
            loop.after(FAILED_MILLIS, () -> retry(Outcome.FAILED));
        }
    }

    private static boolean isAmong(List<CompletableFuture<Outcome>> rounds, Outcome outcome) {
        return rounds.stream().anyMatch(round -> round.join() == outcome);
    }

    private void retry(Outcome outcome) {
        due.remove(outcome);
        run();
    }

    private CompletableFuture<Outcome> share(String topic) {
        return brokers.route(topic)
                .thenCompose(route -> {
                    List<MessageQueue> queues = new ArrayList<>(new TreeSet<>(route.readQueues()));
                    return options.broadcasts() || queues.isEmpty()
                            ? CompletableFuture.completedFuture(new View(queues, List.of(brokers.clientId())))
                            : members(queues, 0).thenApply(members -> new View(queues, members));
                })
                .handle((view, failure) -> {
                    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
                    loop.execute(() -> {
                        Outcome found = Outcome.FAILED;
                        try {
                            found = failure == null ? apply(topic, view) : failed(topic, ClientException.of(failure));
                        } finally {
                            // whatever happens, or there would never be another round
                            outcome.complete(found);
                        }
                    });
                    return outcome;
                })
                .thenCompose(outcome -> outcome);
    }

    private Outcome failed(String topic, ClientException failure) {
        if (failure.kind() == ClientException.Kind.NO_ROUTE) {
            LOG.debug("{} is not there yet", topic);
        } else if (failure.kind() != ClientException.Kind.CLOSED) {
            LOG.info("the queues of {} stay with whom they are: {}", topic, failure.getMessage());
        }
        return Outcome.FAILED;
    }

    private Outcome apply(String topic, View view) {
        boolean unsubscribed = membership.subscription(topic) == null;
        if (view.queues.isEmpty() || stopped || unsubscribed) {
            return Outcome.DONE;
        }
        if (options.broadcasts()) {
            membership.share(topic, view.queues, view.queues);
            return Outcome.DONE;
        }
        if (!view.members.contains(brokers.clientId())) {
            return Outcome.NOT_YET;
        }
        List<MessageQueue> share;
        try {
            share = checked(options.allocation.share(brokers.clientId(), view.queues, view.members), view.queues);
        } catch (RuntimeException e) {
            LOG.error("the allocation of {} for group {} failed; the queues stay where they are", topic, group, e);
            return Outcome.FAILED;
        }
        membership.share(topic, view.queues, share);
        return Outcome.DONE;
    }

    /** An application's allocation may answer anything. */
    private static List<MessageQueue> checked(@Nullable List<MessageQueue> share, List<MessageQueue> queues) {
        Set<MessageQueue> strange = new HashSet<>(Objects.requireNonNull(share, "the allocation answers null"));
        strange.removeAll(new HashSet<>(queues));
        if (!strange.isEmpty()) {
            throw new IllegalStateException("the allocation names what is no queue of the topic: " + strange);
        }
        return share;
    }

    /** Asks the brokers of these queues in turn, from the queue at {@code index} on. */
    private CompletableFuture<List<String>> members(List<MessageQueue> queues, int index) {
        String broker = queues.get(index).brokerName();
        return brokers.request(
                        broker,
                        RequestCode.GET_CONSUMER_LIST_BY_GROUP,
                        Map.of("consumerGroup", group),
                        Unpooled.EMPTY_BUFFER,
                        TIMEOUT_MILLIS)
                .thenApply(frame -> {
                    try {
                        return frame.code() == ResponseCode.SUCCESS
                                ? members(JsonBody.parse(frame.body()).path("consumerIdList"))
                                : List.<String>of();
                    } finally {
                        frame.release();
                    }
                })
                .handle((members, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(members);
                    }
                    int next = index;
                    while (next < queues.size() && queues.get(next).brokerName().equals(broker)) {
                        next++;
                    }
                    if (next == queues.size()) {
                        throw new CompletionException(failure);
                    }
                    return members(queues, next);
                })
                .thenCompose(members -> members);
    }

    private static List<String> members(JsonNode list) {
        TreeSet<String> members = new TreeSet<>();
        for (JsonNode member : list) {
            if (members.size() < MAX_MEMBERS) {
                members.add(member.asText());
            }
        }
        return List.copyOf(members);
    }
}
