package org.fulmar.broker.hostile;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;
import org.fulmar.protocol.jms.Acknowledge;
import org.fulmar.protocol.jms.BranchXid;
import org.fulmar.protocol.jms.ConsumerPosition;
import org.fulmar.protocol.jms.CreateConsumer;
import org.fulmar.protocol.jms.Credit;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.jms.JmsFlag;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.jms.Release;
import org.fulmar.protocol.jms.SendOperation;
import org.fulmar.protocol.jms.TextOperation;
import org.fulmar.protocol.jms.TransactionDecision;
import org.fulmar.protocol.jms.TransactionId;
import org.fulmar.protocol.jms.TransactionPart;
import org.fulmar.protocol.jms.TransactionRecovery;
import org.fulmar.protocol.message.MessageBatch;

/** A valid request of every kind that a broker serves. Stateless. */
final class BrokerCorpus {
    private static final byte[] BODY = "a message of some length".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PROPERTIES =
            "KEYS\u0001k1 k2\u0002TAGS\u0001a\u0002UNIQ_KEY\u0001u1\u0002WAIT\u0001true\u0002"
                    .getBytes(StandardCharsets.US_ASCII);

    private BrokerCorpus() {}

    /** The requests of RocketMQ clients. */
    static List<Template> rocketMq(String topic) {
        List<Template> all = new ArrayList<>();
        SendRequest send = send(topic, false);
        all.add(new Template(RequestCode.SEND_MESSAGE, longNames(send.fields()), BODY));
        all.add(new Template(RequestCode.SEND_MESSAGE_V2, send.fields(), BODY));
        all.add(new Template(RequestCode.SEND_BATCH_MESSAGE, send(topic, true).fields(), batch()));
        all.add(new Template(RequestCode.PULL_MESSAGE, pull(topic, 6, 100)));
        all.add(new Template(RequestCode.PULL_MESSAGE, pull(topic, 1, 0)));
        all.add(new Template(RequestCode.LITE_PULL_MESSAGE, pull(topic, 20, 0)));
        all.add(new Template(
                RequestCode.QUERY_MESSAGE,
                Map.of(
                        "topic",
                        topic,
                        "key",
                        "k1",
                        "maxNum",
                        "32",
                        "beginTimestamp",
                        "0",
                        "endTimestamp",
                        "99999999999999")));
        all.add(new Template(RequestCode.VIEW_MESSAGE_BY_ID, Map.of("offset", "0")));
        queueRequests(topic, all);
        transactions(topic, all);
        consumers(topic, all);
        PopCorpus.addTo(topic, all);
        all.add(new Template(
                RequestCode.UPDATE_AND_CREATE_TOPIC,
                Map.of(
                        "topic",
                        topic + "-made",
                        "readQueueNums",
                        "2",
                        "writeQueueNums",
                        "2",
                        "perm",
                        "6",
                        "order",
                        "false",
                        "topicSysFlag",
                        "0",
                        "topicFilterType",
                        "SINGLE_TAG",
                        "attributes",
                        "+message.type=FIFO,-x")));
        all.add(new Template(RequestCode.DELETE_TOPIC_IN_BROKER, Map.of("topic", topic + "-made")));
        all.add(new Template(RequestCode.GET_ALL_TOPIC_CONFIG, Map.of()));
        all.add(new Template(RequestCode.HEART_BEAT, heartbeat(topic)));
        all.add(new Template(
                RequestCode.UNREGISTER_CLIENT, Map.of("clientID", "c", "producerGroup", "p", "consumerGroup", "g")));
        all.add(new Template(RequestCode.GET_CONSUMER_LIST_BY_GROUP, Map.of("consumerGroup", "g")));
        all.add(new Template(
                RequestCode.CHECK_CLIENT_CONFIG,
                utf8("{\"clientId\":\"c\",\"group\":\"g\",\"subscriptionData\":{\"expressionType\":\"TAG\"}}")));
        return all;
    }

