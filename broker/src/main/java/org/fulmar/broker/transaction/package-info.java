/** Transactions: what is open, in doubt or decided, without I/O. */
@NullMarked
package org.fulmar.broker.transaction;

import org.jspecify.annotations.NullMarked;
