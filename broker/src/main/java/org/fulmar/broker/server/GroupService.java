package org.fulmar.broker.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.consume.ConsumerGroups;
import org.fulmar.broker.consume.GroupConfig;
import org.fulmar.broker.store.MessageStore;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.protocol.command.Fields;
import org.fulmar.protocol.command.JsonBody;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.FrameException;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/**
 * RocketMQ consumer groups: made when they are first used or by RocketMQ's tools, changed, shown, removed, and asked
 * whether they may consume. Owned by the core.
 */
final class GroupService {
    private final BrokerConfig config;
    private final ConsumerGroups groups;
    private final ConsumerOffsets offsets;
    private final PopParts pops;
    private final MessageStore store;
    private final LongSupplier clock;

    GroupService(
            BrokerConfig config,
            ConsumerGroups groups,
            ConsumerOffsets offsets,
            PopParts pops,
            MessageStore store,
            LongSupplier clock) {
        this.config = config;
        this.groups = groups;
        this.offsets = offsets;
        this.pops = pops;
        this.store = store;
        this.clock = clock;
    }

    @Nullable GroupConfig get(String group) {
        return groups.get(group);
    }

    /**
     * The group, made if it is missing and may be made; null if it may not.
     *
     * @throws StoreException if there are too many
     */
    @Nullable GroupConfig findOrMake(String group) throws StoreException {
        GroupConfig there = groups.get(group);
        if (there != null || !config.autoCreateGroups()) {
            return there;
        }
        return put(GroupConfig.usual(checked(group)));
    }

    private GroupConfig put(GroupConfig wanted) throws StoreException {
        if (!groups.hasRoom(wanted)) {
            throw new StoreException(
                    StoreException.Reason.TOO_LARGE,
                    "there are too many consumer groups, or their configurations are too large: " + wanted.name()
                            + " is not made or changed; remove some");
        }
        groups.put(wanted, clock.getAsLong(), store.appender());
        return wanted;
    }

    /** A group's name is part of topics' names. */
    private static String checked(String group) {
        if (group.isEmpty()) {
            throw new FrameException("a consumer group has a name");
        }
        DestinationNames.checked(TopicService.RETRY_PREFIX + group);
        return group;
    }

    /** The sentence for a group that is not there. */
    static String missing(String group) {
        return "consumer group " + group + " does not exist; create it, or set autoCreateSubscriptionGroup";
    }

    /** Whether a group may not pull; the request is answered then. */
    boolean refuses(Request request, String name, boolean broadcasting) {
        GroupConfig group = groups.get(name);
        if (group == null) {
            if (!config.autoCreateGroups()) {
                request.answer(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, missing(name));
            }
            return !config.autoCreateGroups();
        }
        String why = null;
        if (!group.consumeEnable()) {
            why = "consumer group " + name + " may not consume (consumeEnable)";
        } else if (broadcasting && !group.consumeBroadcastEnable()) {
            why = "consumer group " + name + " may not consume by broadcasting (consumeBroadcastEnable)";
        }
        if (why != null) {
            request.answer(ResponseCode.NO_PERMISSION, why);
        }
        return why != null;
    }

    /** UPDATE_AND_CREATE_SUBSCRIPTIONGROUP: the whole configuration, its attributes as changes. */
    void put(Request request, TurnEnd turn) {
        JsonNode json = JsonBody.parse(request.body());
        GroupConfig wanted = GroupConfig.fromJson(json);
        checked(wanted.name());
        GroupConfig before = groups.get(wanted.name());
        Map<String, String> attributes = new TreeMap<>(before == null ? Map.of() : before.attributes());
        wanted.attributes().forEach((key, value) -> {
            if (key.startsWith("-")) {
                attributes.remove(key.substring(1));
            } else {
                attributes.put(key.startsWith("+") ? key.substring(1) : key, value);
            }
        });
        try {
            put(wanted.withAttributes(attributes));
            turn.successAfterLog(request);
        } catch (StoreException e) {
            request.answer(StoreErrors.nativeCode(e), e.getMessage());
        }
    }

    /** DELETE_SUBSCRIPTIONGROUP; with cleanOffset its committed offsets go as well. */
    void delete(Request request, TurnEnd turn) {
        Fields in = Fields.of(request.frame());
        String group = in.text("groupName");
        groups.delete(group, clock.getAsLong(), store.appender());
        pops.groupDeleted(group, store.appender());
        if (in.bool("cleanOffset", false)) {
            offsets.groupDeleted(group, store.appender());
        }
        turn.successAfterLog(request);
    }

    void all(Request request) {
        ObjectNode json = groups.toJson();
        Map<String, String> fields = Fields.write()
                .put("totalGroupNum", json.path("subscriptionGroupTable").size())
                .map();
        request.answer(ResponseCode.SUCCESS, null, fields, JsonBody.buffer(json));
    }

    void one(Request request) {
        String name = Fields.of(request.frame()).text("group");
        GroupConfig group = groups.get(name);
        if (group == null) {
            request.answer(ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST, missing(name));
        } else {
            request.answer(ResponseCode.SUCCESS, null, Map.of(), JsonBody.buffer(group.toJson()));
        }
    }
}