    /** Prepares, and ends of what there may be at the beginning of the log. */
    private static void transactions(String topic, List<Template> all) {
        all.add(new Template(RequestCode.SEND_MESSAGE_V2, prepare(topic, "p").fields(), BODY));
        all.add(new Template(RequestCode.END_TRANSACTION, endTransaction("p", 0, 0, 8)));
        all.add(new Template(RequestCode.RESUME_CHECK_HALF_MESSAGE, Map.of("msgId", "0".repeat(32))));
        all.add(new Template(JmsCode.ADMIN_HALF_MESSAGES, Map.of("max", "10", "after", "-1")));
        all.add(new Template(JmsCode.ADMIN_END_HALF_MESSAGE, Map.of("logOffset", "0", "commit", "true")));
    }

    /** Groups, locks, delays, and what is sent back or recalled. */
    private static void consumers(String topic, List<Template> all) {
        byte[] locks = utf8("{\"clientId\":\"c\",\"consumerGroup\":\"g\",\"mqSet\":[{\"topic\":\"" + topic
                + "\",\"queueId\":0,\"brokerName\":\"broker-a\"}]}");
        byte[] group = utf8("{\"groupName\":\"g2\",\"retryQueueNums\":1,\"attributes\":{\"+a\":\"b\"},"
                + "\"groupRetryPolicy\":{\"type\":\"CUSTOMIZED\"},\"subscriptionDataSet\":[{\"topic\":\"t\"}]}");
        String handle = Base64.getUrlEncoder().encodeToString(utf8("v1 " + topic + " broker-a 1700000000000 u1 0"));
        all.add(new Template(RequestCode.LOCK_BATCH_MQ, locks));
        all.add(new Template(RequestCode.UNLOCK_BATCH_MQ, locks));
        all.add(new Template(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, group));
        all.add(new Template(RequestCode.GET_SUBSCRIPTIONGROUP_CONFIG, Map.of("group", "g2")));
        all.add(new Template(RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, Map.of()));
        all.add(new Template(RequestCode.DELETE_SUBSCRIPTIONGROUP, Map.of("groupName", "g2", "cleanOffset", "true")));
        all.add(new Template(
                RequestCode.CONSUMER_SEND_MSG_BACK, Map.of("offset", "0", "group", "g", "delayLevel", "0")));
        all.add(new Template(RequestCode.RECALL_MESSAGE, Map.of("topic", topic, "recallHandle", handle)));
        all.add(new Template(
                RequestCode.CLONE_GROUP_OFFSET, Map.of("srcGroup", "g", "destGroup", "g3", "topic", topic)));
        all.add(new Template(RequestCode.GET_ALL_CONSUMER_OFFSET, Map.of()));
        all.add(new Template(RequestCode.GET_ALL_DELAY_OFFSET, Map.of()));
        for (String delay :
                List.of("DELAY\u00011\u0002", "TIMER_DELAY_MS\u00015\u0002", "TIMER_DELIVER_MS\u00019\u0002")) {
            String properties = new String(PROPERTIES, StandardCharsets.US_ASCII) + delay;
            SendRequest delayed =
                    new SendRequest("p", topic, "TBW102", 4, 0, 0, 1_700_000_000_000L, 0, properties, 0, 16, false);
            all.add(new Template(RequestCode.SEND_MESSAGE_V2, delayed.fields(), BODY));
        }
        SendRequest retry = new SendRequest(
                "p", "%RETRY%g", "TBW102", 4, 0, 0, 1_700_000_000_000L, 0, "DELAY\u00011\u0002", 1, 16, false);
        all.add(new Template(RequestCode.SEND_MESSAGE_V2, retry.fields(), BODY));
    }

    static SendRequest prepare(String topic, String group) {
        String properties = new String(PROPERTIES, StandardCharsets.US_ASCII) + "TRAN_MSG\u0001true\u0002PGROUP\u0001"
                + group + "\u0002";
        return new SendRequest(group, topic, "TBW102", 4, 0, 4, 1_700_000_000_000L, 0, properties, 0, 16, false);
    }

    static Map<String, String> endTransaction(String group, long logOffset, long queueOffset, int outcome) {
        return Map.of(
                "producerGroup",
                group,
                "commitLogOffset",
                Long.toString(logOffset),
                "tranStateTableOffset",
                Long.toString(queueOffset),
                "commitOrRollback",
                Integer.toString(outcome),
                "fromTransactionCheck",
                "false",
                "msgId",
                "u1",
                "transactionId",
                "u1");
    }

