/**
 * The JMS messages (chapter 3 of the specification) and how they travel as RocketMQ messages.
 *
 * <p>A message belongs to one thread at a time: first to the application that fills it, then to the send, later to the
 * consumer that got it. What came off the wire stays in its bytes until somebody asks for it, so a message that is only
 * forwarded or acknowledged costs no parsing. Every length in those bytes is checked before it is used.
 */
@NullMarked
package org.fulmar.jms.message;

import org.jspecify.annotations.NullMarked;
