/** The message record of the log and of the wire, its properties, identifiers, batches and compression. */
@NullMarked
package org.fulmar.protocol.message;

import org.jspecify.annotations.NullMarked;
