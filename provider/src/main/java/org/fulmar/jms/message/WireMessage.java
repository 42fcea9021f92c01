package org.fulmar.jms.message;

/**
 * A message in RocketMQ's form, as it goes into a send request. The arrays are neither copied nor written to.
 *
 * @param flag what {@link MessageMapping} describes
 * @param properties UTF-8 text of {@code name U+0001 value U+0002}, at most 30,000 bytes
 * @param body the body, with the properties that did not fit in front of it
 * @param bornTimestamp the JMSTimestamp; 0 if timestamps are disabled
 * @param deliverAt when it may be delivered, in milliseconds since the epoch; 0 for at once
 */
public record WireMessage(int flag, byte[] properties, byte[] body, long bornTimestamp, long deliverAt) {

    /** To be delivered at once. */
    public WireMessage(int flag, byte[] properties, byte[] body, long bornTimestamp) {
        this(flag, properties, body, bornTimestamp, 0);
    }

    /** The same message, for another time; 0 for at once. */
    public WireMessage deliveredAt(long time) {
        return time == deliverAt ? this : new WireMessage(flag, properties, body, bornTimestamp, time);
    }
}
