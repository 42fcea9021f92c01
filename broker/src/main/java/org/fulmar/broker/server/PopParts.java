package org.fulmar.broker.server;

import java.util.List;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.pop.PopEngine;
import org.fulmar.broker.pop.PopTable;
import org.fulmar.broker.pop.RequestModes;
import org.fulmar.broker.store.FactSink;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.View;

/** POP consumption, server-side rebalance, and request-reply: what it takes of parts, put together. Owned by the core. */
final class PopParts {
    private final PopTable table;
    private final RequestModes modes = new RequestModes();

    /** What serves the requests. */
    record Handlers(
            PopHandler pop, PopAcks acks, AssignmentHandler assignments, ReplyHandler replies, ClusterQueues queues) {}

    PopParts(ConsumerOffsets offsets) {
        this.table = new PopTable(offsets);
    }

    List<View> views() {
        return List.of(table, modes);
    }

    /** A consumer group is deleted: what it has been given, and how it is served. */
    void groupDeleted(String group, FactSink facts) {
        table.removeGroup(group, facts);
        modes.removeGroup(group, facts);
    }

    Handlers handlers(Routes with, GroupService groups, Traffic traffic) {
        BrokerConfig config = with.config();
        TopicService topics = with.service();
        MessageStore store = with.store();
        StoreBacklog backlog = with.backlog();
        ClientTable clients = with.clients();
        TurnEnd turn = with.turn();
        LongSupplier clock = with.clock();
        PopPolls polls = new PopPolls();
        PopSurroundings surroundings = new PopSurroundings(topics, store, backlog, polls, groups);
        PopEngine engine = new PopEngine(table, backlog, with.offsets(), surroundings, store.appender());
        PopHandler pop = new PopHandler(config, topics, clients, groups, traffic, backlog, engine, polls, turn, clock);
        turn.add(pop);
        ClusterQueues queues = new ClusterQueues(config, topics, clock);
        return new Handlers(
                pop,
                new PopAcks(topics, store, engine, turn, clock),
                new AssignmentHandler(
                        config,
                        topics,
                        clients,
                        groups,
                        modes,
                        queues,
                        store.appender(),
                        turn,
                        with.core().fromElsewhere()),
                new ReplyHandler(config, topics, store, clients, clock),
                queues);
    }
}
