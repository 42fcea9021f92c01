/** The delivery engine: who gets which message, what is held, returned and settled. State machines without I/O, clock or locks. */
@NullMarked
package org.fulmar.broker.delivery;

import org.jspecify.annotations.NullMarked;
