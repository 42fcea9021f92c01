package org.fulmar.jms.message;

import org.jspecify.annotations.Nullable;

/**
 * What a connection says of itself with the messages that it sends. Immutable.
 *
 * @param publisher the client identifier that goes with a message to a topic, so that noLocal can be kept; null for none
 * @param appId the JMSXAppID; null for none
 * @param wantsUser whether the broker is asked to set the JMSXUserID
 */
public record Sender(@Nullable String publisher, @Nullable String appId, boolean wantsUser) {

    /** Says nothing. */
    public static final Sender NOBODY = new Sender(null, null, false);

    /** The same, without the client identifier: for what goes to a queue. */
    public Sender unnamed() {
        return publisher == null ? this : new Sender(null, appId, wantsUser);
    }
}
