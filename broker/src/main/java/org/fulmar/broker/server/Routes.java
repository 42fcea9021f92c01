package org.fulmar.broker.server;

import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
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
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.jms.JmsCode;

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
            JmsConnections connections,
            DeliveryEngine engine,
            MessageTest.Compiler selectors) {
        rocketMq(send, pull);
        JmsSubscriptions subscriptions = new JmsSubscriptions(engine, groups, backlog, store.appender());
        jms(
                connections,
                new JmsConsumers(config, engine, subscriptions, service, turn, selectors),
                new JmsBrowser(engine, service, backlog, selectors));
        transactions(connections, engine.transacted());
        return this;
    }

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

    void halfMessages(NativeTransactions natives, HalfMessages halves) {
        HalfMessageAdmin admin = new HalfMessageAdmin(halves, natives, store, turn, clock);
        onCore(RequestCode.END_TRANSACTION, natives::end);
        onCore(RequestCode.RESUME_CHECK_HALF_MESSAGE, admin::resume);
        onCore(JmsCode.ADMIN_HALF_MESSAGES, RequestRouter.unlessUnread(admin::list));
        onCore(JmsCode.ADMIN_END_HALF_MESSAGE, admin::end);
    }

    private void rocketMq(SendHandler send, PullHandler pull) {
        OffsetHandler offset = new OffsetHandler(service, store, offsets);
        ClientHandler client = new ClientHandler(config, service, clients);
        QueryHandler query = new QueryHandler(store);
        AdminHandler admin = new AdminHandler(service, topics);
        onCore(RequestCode.SEND_MESSAGE, send::handle);
        onCore(RequestCode.SEND_MESSAGE_V2, send::handle);
        onCore(RequestCode.SEND_BATCH_MESSAGE, send::handle);
        onCore(RequestCode.PULL_MESSAGE, pull::handle);
        onCore(RequestCode.LITE_PULL_MESSAGE, pull::handle);
        onCore(RequestCode.QUERY_CONSUMER_OFFSET, offset::query);
        onCore(RequestCode.UPDATE_CONSUMER_OFFSET, offset::update);
        onCore(RequestCode.GET_MAX_OFFSET, offset::max);
        onCore(RequestCode.GET_MIN_OFFSET, offset::min);
        onCore(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, offset::byTime);
        onCore(RequestCode.GET_EARLIEST_MSG_STORETIME, offset::earliestTime);
        onCore(RequestCode.HEART_BEAT, client::heartbeat);
        onCore(RequestCode.UNREGISTER_CLIENT, client::unregister);
        onCore(RequestCode.GET_CONSUMER_LIST_BY_GROUP, RequestRouter.unlessUnread(client::members));
        onCore(RequestCode.CHECK_CLIENT_CONFIG, client::checkConfig);
        onCore(RequestCode.UPDATE_AND_CREATE_TOPIC, admin::putTopic);
        onCore(RequestCode.DELETE_TOPIC_IN_BROKER, admin::deleteTopic);
        onCore(RequestCode.GET_ALL_TOPIC_CONFIG, RequestRouter.unlessUnread(admin::allTopics));
        if (config.anonymousAllowed()) {
            router.blocking(RequestCode.QUERY_MESSAGE, RequestRouter.unlessUnread(query::byKey));
            router.blocking(RequestCode.VIEW_MESSAGE_BY_ID, RequestRouter.unlessUnread(query::byOffset));
        }
    }

    /** RocketMQ clients can't say who they are yet, so they are let in only where anybody is. */
    private void onCore(int code, RequestRouter.Handler handler) {
        if (config.anonymousAllowed()) {
            router.onCore(code, handler);
        } else {
            router.direct(
                    code,
                    request -> request.answer(
                            ResponseCode.NO_PERMISSION,
                            "this broker takes no anonymous clients (option anonymousAllowed)"));
        }
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
