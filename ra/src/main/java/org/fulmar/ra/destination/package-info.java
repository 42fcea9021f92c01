/** Queues and topics as administered objects. */
@NullMarked
package org.fulmar.ra.destination;

import org.jspecify.annotations.NullMarked;