    private static void queueRequests(String topic, List<Template> all) {
        Map<String, String> queue = Map.of("topic", topic, "queueId", "0", "consumerGroup", "g");
        for (int code : new int[] {
            RequestCode.QUERY_CONSUMER_OFFSET,
            RequestCode.UPDATE_CONSUMER_OFFSET,
            RequestCode.GET_MAX_OFFSET,
            RequestCode.GET_MIN_OFFSET,
            RequestCode.SEARCH_OFFSET_BY_TIMESTAMP,
            RequestCode.GET_EARLIEST_MSG_STORETIME,
        }) {
            Map<String, String> fields = new HashMap<>(queue);
            fields.put("commitOffset", "1");
            fields.put("timestamp", "1700000000000");
            fields.put("boundaryType", "UPPER");
            all.add(new Template(code, fields));
        }
    }

    static SendRequest send(String topic, boolean batch) {
        String properties = new String(PROPERTIES, StandardCharsets.US_ASCII);
        return new SendRequest("p", topic, "TBW102", 4, 0, 0, 1_700_000_000_000L, 0, properties, 0, 16, batch);
    }

    private static Map<String, String> longNames(Map<String, String> letters) {
        return Map.of(
                "producerGroup",
                letters.get("a"),
                "topic",
                letters.get("b"),
                "defaultTopic",
                letters.get("c"),
                "defaultTopicQueueNums",
                letters.get("d"),
                "queueId",
                letters.get("e"),
                "sysFlag",
                letters.get("f"),
                "bornTimestamp",
                letters.get("g"),
                "flag",
                letters.get("h"),
                "properties",
                letters.get("i"),
                "reconsumeTimes",
                letters.get("j"));
    }

    private static byte[] batch() {
        return bytes(out -> {
            for (int i = 0; i < 3; i++) {
                MessageBatch.write(out, i, PROPERTIES, Unpooled.wrappedBuffer(BODY));
            }
        });
    }

    static Map<String, String> pull(String topic, int sysFlag, int suspendMillis) {
        Map<String, String> fields = new HashMap<>(Map.of(
                "consumerGroup",
                "g",
                "topic",
                topic,
                "queueId",
                "0",
                "queueOffset",
                "0",
                "maxMsgNums",
                "32",
                "sysFlag",
                Integer.toString(sysFlag),
                "commitOffset",
                "1",
                "suspendTimeoutMillis",
                Integer.toString(suspendMillis),
                "subVersion",
                "1",
                "expressionType",
                "TAG"));
        fields.put("subscription", "a || b");
        return fields;
    }

    private static byte[] heartbeat(String topic) {
        return utf8("{\"clientID\":\"c\",\"consumerDataSet\":[{\"consumeFromWhere\":\"CONSUME_FROM_LAST_OFFSET\","
                + "\"consumeType\":\"CONSUME_PASSIVELY\",\"groupName\":\"g\",\"messageModel\":\"CLUSTERING\","
                + "\"subscriptionDataSet\":[{\"classFilterMode\":false,\"codeSet\":[97],\"expressionType\":\"TAG\","
                + "\"subString\":\"a\",\"subVersion\":1,\"tagsSet\":[\"a\"],\"topic\":\"" + topic + "\"}],"
                + "\"unitMode\":false}],\"producerDataSet\":[{\"groupName\":\"p\"}]}");
    }

    /** The greeting of a JMS connection. */
    static Template hello(int minVersion, int maxVersion, String clientId) {
        return new Template(
                JmsCode.HELLO, bytes(new Hello(minVersion, maxVersion, "hostile", clientId, "", null, null)::encode));
    }

    /** What makes destination 0 and consumer 1 of session 7, so that what follows has something to act on. */
    static List<Template> jmsStart(String queue) {
        return List.of(
                new Template(
                        JmsCode.OPEN_DESTINATION, bytes(new OpenDestination(DestinationKind.QUEUE, queue)::encode)),
                new Template(JmsCode.CREATE_CONSUMER, consumer(1, CreateConsumer.Kind.QUEUE, null)),
                new Template(JmsCode.START, new byte[0]));
    }

