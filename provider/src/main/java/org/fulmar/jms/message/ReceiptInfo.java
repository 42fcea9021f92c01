package org.fulmar.jms.message;

import org.fulmar.jms.destination.FulmarDestination;
import org.jspecify.annotations.Nullable;

/**
 * What only the receiving session knows of a message, as it hands it to the application. Immutable.
 *
 * @param destination the JMSDestination; null leaves it as it is
 * @param deliveryCount the JMSXDeliveryCount (section 3.5.11), 1 for a first delivery; more sets JMSRedelivered
 * @param acknowledger what acknowledge() does; null for nothing
 */
public record ReceiptInfo(
        @Nullable FulmarDestination destination,
        int deliveryCount,
        @Nullable Acknowledger acknowledger) {

    public ReceiptInfo {
        if (deliveryCount < 1) {
            throw new IllegalArgumentException("delivery count " + deliveryCount);
        }
    }
}
