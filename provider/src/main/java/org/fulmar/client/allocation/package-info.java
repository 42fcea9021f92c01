/** Who of a group consumes which queue: pure functions of the queues and the members, the same as RocketMQ's. */
@NullMarked
package org.fulmar.client.allocation;

import org.jspecify.annotations.NullMarked;