    /** The JMS operations, which are refused on a connection that has not greeted. */
    static List<Template> jms(String queue) {
        List<Template> all = new ArrayList<>(jmsStart(queue));
        all.add(hello(1, 1, null));
        all.add(new Template(JmsCode.SET_CLIENT_ID, bytes(new TextOperation("id")::encode)));
        all.add(new Template(
                JmsCode.OPEN_DESTINATION, bytes(new OpenDestination(DestinationKind.TOPIC, queue + ".t")::encode)));
        for (int code : new int[] {JmsCode.CREATE_TEMPORARY, JmsCode.DELETE_TEMPORARY}) {
            all.add(new Template(code, bytes(new OpenDestination(DestinationKind.TEMPORARY_QUEUE, "x")::encode)));
        }
        byte[] send = bytes(out -> SendOperation.encode(
                out, SendOperation.Envelope.to(0), JmsFlag.MARK | 4, 0, 1_700_000_000_000L, PROPERTIES, BODY));
        all.add(new Template(JmsCode.SEND, send));
        all.add(new Template(JmsCode.SEND, send));
        all.add(new Template(JmsCode.CREATE_CONSUMER, consumer(2, CreateConsumer.Kind.NON_DURABLE, null)));
        all.add(new Template(JmsCode.CREATE_CONSUMER, consumer(3, CreateConsumer.Kind.DURABLE, "sub")));
        all.add(new Template(JmsCode.CLOSE_CONSUMER, bytes(new ConsumerPosition(1, 0, 1)::encode)));
        for (int code : new int[] {JmsCode.CLOSE_SESSION, JmsCode.RECOVER}) {
            all.add(new Template(
                    code, bytes(new ConsumerPosition.OfSession(7, List.of(new ConsumerPosition(1, 0, 1)))::encode)));
        }
        for (int code : new int[] {JmsCode.CREDIT, JmsCode.DRAIN}) {
            all.add(new Template(code, bytes(new Credit(1, 2, true)::encode)));
        }
        all.add(new Template(
                JmsCode.ACKNOWLEDGE,
                bytes(new Acknowledge(7, true, List.of(new Acknowledge.Range(1, 0, 0, 1)))::encode)));
        all.add(new Template(
                JmsCode.RELEASE, bytes(new Release(7, true, List.of(new Acknowledge.Range(1, 0, 0, 1)))::encode)));
        all.add(new Template(JmsCode.STOP, new byte[0]));
        all.add(new Template(JmsCode.UNSUBSCRIBE, bytes(new TextOperation("sub")::encode)));
        all.add(new Template(JmsCode.PING, new byte[0]));
        all.addAll(transactions());
        return all;
    }

    private static List<Template> transactions() {
        List<Template> all = new ArrayList<>();
        BranchXid xid = new BranchXid(7, new byte[64], new byte[64]);
        for (int code : new int[] {
            JmsCode.TRANSACTION_ADD,
            JmsCode.TRANSACTION_COMMIT,
            JmsCode.TRANSACTION_PREPARE,
            JmsCode.TRANSACTION_ROLLBACK
        }) {
            all.add(new Template(code, part(new TransactionId(xid, 5, 6))));
            all.add(new Template(code, part(new TransactionId(null, 5, 7))));
        }
        all.add(new Template(JmsCode.TRANSACTION_DECIDE, bytes(new TransactionDecision(xid, true)::encode)));
        all.add(new Template(JmsCode.TRANSACTION_OUTCOME, bytes(new TransactionId(null, 5, 7)::encode)));
        all.add(new Template(JmsCode.TRANSACTION_RECOVER, bytes(new TransactionRecovery(0)::encode)));
        all.add(new Template(JmsCode.TRANSACTION_FORGET, bytes(new TransactionId(xid, 5, 6)::encode)));
        return all;
    }

    private static byte[] part(TransactionId id) {
        TransactionPart.Outgoing message = new TransactionPart.Outgoing(
                SendOperation.Envelope.to(0), JmsFlag.MARK | 4, 1_700_000_000_000L, PROPERTIES, BODY);
        return bytes(out -> TransactionPart.encode(
                out, id, 0, true, List.of(new Acknowledge.Range(1, 0, 0, 1)), List.of(message, message)));
    }

    private static byte[] consumer(int id, CreateConsumer.Kind kind, String subscription) {
        return bytes(new CreateConsumer(id, 7, 0, kind, subscription, null, false, List.of(), 10)::encode);
    }

    static byte[] bytes(Consumer<ByteBuf> encode) {
        ByteBuf out = Unpooled.buffer();
        encode.accept(out);
        return ByteBufUtil.getBytes(out);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
