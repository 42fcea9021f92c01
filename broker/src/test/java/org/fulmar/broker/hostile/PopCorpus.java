package org.fulmar.broker.hostile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fulmar.protocol.command.PopHandle;
import org.fulmar.protocol.command.RequestCode;
import org.fulmar.protocol.command.SendRequest;

/** Valid requests of POP consumers, of server-side rebalance, and of repliers. Stateless. */
final class PopCorpus {
    private PopCorpus() {}

    static void addTo(String topic, List<Template> all) {
        pops(topic, all);
        acknowledgements(topic, all);
        assignments(topic, all);
        replies(topic, all);
    }

    private static void pops(String topic, List<Template> all) {
        Map<String, String> pop = new HashMap<>(Map.of(
                "consumerGroup",
                "g",
                "topic",
                topic,
                "queueId",
                "-1",
                "maxMsgNums",
                "4",
                "invisibleTime",
                "50",
                "pollTime",
                "100",
                "bornTime",
                "99999999999999",
                "initMode",
                "0"));
        pop.put("expType", "TAG");
        pop.put("exp", "a || b");
        pop.put("order", "true");
        pop.put("attemptId", "a1");
        all.add(new Template(RequestCode.POP_MESSAGE, pop));
        all.add(new Template(RequestCode.NOTIFICATION, pop));
        all.add(new Template(RequestCode.PEEK_MESSAGE, pop));
        all.add(new Template(RequestCode.POLLING_INFO, pop));
    }

    private static void acknowledgements(String topic, List<Template> all) {
        Map<String, String> acknowledgement = Map.of(
                "consumerGroup",
                "g",
                "topic",
                topic,
                "queueId",
                "0",
                "offset",
                "0",
                "invisibleTime",
                "10",
                "extraInfo",
                new PopHandle(0, 1, 50, 0, "0", "b", 0, 0).text());
        all.add(new Template(RequestCode.ACK_MESSAGE, acknowledgement));
        all.add(new Template(RequestCode.CHANGE_MESSAGE_INVISIBLETIME, acknowledgement));
        all.add(new Template(
                RequestCode.BATCH_ACK_MESSAGE,
                BrokerCorpus.utf8("{\"brokerName\":\"b\",\"acks\":[{\"c\":\"g\",\"t\":\"" + topic
                        + "\",\"r\":\"0\",\"so\":0,\"q\":0,\"rq\":0,\"pt\":1,\"it\":50,\"b\":\"/w==\"}]}")));
    }

    private static void assignments(String topic, List<Template> all) {
        String mode =
                "{\"topic\":\"" + topic + "\",\"consumerGroup\":\"g\",\"clientId\":\"c\",\"strategyName\":\"AVG\","
                        + "\"messageModel\":\"CLUSTERING\",\"mode\":\"POP\",\"popShareQueueNum\":1}";
        all.add(new Template(RequestCode.QUERY_ASSIGNMENT, BrokerCorpus.utf8(mode)));
        all.add(new Template(RequestCode.SET_MESSAGE_REQUEST_MODE, BrokerCorpus.utf8(mode)));
        all.add(new Template(RequestCode.GET_ALL_MESSAGE_REQUEST_MODE, Map.of()));
    }

    private static void replies(String topic, List<Template> all) {
        SendRequest reply = new SendRequest(
                "p",
                topic,
                "TBW102",
                4,
                0,
                0,
                1,
                0,
                "REPLY_TO_CLIENT\u0001c\u0002MSG_TYPE\u0001reply\u0002",
                0,
                0,
                false);
        all.add(new Template(RequestCode.SEND_REPLY_MESSAGE_V2, reply.fields(), BrokerCorpus.utf8("a reply")));
    }
}
