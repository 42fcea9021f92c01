/**
 * The native client of RocketMQ's protocol: connections, routes and heartbeats that producers and consumers share, and
 * the messages they exchange. Knows nothing of JMS.
 */
@NullMarked
package org.fulmar.client;

import org.jspecify.annotations.NullMarked;
