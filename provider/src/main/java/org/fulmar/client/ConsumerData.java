package org.fulmar.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a heartbeat says of a consumer. Immutable.
 *
 * @param consumeType CONSUME_ACTIVELY, CONSUME_PASSIVELY or CONSUME_POP
 * @param messageModel CLUSTERING or BROADCASTING
 * @param consumeFrom CONSUME_FROM_LAST_OFFSET, CONSUME_FROM_FIRST_OFFSET or CONSUME_FROM_TIMESTAMP
 */
public record ConsumerData(
        String group, String consumeType, String messageModel, String consumeFrom, List<Subscription> subscriptions) {

    /**
     * One topic that is consumed.
     *
     * @param expressionType TAG or SQL92
     * @param expression tags with || between, * for all; or an SQL condition
     * @param tags those of the expression; empty for all or SQL
     * @param version grows with each change; milliseconds since the epoch by custom
     */
    public record Subscription(String topic, String expressionType, String expression, Set<String> tags, long version) {
        public Subscription {
            tags = Set.copyOf(tags);
        }

        ObjectNode write(ObjectNode json) {
            json.put("classFilterMode", false);
            ArrayNode codes = json.putArray("codeSet");
            ArrayNode names = json.putArray("tagsSet");
            for (String tag : new TreeSet<>(tags)) {
                codes.add(tag.hashCode());
                names.add(tag);
            }
            return json.put("expressionType", expressionType)
                    .put("subString", expression)
                    .put("subVersion", version)
                    .put("topic", topic);
        }
    }

    public ConsumerData {
        subscriptions = List.copyOf(subscriptions);
    }

    void write(ObjectNode json) {
        json.put("consumeFromWhere", consumeFrom)
                .put("consumeType", consumeType)
                .put("groupName", group)
                .put("messageModel", messageModel)
                .put("unitMode", false);
        ArrayNode list = json.putArray("subscriptionDataSet");
        subscriptions.forEach(subscription -> subscription.write(list.addObject()));
    }
}
