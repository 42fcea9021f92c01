package org.fulmar.broker.server;

import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.Consumer;
import org.fulmar.broker.store.StoreException;
import org.fulmar.broker.topic.DestinationNames;
import org.fulmar.broker.topic.TopicTable;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.command.TopicConfig;
import org.fulmar.protocol.jms.DestinationKind;
import org.fulmar.protocol.jms.OpenDestination;
import org.fulmar.protocol.message.JmsNames;
import org.fulmar.protocol.transport.Request;

/** Opens, makes and removes JMS destinations. Runs on the core. */
final class JmsDestinations {
    private static final int MAX_NAME = 1024;
    private static final String TEMPORARY = "temp-";
    private static final Pattern TEMPORARY_NAME =
            Pattern.compile(TEMPORARY + "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final int ALL = TopicConfig.READ | TopicConfig.WRITE;

    private final BrokerConfig config;
    private final TopicService service;
    private final TopicTable topics;
    private final TurnEnd turn;

    JmsDestinations(BrokerConfig config, TopicService service, TopicTable topics, TurnEnd turn) {
        this.config = config;
        this.service = service;
        this.topics = topics;
        this.turn = turn;
    }

    void open(Request request) {
        JmsPeer peer = JmsConnections.present(request);
        if (peer == null) {
            return;
        }
        OpenDestination open = OpenDestination.decode(request.body());
        String name = open.name();
        if (name.isEmpty() || name.length() > MAX_NAME || name.startsWith("rmq_sys_")) {
            refuse(request, "a destination name has 1 to " + MAX_NAME + " characters and does not begin with rmq_sys_");
            return;
        }
        if (SendHandler.FORBIDDEN.contains(name)) {
            refuse(request, "destination " + name + " belongs to the broker; choose another name");
            return;
        }
        String requester = JmsNames.requesterOf(config.clusterName(), name);
        if (requester != null) {
            openReplies(request, peer, open.kind(), name, requester);
            return;
        }
        String topic = DestinationNames.topic(name);
        try {
            TopicConfig there = service.get(topic);
            if (open.kind().isTemporary() && !topics.isTemporary(topic)) {
                refuse(request, "the temporary destination " + name + " does not exist any more");
                return;
            }
            if (there == null && !config.autoCreateTopics()) {
                refuse(request, "destination " + name + " does not exist; create it, or set autoCreateTopicEnable");
                return;
            }
            TopicConfig found = there == null ? make(open.kind(), name, topic) : there;
            String kind = found.attributes().get(TopicTable.KIND);
            if (kind != null && kind.equals("queue") != open.kind().isQueue()) {
                refuse(request, name + " is a " + kind + "; choose another name for a destination of another kind");
                return;
            }
            if (open.kind().isQueue()) {
                service.queueGroup(found);
            }
        } catch (StoreException e) {
            request.answer(StoreErrors.jmsCode(e), e.getMessage());
            return;
        }
        answer(request, peer.open(open.kind(), name, topic), name);
    }

    /** A place to reply to a RocketMQ producer; nothing can be received from it. */
    private void openReplies(Request request, JmsPeer peer, DestinationKind kind, String name, String requester) {
        String topic = JmsReplies.topic(config.clusterName());
        if (kind != DestinationKind.QUEUE || service.get(topic) == null) {
            refuse(request, name + " is a queue that replies to requests of RocketMQ clients are sent to");
            return;
        }
        answer(request, peer.open(kind, name, topic, requester), name);
    }

    private TopicConfig make(DestinationKind kind, String name, String topic) throws StoreException {
        return service.createIfMissing(new TopicConfig(topic, 1, 1, ALL, 0, false, attributes(kind, name, topic)));
    }

    private static Map<String, String> attributes(DestinationKind kind, String name, String topic) {
        Map<String, String> attributes = new TreeMap<>();
        attributes.put(TopicTable.KIND, kind.isQueue() ? "queue" : "topic");
        if (!name.equals(topic)) {
            attributes.put(TopicTable.NAME, name);
        }
        return attributes;
    }

    private void answer(Request request, int handle, String name) {
        if (handle < 0) {
            request.answer(
                    ResponseCode.JMS_RESOURCE,
                    "a connection opens at most " + JmsPeer.MAX_DESTINATIONS + " destinations");
            return;
        }
        ByteBuf body = request.connection().buffer(64);
        new OpenDestination.Reply(handle, name).encode(body);
        turn.afterLog(logged -> {
            if (logged) {
                request.answer(ResponseCode.SUCCESS, null, Map.of(), body);
            } else {
                body.release();
                TurnEnd.failed(request);
            }
        });
    }

    private static void refuse(Request request, String why) {
        request.answer(ResponseCode.JMS_INVALID_DESTINATION, why);
    }

    void createTemporary(Request request) {
        JmsPeer peer = JmsConnections.present(request);
        if (peer == null) {
            return;
        }
        OpenDestination create = OpenDestination.decode(request.body());
        DestinationKind kind = create.kind();
        if (!kind.isTemporary()) {
            refuse(request, "only temporary destinations are made in this way");
            return;
        }
        if (!topics.hasRoom()) {
            request.answer(ResponseCode.JMS_RESOURCE, "there are too many destinations (option maxTopics)");
            return;
        }
        String name = create.name().isEmpty() ? TEMPORARY + UUID.randomUUID() : create.name();
        if (!TEMPORARY_NAME.matcher(name).matches() || service.get(name) != null) {
            // one that was lost with its connection is made again under its name; nobody else can know it
            refuse(request, name + " can't be made again");
            return;
        }
        TopicConfig made = new TopicConfig(name, 1, 1, ALL, 0, false, attributes(kind, name, name));
        topics.putTemporary(made);
        peer.temporaryTopics().add(name);
        if (kind.isQueue()) {
            service.queueGroup(made);
        }
        answer(request, peer.open(kind, name, name), name);
    }

    void deleteTemporary(Request request) {
        JmsPeer peer = JmsConnections.present(request);
        if (peer == null) {
            return;
        }
        String topic = OpenDestination.decode(request.body()).name();
        if (!peer.temporaryTopics().contains(topic)) {
            refuse(request, topic + " is no temporary destination of this connection");
            return;
        }
        for (Consumer consumer : peer.consumers()) {
            if (consumer.isOpen() && consumer.group().topic().equals(topic)) {
                request.answer(
                        ResponseCode.JMS_ILLEGAL_STATE, "close the consumers of " + topic + " before it is deleted");
                return;
            }
        }
        peer.temporaryTopics().remove(topic);
        service.delete(topic);
        turn.successAfterLog(request);
    }
}
