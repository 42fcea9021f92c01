package org.fulmar.broker.server;

import org.fulmar.broker.config.BrokerConfig;
import org.fulmar.broker.delivery.DeliveryException;
import org.fulmar.broker.filter.SqlFilter;
import org.fulmar.protocol.command.PullRequest;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.transport.Request;
import org.jspecify.annotations.Nullable;

/** Finds what a pull subscribes to: its own text, or what its group's last heartbeat said. Runs on the core. */
final class PullSubscriptions {
    private final BrokerConfig config;
    private final ClientTable clients;

    PullSubscriptions(BrokerConfig config, ClientTable clients) {
        this.config = config;
        this.clients = clients;
    }

    /** The subscription, whose filter is sound; null if the request was refused. */
    ClientTable.@Nullable Subscription of(Request request, PullRequest pull) {
        return pull.hasSubscription() ? ofText(request, pull) : ofHeartbeat(request, pull);
    }

    private ClientTable.@Nullable Subscription ofText(Request request, PullRequest pull) {
        ClientTable.Subscription subscription = ClientTable.Subscription.ofText(
                pull.topic(), pull.expressionType(), pull.subscription(), pull.subVersion());
        return isSound(request, subscription, ResponseCode.SUBSCRIPTION_PARSE_FAILED, "") ? subscription : null;
    }

    private ClientTable.@Nullable Subscription ofHeartbeat(Request request, PullRequest pull) {
        ClientTable.Subscription subscription = clients.subscription(pull.consumerGroup(), pull.topic());
        String who = "group " + pull.consumerGroup();
        if (subscription == null) {
            request.answer(
                    ResponseCode.SUBSCRIPTION_NOT_EXIST,
                    who + " has no subscription to " + pull.topic() + " by a heartbeat");
            return null;
        }
        boolean old = subscription.version() < pull.subVersion();
        if (old && subscription.isTag() && ClientTable.Subscription.isTag(pull.expressionType())) {
            // Apache's 5.4 client may withhold its new subscription for half a minute. Clients compare tags
            // themselves too, so until then they get everything.
            return ClientTable.Subscription.ofText(pull.topic(), "TAG", "*", pull.subVersion());
        }
        if (old) {
            // nobody else would filter by properties
            request.answer(
                    ResponseCode.FILTER_DATA_NOT_LATEST,
                    who + " subscribes to " + pull.topic() + " with a filter that its heartbeats have not told yet");
            return null;
        }
        String whose = who + " has no filter for " + pull.topic() + ": ";
        return isSound(request, subscription, ResponseCode.FILTER_DATA_NOT_EXIST, whose) ? subscription : null;
    }

    /** Whether messages can be filtered by it; answers the request if not. */
    boolean isSound(Request request, ClientTable.Subscription subscription, int code, String whose) {
        if (subscription.isTag()) {
            return true;
        }
        try {
            clients.filters().get(checkedText(subscription.expressionType(), subscription.text()));
            return true;
        } catch (DeliveryException e) {
            boolean off = e.code() == ResponseCode.SYSTEM_ERROR;
            request.answer(off ? e.code() : code, off ? e.getMessage() : whose + e.getMessage());
            return false;
        }
    }

    /**
     * The text of a subscription that is none by tag, if filters of its type can be had.
     *
     * @throws DeliveryException with {@link ResponseCode#SYSTEM_ERROR} if they are switched off, with
     *     {@link ResponseCode#SUBSCRIPTION_PARSE_FAILED} if the type is unknown
     */
    String checkedText(String expressionType, String text) throws DeliveryException {
        if (!expressionType.equals(SqlFilter.TYPE)) {
            throw new DeliveryException(
                    ResponseCode.SUBSCRIPTION_PARSE_FAILED,
                    "there are no filters of type " + expressionType + "; there are TAG and " + SqlFilter.TYPE);
        }
        if (!config.propertyFilter()) {
            throw new DeliveryException(
                    ResponseCode.SYSTEM_ERROR,
                    "the broker does not support consumers that filter messages by " + expressionType
                            + " (option enablePropertyFilter)");
        }
        return text;
    }
}
