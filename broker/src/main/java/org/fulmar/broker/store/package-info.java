/** The log store: commit log, consume queues, key index, flushing, checkpoints and recovery. Knows nothing of delivery or the network. */
@NullMarked
package org.fulmar.broker.store;

import org.jspecify.annotations.NullMarked;
