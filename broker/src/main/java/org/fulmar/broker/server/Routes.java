package org.fulmar.broker.server;

import java.util.Map;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delay.LevelProgress;
import org.fulmar.broker.delivery.DeliveryEngine;
import org.fulmar.broker.delivery.GroupTable;
import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.broker.delivery.TransactedDeliveries;
import org.fulmar.broker.retention.Retention;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.broker.transaction.HalfMessages;
import org.fulmar.broker.transaction.Probe;
import org.fulmar.broker.transaction.TransactionTable;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.transport.Request;

/** Which handler serves which request code, and on which thread: the broker's table of contents. */
record Routes(
        BrokerConfig config,
        RequestRouter router,
        Core core,
        TopicTable topics,
        ClientTable clients,
        ConsumerOffsets offsets,
        GroupTable groups,
        MessageStore store,
        TopicService service,
        StoreBacklog backlog,
        TurnEnd turn,
        LongSupplier clock,
        DelayedMessages delayed,
        ProducerTable producers,
        TransactionTable transactions,
        Reappend reappend,
        Probe probe) {

    Routes fill(
            SendHandler send,
            PullHandler pull,
            ClientHandler client,
            JmsConnections connections,
            DeliveryEngine engine,
            MessageTest.Compiler selectors) {
        rocketMq(send, pull, client);
        JmsSubscriptions subscriptions = new JmsSubscriptions(engine, groups, backlog, store.appender());
        jms(
                connections,
                new JmsConsumers(config, engine, subscriptions, service, turn, selectors),
                new JmsBrowser(engine, service, backlog, selectors));
        transactions(connections, engine.transacted());
        return this;
    }

    /** POP consumption, server-side assignment, and replies to requests. */
    Routes pop(PopParts.Handlers pop) {
        onCore(RequestCode.POP_MESSAGE, pop.pop()::pop);
        onCore(RequestCode.ACK_MESSAGE, pop.acks()::acknowledge);
        onCore(RequestCode.BATCH_ACK_MESSAGE, pop.acks()::acknowledgeBatch);
        onCore(RequestCode.CHANGE_MESSAGE_INVISIBLETIME, pop.acks()::change);
        onCore(RequestCode.PEEK_MESSAGE, pop.pop()::peek);
        onCore(RequestCode.NOTIFICATION, pop.pop()::notification);
        onCore(RequestCode.POLLING_INFO, pop.pop()::pollingInfo);
        onCore(RequestCode.QUERY_ASSIGNMENT, RequestRouter.unlessUnread(pop.assignments()::query));
        onCore(RequestCode.SET_MESSAGE_REQUEST_MODE, pop.assignments()::setMode);
        onCore(RequestCode.GET_ALL_MESSAGE_REQUEST_MODE, RequestRouter.unlessUnread(pop.assignments()::allModes));
        onCore(RequestCode.SEND_REPLY_MESSAGE, pop.replies()::handle);
        onCore(RequestCode.SEND_REPLY_MESSAGE_V2, pop.replies()::handle);
        return this;
    }

    /** The deletion of old files, asked for by an administrator. */
    Routes retention(Retention retention) {
        onCore(RequestCode.DELETE_EXPIRED_COMMITLOG, request -> {
            retention.cleanNow();
            request.answer(ResponseCode.SUCCESS, (String) null);
        });
        onCore(RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, request -> {
            retention.cleanQueues();
            request.answer(ResponseCode.SUCCESS, (String) null);
        });
        return this;
    }

    Routes halfMessages(NativeTransactions natives, HalfMessages halves) {
        HalfMessageAdmin admin = new HalfMessageAdmin(halves, natives, store, turn, clock);
        onCore(RequestCode.END_TRANSACTION, natives::end);
        onCore(RequestCode.RESUME_CHECK_HALF_MESSAGE, admin::resume);
        onCore(JmsCode.ADMIN_HALF_MESSAGES, RequestRouter.unlessUnread(admin::list));
        onCore(JmsCode.ADMIN_END_HALF_MESSAGE, admin::end);
        return this;
    }

    /** What RocketMQ's consumers have besides pulls and offsets. */
    Routes consumers(
            GroupService group,
            QueueLockHandler locks,
            SendBackHandler sendBack,
            RecallHandler recall,
            LevelProgress levels) {
        onCore(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, request -> group.put(request, turn));
        onCore(RequestCode.DELETE_SUBSCRIPTIONGROUP, request -> group.delete(request, turn));
        onCore(RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, RequestRouter.unlessUnread(group::all));
        onCore(RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, group::one);
        onCore(RequestCode.LOCK_BATCH_MQ, locks::lock);
        onCore(RequestCode.UNLOCK_BATCH_MQ, locks::unlock);
        onCore(RequestCode.CONSUMER_SEND_MSG_BACK, sendBack::handle);
        onCore(RequestCode.RECALL_MESSAGE, recall::recall);
        onCore(
                RequestCode.GET_ALL_DELAY_OFFSET,
                request -> request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(levels.toJson())));
        return this;
    }

    private void rocketMq(SendHandler send, PullHandler pull, ClientHandler client) {
        OffsetHandler offset = new OffsetHandler(service, store, offsets, turn);
        QueryHandler query = new QueryHandler(store, core);
        onCore(RequestCode.SEND_MESSAGE, send::handle);
        onCore(RequestCode.SEND_MESSAGE_V2, send::handle);
        onCore(RequestCode.SEND_BATCH_MESSAGE, send::handle);
        onCore(RequestCode.PULL_MESSAGE, pull::handle);
        onCore(RequestCode.LITE_PULL_MESSAGE, pull::handle);
        onCore(RequestCode.QUERY_CONSUMER_OFFSET, offset::query);
        onCore(RequestCode.UPDATE_CONSUMER_OFFSET, offset::update);
        onCore(RequestCode.GET_ALL_CONSUMER_OFFSET, RequestRouter.unlessUnread(offset::all));
        onCore(RequestCode.CLONE_GROUP_OFFSET, offset::copy);
        onCore(RequestCode.GET_MAX_OFFSET, offset::max);
        onCore(RequestCode.GET_MIN_OFFSET, offset::min);
        onCore(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, offset::byTime);
        onCore(RequestCode.GET_EARLIEST_MSG_STORETIME, offset::earliestTime);
        onCore(RequestCode.HEART_BEAT, client::heartbeat);
        onCore(RequestCode.UNREGISTER_CLIENT, client::unregister);
        onCore(RequestCode.GET_CONSUMER_LIST_BY_GROUP, RequestRouter.unlessUnread(client::members));
        onCore(RequestCode.CHECK_CLIENT_CONFIG, client::checkConfig);
        blocking(RequestCode.QUERY_MESSAGE, query::byKey);
        blocking(RequestCode.VIEW_MESSAGE_BY_ID, query::byOffset);
    }

    /** What RocketMQ's administrators ask and change. */
    void administration(Administration admin, PullHandler pull, PopHandler pop, GroupService group) {
        TopicRules rules = new TopicRules(config, offsets, clients, groups, store);
        AdminHandler topic = new AdminHandler(service, topics, rules, turn);
        QueueStates queues = new QueueStates(core, store, offsets);
        ConsumptionReports consumption =
                new ConsumptionReports(config, service, clients, offsets, queues, admin.traffic(), clock);
        BrokerReports broker = new BrokerReports(config, store, admin.traffic(), delayed, clients, queues, clock);
        ClientReports client = new ClientReports(clients, offsets);
        ConsumerCalls calls = new ConsumerCalls(config, service, clients, store, queues);
        OffsetResetHandler resets = new OffsetResetHandler(
                config, service, group, clients, offsets, queues, pull, pop, store.appender(), turn);
        onCore(RequestCode.UPDATE_AND_CREATE_TOPIC, topic::putTopic);
        onCore(RequestCode.UPDATE_AND_CREATE_TOPIC_LIST, topic::putTopics);
        onCore(RequestCode.DELETE_TOPIC_IN_BROKER, topic::deleteTopic);
        onCore(RequestCode.GET_ALL_TOPIC_CONFIG, RequestRouter.unlessUnread(topic::allTopics));
        onCore(RequestCode.GET_TOPIC_CONFIG, topic::topic);
        onCore(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, topic::systemTopics);
        onCore(RequestCode.CLEAN_UNUSED_TOPIC, topic::cleanUnused);
        onCore(RequestCode.UPDATE_BROKER_CONFIG, request -> admin.settings().update(request, store.appender(), turn));
        onCore(RequestCode.GET_BROKER_CONFIG, admin.settings()::show);
        onCore(RequestCode.VIEW_BROKER_STATS_DATA, broker::stats);
        onCore(RequestCode.QUERY_CONSUME_QUEUE, RequestRouter.unlessUnread(broker::entries));
        onCore(RequestCode.GET_CONSUMER_CONNECTION_LIST, RequestRouter.unlessUnread(client::consumers));
        onCore(RequestCode.GET_PRODUCER_CONNECTION_LIST, RequestRouter.unlessUnread(client::producers));
        onCore(RequestCode.GET_ALL_PRODUCER_INFO, RequestRouter.unlessUnread(client::allProducers));
        onCore(RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, RequestRouter.unlessUnread(client::groupsOfTopic));
        onCore(RequestCode.QUERY_TOPICS_BY_CONSUMER, RequestRouter.unlessUnread(client::topicsOfGroup));
        onCore(RequestCode.QUERY_SUBSCRIPTION_BY_CONSUMER, client::subscription);
        onCore(RequestCode.GET_CONSUMER_RUNNING_INFO, calls::runningInfo);
        onCore(RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, calls::status);
        blocking(RequestCode.CONSUME_MESSAGE_DIRECTLY, calls::consumeDirectly);
        blocking(RequestCode.GET_BROKER_RUNTIME_INFO, broker::runtime);
        blocking(RequestCode.GET_TOPIC_STATS_INFO, consumption::topic);
        blocking(RequestCode.GET_CONSUME_STATS, consumption::group);
        blocking(RequestCode.GET_BROKER_CONSUME_STATS, consumption::broker);
        blocking(RequestCode.QUERY_CONSUME_TIME_SPAN, consumption::timeSpan);
        blocking(RequestCode.QUERY_CORRECTION_OFFSET, consumption::correction);
        blocking(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, resets::reset);
    }

    /** As {@link #onCore}, for what may wait for the core or a device. */
    private void blocking(int code, RequestRouter.Handler handler) {
        if (config.anonymousAllowed()) {
            router.blocking(code, RequestRouter.unlessUnread(handler));
        } else {
            onCore(code, handler);
        }
    }

    /** RocketMQ clients can't say who they are yet, so they are let in only where anybody is. */
    private void onCore(int code, RequestRouter.Handler handler) {
        if (config.anonymousAllowed()) {
            router.onCore(code, handler);
        } else {
            router.direct(code, Routes::refuse);
        }
    }

    private static void refuse(Request request) {
        request.answer(ResponseCode.NO_PERMISSION, "this broker takes no anonymous clients (option anonymousAllowed)");
    }

    private void jms(JmsConnections connections, JmsConsumers consumers, JmsBrowser browser) {
        JmsDestinations destinations = new JmsDestinations(config, service, topics, turn);
        MessageIntake intake = new MessageIntake(config, service, store, clock);
        JmsSender sender = new JmsSender(core, intake, store, delayed, producers);
        router.blocking(JmsCode.HELLO, connections::hello);
        router.direct(JmsCode.PING, JmsConnections::ping);
        router.direct(JmsCode.SEND, sender::handle);
        router.onCore(JmsCode.GOODBYE, connections::goodbye);
        router.onCore(JmsCode.SET_CLIENT_ID, connections::setClientId);
        router.onCore(JmsCode.OPEN_DESTINATION, destinations::open);
        router.onCore(JmsCode.CREATE_TEMPORARY, destinations::createTemporary);
        router.onCore(JmsCode.DELETE_TEMPORARY, destinations::deleteTemporary);
        router.onCore(JmsCode.CREATE_CONSUMER, consumers::create);
        router.onCore(JmsCode.CLOSE_CONSUMER, consumers::close);
        router.onCore(JmsCode.CLOSE_SESSION, consumers::closeSession);
        router.onCore(JmsCode.RECOVER, consumers::recover);
        router.onCore(JmsCode.CREDIT, consumers::credit);
        router.onCore(JmsCode.DRAIN, consumers::drain);
        router.onCore(JmsCode.ACKNOWLEDGE, consumers::acknowledge);
        router.onCore(JmsCode.RELEASE, consumers::release);
        router.onCore(JmsCode.BROWSE, browser::browse);
        router.onCore(JmsCode.START, request -> consumers.start(request, true));
        router.onCore(JmsCode.STOP, request -> consumers.start(request, false));
        router.onCore(JmsCode.UNSUBSCRIBE, consumers::unsubscribe);
    }

    private void transactions(JmsConnections connections, TransactedDeliveries deliveries) {
        TransactionWriter writer =
                new TransactionWriter(store, delayed, transactions, producers, deliveries, reappend, turn, probe);
        OpenTransactions open = new OpenTransactions(config, transactions, deliveries);
        JmsTransactions handler = new JmsTransactions(
                core,
                open,
                new MessageIntake(config, service, store, clock),
                transactions,
                producers,
                writer,
                reappend,
                store.appender(),
                turn,
                clock,
                probe);
        connections.connect(open);
        router.direct(JmsCode.TRANSACTION_ADD, handler::add);
        router.direct(JmsCode.TRANSACTION_COMMIT, handler::commit);
        router.direct(JmsCode.TRANSACTION_PREPARE, handler::prepare);
        router.onCore(JmsCode.TRANSACTION_DECIDE, handler::decide);
        router.onCore(JmsCode.TRANSACTION_ROLLBACK, handler::rollback);
        router.onCore(JmsCode.TRANSACTION_OUTCOME, handler::outcome);
        router.onCore(JmsCode.TRANSACTION_RECOVER, handler::recover);
        router.onCore(JmsCode.TRANSACTION_FORGET, handler::forget);
        TransactionAdmin admin = new TransactionAdmin(open, transactions, writer, deliveries, store, clock);
        onCore(JmsCode.ADMIN_TRANSACTIONS, RequestRouter.unlessUnread(admin::list));
        onCore(JmsCode.ADMIN_END_TRANSACTION, admin::end);
    }
}
