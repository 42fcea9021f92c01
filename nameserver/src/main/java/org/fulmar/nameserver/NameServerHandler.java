package org.fulmar.nameserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.fulmar.protocol.command.BrokerRegistration;
import org.fulmar.protocol.command.DataVersion;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.frame.FrameLimits;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.Request;
import org.fulmar.protocol.transport.RequestHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of a name server's peers, and owns its {@link RouteTable}.
 *
 * <p>Runs on the event loops. The table is guarded by its monitor, held for one operation and never over decoding,
 * writing JSON or I/O. Changes of the KV configuration, which may write a file, run on the given executor. A connection
 * that a broker registers over is attached its number, by which the broker is unregistered when it is lost.
 */
final class NameServerHandler implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(NameServerHandler.class);

    /** From this release on, clients read standard JSON. */
    private static final int STANDARD_JSON_VERSION = 401;

    private static final String ORDER_TOPIC_CONFIG = "ORDER_TOPIC_CONFIG";

    private final RouteTable table;
    private final KvStore kv;
    private final Executor kvWriter;
    private final LongSupplier millis;
    private final NameServerSettings settings;
    private final AtomicLong connectionNumbers = new AtomicLong();
    /** Held while a registration is decoded: its tree may take many times its bytes, so there is one at a time. */
    private final Object decoding = new Object();

    NameServerHandler(
            RouteLimits limits, KvStore kv, Executor kvWriter, LongSupplier millis, NameServerSettings settings) {
        this.table = new RouteTable(limits);
        this.kv = kv;
        this.kvWriter = kvWriter;
        this.millis = millis;
        this.settings = settings;
    }

    @Override
    public void handle(Request request) {
        Fields in = Fields.of(request.frame());
        int code = request.frame().code();
        switch (code) {
            case RequestCode.REGISTER_BROKER -> register(request, in);
            case RequestCode.UNREGISTER_BROKER -> unregister(request, in);
            case RequestCode.QUERY_DATA_VERSION -> compareVersion(request, in);
            case RequestCode.GET_ROUTEINFO_BY_TOPIC -> route(request, in);
            case RequestCode.GET_BROKER_CLUSTER_INFO -> clusterInfo(request);
            case RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER -> topics(request);
            case RequestCode.GET_TOPICS_BY_CLUSTER -> topicsOfCluster(request, in);
            case RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS -> systemTopics(request);
            case RequestCode.WIPE_WRITE_PERM_OF_BROKER -> withdrawWriting(request, in);
            case RequestCode.ADD_WRITE_PERM_OF_BROKER -> grantWriting(request, in);
            case RequestCode.DELETE_TOPIC_IN_NAMESRV -> deleteTopic(request, in);
            case RequestCode.REGISTER_TOPIC_IN_NAMESRV -> registerTopic(request, in);
            case RequestCode.UPDATE_NAMESRV_CONFIG -> settings.update(request);
            case RequestCode.GET_NAMESRV_CONFIG -> settings.show(request);
            case RequestCode.GET_KV_CONFIG -> getKv(request, in);
            case RequestCode.GET_KVLIST_BY_NAMESPACE -> listKv(request, in);
            case RequestCode.PUT_KV_CONFIG -> putKv(request, in);
            case RequestCode.DELETE_KV_CONFIG -> deleteKv(request, in);
            default ->
                request.answer(
                        ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
                        "the name server does not support the request code " + code);
        }
    }

    @Override
    public void closed(Connection connection) {
        long number = number(connection);
        if (number != RouteTable.NO_CONNECTION) {
            List<RouteTable.Departed> departed;
            synchronized (table) {
                departed = table.connectionLost(number);
            }
            departed.forEach(gone -> LOG.info("{} left: its {} was lost", gone, connection));
        }
    }

    /** Unregisters the brokers whose time-out has passed. Any thread may call it. */
    void scan() {
        List<RouteTable.Departed> departed;
        synchronized (table) {
            departed = table.scan(millis.getAsLong());
        }
        departed.forEach(gone -> LOG.warn("{} left: it gave no sign of life in time", gone));
    }

    private static long number(Connection connection) {
        return connection.attachment() instanceof Long number ? number : RouteTable.NO_CONNECTION;
    }

    private long numbered(Connection connection) {
        if (number(connection) == RouteTable.NO_CONNECTION) {
            connection.attach(connectionNumbers.getAndIncrement());
        }
        return number(connection);
    }

    private void register(Request request, Fields in) {
        BrokerRegistration registration;
        try {
            synchronized (decoding) {
                registration = BrokerRegistration.decode(request.frame());
            }
        } catch (FrameException e) {
            request.answer(ResponseCode.SYSTEM_ERROR, "the broker is not registered: " + e.getMessage());
            return;
        }
        BrokerGroup.Traits traits = new BrokerGroup.Traits(in.bool("enableActingMaster", false), zone(in));
        long connection = numbered(request.connection());
        RegistrationResult result;
        synchronized (table) {
            result = table.register(registration, traits, connection, millis.getAsLong());
        }
        if (!result.accepted()) {
            LOG.warn(
                    "{} at {} is not registered: {}",
                    registration.brokerName(),
                    registration.brokerAddr(),
                    result.refusal());
            request.answer(ResponseCode.SYSTEM_ERROR, "the broker is not registered: " + result.refusal());
            return;
        }
        if (result.first()) {
            LOG.info(
                    "broker {} id {} of cluster {} registered at {} with {} topics",
                    registration.brokerName(),
                    registration.brokerId(),
                    registration.clusterName(),
                    registration.brokerAddr(),
                    registration.topics().size());
        }
        Fields out = Fields.write().put("haServerAddr", result.masterHaAddr()).put("masterAddr", result.masterAddr());
        answer(request, out, RouteJson.table(kv.list(ORDER_TOPIC_CONFIG)));
    }

    private static @Nullable String zone(Fields in) {
        String zone = in.optional("__ZONE_NAME");
        if (zone != null && zone.length() > RouteLimits.MAX_NAME_LENGTH) {
            throw new FrameException("the zone's name has more than " + RouteLimits.MAX_NAME_LENGTH + " characters");
        }
        return zone;
    }

    private void unregister(Request request, Fields in) {
        RouteTable.Departed departed;
        synchronized (table) {
            departed = table.unregister(
                    in.text("clusterName"), in.text("brokerName"), in.number("brokerId"), in.text("brokerAddr"));
        }
        if (departed != null) {
            LOG.info("{} left: it unregistered", departed);
        }
        request.answer(ResponseCode.SUCCESS, Map.of());
    }

    private void compareVersion(Request request, Fields in) {
        DataVersion version = DataVersion.fromJson(JsonBody.parse(request.body()));
        long connection = number(request.connection());
        RouteTable.VersionAnswer answer;
        synchronized (table) {
            answer = table.compareVersion(
                    in.text("clusterName"), in.text("brokerAddr"), version, connection, millis.getAsLong());
        }
        Fields out = Fields.write().put("changed", answer.changed());
        if (answer.known() == null) {
            request.answer(ResponseCode.SUCCESS, out.map());
        } else {
            answer(request, out, answer.known().toJson());
        }
    }

    private void route(Request request, Fields in) {
        String topic = in.text("topic");
        TopicRoute route;
        synchronized (table) {
            route = table.route(topic);
        }
        if (route == null) {
            request.answer(ResponseCode.TOPIC_NOT_EXIST, "No topic route info in name server for the topic: " + topic);
            return;
        }
        boolean standard =
                request.frame().version() >= STANDARD_JSON_VERSION || in.bool("acceptStandardJsonOnly", false);
        String orderConfig = settings.orderMessageEnable() ? kv.get(ORDER_TOPIC_CONFIG, topic) : null;
        answer(
                request,
                RouteJson.route(route, orderConfig, standard ? RouteJson.Dialect.STANDARD : RouteJson.Dialect.LEGACY));
    }

    private void clusterInfo(Request request) {
        answer(request, RouteJson.clusterInfo(clusterInfo(), RouteJson.Dialect.LEGACY));
    }

    private RouteTable.ClusterInfo clusterInfo() {
        synchronized (table) {
            return table.clusterInfo();
        }
    }

    private void topics(Request request) {
        List<String> topics;
        synchronized (table) {
            topics = table.topics();
        }
        answer(request, RouteJson.topics(topics));
    }

    private void topicsOfCluster(Request request, Fields in) {
        String cluster = in.text("cluster");
        List<String> topics;
        synchronized (table) {
            topics = table.topicsOfCluster(cluster);
        }
        answer(request, RouteJson.topics(topics));
    }

    /** The topics that exist by the brokers' being there: one named after each cluster, one after each broker. */
    private void systemTopics(Request request) {
        RouteTable.ClusterInfo info = clusterInfo();
        List<String> topics = new ArrayList<>(info.clusters().keySet());
        topics.addAll(info.groups().keySet());
        ObjectNode json = RouteJson.topics(topics);
        info.groups().values().stream()
                .map(BrokerGroup::addresses)
                .findFirst()
                .ifPresent(addresses -> json.put("brokerAddr", addresses.get(addresses.firstKey())));
        answer(request, json);
    }

    private void withdrawWriting(Request request, Fields in) {
        String broker = in.text("brokerName");
        int touched;
        synchronized (table) {
            touched = table.withdrawWriting(broker);
        }
        LOG.info("{} may no longer be written to, says {}: {} topics", broker, request.connection(), touched);
        request.answer(
                ResponseCode.SUCCESS,
                Fields.write().put("wipeTopicCount", touched).map());
    }

    private void grantWriting(Request request, Fields in) {
        String broker = in.text("brokerName");
        int touched;
        synchronized (table) {
            touched = table.grantWriting(broker);
        }
        LOG.info("{} may be written to again, says {}: {} topics", broker, request.connection(), touched);
        request.answer(
                ResponseCode.SUCCESS,
                Fields.write().put("addTopicCount", touched).map());
    }

    private void deleteTopic(Request request, Fields in) {
        String topic = in.text("topic");
        String cluster = in.text("clusterName", "");
        synchronized (table) {
            table.deleteTopic(topic, cluster.isEmpty() ? null : cluster);
        }
        request.answer(ResponseCode.SUCCESS, Map.of());
    }

    /** An administrator says where a topic is; brokers that hold it say so themselves when they register next. */
    private void registerTopic(Request request, Fields in) {
        String topic = in.text("topic");
        List<QueueRoute> queues = new ArrayList<>();
        for (JsonNode json : JsonBody.parse(request.body()).path("queueDatas")) {
            queues.add(new QueueRoute(
                    json.path("brokerName").asText(),
                    queueCount(json, "readQueueNums"),
                    queueCount(json, "writeQueueNums"),
                    json.path("perm").asInt(),
                    json.path("topicSysFlag").asInt()));
        }
        String refusal;
        synchronized (table) {
            refusal = table.putRoutes(topic, queues);
        }
        if (refusal == null) {
            request.answer(ResponseCode.SUCCESS, Map.of());
        } else {
            request.answer(ResponseCode.INVALID_PARAMETER, refusal);
        }
    }

    private static int queueCount(JsonNode json, String name) {
        int count = json.path(name).asInt();
        if (count < 0 || count > TopicConfig.MAX_QUEUES) {
            throw new FrameException(name + " is 0 to " + TopicConfig.MAX_QUEUES + ", not " + count);
        }
        return count;
    }

    private void getKv(Request request, Fields in) {
        String namespace = in.text("namespace");
        String key = in.text("key");
        String value = kv.get(namespace, key);
        if (value == null) {
            request.answer(ResponseCode.QUERY_NOT_FOUND, "No config item, Namespace: " + namespace + " Key: " + key);
        } else {
            request.answer(ResponseCode.SUCCESS, Map.of("value", value));
        }
    }

    private void listKv(Request request, Fields in) {
        String namespace = in.text("namespace");
        Map<String, String> entries = kv.list(namespace);
        if (entries.isEmpty()) {
            request.answer(ResponseCode.QUERY_NOT_FOUND, "No config item, Namespace: " + namespace);
        } else {
            answer(request, RouteJson.table(entries));
        }
    }

    private void putKv(Request request, Fields in) {
        String namespace = in.text("namespace");
        String key = in.text("key");
        String value = in.text("value");
        changeKv(request, () -> kv.put(namespace, key, value));
    }

    private void deleteKv(Request request, Fields in) {
        String namespace = in.text("namespace");
        String key = in.text("key");
        changeKv(request, () -> kv.delete(namespace, key));
    }

    private interface KvChange {
        void apply() throws IOException;
    }

    private void changeKv(Request request, KvChange change) {
        try {
            kvWriter.execute(() -> carryOut(request, change));
        } catch (RejectedExecutionException e) {
            request.answer(ResponseCode.SYSTEM_BUSY, "too many changes of the KV configuration wait");
        }
    }

    private static void carryOut(Request request, KvChange change) {
        try {
            change.apply();
        } catch (IllegalArgumentException e) {
            request.answer(ResponseCode.INVALID_PARAMETER, e.getMessage());
            return;
        } catch (IOException | FrameException e) {
            LOG.error("the KV configuration can't be written", e);
            request.answer(ResponseCode.SYSTEM_ERROR, "the KV configuration can't be written: " + e);
            return;
        }
        request.answer(ResponseCode.SUCCESS, Map.of());
    }

    private static void answer(Request request, JsonNode body) {
        answer(request, Fields.write(), body);
    }

    private static void answer(Request request, Fields out, JsonNode body) {
        byte[] bytes = JsonBody.bytes(body);
        int room = FrameLimits.DEFAULT.maxFrameBytes() - FrameLimits.DEFAULT.maxHeaderBytes();
        if (bytes.length > room) {
            Frame asked = request.frame();
            request.answer(
                    ResponseCode.SYSTEM_ERROR,
                    "the answer to " + asked.code() + " has " + bytes.length + " bytes, a frame takes " + room);
            return;
        }
        request.answer(ResponseCode.SUCCESS, null, out.map(), Unpooled.wrappedBuffer(bytes));
    }
}
