/**
 * The consumers of the native client. {@code PushConsumer} and {@code PullConsumer} are the faces; behind each is one
 * {@code Membership}, which owns the queues that this member of the group has and runs on one thread, the consumer's
 * loop.
 */
@NullMarked
package org.fulmar.client.consumer;

import org.jspecify.annotations.NullMarked;
