package org.fulmar.ra.inbound;

import jakarta.resource.spi.InvalidPropertyException;
import java.beans.IntrospectionException;
import java.beans.PropertyDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.fulmar.jms.FulmarConnectionFactory;
import org.fulmar.ra.connection.BrokerTarget;
import org.jspecify.annotations.Nullable;

/** Looks for what is wrong with the properties of an activation, and names all of it at once. Used by one thread. */
final class ActivationCheck {
    static final String QUEUE = "jakarta.jms.Queue";
    static final String TOPIC = "jakarta.jms.Topic";
    static final String DUPS_OK = "Dups-ok-acknowledge";
    static final String DURABLE = "Durable";
    private static final long DAY = 86_400_000;

    private final FulmarActivationSpec spec;
    /** What is wrong, by property. */
    private final Map<String, String> problems = new TreeMap<>();

    private ActivationCheck(FulmarActivationSpec spec) {
        this.spec = spec;
    }

    static void check(FulmarActivationSpec spec) throws InvalidPropertyException {
        ActivationCheck check = new ActivationCheck(spec);
        check.destination();
        check.subscription();
        check.numbers();
        check.url();
        check.fail();
    }

    private static boolean isGiven(@Nullable String text) {
        return BrokerTarget.given(text) != null;
    }

    private void oneOf(String property, @Nullable String value, String... allowed) {
        if (value == null || !List.of(allowed).contains(value)) {
            problems.put(property, "is " + value + ", must be one of " + String.join(", ", allowed));
        }
    }

    private void range(String property, @Nullable Number value, long least, long most) {
        if (value == null || value.longValue() < least || value.longValue() > most) {
            problems.put(property, "is " + value + ", must be from " + least + " to " + most);
        }
    }

    private void destination() {
        if (!isGiven(spec.getDestination()) && !isGiven(spec.getDestinationLookup())) {
            problems.put("destination", "is missing, and so is destinationLookup");
        }
        oneOf("destinationType", spec.getDestinationType(), QUEUE, TOPIC);
        oneOf("acknowledgeMode", spec.getAcknowledgeMode(), "Auto-acknowledge", DUPS_OK);
    }

    private void subscription() {
        oneOf("subscriptionDurability", spec.getSubscriptionDurability(), DURABLE, "NonDurable");
        boolean durable = DURABLE.equals(spec.getSubscriptionDurability());
        boolean shared = spec.getShareSubscriptions();
        boolean topic = TOPIC.equals(spec.getDestinationType()) || isGiven(spec.getDestinationLookup());
        if ((durable || shared) && !topic) {
            problems.put("destinationType", "is a queue's, which has no subscriptions: set " + TOPIC);
        }
        if ((durable || shared) && !isGiven(spec.getSubscriptionName())) {
            problems.put("subscriptionName", "is missing, which a durable or shared subscription needs");
        }
        boolean own = !isGiven(spec.getConnectionFactoryLookup()) && !urlHasClientId();
        if (durable && !shared && own && !isGiven(spec.getClientId())) {
            problems.put("clientId", "is missing, which a durable subscription needs that is not shared");
        }
        if (shared && spec.getNoLocal()) {
            problems.put("noLocal", "is true, which a shared subscription can't have");
        }
    }

    private boolean urlHasClientId() {
        FulmarActivationSpec of = spec;
        String url = BrokerTarget.given(of.getUrl());
        if (url == null && of.getResourceAdapter() instanceof org.fulmar.ra.FulmarResourceAdapter adapter) {
            url = BrokerTarget.given(adapter.getUrl());
        }
        return url != null && url.contains("clientId=");
    }

    private void numbers() {
        range("maxSessions", spec.getMaxSessions(), 1, 1000);
        if (spec.getPrefetch() != null) {
            range("prefetch", spec.getPrefetch(), 1, 100_000);
        }
        range("maxSequentialDeliveryFailures", spec.getMaxSequentialDeliveryFailures(), 0, 1_000_000);
        range("pause", spec.getPause(), 0, DAY);
        range("maxPause", spec.getMaxPause(), 1, DAY);
        range("reconnectDelay", spec.getReconnectDelay(), 1, 600_000);
        range("reconnectMaxDelay", spec.getReconnectMaxDelay(), 1, 600_000);
        range("idleTimeout", spec.getIdleTimeout(), 1000, DAY);
        range("drainTimeout", spec.getDrainTimeout(), 0, 3_600_000);
    }

    private void url() {
        String url = BrokerTarget.given(spec.getUrl());
        if (url == null) {
            return;
        }
        try (FulmarConnectionFactory parsed = new FulmarConnectionFactory(url)) {
            parsed.getUrl();
        } catch (IllegalArgumentException e) {
            problems.put("url", "is bad: " + e.getMessage());
        }
    }

    private void fail() throws InvalidPropertyException {
        if (problems.isEmpty()) {
            return;
        }
        InvalidPropertyException failure = new InvalidPropertyException(problems.entrySet().stream()
                .map(problem -> problem.getKey() + " " + problem.getValue())
                .collect(Collectors.joining("; ")));
        List<PropertyDescriptor> bad = new ArrayList<>();
        for (String property : problems.keySet()) {
            try {
                bad.add(new PropertyDescriptor(property, FulmarActivationSpec.class));
            } catch (IntrospectionException e) {
                failure.addSuppressed(e);
            }
        }
        failure.setInvalidPropertyDescriptors(bad.toArray(new PropertyDescriptor[0]));
        throw failure;
    }
}
