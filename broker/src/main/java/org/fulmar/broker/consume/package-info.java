/** RocketMQ consumer groups: their configurations, and who holds which queue. State machines without I/O or clock. */
@org.jspecify.annotations.NullMarked
package org.fulmar.broker.consume;
